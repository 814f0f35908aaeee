//! Sends mail through a mail server (SMTP, RFC 5321): over TLS, or without it to this machine alone.
//!
//! The package knows neither accounts nor texts. An error for the log never holds the address of a recipient.

mod mailer;
mod settings;

pub use mailer::{Mail, Mailer, SendError};
pub use settings::{InvalidMailSettings, MailServerSettings, MailTiming};
