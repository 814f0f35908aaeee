//! The serde serializer over a [`Writer`].

use serde::ser::{Serialize, Serializer};

use super::parts::Parts;
use super::writer::{Never, Writer};

macro_rules! numbers {
    ($($method:ident $number:ty, $($wide:ident)?;)+) => {$(
        fn $method(self, value: $number) -> Result<(), Never> {
            self.put_number($($wide::from)?(value));
            Ok(())
        }
    )+};
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    numbers! {
        serialize_i8 i8, i64; serialize_i16 i16, i64; serialize_i32 i32, i64; serialize_i64 i64,;
        serialize_u8 u8, u64; serialize_u16 u16, u64; serialize_u32 u32, u64; serialize_u64 u64,;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.put(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Never> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Never> {
        if value.is_finite() {
            self.put_number(value);
        } else {
            self.put("null");
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Never> {
        self.put_string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        self.put_string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Never> {
        // Bytes that are no text are none of ours.
        self.put(str::from_utf8(value).unwrap_or("null"));
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        self.put("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Never> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        self.open_variant(variant);
        value.serialize(&mut *self)?;
        self.put("}");
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Parts<'a>, Never> {
        Ok(Parts::new(self, "[", "]"))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a>, Never> {
        Ok(Parts::new(self, "[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Never> {
        Ok(Parts::new(self, "[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a>, Never> {
        self.open_variant(variant);
        Ok(Parts::new(self, "[", "]}"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Parts<'a>, Never> {
        Ok(Parts::new(self, "{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Never> {
        Ok(Parts::new(self, "{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a>, Never> {
        self.open_variant(variant);
        Ok(Parts::new(self, "{", "}}"))
    }
}
