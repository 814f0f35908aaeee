//! Access tokens of programs, and bot accounts, over HTTP.
//!
//! A program sends its token as a session token is sent: `Authorization: Bearer mdg_…`, in the hello of a connection, or
//! to Socket.IO as `auth.token`. The server stores the hash only, so a token is shown once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User, UserId};

/// The beginning of every access token. Programs that search for published secrets recognise it.
pub const ACCESS_TOKEN_PREFIX: &str = "mdg_";
/// Unicode scalar values in the name of a token.
pub const MAX_TOKEN_NAME_CHARS: usize = 40;
/// Tokens of one account that have not ended.
pub const MAX_TOKENS_PER_ACCOUNT: u64 = 50;
/// The longest life of a token with an end, in days.
pub const MAX_TOKEN_DAYS: u32 = 3650;
/// Rooms to which one token is limited.
pub const MAX_TOKEN_ROOMS: usize = 20;
/// Bots that one user has made.
pub const MAX_BOTS_PER_USER: u64 = 20;

/// The path of the tokens of the signed-in user: `GET` for [`AccessTokens`], `POST` with [`NewAccessToken`].
/// `DELETE` at the path and the id of a token ends it.
pub const ACCESS_TOKENS_PATH: &str = "/api/account/tokens";
/// The path of the bots that the signed-in user has made: `GET` for [`Bots`], `POST` with [`NewBot`]. The tokens of a bot
/// are at the path, its id and `/tokens`.
pub const BOTS_PATH: &str = "/api/bots";

/// The requests that a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Requests that change nothing.
    Read,
    /// Requests that change something too.
    Write,
}

impl TokenScope {
    /// The name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The scope with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|scope| scope.name() == name)
    }
}

/// A request for a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccessToken {
    /// The name, by which its owner recognises it; see [`crate::validate::token_name`].
    pub name: String,
    /// The requests that it allows.
    pub scope: TokenScope,
    /// The only rooms that it reaches, at most [`MAX_TOKEN_ROOMS`]; without them, everything that its user reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomId>,
    /// The days until it ends, from 1 to [`MAX_TOKEN_DAYS`]; without them, it ends when its owner ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The permanent id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The requests that it allows.
    pub scope: TokenScope,
    /// See [`NewAccessToken::rooms`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomId>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends; absent if it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// The tokens of an account, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokens {
    /// Also those that have expired, until their owner ends them.
    pub tokens: Vec<AccessToken>,
}

/// A new token with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedAccessToken {
    /// The token as the program sends it. No later answer contains it.
    pub secret: String,
    /// The token.
    pub token: AccessToken,
}

/// Without the secret, so that no log contains it.
impl fmt::Debug for IssuedAccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedAccessToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// A request for a bot: an account for a program. Only its tokens act for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBot {
    /// See [`crate::validate::user_name`].
    pub name: String,
}

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    /// Its user.
    pub user: User,
    /// The user who made it, and manages its tokens.
    pub made_by: UserId,
    /// When it was made.
    pub made_at: Timestamp,
}

/// The bots of a user by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bots {
    /// The bots.
    pub bots: Vec<Bot>,
}
