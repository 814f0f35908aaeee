//! The access of a request: that of a person who has signed in, or that of a token. A token never allows more than its
//! user may do: the rights of the user ([`rights`](super::rights)) are checked as well.

use std::sync::Arc;

use madang_shared::access_tokens::TokenScope;
use madang_shared::{ErrorCode, Failure, RoomId};

use super::rights::Need;

/// The access of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CredentialAccess {
    /// Everything that the user may do. The server's own requests have it too.
    #[default]
    Full,
    /// A part of it.
    Token(TokenAccess),
}

/// The access of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAccess {
    /// The requests that it allows.
    pub scope: TokenScope,
    /// The only rooms that it reaches; none if it reaches everything that its user does.
    pub rooms: Option<Arc<[RoomId]>>,
}

/// The effect of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// It changes nothing.
    Read,
    /// It changes something, or others see it.
    Change,
}

impl CredentialAccess {
    /// Checks a request.
    ///
    /// # Errors
    /// `forbidden` beyond the token's scope or rooms.
    pub fn check(&self, kind: RequestKind, need: Need) -> Result<(), Failure> {
        let Self::Token(TokenAccess { scope, rooms }) = self else { return Ok(()) };
        if (kind, *scope) == (RequestKind::Change, TokenScope::Read) {
            return Err(refusal(
                "This access token may only read; use one with the scope `write`.",
            ));
        }
        let Some(rooms) = rooms else { return Ok(()) };
        match need.room() {
            Some(room) if rooms.contains(&room) => Ok(()),
            _ => Err(refusal("This access token is limited to certain rooms; use another one.")),
        }
    }

    /// Checks a request about the account itself: its sessions, tokens and secrets.
    ///
    /// # Errors
    /// `forbidden` for every token, because a published token must not give an account away.
    pub fn check_account(&self) -> Result<(), Failure> {
        match self {
            Self::Full => Ok(()),
            Self::Token(_) => {
                Err(refusal("An access token cannot manage an account; sign in for it."))
            }
        }
    }
}

fn refusal(message: &str) -> Failure {
    Failure::new(ErrorCode::Forbidden, message)
}

#[cfg(test)]
mod tests {
    use madang_shared::UserId;
    use madang_shared::roles::Role;

    use super::*;
    use crate::policy::rights::RoomRight;

    fn room(id: u64) -> Need {
        Need::Room(RoomId(id), RoomRight::Read)
    }

    fn token(scope: TokenScope, rooms: Option<&[u64]>) -> CredentialAccess {
        let rooms = rooms.map(|rooms| rooms.iter().copied().map(RoomId).collect());
        CredentialAccess::Token(TokenAccess { scope, rooms })
    }

    #[test]
    fn a_person_has_full_access() {
        for need in [Need::Account, Need::Role(Role::Owner), Need::Own(UserId(1)), room(7)] {
            assert_eq!(CredentialAccess::Full.check(RequestKind::Change, need), Ok(()));
        }
        assert_eq!(CredentialAccess::Full.check_account(), Ok(()));
    }

    #[test]
    fn a_token_that_reads_changes_nothing() {
        let token = token(TokenScope::Read, None);
        for need in [Need::Account, Need::Role(Role::Member), Need::Own(UserId(1)), room(7)] {
            assert_eq!(token.check(RequestKind::Read, need), Ok(()));
            let refused = token.check(RequestKind::Change, need).unwrap_err();
            assert_eq!(refused.code, ErrorCode::Forbidden, "{need:?}");
        }
        assert!(token.check_account().is_err());
    }

    #[test]
    fn a_token_for_rooms_reaches_nothing_else() {
        let token = token(TokenScope::Write, Some(&[7, 9]));
        for kind in [RequestKind::Read, RequestKind::Change] {
            assert_eq!(token.check(kind, room(7)), Ok(()));
            assert_eq!(token.check(kind, room(9)), Ok(()));
            let others = [Need::Account, Need::Role(Role::Guest), Need::Own(UserId(1)), room(8)];
            for need in others {
                assert!(token.check(kind, need).is_err(), "{need:?}");
            }
        }
    }
}
