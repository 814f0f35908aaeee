//! Access to the elements of a list or an object, and to an enum's variant.

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::reader::{ReadError, Reader};

/// A list or an object, after its opening bracket.
pub(super) struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    end: u8,
    is_first: bool,
    is_over: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    pub(super) fn open(reader: &'a mut Reader<'de>, start: u8, end: u8) -> Result<Self, ReadError> {
        reader.expect(start)?;
        Ok(Self { reader, end, is_first: true, is_over: false })
    }

    /// Advances to the next element. Returns false if there is none.
    fn advance(&mut self) -> Result<bool, ReadError> {
        self.is_over = self.is_over || self.reader.token() == self.end;
        if !self.is_over && !std::mem::take(&mut self.is_first) {
            self.reader.expect(b',')?;
        }
        Ok(!self.is_over)
    }

    /// Reads the closing bracket. Elements that the visitor did not read are an error.
    pub(super) fn close(mut self) -> Result<(), ReadError> {
        if self.advance()? { Err(ReadError) } else { self.reader.expect(self.end) }
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        if self.advance()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        if !self.advance()? {
            return Ok(None);
        }
        if self.reader.token() != b'"' {
            return Err(ReadError);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant: its bare name, or an object with the name as its only key.
pub(super) struct Variant<'a, 'de> {
    pub(super) reader: &'a mut Reader<'de>,
    pub(super) is_bare: bool,
}

impl<'a, 'de> Variant<'a, 'de> {
    /// The reader of the value beside the name.
    fn content(self) -> Result<&'a mut Reader<'de>, ReadError> {
        if self.is_bare { Err(ReadError) } else { Ok(self.reader) }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        if self.reader.token() != b'"' {
            return Err(ReadError);
        }
        let name = seed.deserialize(&mut *self.reader)?;
        if !self.is_bare {
            self.reader.expect(b':')?;
        }
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        if self.is_bare { Ok(()) } else { <()>::deserialize(self.reader) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.content()?.deserialize_map(visitor)
    }
}
