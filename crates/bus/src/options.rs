//! The address of NATS, and the way to sign in. Secrets are never shown: neither by `Debug` nor in errors.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;
use url::Url;

/// The subject to which all nodes of a cluster publish, and which they subscribe to.
pub const DEFAULT_SUBJECT: &str = "madang.nodes";

/// The settings of a connection to NATS.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// The address, without user and password.
    pub(crate) address: String,
    pub(crate) requires_tls: bool,
    pub(crate) sign_in: SignIn,
    /// Certificates of authorities to trust besides those of the system.
    pub(crate) root_certificates: Option<PathBuf>,
    pub(crate) subject: String,
}

/// The way to sign in to NATS.
#[derive(Clone, Default)]
pub enum SignIn {
    /// Without a user.
    #[default]
    Anonymous,
    /// With a user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// With a credentials file, as `nsc` writes it.
    CredentialsFile(PathBuf),
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Password { user, .. } => {
                f.debug_struct("Password").field("user", user).finish_non_exhaustive()
            }
            Self::CredentialsFile(path) => f.debug_tuple("CredentialsFile").field(path).finish(),
        }
    }
}

/// The address of NATS is invalid. The text does not repeat the address, because it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// It is no URL.
    #[error(
        "the address of the bus is no URL; write it as `nats://host:4222`, or `tls://host:4222`"
    )]
    NoUrl,
    /// It has another scheme.
    #[error("the bus has the scheme `{0}`; use `nats://host:4222`, or `tls://host:4222` for TLS")]
    Scheme(String),
    /// It has no host.
    #[error("the address of the bus names no host; write it as `nats://host:4222`")]
    NoHost,
    /// It has a user without a password, or the other way round.
    #[error(
        "the address of the bus has a user or a password alone; give both, or a credentials file"
    )]
    HalfPassword,
}

impl NatsOptions {
    /// Reads an address: `nats://host:4222`, or `tls://host:4222`. A user and a password in it are used to sign in.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn parse(address: &str) -> Result<Self, OptionsError> {
        let url = Url::parse(address).map_err(|_| OptionsError::NoUrl)?;
        let requires_tls = match url.scheme() {
            "nats" => false,
            "tls" => true,
            other => return Err(OptionsError::Scheme(other.to_owned())),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(OptionsError::NoHost)?;
        let sign_in = match (url.username(), url.password()) {
            ("", None) => SignIn::Anonymous,
            ("", Some(_)) | (_, None) => return Err(OptionsError::HalfPassword),
            (user, Some(password)) => {
                SignIn::Password { user: decode(user), password: decode(password) }
            }
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self {
            address: format!("{}://{host}{port}", url.scheme()),
            requires_tls,
            sign_in,
            root_certificates: None,
            subject: DEFAULT_SUBJECT.to_owned(),
        })
    }

    /// The same options with another way to sign in.
    #[must_use]
    pub fn with_sign_in(mut self, sign_in: SignIn) -> Self {
        self.sign_in = sign_in;
        self
    }

    /// The same options with a file of certificates of authorities to trust.
    #[must_use]
    pub fn with_root_certificates(mut self, file: PathBuf) -> Self {
        self.root_certificates = Some(file);
        self
    }

    /// The same options with another subject, for several clusters over one NATS.
    #[must_use]
    pub fn with_subject(mut self, subject: String) -> Self {
        self.subject = subject;
        self
    }

    /// The address, without user and password.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Resolves the percent-encoding of a part of a URL. Invalid sequences stay as they are.
fn decode(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_a_host_and_no_secret() {
        let options = NatsOptions::parse("nats://node:p%40ss%2Fword@nats.example:4223").unwrap();
        assert_eq!(options.address(), "nats://nats.example:4223");
        let SignIn::Password { user, password } = &options.sign_in else {
            unreachable!("{options:?}");
        };
        assert_eq!((user.as_str(), password.as_str()), ("node", "p@ss/word"));
        assert!(!format!("{options:?}").contains("ss/word"), "{options:?}");
        let tls = NatsOptions::parse("tls://[::1]").unwrap();
        assert_eq!((tls.address(), tls.requires_tls), ("tls://[::1]", true));
    }

    #[test]
    fn an_invalid_address_is_refused_without_repeating_it() {
        for (address, error) in [
            ("", OptionsError::NoUrl),
            ("nats.example:4222:secret", OptionsError::Scheme("nats.example".into())),
            ("http://node:secret@nats.example", OptionsError::Scheme("http".into())),
            ("nats://", OptionsError::NoHost),
            ("nats://secret@nats.example", OptionsError::HalfPassword),
            ("nats://:secret@nats.example", OptionsError::HalfPassword),
        ] {
            let refused = NatsOptions::parse(address).unwrap_err();
            assert_eq!(refused, error, "{address}");
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
    }
}
