//! The parts of a list, of an object, and of an enum's variant.

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Fault, Reader};

/// A list or an object, from its opening bracket on.
pub(super) struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    end: u8,
    is_first: bool,
    is_over: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    pub(super) fn open(reader: &'a mut Reader<'de>, start: u8, end: u8) -> Result<Self, Fault> {
        reader.expect(start)?;
        Ok(Self { reader, end, is_first: true, is_over: false })
    }

    /// Goes to the next part; false if there is none.
    fn advance(&mut self) -> Result<bool, Fault> {
        self.is_over = self.is_over || self.reader.token() == self.end;
        if !self.is_over && !std::mem::take(&mut self.is_first) {
            self.reader.expect(b',')?;
        }
        Ok(!self.is_over)
    }

    /// Whoever asked for the parts may have had enough before the last; then there must be no more.
    pub(super) fn close(mut self) -> Result<(), Fault> {
        if self.advance()? { Err(Fault) } else { self.reader.expect(self.end) }
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        if self.advance()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        if !self.advance()? {
            return Ok(None);
        }
        if self.reader.token() != b'"' {
            return Err(Fault);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant: its bare name, or an object with the name for its only key.
pub(super) struct Variant<'a, 'de> {
    pub(super) reader: &'a mut Reader<'de>,
    pub(super) is_bare: bool,
}

impl<'a, 'de> Variant<'a, 'de> {
    /// What stands beside the name.
    fn content(self) -> Result<&'a mut Reader<'de>, Fault> {
        if self.is_bare { Err(Fault) } else { Ok(self.reader) }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        if self.reader.token() != b'"' {
            return Err(Fault);
        }
        let name = seed.deserialize(&mut *self.reader)?;
        if !self.is_bare {
            self.reader.expect(b':')?;
        }
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.is_bare { Ok(()) } else { <()>::deserialize(self.reader) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.content()?.deserialize_map(visitor)
    }
}
