//! The settings of the mail server.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::Url;

/// The port of a mail server that encrypts after `STARTTLS` (RFC 6409).
const SUBMISSION_PORT: u16 = 587;
/// The port of a mail server on this machine.
const LOCAL_PORT: u16 = 25;
/// The port of a mail server that encrypts from the start (RFC 8314).
const SUBMISSIONS_PORT: u16 = 465;

/// The settings of the mail server.
pub struct MailServerSettings {
    /// `smtps://user@host:465`, or `smtp://user@host:587` with `STARTTLS`. A server on this machine gets plain text from
    /// `smtp://`.
    pub url: String,
    /// The password of the user in the URL.
    pub password: Option<String>,
    /// The sender: `hub@example.com`, or `Our hub <hub@example.com>`.
    pub from: String,
    /// Time limits and attempts.
    pub timing: MailTiming,
}

/// Time limits and attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTiming {
    /// The time limit of an attempt.
    pub attempt: Duration,
    /// The waits between the attempts. There is one attempt more than waits.
    pub waits: Vec<Duration>,
}

impl Default for MailTiming {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            waits: [5, 30, 120].map(Duration::from_secs).to_vec(),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidMailSettings {
    /// The URL is none of a mail server.
    #[error("it must be `smtps://USER@HOST`, or `smtp://USER@HOST` for a server with STARTTLS")]
    Url,
    /// The URL has a password.
    #[error(
        "it holds a password, which other users of the machine could read; write the password into a file"
    )]
    PasswordInUrl,
    /// There is a user without a password.
    #[error("it names a user, whose password is missing; name its file")]
    MissingPassword,
    /// There is a password without a user.
    #[error("it names no user, and there is a password; write smtps://USER@HOST")]
    MissingUser,
    /// The sender is no address.
    #[error(
        "the sender {0:?} is no mail address; write `hub@example.com` or `Our hub <hub@example.com>`"
    )]
    Sender(String),
    /// The system provides no certificates, or the name of the host is none.
    #[error("TLS cannot be prepared: {0}")]
    Tls(String),
}

/// The protocol on the runtime of the server.
type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// The parts of the settings that a connection needs.
pub(crate) struct Connector {
    pub(crate) transport: Transport,
    pub(crate) from: Mailbox,
    /// The server as operators know it: scheme, host and port.
    pub(crate) name: String,
}

impl Connector {
    pub(crate) fn new(settings: &MailServerSettings) -> Result<Self, InvalidMailSettings> {
        let url = Url::parse(&settings.url).map_err(|_| InvalidMailSettings::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(InvalidMailSettings::Url)?.trim_matches(['[', ']']);
        let has_more = !matches!(url.path(), "" | "/") || url.query().is_some();
        if has_more || url.fragment().is_some() {
            return Err(InvalidMailSettings::Url);
        }
        if url.password().is_some() {
            return Err(InvalidMailSettings::PasswordInUrl);
        }
        let tls =
            |error: lettre::transport::smtp::Error| InvalidMailSettings::Tls(error.to_string());
        let (builder, port) = match url.scheme() {
            "smtps" => (Transport::relay(host).map_err(tls)?, SUBMISSIONS_PORT),
            "smtp" if is_this_machine(host) => (Transport::builder_dangerous(host), LOCAL_PORT),
            // A server without STARTTLS is an error: neither password nor mail leave this machine in plain text.
            "smtp" => (Transport::starttls_relay(host).map_err(tls)?, SUBMISSION_PORT),
            _ => return Err(InvalidMailSettings::Url),
        };
        let from: Mailbox = settings
            .from
            .trim()
            .parse()
            .map_err(|_| InvalidMailSettings::Sender(settings.from.clone()))?;
        let port = url.port().unwrap_or(port);
        let mut builder = builder
            .port(port)
            .timeout(Some(settings.timing.attempt))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        match (url.username(), &settings.password) {
            ("", None) => {}
            ("", Some(_)) => return Err(InvalidMailSettings::MissingUser),
            (_, None) => return Err(InvalidMailSettings::MissingPassword),
            (user, Some(password)) => {
                let user = percent_decode_str(user).decode_utf8();
                let user = user.map_err(|_| InvalidMailSettings::Url)?.into_owned();
                builder = builder.credentials(Credentials::new(user, password.clone()));
            }
        }
        let name = format!("{}://{host}:{port}", url.scheme());
        Ok(Self { transport: builder.build(), from, name })
    }
}

/// Whether plain text to the host stays on this machine.
fn is_this_machine(host: &str) -> bool {
    let is_name = host.eq_ignore_ascii_case("localhost");
    is_name || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

impl fmt::Debug for MailServerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServerSettings").field("from", &self.from).finish_non_exhaustive()
    }
}
