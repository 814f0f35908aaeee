//! A client's text, parsed by `serde_json` on the server and by the small codec of the app: neither
//! panics, and each reads what the other writes.
//!
//! `serde_json` accepts a little more: a list for an object, and unknown values of any depth. So a
//! text may be valid for it alone, but where both accept a text, the results are equal.
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
