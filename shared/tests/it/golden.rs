//! Samples of every frame.

use std::collections::BTreeSet;
use std::fmt::Write;

use madang_shared::codec::{
    decode_client, decode_server, encode_client, encode_event, encode_server, event_frame,
};
use madang_shared::{CloseClass, CloseCode, ErrorCode, Failure, Seq, ServerFrame, close};

use crate::samples::{client_frame_name, client_frames, events, server_frame_name, server_frames};

fn listed(samples: impl Iterator<Item = (String, String)>) -> String {
    let mut names = BTreeSet::new();
    let lines = samples.map(|(name, text)| {
        assert!(names.insert(name.clone()), "two samples are named {name}");
        format!("{name}\n    {text}\n")
    });
    lines.collect()
}

#[test]
fn client_frames_match_the_samples() {
    let samples = client_frames();
    let text = listed(samples.iter().map(|frame| (client_frame_name(frame), encode_client(frame))));
    crate::bless::check("client-frames.txt", &text);
    for frame in samples {
        assert_eq!(decode_client(&encode_client(&frame)), Ok(frame));
    }
}

#[test]
fn server_frames_match_the_samples() {
    let samples = server_frames();
    let text = listed(samples.iter().map(|frame| (server_frame_name(frame), encode_server(frame))));
    crate::bless::check("server-frames.txt", &text);
    for frame in samples {
        assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
    }
}

#[test]
fn an_event_frame_from_stored_content_equals_the_codecs_frame() {
    for (topic, event) in events() {
        let made = event_frame(topic, Seq(42), &encode_event(&event));
        assert_eq!(made, encode_server(&ServerFrame::Event { topic, seq: Seq(42), event }));
    }
}

#[test]
fn close_codes_match_the_samples() {
    let mut text = String::new();
    for code in CloseCode::ALL {
        assert_eq!(CloseCode::from_number(code.number()), Some(*code));
        let class = match close::class_of(code.number()) {
            CloseClass::Reconnect => "reconnect",
            CloseClass::Terminal => "terminal",
        };
        writeln!(text, "close {} {} ({class})", code.number(), code.reason()).unwrap();
    }
    crate::bless::check("close-codes.txt", &text);
    for number in [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000, 4499] {
        assert_eq!(close::class_of(number), CloseClass::Reconnect, "{number}");
    }
    for number in [1002, 1003, 1007, 1008, 1009, 1010, 4500, 4999] {
        assert_eq!(close::class_of(number), CloseClass::Terminal, "{number}");
    }
}

#[test]
fn an_unknown_error_code_reads_as_other() {
    let failure: Failure =
        serde_json::from_str(r#"{"code":"full_moon","message":"Wait.","retry":true}"#).unwrap();
    assert_eq!(failure.code, ErrorCode::Other);
    assert!(failure.retry, "`retry` does not depend on the code");
}
