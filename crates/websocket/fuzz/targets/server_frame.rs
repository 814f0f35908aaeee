//! A server's text, parsed by the small codec of the app: no panic, and the result equals that of
//! `serde_json`. Also untyped JSON, which both must accept or refuse alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madang_shared::{ServerFrame, codec, compact};
use serde_json::Value;

fuzz_target!(|text: &str| {
    if let Ok(frame) = codec::decode_server(text) {
        assert_eq!(serde_json::from_str(text).ok().as_ref(), Some(&frame), "serde_json");
        let written = codec::encode_server(&frame);
        assert_eq!(codec::decode_server(&written).as_ref(), Ok(&frame));
        assert_eq!(compact::to_text(&frame), written);
    } else if let Ok(frame) = serde_json::from_str::<ServerFrame>(text) {
        // A list for an object, or unknown values: the server writes neither.
        assert_eq!(codec::decode_server(&codec::encode_server(&frame)), Ok(frame));
    }
    match (compact::from_text::<Value>(text), serde_json::from_str::<Value>(text)) {
        (Ok(ours), Ok(theirs)) => assert!(alike(&ours, &theirs), "{ours} is not {theirs}"),
        (Err(_), Err(_)) => {}
        // With an error in the last place, the largest number of all becomes infinite.
        (Err(_), Ok(theirs)) if has_largest(&theirs) => {}
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
});

/// Equal except for the last places of floats, which the small codec does not guarantee.
fn alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(one), Value::Number(other)) => {
            one == other
                || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| close(one, other))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(one, other)| alike(one, other))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .all(|(key, one)| theirs.get(key).is_some_and(|other| alike(one, other)))
        }
        (ours, theirs) => ours == theirs,
    }
}

/// The small codec has no powers of ten beyond 308, so the smallest numbers of all become zero.
fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * one.abs().max(other.abs()) || one.abs().max(other.abs()) < 1e-280
}

fn has_largest(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|it| it.abs() > 1.797e308),
        Value::Array(values) => values.iter().any(has_largest),
        Value::Object(members) => members.values().any(has_largest),
        _ => false,
    }
}
