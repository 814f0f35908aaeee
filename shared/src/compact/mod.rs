//! JSON in little code: the codec of the browser app.
//!
//! The derives of serde define the wire on both sides. The server reads and writes it with
//! `serde_json`, whose errors tell a developer what is wrong and where. A client reads and writes the
//! same text with this module, because `serde_json` was a quarter of the app's code: it is compiled
//! once for each type, together with the errors of that type. Here only the order of the calls depends
//! on a type, and an error is a position in the text. Tests compare both codecs on the same frames
//! (`shared/tests/it/compact.rs`).
//!
//! The wire has no bytes. Here they stand for the text of any value, so that a type can be read later than the value
//! around it: see `shared/src/encoded.rs`.

mod read;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The text is not JSON, or not JSON of the requested type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unexpected text at byte {at}")]
pub struct ParseError {
    /// The position of the first unexpected byte.
    pub at: usize,
}

/// Reads a value from the whole of a text.
///
/// # Errors
/// [`ParseError`]; no text makes it panic.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, ParseError> {
    let mut reader = read::Reader::new(text);
    let value = T::deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|_| ParseError { at: reader.at() })
}

/// Writes a value as `serde_json` does; only floats may be spelled differently. The value's `Serialize`
/// must not fail by itself; a derived one never does.
pub fn to_text<T: Serialize>(value: &T) -> String {
    let mut writer = write::Writer::default();
    match value.serialize(&mut writer) {
        Ok(()) => writer.into_text(),
    }
}
