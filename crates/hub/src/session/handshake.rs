//! A connection that has not said hello. It is another type than [`Session`], so that nothing can be
//! asked of a server that does not know who is asking.

use std::sync::Arc;

use madang_shared::codec;
use madang_shared::limits::HELLO_TIMEOUT_MS;
use madang_shared::{ClientFrame, CloseCode, Hello, Timestamp, User};

use super::Session;
use super::effects::Effect;
use crate::hub::Hub;
use crate::sink::FrameSink;

/// Waits for a hello.
#[derive(Debug)]
pub struct PendingHello {
    deadline: Timestamp,
}

/// A hello was heard; whose it is, the edge finds out.
#[derive(Debug)]
pub struct HelloReceived {
    hello: Hello,
}

impl PendingHello {
    /// The connection was opened now.
    pub fn new(now: Timestamp) -> Self {
        Self { deadline: now.plus(HELLO_TIMEOUT_MS) }
    }

    /// By when the hello must have come; after that, close with [`CloseCode::NoHello`].
    pub fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// The first frame.
    ///
    /// # Errors
    /// The code to close with, if it is no hello.
    pub fn hear(self, text: &str) -> Result<HelloReceived, CloseCode> {
        match codec::decode_client(text) {
            Ok(ClientFrame::Hello(hello)) => Ok(HelloReceived { hello }),
            _ => Err(CloseCode::NotHello),
        }
    }
}

impl HelloReceived {
    /// The program's name for itself.
    pub fn program(&self) -> &str {
        &self.hello.client
    }

    /// The session token that came with the hello, if one did.
    pub fn token(&self) -> Option<&str> {
        self.hello.token.as_deref()
    }

    /// The session of this user, welcomed, with the topics that the hello asked for.
    /// The fan-out writes to the outlet, where there is one; otherwise everything comes as an effect.
    pub fn welcome(
        self,
        hub: Arc<Hub>,
        user: User,
        sink: Option<Arc<dyn FrameSink>>,
        now: Timestamp,
    ) -> (Session, Vec<Effect>) {
        let mut session = Session::new(hub, user, sink, now);
        let mut effects = vec![session.welcome(now)];
        for subscription in self.hello.topics {
            session.subscribe(now, &subscription, &mut effects);
        }
        (session, effects)
    }
}
