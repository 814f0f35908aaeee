//! The factors of a sign-in beside passwords, over HTTP: passkeys, one-time passwords with recovery codes, and identity
//! providers. None of it goes through the log.

use serde::{Deserialize, Serialize};

use crate::ids::Timestamp;

/// Unicode scalar values in the name of a passkey.
pub const MAX_PASSKEY_NAME_CHARS: usize = 40;

/// `GET`: the ways to sign in here; see [`SignInMethods`].
pub const SIGN_IN_METHODS_PATH: &str = "/api/session/methods";
/// `POST`: begins to sign in with a passkey; the answer is a [`PasskeyStart`].
pub const PASSKEY_SIGN_IN_PATH: &str = "/api/session/passkey";
/// `POST`: ends it with a [`PasskeySignIn`]; the answer is a [`SessionInfo`](crate::session::SessionInfo).
pub const FINISH_PASSKEY_SIGN_IN_PATH: &str = "/api/session/passkey/finish";
/// `POST`: the second step after a password, a [`SecondStep`]; the answer is a
/// [`SessionInfo`](crate::session::SessionInfo).
pub const SECOND_STEP_PATH: &str = "/api/session/code";
/// `GET`, with the id of a provider behind it: sends the browser to the provider.
pub const PROVIDER_PATH: &str = "/api/session/oidc";
/// `GET`: the factors of the user; see [`FactorsInfo`].
pub const FACTORS_PATH: &str = "/api/account/factors";
/// `POST`: begins the registration of a passkey; the answer is a [`PasskeyStart`]. With an id behind it, `POST` renames a
/// passkey by a [`PasskeyName`], and `DELETE` removes it.
pub const PASSKEYS_PATH: &str = "/api/account/passkeys";
/// `POST`: ends the registration with a [`PasskeyRegistration`].
pub const FINISH_PASSKEY_PATH: &str = "/api/account/passkeys/finish";
/// `POST`: makes a secret for one-time passwords; the answer is a [`TotpStart`].
pub const TOTP_PATH: &str = "/api/account/totp";
/// `POST`: confirms the secret with a [`CodeEntry`]; the answer is [`RecoveryCodes`].
pub const CONFIRM_TOTP_PATH: &str = "/api/account/totp/confirm";
/// `POST`: switches one-time passwords off with a [`CodeEntry`].
pub const REMOVE_TOTP_PATH: &str = "/api/account/totp/remove";
/// `POST`: replaces the recovery codes with a [`CodeEntry`]; the answer is [`RecoveryCodes`].
pub const RECOVERY_CODES_PATH: &str = "/api/account/recovery-codes";
/// `POST`, with the id of a provider behind it: begins to link the user's account at the provider; the answer is a
/// [`ProviderStart`]. `DELETE`: unlinks it.
pub const LINKED_PROVIDERS_PATH: &str = "/api/account/providers";
/// The part of the app's address behind `#` after a sign-in with a provider that failed; a [`ProviderFailure`] follows.
pub const PROVIDER_FAILURE_MARK: &str = "provider=";

/// The ways to sign in beside passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignInMethods {
    /// Whether passkeys can be used at this address of the server.
    pub passkeys: bool,
    /// The identity providers.
    pub providers: Vec<ProviderInfo>,
    /// Whether the server mails a link to somebody who has forgotten the password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mail: bool,
}

/// An identity provider, as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderInfo {
    /// Its id in addresses.
    pub id: String,
    /// Its name on the button.
    pub name: String,
}

/// The reason why a provider signed nobody in, as the app is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderFailure {
    /// The provider cannot be reached, or its answer does not count. The log of the server has details.
    Failed,
    /// There is no account for the person, or it is deactivated.
    Refused,
    /// The browser took too long, or came back twice.
    Expired,
    /// The account at the provider belongs to another user here.
    Taken,
}

impl ProviderFailure {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Failed, Self::Refused, Self::Expired, Self::Taken];

    /// The name in the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Taken => "taken",
        }
    }

    /// The reason with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.name() == name)
    }
}

/// The beginning of an operation with a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyStart {
    /// Names the operation in the request that ends it.
    pub challenge: String,
    /// The options for the browser (Web Authentication, level 3), as JSON with bytes in base64url.
    pub options: String,
}

/// The end of a sign-in with a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeySignIn {
    /// See [`PasskeyStart::challenge`].
    pub challenge: String,
    /// The browser's answer: the JSON of `PublicKeyCredential.toJSON()`.
    pub credential: String,
    /// See [`SignUp::bearer`](crate::session::SignUp::bearer).
    #[serde(default)]
    pub bearer: bool,
    /// See [`SignUp::needs_cookie`](crate::session::SignUp::needs_cookie).
    #[serde(default)]
    pub needs_cookie: bool,
}

/// The end of the registration of a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyRegistration {
    /// See [`PasskeyStart::challenge`].
    pub challenge: String,
    /// The browser's answer: the JSON of `PublicKeyCredential.toJSON()`.
    pub credential: String,
    /// The name of the passkey, such as that of its device; at most [`MAX_PASSKEY_NAME_CHARS`].
    pub name: String,
}

/// The factors of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactorsInfo {
    /// Whether passkeys can be used at this address of the server.
    pub passkeys_work: bool,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeyInfo>,
    /// Whether a password needs a code.
    pub totp: bool,
    /// The recovery codes that were not used yet.
    pub recovery_codes: u64,
    /// The identity providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<LinkedProvider>,
}

/// An identity provider, as a user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkedProvider {
    /// Its id in addresses.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the user signs in with it.
    pub linked: bool,
}

/// The beginning of a visit at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderStart {
    /// The address to which the browser goes.
    pub location: String,
}

/// The new name of a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyName {
    /// The name; at most [`MAX_PASSKEY_NAME_CHARS`].
    pub name: String,
}

/// A passkey, as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyInfo {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The time of its registration.
    pub made_at: Timestamp,
    /// The time of the last sign-in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// A secret that an authenticator app has to know. It is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TotpStart {
    /// The secret, to be typed.
    pub secret: String,
    /// The address that opens an authenticator app on the same device.
    pub address: String,
    /// The modules of one side of the QR code with the address.
    pub qr_side: u32,
    /// The black modules, as an SVG path in units of modules.
    pub qr_path: String,
}

/// A one-time password, or a recovery code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeEntry {
    /// The code, as it was typed.
    pub code: String,
}

/// Recovery codes. They are shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecoveryCodes {
    /// The codes, each of which counts once.
    pub codes: Vec<String>,
}

/// The answer to a right password, with the status 202, if the user needs a code too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecondStepNeeded {
    /// See [`SecondStep::challenge`].
    pub second_step: String,
}

/// The second step of a sign-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecondStep {
    /// The challenge that the first step has answered.
    pub challenge: String,
    /// A one-time password, or a recovery code.
    pub code: String,
    /// See [`SignUp::bearer`](crate::session::SignUp::bearer).
    #[serde(default)]
    pub bearer: bool,
    /// See [`SignUp::needs_cookie`](crate::session::SignUp::needs_cookie).
    #[serde(default)]
    pub needs_cookie: bool,
}

macro_rules! hide {
    ($($secret:ident),+) => {
        $(
            /// Hides the secrets.
            impl std::fmt::Debug for $secret {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(stringify!($secret))
                }
            }
        )+
    };
}

hide!(TotpStart, CodeEntry, RecoveryCodes, SecondStepNeeded, SecondStep);
