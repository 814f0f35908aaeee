//! The text of a value that is read later than the value around it, or in another part of a program.

use std::fmt;

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::compact::{self, ParseError};

/// A value as the text that [`compact`] reads; only for that codec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedValue(String);

impl EncodedValue {
    /// Encodes a value.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(compact::to_text(&value))
    }

    /// The text.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`ParseError`] if this version does not know the value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        compact::from_text(&self.0)
    }
}

impl Serialize for EncodedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_bytes())
    }
}

impl<'de> Deserialize<'de> for EncodedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(EncodedVisitor)
    }
}

struct EncodedVisitor;

impl Visitor<'_> for EncodedVisitor {
    type Value = EncodedValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<EncodedValue, E> {
        Ok(EncodedValue(text.to_owned()))
    }
}
