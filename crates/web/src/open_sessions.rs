//! Which sessions have open connections, so that the end of a session is the end of those too.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use madang_hub::ports::TokenHash;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The sessions of this node that have open connections. Copies are the same register.
#[derive(Clone, Default)]
pub struct OpenSessions(Arc<Mutex<HashMap<TokenHash, Open>>>);

struct Open {
    connections: usize,
    ended: CancellationToken,
}

/// One connection of a session; dropping it says that it is gone.
pub struct OpenSession {
    all: OpenSessions,
    session: TokenHash,
    ended: CancellationToken,
}

impl OpenSessions {
    /// A connection of this session begins. Before the store is asked whose session it is: one that
    /// ends after the answer is seen to end.
    pub fn open(&self, session: TokenHash) -> OpenSession {
        let mut all = self.0.lock();
        let open = all
            .entry(session)
            .or_insert_with(|| Open { connections: 0, ended: CancellationToken::new() });
        open.connections += 1;
        OpenSession { all: self.clone(), session, ended: open.ended.clone() }
    }

    /// The session has ended in the store.
    pub fn end(&self, session: &TokenHash) {
        if let Some(open) = self.0.lock().remove(session) {
            open.ended.cancel();
        }
    }
}

impl fmt::Debug for OpenSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSessions").field("sessions", &self.0.lock().len()).finish()
    }
}

impl OpenSession {
    /// What the store knows the session by.
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
        let mut all = self.all.0.lock();
        // After the end, an entry of the same session would be another one's.
        if self.ended.is_cancelled() {
            return;
        }
        if let Some(open) = all.get_mut(&self.session) {
            open.connections -= 1;
            if open.connections == 0 {
                all.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_session_reaches_its_connections_and_no_others() {
        let all = OpenSessions::default();
        let (one, two, other) = (all.open([1; 32]), all.open([1; 32]), all.open([2; 32]));
        drop(two);
        all.end(&[1; 32]);
        assert!(one.ended.is_cancelled() && !other.ended.is_cancelled());

        let again = all.open([1; 32]);
        drop(one);
        all.end(&[1; 32]);
        assert!(again.ended.is_cancelled(), "what an ended one left does not count it out");
    }

    #[test]
    fn nothing_is_kept_of_a_session_without_connections() {
        let all = OpenSessions::default();
        drop((all.open([1; 32]), all.open([1; 32])));
        assert!(all.0.lock().is_empty());
    }
}
