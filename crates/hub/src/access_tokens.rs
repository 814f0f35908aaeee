//! The port for access tokens and bots. Their secrets never go through the log.

use futures_util::future::BoxFuture;
use madang_shared::access_tokens::{AccessToken, Bot, TokenScope};
use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::accounts::TokenHash;
use crate::policy::access::TokenAccess;
use crate::store_error::StoreError;

/// A token to be issued.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The user who asks for it.
    pub manager: UserId,
    /// The user for whom it acts: the manager, or a bot of the manager.
    pub account: UserId,
    /// The hash of its secret.
    pub hash: TokenHash,
    /// The name; see [`madang_shared::validate::token_name`].
    pub name: String,
    /// The requests that it allows.
    pub scope: TokenScope,
    /// The only rooms that it reaches; empty if it reaches everything that the account does.
    pub rooms: Vec<RoomId>,
    /// The present time.
    pub at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// A bot to be made.
#[derive(Clone, Debug)]
pub struct NewBotAccount {
    /// The user who makes it.
    pub maker: UserId,
    /// The name, validated by [`madang_shared::validate::user_name`].
    pub name: String,
    /// See [`crate::policy::name_key`].
    pub name_key: String,
    /// The present time.
    pub at: Timestamp,
}

/// A token to be ended.
#[derive(Clone, Copy, Debug)]
pub struct TokenEnd {
    /// The user who ends it.
    pub manager: UserId,
    /// The user for whom it acts.
    pub account: UserId,
    /// Its id.
    pub token: u64,
}

/// The user of a token, and the access of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUser {
    /// The user.
    pub user: User,
    /// The access of the token.
    pub access: TokenAccess,
}

/// The store of access tokens and bots.
///
/// A user manages the own tokens, and those of the bots that the user has made. A bot of another user does not exist for
/// the user.
pub trait AccessTokenStore: Send + Sync + 'static {
    /// Issues a token.
    ///
    /// # Errors
    /// Refused as `not_found` for another user's account, or for a room that the account cannot read; as
    /// `forbidden` beyond [`MAX_TOKENS_PER_ACCOUNT`](madang_shared::access_tokens::MAX_TOKENS_PER_ACCOUNT).
    fn issue_token(&self, new: NewToken) -> BoxFuture<'static, Result<AccessToken, StoreError>>;

    /// The tokens of an account, newest first.
    ///
    /// # Errors
    /// Refused as `not_found` for another user's account.
    fn tokens(
        &self,
        manager: UserId,
        account: UserId,
    ) -> BoxFuture<'static, Result<Vec<AccessToken>, StoreError>>;

    /// Ends a token. Returns its hash, so that its connections can be closed.
    ///
    /// # Errors
    /// Refused as `not_found` for a token that the manager does not manage, or that has been ended.
    fn end_token(&self, end: TokenEnd) -> BoxFuture<'static, Result<TokenHash, StoreError>>;

    /// The user of a token that has not ended. None for a deactivated user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn token_user(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<TokenUser>, StoreError>>;

    /// Makes a bot, and joins it to the first room.
    ///
    /// # Errors
    /// Refused as `name_taken`; as `forbidden` for guests; as `forbidden` beyond
    /// [`MAX_BOTS_PER_USER`](madang_shared::access_tokens::MAX_BOTS_PER_USER).
    fn make_bot(&self, new: NewBotAccount) -> BoxFuture<'static, Result<Bot, StoreError>>;

    /// The bots that a user has made, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn bots(&self, maker: UserId) -> BoxFuture<'static, Result<Vec<Bot>, StoreError>>;
}
