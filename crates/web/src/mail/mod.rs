//! The mails of the server: their texts, and the queue from which they are sent.

mod queue;
mod texts;

pub use queue::{MailJobs, MailQueue, RecoveryRequest};
pub use texts::{MailLang, MailTexts, RequestedFrom};
