//! Sign-in sessions that have open connections. The end of such a session closes its connections.
//! (The hub's `Session` is another one: the state machine of one connection.)

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use madang_hub::ports::TokenHash;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The sign-in sessions of this node that have open connections. Clones share one table.
#[derive(Clone, Default)]
pub struct OpenSessions(Arc<Mutex<HashMap<TokenHash, Entry>>>);

struct Entry {
    connections: usize,
    ended: CancellationToken,
}

/// One connection of a sign-in session; dropping it unregisters the connection.
pub struct OpenSession {
    sessions: OpenSessions,
    session: TokenHash,
    ended: CancellationToken,
}

impl OpenSessions {
    /// Registers a connection of a session. The caller does this before it asks the store for the session, so that an
    /// end between the answer and the registration is not missed.
    pub fn open(&self, session: TokenHash) -> OpenSession {
        let mut sessions = self.0.lock();
        let entry = sessions
            .entry(session)
            .or_insert_with(|| Entry { connections: 0, ended: CancellationToken::new() });
        entry.connections += 1;
        OpenSession { sessions: self.clone(), session, ended: entry.ended.clone() }
    }

    /// The sessions that have open connections.
    pub fn all(&self) -> Vec<TokenHash> {
        self.0.lock().keys().copied().collect()
    }

    /// Closes the connections of a session that has ended in the store.
    pub fn end(&self, session: &TokenHash) {
        if let Some(entry) = self.0.lock().remove(session) {
            entry.ended.cancel();
        }
    }
}

impl fmt::Debug for OpenSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSessions").field("sessions", &self.0.lock().len()).finish()
    }
}

impl OpenSession {
    /// The session's id in the store.
    pub fn session(&self) -> TokenHash {
        self.session
    }

    /// Completes when the session has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let mut sessions = self.sessions.0.lock();
        // After the end, an entry of this session belongs to later connections.
        if self.ended.is_cancelled() {
            return;
        }
        if let Some(entry) = sessions.get_mut(&self.session) {
            entry.connections -= 1;
            if entry.connections == 0 {
                sessions.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_session_closes_its_connections_and_no_others() {
        let sessions = OpenSessions::default();
        let (one, two, other) =
            (sessions.open([1; 32]), sessions.open([1; 32]), sessions.open([2; 32]));
        drop(two);
        sessions.end(&[1; 32]);
        assert!(one.ended.is_cancelled() && !other.ended.is_cancelled());

        let again = sessions.open([1; 32]);
        drop(one);
        sessions.end(&[1; 32]);
        assert!(
            again.ended.is_cancelled(),
            "a connection of the ended session does not unregister a later one"
        );
    }

    #[test]
    fn a_session_without_connections_has_no_entry() {
        let sessions = OpenSessions::default();
        drop((sessions.open([1; 32]), sessions.open([1; 32])));
        assert!(sessions.0.lock().is_empty());
    }
}
