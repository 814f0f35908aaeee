//! One person: a client that notes each refusal.

use std::collections::HashSet;

use anyhow::{Result, bail};
use madang_client::views::chat::Timeline;
use madang_client::{Action, ConnectionState, PendingState};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::chat::ChatCommand;
use madang_shared::{RoomId, ServerFrame};

/// One client of a user.
pub(super) struct Person {
    driver: Driver,
    name: String,
    posted: usize,
    refusal: Option<String>,
    /// Whether the connection may end, because the server is started again.
    may_reconnect: bool,
}

impl Person {
    /// A client that connects at its first step.
    pub(super) fn new(
        user: TestUser,
        clock: MonotonicClock,
        number: usize,
        may_reconnect: bool,
    ) -> Self {
        let name = format!("{}, client {number}", user.user.name);
        let driver = Driver::new(user, clock, number as u64);
        Self { driver, name, posted: 0, refusal: None, may_reconnect }
    }

    /// The first refusal.
    pub(super) fn into_refusal(self) -> Option<String> {
        self.refusal.map(|refusal| format!("{}: {refusal}", self.name))
    }

    /// Waits for the next frame, and notes a refusal. Cancel-safe.
    pub(super) async fn step(&mut self) -> Result<()> {
        let frame = self.driver.step().await;
        let refusal = match (frame, self.driver.client().connection()) {
            (_, ConnectionState::Ended(reason)) => {
                bail!("the server has ended the connection of {} for good: {reason:?}", self.name)
            }
            (_, ConnectionState::Waiting { .. }) if !self.may_reconnect => {
                let error = self.driver.last_error().unwrap_or("closed by the server");
                Some(format!("a connection was lost: {error}"))
            }
            (Some(ServerFrame::Error { failure, .. }), _) => Some(failure.to_string()),
            _ => None,
        };
        if self.refusal.is_none() {
            self.refusal = refusal;
        }
        for pending in self.driver.client().outbox().items() {
            if let PendingState::Failed(failure) = &pending.state {
                bail!("the server refused a message of {} for good: {failure}", self.name);
            }
        }
        Ok(())
    }

    /// Opens the first room. Returns whether the client is connected and has the state of that room.
    pub(super) fn has_arrived(&mut self) -> bool {
        let Some(room) = self.room() else { return false };
        if self.driver.client().features().open_room_id().is_none() {
            self.driver.act(Action::OpenRoom(Some(room)));
        }
        let client = self.driver.client();
        *client.connection() == ConnectionState::Live
            && client.features().timeline(room).is_some_and(Timeline::is_known)
            && client.caught_up().complete
    }

    /// Posts the next one of this many messages, once the server has the last one.
    pub(super) fn post_next(&mut self, messages: usize) {
        let is_waiting = !self.driver.client().outbox().items().is_empty();
        if let (Some(room), false, true) = (self.room(), is_waiting, self.posted < messages) {
            self.posted += 1;
            let text = format!("{}, message {}", self.name, self.posted);
            self.driver.command(ChatCommand::post(room, text));
        }
    }

    /// Whether the client is connected, has sent everything, and has this many messages, each once.
    pub(super) fn has_everything(&self, messages: usize) -> bool {
        let client = self.driver.client();
        let timeline = self.room().and_then(|room| client.features().timeline(room));
        let shown = timeline.map(Timeline::messages);
        *client.connection() == ConnectionState::Live
            && client.outbox().items().is_empty()
            && shown.is_some_and(|shown| {
                shown.len() == messages
                    && shown.iter().map(|message| message.command).collect::<HashSet<_>>().len()
                        == messages
            })
    }

    fn room(&self) -> Option<RoomId> {
        self.driver.client().features().memberships().rooms().min()
    }
}
