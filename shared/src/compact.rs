//! JSON in little code: the codec of what a browser downloads.
//!
//! The derives of serde say what the wire looks like, on both sides. The server reads and writes it with
//! `serde_json`, whose refusals tell a developer what is wrong and where. A client reads and writes
//! the same text with this module, because `serde_json` was a quarter of the app's code: it is compiled
//! anew for each type, with the errors that could come of each. Here nothing depends on a type but the
//! order of the calls, and an error is a place in the text. Tests hold both to the same frames
//! (`shared/tests/it/compact.rs`).

mod read;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The text is not JSON, or not of the shape that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it cannot be read beyond byte {at}")]
pub struct Unreadable {
    /// How far the text made sense, in bytes.
    pub at: usize,
}

/// Reads a value from the whole of a text.
///
/// # Errors
/// [`Unreadable`], never a panic, whatever the text is.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let mut reader = read::Reader::new(text);
    let value = T::deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|_| Unreadable { at: reader.at() })
}

/// Writes a value as `serde_json` writes it, except for floats, which mean the same but may look
/// otherwise. The value's type must not have a `Serialize` that fails by itself; derived ones never do.
pub fn to_text<T: Serialize>(value: &T) -> String {
    let mut writer = write::Writer::default();
    match value.serialize(&mut writer) {
        Ok(()) => writer.into_text(),
    }
}
