//! The workspace: the facts about a server that everybody may know, also before signing in. `GET /api/session` tells
//! them, and the welcome of a connection the apps.

use serde::{Deserialize, Serialize};

use crate::apps::{App, Apps};
use crate::roles::Access;

/// Unicode scalar values in the name of a workspace.
pub const MAX_WORKSPACE_NAME_CHARS: usize = 40;

/// The facts about a server, from its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Workspace {
    /// The name that the operator gave the server; none if there is no such setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether new messages are stored with their sentiment, and the app shows it.
    #[serde(default)]
    pub moods: bool,
    /// The apps that are on.
    #[serde(default)]
    pub apps: Apps,
    /// Whether the server requests the price of Bitcoin.
    #[serde(default)]
    pub price: bool,
    /// Whether Socket.IO clients may connect.
    #[serde(default)]
    pub socketio: bool,
    /// The people who may make an account; everybody if it is missing.
    #[serde(default, skip_serializing_if = "Access::is_open")]
    pub access: Access,
}

impl Workspace {
    /// Whether the server offers what belongs to the app; `None` stands for what belongs to no app, and is always on.
    pub fn offers(&self, app: Option<App>) -> bool {
        app.is_none_or(|app| self.apps.contains(app))
    }
}
