//! The account of a user over HTTP: passwords, sign-in sessions, one-time links. None of it goes through the log.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::Timestamp;

/// The fewest Unicode scalar values of a new password.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// The most Unicode scalar values of a password.
pub const MAX_PASSWORD_CHARS: usize = 256;

/// `GET`: the account. `/password`, `/sessions` and `/device` belong to it.
pub const ACCOUNT_PATH: &str = "/api/account";
/// `POST`: sets or changes the password; see [`PasswordChange`].
pub const ACCOUNT_PASSWORD_PATH: &str = "/api/account/password";
/// `DELETE`: ends all other sessions, or with an id behind it one of them.
pub const ACCOUNT_SESSIONS_PATH: &str = "/api/account/sessions";
/// `POST`: makes a code for a second device. `GET`: its state. `DELETE`: withdraws it.
pub const ACCOUNT_DEVICE_PATH: &str = "/api/account/device";
/// `POST`: lets the waiting device in.
pub const CONFIRM_DEVICE_PATH: &str = "/api/account/device/confirm";
/// `GET`: a [`ConfirmationState`]. `POST`: confirms that it is the user, with a [`Confirmation`], for some minutes.
pub const CONFIRM_PATH: &str = "/api/account/confirm";
/// `POST`: begins a confirmation with a passkey; the answer is a [`PasskeyStart`](crate::factors::PasskeyStart).
pub const CONFIRM_PASSKEY_PATH: &str = "/api/account/confirm/passkey";
/// `POST`: ends it with a [`PasskeyConfirmation`].
pub const FINISH_CONFIRM_PASSKEY_PATH: &str = "/api/account/confirm/passkey/finish";
/// `POST`: starts a session with a name and a password; see [`PasswordSignIn`].
pub const PASSWORD_SIGN_IN_PATH: &str = "/api/session/password";
/// `POST`: starts a session with a one-time link; see [`LinkSignIn`].
pub const LINK_SIGN_IN_PATH: &str = "/api/session/link";
/// `POST`: asks a signed-in device of the user to let this one in; see [`DeviceRequest`].
pub const DEVICE_SIGN_IN_PATH: &str = "/api/session/device";
/// `POST`: starts the session of a device that was let in; see [`DeviceSignIn`].
pub const FINISH_DEVICE_PATH: &str = "/api/session/device/finish";
/// `POST`: reads a one-time link without using it up; see [`LinkRequest`].
pub const LINKS_PATH: &str = "/api/links";
/// The page of the app that opens a one-time link, whose token stands behind `#`.
pub const LINK_PAGE: &str = "/link";

/// A text that only its owner knows. [`fmt::Debug`] hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The body of [`PASSWORD_SIGN_IN_PATH`]; the answer is a [`SessionInfo`](crate::session::SessionInfo).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordSignIn {
    /// The user's name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// See [`SignUp::bearer`](crate::session::SignUp::bearer).
    #[serde(default)]
    pub bearer: bool,
    /// See [`SignUp::needs_cookie`](crate::session::SignUp::needs_cookie).
    #[serde(default)]
    pub needs_cookie: bool,
}

/// The body of [`ACCOUNT_PASSWORD_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordChange {
    /// The new password.
    pub password: Secret,
    /// The current one; not needed for the first password, or in a session that has just begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
}

/// The answer of [`ACCOUNT_PATH`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountInfo {
    /// Whether there is a way back to the account beside its sessions.
    pub secured: bool,
    /// Whether the account has a password.
    pub has_password: bool,
    /// Whether a new password needs the current one.
    pub needs_current_password: bool,
    /// The sign-in sessions; the one with the latest use first.
    pub sessions: Vec<SignInSession>,
    /// The last attempts to sign in, the newest first.
    pub attempts: Vec<SignInAttempt>,
}

/// Whether an act that changes who can sign in needs a confirmation first, and the ways to make it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(clippy::struct_excessive_bools, reason = "each of them is a fact of its own on the wire")]
pub struct ConfirmationState {
    /// Whether it is needed now.
    pub needed: bool,
    /// Whether the password confirms.
    pub password: bool,
    /// Whether a passkey confirms.
    pub passkeys: bool,
    /// Whether the password needs a code too.
    pub code: bool,
}

/// The body of [`CONFIRM_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Confirmation {
    /// The password.
    pub password: Secret,
    /// A one-time password or a recovery code, if the account needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// The body of [`FINISH_CONFIRM_PASSKEY_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyConfirmation {
    /// See [`PasskeyStart::challenge`](crate::factors::PasskeyStart::challenge).
    pub challenge: String,
    /// The browser's answer: the JSON of `PublicKeyCredential.toJSON()`.
    pub credential: String,
}

/// A sign-in session, as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignInSession {
    /// Names the session for its user; no secret.
    pub id: String,
    /// The program and the system, such as "Firefox on Windows"; empty if they are unknown.
    pub device: String,
    /// The network that the session last came from; empty if it is unknown.
    pub network: String,
    /// The time of the sign-in.
    pub since: Timestamp,
    /// The time of the last use, to the hour.
    pub used_at: Timestamp,
    /// Whether the request came from this session.
    pub current: bool,
}

/// An attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignInAttempt {
    /// The time.
    pub at: Timestamp,
    /// Whether a session began.
    pub succeeded: bool,
    /// The way: the name of a [`SignInMethod`].
    pub method: String,
    /// See [`SignInSession::device`].
    pub device: String,
    /// See [`SignInSession::network`].
    pub network: String,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With a link that an administrator has made, or that was mailed.
    Recovery,
    /// With a link for a name that had no way back.
    Claim,
    /// By another device of the same user.
    Device,
    /// With a passkey.
    Passkey,
    /// By an identity provider.
    Provider,
}

impl SignInMethod {
    /// The name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Recovery => "recovery",
            Self::Claim => "claim",
            Self::Device => "device",
            Self::Passkey => "passkey",
            Self::Provider => "provider",
        }
    }
}

/// The kind of a one-time link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// An administrator helps somebody who cannot sign in any more. It ends the other sessions.
    Recovery,
    /// Gives a name without a way back to its owner.
    Claim,
    /// Lets a second device of the same user in.
    Device,
    /// Gives the account the address to which it was mailed. It lets nobody in.
    Mail,
}

impl LinkKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Recovery, Self::Claim, Self::Device, Self::Mail];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Claim => "claim",
            Self::Device => "device",
            Self::Mail => "mail",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The body of [`LINKS_PATH`]; the answer is a [`LinkInfo`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkRequest {
    /// The part of the link behind `#`.
    pub token: Secret,
}

/// A one-time link that can still be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkInfo {
    /// The kind.
    pub kind: LinkKind,
    /// The name of the user whom it lets in.
    pub name: String,
    /// The address that the account gets; only of a link that was mailed to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The time from which it cannot be used any more.
    pub expires_at: Timestamp,
}

/// A link that was made just now, which nobody can read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MadeLink {
    /// The address.
    pub link: Secret,
    /// The time from which it cannot be used any more.
    pub expires_at: Timestamp,
}

/// The body of [`LINK_SIGN_IN_PATH`], for a recovery or a claim link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkSignIn {
    /// The part of the link behind `#`.
    pub token: Secret,
    /// The new password of the account, if it gets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// See [`SignUp::bearer`](crate::session::SignUp::bearer).
    #[serde(default)]
    pub bearer: bool,
    /// See [`SignUp::needs_cookie`](crate::session::SignUp::needs_cookie).
    #[serde(default)]
    pub needs_cookie: bool,
}

/// A code for a second device: the answer to `POST` [`ACCOUNT_DEVICE_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceCode {
    /// The code to type, in two groups.
    pub code: Secret,
    /// The address to open instead.
    pub link: Secret,
    /// The modules of one side of the QR code with the address.
    pub qr_side: u32,
    /// The black modules, as an SVG path in units of modules.
    pub qr_path: Secret,
    /// The time from which neither can be used any more.
    pub expires_at: Timestamp,
}

/// The state of the code for a second device: the answer to `GET` [`ACCOUNT_DEVICE_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceState {
    /// Whether the code can still be used, or its device still waits.
    pub open: bool,
    /// The device that waits for being let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<WaitingDevice>,
}

/// A device that waits for being let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitingDevice {
    /// Names the request, so that a confirmation lets in the device that its user has seen.
    pub id: String,
    /// See [`SignInSession::device`].
    pub device: String,
    /// See [`SignInSession::network`].
    pub network: String,
}

/// The body of [`CONFIRM_DEVICE_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceConfirmation {
    /// See [`WaitingDevice::id`].
    pub id: String,
}

/// The body of [`DEVICE_SIGN_IN_PATH`], with one of both fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceRequest {
    /// The part of the link behind `#`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// The code, in any case, with or without what separates its groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// The answer of [`DEVICE_SIGN_IN_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceTicket {
    /// Proves to [`FINISH_DEVICE_PATH`] that this is the device that waits.
    pub ticket: Secret,
    /// The name of the user.
    pub name: String,
    /// The time from which it cannot be used any more.
    pub expires_at: Timestamp,
}

/// The body of [`FINISH_DEVICE_PATH`]. The answer is a [`SessionInfo`](crate::session::SessionInfo), or 202 without a
/// body while the device is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceSignIn {
    /// See [`DeviceTicket::ticket`].
    pub ticket: Secret,
    /// See [`SignUp::bearer`](crate::session::SignUp::bearer).
    #[serde(default)]
    pub bearer: bool,
    /// See [`SignUp::needs_cookie`](crate::session::SignUp::needs_cookie).
    #[serde(default)]
    pub needs_cookie: bool,
}
