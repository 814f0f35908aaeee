//! Who one is, over HTTP: the bodies of `/api/session`.

use serde::{Deserialize, Serialize};

use crate::ids::User;

/// Unicode scalar values in a user's name.
pub const MAX_USER_NAME_CHARS: usize = 32;
/// People who sign up from one address within an hour, all at once if they like, where the operator
/// says nothing else: a whole class does, behind one router.
pub const SIGN_UPS_PER_HOUR: u32 = 200;

/// `POST /api/session`: chooses a name and starts a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignUp {
    /// See [`crate::validate::user_name`].
    pub name: String,
    /// A program that keeps no cookies asks for its token in the answer; a browser gets a cookie
    /// that no script can read.
    #[serde(default)]
    pub bearer: bool,
}

/// The answer to `POST` and `GET /api/session`: the session's user. `GET` answers 204 where there
/// is no session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionInfo {
    /// Who the session belongs to.
    pub user: User,
    /// Only where `bearer` was asked for: send it as `Authorization: Bearer <token>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
