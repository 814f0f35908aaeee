//! The changes of administrators that open connections have to follow.

use std::sync::Arc;

use madang_shared::workspace::Workspace;
use madang_shared::{Topic, UserId};
use tokio::sync::watch;

use crate::hub::Hub;
use crate::topic_channel::TopicChannel;

impl Hub {
    /// The same hub with other facts about the server.
    #[must_use]
    pub fn with_workspace(self, workspace: Workspace) -> Self {
        self.current_workspace().set(workspace);
        self
    }

    /// The facts about the server, as they are now.
    pub fn workspace(&self) -> Arc<Workspace> {
        self.current_workspace().get()
    }

    /// Tells when the facts about the server change.
    pub fn watch_workspace(&self) -> watch::Receiver<Arc<Workspace>> {
        self.current_workspace().watch()
    }

    /// Changes the facts about the server. Every connection that follows a topic gets them, and its subscriptions to the
    /// topics of apps that are off end.
    pub fn set_workspace(&self, workspace: Workspace) {
        if !self.current_workspace().set(workspace) {
            return;
        }
        // This visits all topics, which is acceptable because the change is rare.
        let channels: Vec<Arc<TopicChannel>> = self.channels().values().cloned().collect();
        for channel in channels {
            channel.mark_workspace(None);
        }
    }

    /// The rights of a user may have changed: every connection of the user checks its access to each topic that it
    /// follows, and gets the facts about the server again, which tells the app to ask for its rights. This visits all
    /// topics, which is acceptable because the change is rare.
    pub fn check_rights_of(&self, user: UserId) {
        let channels: Vec<Arc<TopicChannel>> = self.channels().values().cloned().collect();
        for channel in channels {
            channel.mark_workspace(Some(user));
        }
        self.request_access_checks_of(user, |_| true);
    }

    /// The grants of a role may have changed: as [`Self::check_rights_of`] for every user, and the topics of the apps.
    pub fn check_grants_of_all(&self) {
        self.current_workspace().announce();
        let channels: Vec<(Topic, Arc<TopicChannel>)> =
            self.channels().iter().map(|(topic, channel)| (*topic, channel.clone())).collect();
        for (topic, channel) in channels {
            channel.mark_workspace(None);
            if topic.app().is_some() {
                channel.request_all_access_checks();
            }
        }
    }
}
