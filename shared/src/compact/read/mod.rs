//! JSON text to values.

mod access;
mod deserializer;
mod reader;

pub(super) use reader::Reader;
