//! A connection before its hello. It has a type of its own, so that an unidentified client cannot ask for
//! anything.

use std::sync::Arc;

use madang_shared::codec;
use madang_shared::limits::HELLO_TIMEOUT_MS;
use madang_shared::{ClientFrame, CloseCode, Hello, Timestamp};

use super::Session;
use super::effects::Effect;
use crate::accounts::Identity;
use crate::budgets::network::Network;
use crate::hub::Hub;
use crate::sink::FrameSink;

/// A connection that has not sent its hello.
#[derive(Debug)]
pub struct PendingHello {
    deadline: Timestamp,
}

/// A connection whose hello has arrived. The caller identifies its user.
#[derive(Debug)]
pub struct HelloReceived {
    hello: Hello,
}

impl PendingHello {
    /// A connection that was opened now.
    pub fn new(now: Timestamp) -> Self {
        Self { deadline: now.plus(HELLO_TIMEOUT_MS) }
    }

    /// The time limit for the hello. After it, close with [`CloseCode::NoHello`].
    pub fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// Receives the first frame.
    ///
    /// # Errors
    /// The code to close with, if the frame is no hello.
    pub fn receive(self, text: &str) -> Result<HelloReceived, CloseCode> {
        match codec::decode_client(text) {
            Ok(ClientFrame::Hello(hello)) => Ok(HelloReceived { hello }),
            Ok(_) | Err(_) => Err(CloseCode::NotHello),
        }
    }
}

impl HelloReceived {
    /// The client's name of its program.
    pub fn program(&self) -> &str {
        &self.hello.client
    }

    /// The session token of the hello, if it has one.
    pub fn token(&self) -> Option<&str> {
        self.hello.token.as_deref()
    }

    /// Begins the session of a user or of an access token: its welcome, and the topics of the hello. The fan-out writes to the
    /// sink; without a sink, every frame is an effect. The requests are charged to the budgets of the user and of the
    /// network, if there is one.
    pub fn welcome(
        self,
        hub: Arc<Hub>,
        identity: impl Into<Identity>,
        network: Option<Network>,
        sink: Option<Arc<dyn FrameSink>>,
        now: Timestamp,
    ) -> (Session, Vec<Effect>) {
        let mut session = Session::new(hub, identity.into(), network, sink, now);
        let mut effects = vec![session.welcome(now)];
        for subscription in self.hello.topics {
            session.subscribe(now, &subscription, &mut effects);
        }
        (session, effects)
    }
}
