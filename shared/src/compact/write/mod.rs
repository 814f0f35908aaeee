//! Values to JSON text.

mod parts;
mod serializer;
mod writer;

pub(super) use writer::Writer;
