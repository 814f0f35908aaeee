//! The changes of administrators that open connections have to follow.

use std::sync::Arc;

use madang_shared::UserId;
use madang_shared::workspace::Workspace;
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
            channel.mark_workspace();
        }
    }

    /// The rights of a user may have changed: every connection of the user checks its access to each topic that it
    /// follows. This visits all topics, which is acceptable because the change is rare.
    pub fn check_rights_of(&self, user: UserId) {
        self.request_access_checks_of(user, |_| true);
    }
}
