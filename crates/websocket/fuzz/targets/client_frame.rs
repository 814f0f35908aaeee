//! What a client's text means to the server, which reads it with `serde_json`, and to the small codec that
//! the app writes it with: neither panics, and what one of them writes the other reads as the same.
//!
//! `serde_json` takes a little more: a list for an object, and nonsense as deep or as odd as it likes
//! where nobody asked for a value. So a text may be good for it alone; what it means never differs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madang_shared::codec::{self, DecodeError};
use madang_shared::{ClientFrame, compact};

fuzz_target!(|text: &str| {
    let compact = compact::from_text::<ClientFrame>(text);
    match codec::decode_client(text) {
        Ok(frame) => {
            if let Ok(compact) = compact {
                assert_eq!(compact, frame);
            }
            for written in [serde_json::to_string(&frame).unwrap(), codec::encode_client(&frame)] {
                assert_eq!(codec::decode_client(&written).as_ref(), Ok(&frame));
                assert_eq!(compact::from_text(&written).as_ref(), Ok(&frame));
            }
        }
        Err(undecoded) => {
            assert!(compact.is_err(), "only the small codec reads it");
            let (_, failure) = undecoded.refusal();
            assert!(!failure.message.is_empty());
            if let DecodeError::Event { .. } = undecoded {
                unreachable!("clients send no events");
            }
        }
    }
});
