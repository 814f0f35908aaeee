//! The mail address of an account over HTTP, and recovery by it. None of it goes through the log.

use serde::{Deserialize, Serialize};

/// The most characters of a mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
pub const MAX_MAIL_ADDRESS_CHARS: usize = 254;

/// `GET`: an [`OwnMail`]. `POST`: mails a link to a new address, see [`MailAddressRequest`]. `DELETE`: removes the address.
pub const ACCOUNT_MAIL_PATH: &str = "/api/account/mail";
/// `POST`: gives the account the address to which a link was mailed; see [`LinkRequest`](crate::account::LinkRequest). It needs no session.
pub const VERIFY_MAIL_PATH: &str = "/api/mail/verify";
/// `POST`: mails a recovery link to the verified address of an account; see [`MailRecovery`]. The answer is the same for every
/// account.
pub const MAIL_RECOVERY_PATH: &str = "/api/session/recovery";

/// The mail address of the account: the answer to `GET` [`ACCOUNT_MAIL_PATH`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnMail {
    /// Whether the server sends mail.
    pub is_available: bool,
    /// The verified address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The address to which a link was mailed that nobody has opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
}

/// The body of [`ACCOUNT_MAIL_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailAddressRequest {
    /// The address.
    pub address: String,
}

/// The body of [`MAIL_RECOVERY_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailRecovery {
    /// The name of the account, or its verified address.
    pub account: String,
}
