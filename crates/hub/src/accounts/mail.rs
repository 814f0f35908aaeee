//! The mail addresses of accounts: an address counts once its owner has opened the link in a mail to it.

use futures_util::future::BoxFuture;
use madang_shared::mail::MAX_MAIL_ADDRESS_CHARS;
use madang_shared::{ErrorCode, Failure, Timestamp, User, UserId};

use super::SecretHash;
use crate::store_error::StoreError;

/// The characters that an address may have before its `@`, beside letters and digits (RFC 5322, `atext`, and the dot).
const LOCAL_CHARACTERS: &str = "!#$%&'*+-/=?^_`{|}~.";
/// The most characters before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_CHARS: usize = 64;

/// A mail address in ASCII, as its owner writes it. Quoted names and addresses of hosts are not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads an address as somebody has typed it.
    ///
    /// # Errors
    /// `invalid`, with a sentence for the user.
    pub fn parse(typed: &str) -> Result<Self, Failure> {
        let typed = typed.trim();
        let is_valid = typed.len() <= MAX_MAIL_ADDRESS_CHARS
            && typed
                .split_once('@')
                .is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
        if is_valid {
            return Ok(Self(typed.to_owned()));
        }
        let message = "This is no mail address; write it as mina@example.com, in Latin letters.";
        Err(Failure::new(ErrorCode::Invalid, message))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which the address belongs to one account: no provider tells capitals from small letters.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

fn is_local(local: &str) -> bool {
    let parts_are_there = local.split('.').all(|part| !part.is_empty());
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || LOCAL_CHARACTERS.contains(it);
    local.len() <= MAX_LOCAL_CHARS && parts_are_there && local.chars().all(is_allowed)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

/// The request of a user for an address. It replaces the user's earlier request.
#[derive(Clone, Debug)]
pub struct NewMailVerification {
    /// The user.
    pub user: UserId,
    /// The address.
    pub address: MailAddress,
    /// The hash of the token of the link.
    pub token: SecretHash,
    /// The present time.
    pub at: Timestamp,
    /// The time from which the link cannot be used any more.
    pub expires_at: Timestamp,
}

/// A request for an address that can still be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailVerification {
    /// The user.
    pub user: User,
    /// The address.
    pub address: String,
    /// The time from which the link cannot be used any more.
    pub expires_at: Timestamp,
}

/// The addresses of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnMailAddresses {
    /// The verified one.
    pub verified: Option<String>,
    /// The one that waits for its owner, and the time from which its link cannot be used any more.
    pub pending: Option<(String, Timestamp)>,
}

/// The typed name or address of somebody who has forgotten the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRecipientRequest {
    /// The key of the typed text as a name; see [`crate::policy::name_key`].
    pub name_key: String,
    /// The key of the typed text as an address; none if it is no address.
    pub address_key: Option<String>,
    /// The present time.
    pub at: Timestamp,
}

/// An account that can be recovered by mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRecipient {
    /// The user.
    pub user: User,
    /// The verified address.
    pub address: String,
    /// The language in the user's profile: a language tag (BCP 47); empty if it is not known.
    pub language: String,
}

/// Keeps the mail addresses of accounts.
///
/// # Errors
/// Every method: [`StoreError::Unavailable`]. Refusals are named where they occur.
pub trait MailAddressStore: Send + Sync + 'static {
    /// The addresses of a user.
    fn mail_addresses(
        &self,
        user: UserId,
    ) -> BoxFuture<'static, Result<OwnMailAddresses, StoreError>>;

    /// Keeps a request for an address. Returns the language in the user's profile.
    ///
    /// # Errors
    /// Refused as `forbidden` for a deactivated account.
    fn request_mail_address(
        &self,
        new: NewMailVerification,
    ) -> BoxFuture<'static, Result<String, StoreError>>;

    /// The request with this token, if it can still be verified.
    fn mail_verification(
        &self,
        token: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<MailVerification>, StoreError>>;

    /// Gives the account its address, and uses the request up. Returns the user.
    ///
    /// # Errors
    /// Refused as `not_found` if the link cannot be used any more, as `name_taken` if the address belongs to another
    /// account, and as `forbidden` for a deactivated account.
    fn verify_mail_address(
        &self,
        token: SecretHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<UserId, StoreError>>;

    /// Removes the address of a user, and the request for another.
    fn remove_mail_address(&self, user: UserId) -> BoxFuture<'static, Result<(), StoreError>>;

    /// The account that can be recovered by mail; none for an account without a verified address, and for a deactivated
    /// or banned one.
    fn mail_recipient(
        &self,
        request: MailRecipientRequest,
    ) -> BoxFuture<'static, Result<Option<MailRecipient>, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        for good in ["mina@example.com", " Mina.Kim+hub@mail.example.co.kr ", "a@b.kr"] {
            assert_eq!(MailAddress::parse(good).unwrap().as_str(), good.trim());
        }
        assert_eq!(MailAddress::parse("Mina@Example.COM").unwrap().key(), "mina@example.com");
        let long = format!("{}@example.com", "a".repeat(65));
        let wrong = [
            "",
            "mina",
            "@example.com",
            "mina@",
            "mina@localhost",
            "mina@example..com",
            ".a@b.kr",
            "a..b@c.kr",
            "mina@-a.kr",
            "a b@c.kr",
            "a@b.kr\r\nBcc: x@y.kr",
            "<a@b.kr>",
            "a@b@c.kr",
            "\"a\"@b.kr",
            "민아@example.com",
            "a@[127.0.0.1]",
            &long,
        ];
        for wrong in wrong {
            assert_eq!(MailAddress::parse(wrong).unwrap_err().code, ErrorCode::Invalid, "{wrong}");
        }
    }
}
