//! Lists and objects, written element by element.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::writer::{Never, Writer};

/// A list or an object during writing.
pub(in crate::compact) struct Parts<'a> {
    writer: &'a mut Writer,
    end: &'static str,
    is_first: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn new(writer: &'a mut Writer, start: &str, end: &'static str) -> Self {
        writer.put(start);
        Self { writer, end, is_first: true }
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.writer.put(",");
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.separate();
        value.serialize(&mut *self.writer)
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.writer.put_string(name);
        self.writer.put(":");
    }

    fn close(self) {
        self.writer.put(self.end);
    }
}

macro_rules! lists {
    ($($list:ident $method:ident)+) => {$(
        impl $list for Parts<'_> {
            type Ok = ();
            type Error = Never;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
                self.element(value)
            }

            fn end(self) -> Result<(), Never> {
                self.close();
                Ok(())
            }
        }
    )+};
}

lists! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! objects {
    ($($object:ident)+) => {$(
        impl $object for Parts<'_> {
            type Ok = ();
            type Error = Never;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Never> {
                self.name(name);
                value.serialize(&mut *self.writer)
            }

            fn end(self) -> Result<(), Never> {
                self.close();
                Ok(())
            }
        }
    )+};
}

objects! { SerializeStruct SerializeStructVariant }

/// Keys must serialize as strings.
impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        self.element(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.writer.put(":");
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Never> {
        self.close();
        Ok(())
    }
}
