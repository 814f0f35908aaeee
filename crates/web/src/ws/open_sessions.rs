//! Sign-in sessions that have open connections. The end of such a session closes its connections.
//! (The hub's `Session` is another one: the state machine of one connection.)

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use madang_hub::ports::TokenHash;
use madang_shared::{CloseCode, UserId};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The sign-in sessions of this node that have open connections. Clones share one table.
#[derive(Clone, Default)]
pub struct OpenSessions(Arc<Mutex<HashMap<TokenHash, Entry>>>);

struct Entry {
    connections: usize,
    /// The user; none until the store has named one.
    user: Option<UserId>,
    ended: CancellationToken,
    close_code: Arc<OnceLock<CloseCode>>,
}

/// One connection of a sign-in session; dropping it unregisters the connection.
pub struct OpenSession {
    sessions: OpenSessions,
    session: TokenHash,
    ended: CancellationToken,
    close_code: Arc<OnceLock<CloseCode>>,
}

impl OpenSessions {
    /// Registers a connection of a session. The caller does this before it asks the store for the session, so that an
    /// end between the answer and the registration is not missed.
    pub fn open(&self, session: TokenHash) -> OpenSession {
        let mut sessions = self.0.lock();
        let entry = sessions.entry(session).or_insert_with(Entry::new);
        entry.connections += 1;
        let (ended, close_code) = (entry.ended.clone(), entry.close_code.clone());
        OpenSession { sessions: self.clone(), session, ended, close_code }
    }

    /// The sessions that have open connections.
    pub fn all(&self) -> Vec<TokenHash> {
        self.0.lock().keys().copied().collect()
    }

    /// The sessions of a user that have open connections.
    pub fn of_user(&self, user: UserId) -> Vec<TokenHash> {
        let sessions = self.0.lock();
        let of_user = sessions.iter().filter(|(_, entry)| entry.user == Some(user));
        of_user.map(|(session, _)| *session).collect()
    }

    /// Closes the connections of a session that has ended in the store.
    pub fn end(&self, session: &TokenHash) {
        if let Some(entry) = self.0.lock().remove(session) {
            entry.ended.cancel();
        }
    }

    /// Closes the connections of all sessions of a user whose account is deactivated, banned or erased.
    pub fn close(&self, user: UserId, code: CloseCode) {
        let ended =
            self.0.lock().extract_if(|_, entry| entry.user == Some(user)).collect::<Vec<_>>();
        for (_, entry) in ended {
            // Set once: each entry ends once.
            entry.close_code.set(code).ok();
            entry.ended.cancel();
        }
    }
}

impl Entry {
    fn new() -> Self {
        let ended = CancellationToken::new();
        Self { connections: 0, user: None, ended, close_code: Arc::default() }
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

    /// The store has named the user of the session.
    pub fn belongs_to(&self, user: UserId) {
        if let Some(entry) = self.sessions.0.lock().get_mut(&self.session) {
            entry.user = Some(user);
        }
    }

    /// Completes when the session has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// The code that tells a client why its session has ended.
    pub fn close_code(&self) -> CloseCode {
        self.close_code.get().copied().unwrap_or(CloseCode::Unauthenticated)
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
    fn a_deactivated_user_loses_all_sessions_and_learns_why() {
        let sessions = OpenSessions::default();
        let (one, other) = (sessions.open([1; 32]), sessions.open([2; 32]));
        one.belongs_to(UserId(1));
        other.belongs_to(UserId(2));
        sessions.close(UserId(1), CloseCode::Deactivated);
        assert!(one.ended.is_cancelled() && !other.ended.is_cancelled());
        assert_eq!(one.close_code(), CloseCode::Deactivated);
        assert_eq!(other.close_code(), CloseCode::Unauthenticated);
    }

    #[test]
    fn a_session_without_connections_has_no_entry() {
        let sessions = OpenSessions::default();
        drop((sessions.open([1; 32]), sessions.open([1; 32])));
        assert!(sessions.0.lock().is_empty());
    }
}
