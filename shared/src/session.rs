//! Signing in over HTTP: the bodies of `/api/session`.

use serde::{Deserialize, Serialize};

use crate::ids::User;
use crate::roles::Role;
use crate::workspace::Workspace;

/// Unicode scalar values in a user's name.
pub const MAX_USER_NAME_CHARS: usize = 32;
/// The default limit of sign-ups from one address in a burst: a school class may share one router.
pub const SIGN_UP_BURST: u32 = 60;
/// The default limit of sign-ups from one address per hour, on average.
pub const SIGN_UPS_PER_HOUR: u32 = 200;

/// `POST /api/session`: chooses a name and starts a session. A person with an invitation sends its token as a further field
/// `invitation`, which the app itself never does: the page of an invitation is not a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignUp {
    /// See [`crate::validate::user_name`].
    pub name: String,
    /// Whether the answer contains the token, for programs without cookies. A browser gets a cookie that
    /// no script can read.
    #[serde(default)]
    pub bearer: bool,
    /// Whether the session is useless without a cookie, as in a browser. The server then refuses the sign-up as
    /// `unsupported` if the browser does not send back the probe cookie of `GET /api/session`, and the name stays free.
    /// The refusal brings the probe cookie too, so a second request succeeds if cookies are allowed.
    #[serde(default)]
    pub needs_cookie: bool,
}

/// The answer to `POST /api/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionInfo {
    /// The user of the session.
    pub user: User,
    /// Only if the request had `bearer`: send it as `Authorization: Bearer <token>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The answer to `GET /api/session`, with or without a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CurrentSession {
    /// The user of the session; none without a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Whether there is a way back to the user beside this session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secured: bool,
    /// The facts about the server.
    #[serde(default)]
    pub workspace: Workspace,
}

/// The part of the answer to `GET /api/session` that says what the user may do. It has a type of its own, because the
/// first view of the app does without it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnRole {
    /// The role in the workspace; none without a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}
