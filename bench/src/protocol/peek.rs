//! Reads the sequence number of an event frame without decoding the frame.
//!
//! [`codec::event_frame`](madang_shared::codec::event_frame) writes topic and sequence number first; a test
//! here checks that. Frames with another order of keys are decoded whole by
//! [`FanOutHarness`](crate::FanOutHarness), which costs the generator more time.

const OPENING: &[u8] = br#"{"event":{"topic":""#;
const SEQ: &[u8] = br#"","seq":"#;
const TEXT: &[u8] = br#""text":""#;

/// The sequence number of an event of this topic. `None` for any other frame.
pub fn event_seq(topic: &[u8], frame: &[u8]) -> Option<u64> {
    let rest = frame.strip_prefix(OPENING)?.strip_prefix(topic)?.strip_prefix(SEQ)?;
    leading_number(rest)
}

/// The sequence number in an acknowledgement.
pub fn ack_seq(frame: &[u8]) -> Option<u64> {
    let at = frame.windows(SEQ.len()).position(|window| window == SEQ)?;
    leading_number(frame.get(at + SEQ.len()..)?)
}

/// The number at the start of a text: every published text carries one.
pub fn leading_number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = text.get(..digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

/// The number at the start of the text in a chat event.
pub fn text_number(frame: &[u8]) -> Option<u64> {
    let at = frame.windows(TEXT.len()).position(|window| window == TEXT)?;
    leading_number(frame.get(at + TEXT.len()..)?)
}

#[cfg(test)]
mod tests {
    use madang_shared::chat::{ChatEvent, Message};
    use madang_shared::{CommandId, Event, RoomId, Seq, Timestamp, Topic, User, UserId, codec};

    use super::*;

    #[test]
    fn an_event_of_the_codec_is_read() {
        let author = User { id: UserId(7), name: "민수 \"text\":\"9".to_owned() };
        let (at, command) = (Timestamp(1_750_000_000_000), CommandId(uuid::Uuid::nil()));
        let message = Message::new(Seq(42), author, at, "00000123 hello".to_owned(), command);
        let content = codec::encode_event(&Event::Chat(ChatEvent::Posted(message)));
        let frame = codec::event_frame(Topic::Room(RoomId(3)), Seq(42), &content);
        assert_eq!(event_seq(b"room:3", frame.as_bytes()), Some(42));
        assert_eq!(event_seq(b"room:33", frame.as_bytes()), None);
        assert_eq!(event_seq(b"here:3", frame.as_bytes()), None);
        assert_eq!(text_number(frame.as_bytes()), Some(123));
    }

    #[test]
    fn the_position_of_an_acknowledgement_is_read() {
        use madang_shared::ServerFrame;
        use madang_shared::frames::LogPosition;
        let at = LogPosition { topic: Topic::Room(RoomId(3)), seq: Seq(42) };
        for at in [Some(at), None] {
            let ack = ServerFrame::Ack { id: CommandId(uuid::Uuid::nil()), at };
            let frame = codec::encode_server(&ack);
            assert_eq!(ack_seq(frame.as_bytes()), at.map(|at| at.seq.0));
        }
    }

    #[test]
    fn only_leading_digits_are_a_number() {
        for (text, expected) in [
            ("0012 x", Some(12)),
            ("7", Some(7)),
            ("x7", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(leading_number(text.as_bytes()), expected, "{text}");
        }
    }
}
