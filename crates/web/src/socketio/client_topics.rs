//! The topics that one client follows: those of the apps that are on, as far as the client may follow them. Both change while
//! it is connected.

use std::collections::BTreeSet;

use madang_hub::policy;
use madang_hub::ports::StoreError;
use madang_shared::{ErrorCode, Failure, Topic};

use super::gateway::Gateway;
use super::inbound::refusal;
use super::outbound::OutboundEvent;
use super::replay::{self, Positions, ReplayError};
use super::settings::Vocabulary;
use super::subscribers::ClientHandle;
use crate::http::problem::Problem;

/// The topics of a client.
pub(super) struct ClientTopics<'c> {
    gateway: &'c Gateway,
    handle: &'c ClientHandle,
    joined: BTreeSet<Topic>,
}

impl<'c> ClientTopics<'c> {
    pub(super) fn new(gateway: &'c Gateway, handle: &'c ClientHandle) -> Self {
        Self { gateway, handle, joined: BTreeSet::new() }
    }

    /// Joins all topics that the client may follow. Returns the refusals of the others.
    pub(super) async fn join(
        &mut self,
        mut positions: Positions,
    ) -> Result<Vec<OutboundEvent>, ReplayError> {
        let mut refused = Vec::new();
        for topic in self.gateway.subscribers.topics() {
            match self.check_topic(topic).await {
                Ok(()) => self.join_topic(topic, &mut positions).await?,
                Err(StoreError::Refused(failure)) => refused.push((topic, failure)),
                Err(error) => return Err(error.into()),
            }
        }
        let first_vocabulary =
            |(topic, _): &(Topic, Failure)| self.gateway.settings.vocabularies_of(*topic).min();
        refused.sort_by_key(first_vocabulary);
        let refusals = |(topic, failure): &(Topic, Failure)| self.refusals(*topic, failure);
        Ok(refused.iter().flat_map(refusals).collect())
    }

    /// The refusals of a topic: of its events, because the tutorials' clients wait for those of an app without a request; of a
    /// room, which has many events, by its name.
    fn refusals(&self, topic: Topic, failure: &Failure) -> Vec<OutboundEvent> {
        if topic.app().is_none() {
            return vec![("refused", refusal(&topic.to_string(), failure))];
        }
        let events = self.gateway.settings.vocabularies_of(topic).map(Vocabulary::event);
        events.map(|event| ("refused", refusal(event, failure))).collect()
    }

    /// Checks the topics again. The client joins those that it may follow now, and leaves those of apps that are off, or
    /// that it may not follow any more.
    ///
    /// # Errors
    /// The refusal, if a client with a token has lost a room: it has to connect again. The store's failure.
    pub(super) async fn check(&mut self) -> Result<(), Failure> {
        for topic in self.gateway.subscribers.topics() {
            match self.check_topic(topic).await {
                Ok(()) => {
                    let joined = self.join_topic(topic, &mut Positions::new()).await;
                    joined
                        .map_err(|error| Failure::new(ErrorCode::Unavailable, error.to_string()))?;
                }
                Err(_) if !self.joined.contains(&topic) => {}
                Err(StoreError::Refused(failure)) if topic.app().is_some() => {
                    self.leave_topic(topic, &failure);
                }
                Err(error) => return Err(Problem::from(error).failure),
            }
        }
        Ok(())
    }

    /// Checks that the app of a topic is on, and that the client may follow the topic.
    async fn check_topic(&self, topic: Topic) -> Result<(), StoreError> {
        let Self { gateway, handle, .. } = self;
        let workspace = gateway.state.hub.workspace();
        policy::check_app(&workspace, topic.app()).map_err(StoreError::Refused)?;
        match &handle.client.token {
            Some(token) => token.check_topic(&gateway.state, topic).await,
            None => gateway.check_guest(topic).await,
        }
    }

    async fn join_topic(
        &mut self,
        topic: Topic,
        positions: &mut Positions,
    ) -> Result<(), ReplayError> {
        if self.joined.insert(topic) {
            let known = positions.remove(&topic);
            replay::catch_up_and_join(self.gateway, self.handle, topic, known).await?;
        }
        Ok(())
    }

    fn leave_topic(&mut self, topic: Topic, failure: &Failure) {
        self.joined.remove(&topic);
        self.gateway.subscribers.leave_topic(topic, self.handle.socket.id);
        for refusal in self.refusals(topic, failure) {
            self.handle.client.send_refusal(&self.handle.socket, &refusal);
        }
    }
}
