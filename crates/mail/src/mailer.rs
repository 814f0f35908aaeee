//! Sends mails, each over a connection of its own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::{AsyncTransport, Message};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::settings::{Connector, InvalidMailSettings, MailServerSettings, MailTiming};

/// The attempts at a time.
const MAX_SENDING: usize = 4;
/// The random bytes in the id of a message.
const ID_BYTES: usize = 16;

/// A mail in plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address of the recipient.
    pub to: String,
    /// The subject, in one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The time of the mail, in milliseconds since 1970.
    pub at_ms: u64,
}

/// Neither the recipient nor the text, which may hold a link: both are secrets.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// A mail that was not sent. The sentence never holds the address of the recipient.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct SendError {
    /// Whether another attempt cannot succeed.
    pub is_permanent: bool,
    /// The reason, in words of our own.
    reason: String,
}

/// The mail server. Clones are the same.
#[derive(Clone)]
pub struct Mailer {
    connector: Arc<Connector>,
    timing: MailTiming,
    sending: Arc<Semaphore>,
}

/// The server alone: neither its user nor the password.
impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailer").field(&self.server()).finish()
    }
}

impl Mailer {
    /// The mail server of the settings. It is not asked yet.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn new(settings: &MailServerSettings) -> Result<Self, InvalidMailSettings> {
        let connector = Arc::new(Connector::new(settings)?);
        let sending = Arc::new(Semaphore::new(MAX_SENDING));
        Ok(Self { connector, timing: settings.timing.clone(), sending })
    }

    /// The server as operators know it: scheme, host and port, without its user.
    pub fn server(&self) -> &str {
        &self.connector.name
    }

    /// Connects, and signs in where the settings have a user.
    ///
    /// # Errors
    /// The reason, in full: a connection without a mail has no recipient.
    pub async fn check(&self) -> Result<(), String> {
        let check = self.connector.transport.test_connection();
        match timeout(self.timing.attempt, check).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("it ends the connection".to_owned()),
            Ok(Err(error)) => Err(with_sources(&error)),
            Err(_) => Err("it does not answer in time".to_owned()),
        }
    }

    /// Sends a mail, with several attempts unless the server refuses it for good.
    ///
    /// # Errors
    /// The reason of the last attempt.
    pub async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = self.message(mail)?;
        let mut waits = self.timing.waits.iter();
        loop {
            let Err(error) = self.attempt(message.clone()).await else { return Ok(()) };
            match waits.next() {
                Some(wait) if !error.is_permanent => tokio::time::sleep(*wait).await,
                _ => return Err(error),
            }
        }
    }

    async fn attempt(&self, message: Message) -> Result<(), SendError> {
        // The semaphore is never closed.
        let _permit = self.sending.acquire().await.ok();
        match timeout(self.timing.attempt, self.connector.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(of_attempt(&error)),
            Err(_) => Err(SendError::passing("the mail server does not answer in time")),
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, SendError> {
        let to = mail.to.parse().map_err(|_| SendError::permanent("the address is not valid"))?;
        let from = &self.connector.from;
        let message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(mail.at_ms))
            .message_id(Some(message_id(from.email.domain())?))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone());
        message.map_err(|_| SendError::permanent("the mail cannot be written"))
    }
}

impl SendError {
    fn permanent(reason: impl Into<String>) -> Self {
        Self { is_permanent: true, reason: reason.into() }
    }

    fn passing(reason: impl Into<String>) -> Self {
        Self { is_permanent: false, reason: reason.into() }
    }
}

/// The words of the server may repeat the address of the recipient, so its code alone is told.
fn of_attempt(error: &lettre::transport::smtp::Error) -> SendError {
    let code = error.status().map(|code| code.to_string());
    match code {
        Some(code) if error.is_permanent() => {
            SendError::permanent(format!("the mail server refuses with {code}"))
        }
        Some(code) => SendError::passing(format!("the mail server answers {code}")),
        None if error.is_timeout() => SendError::passing("the mail server does not answer in time"),
        // Such as a server without STARTTLS.
        None if error.is_client() => {
            SendError::permanent("the mail server lacks what the settings need")
        }
        None => SendError::passing("the connection to the mail server failed"),
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn message_id(domain: &str) -> Result<String, SendError> {
    let mut random = [0; ID_BYTES];
    getrandom::fill(&mut random)
        .map_err(|_| SendError::passing("the system provides no random bytes"))?;
    Ok(format!("<{:032x}@{domain}>", u128::from_be_bytes(random)))
}

/// Says that no person has written the mail, so that no program answers it (RFC 3834).
#[derive(Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
