//! What a frame says about itself, read without decoding it.
//!
//! [`codec::event_frame`](madang_shared::codec::event_frame) writes topic and place first; a test here
//! holds the two together. A server that ordered its keys otherwise would be read the slow way by
//! [`Stage`](super::Stage), correctly, at the generator's expense.

const OPENING: &[u8] = br#"{"event":{"topic":""#;
const PLACE: &[u8] = br#"","seq":"#;
const TEXT: &[u8] = br#""text":""#;

/// The place of an event of this topic; none if the frame is anything else.
pub fn event_of(topic: &[u8], frame: &[u8]) -> Option<u64> {
    let rest = frame.strip_prefix(OPENING)?.strip_prefix(topic)?.strip_prefix(PLACE)?;
    number(rest)
}

/// The number that a text begins with; what is sent while measuring carries one.
pub fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = text.get(..digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

/// The number at the beginning of the message that a chat event brings.
pub fn number_of_text(frame: &[u8]) -> Option<u64> {
    let at = frame.windows(TEXT.len()).position(|window| window == TEXT)?;
    number(frame.get(at + TEXT.len()..)?)
}

#[cfg(test)]
mod tests {
    use madang_shared::chat::{ChatEvent, Message};
    use madang_shared::{CommandId, Event, RoomId, Seq, Timestamp, Topic, User, UserId, codec};

    use super::*;

    #[test]
    fn an_event_as_the_codec_writes_it_is_understood() {
        let message = Message {
            seq: Seq(42),
            author: User { id: UserId(7), name: "민수 \"text\":\"9".to_owned() },
            at: Timestamp(1_750_000_000_000),
            text: "00000123 hello".to_owned(),
            command: CommandId(uuid::Uuid::nil()),
            sentiment: None,
            guest: None,
        };
        let content = codec::encode_event(&Event::Chat(ChatEvent::Posted(message)));
        let frame = codec::event_frame(Topic::Room(RoomId(3)), Seq(42), &content);
        assert_eq!(event_of(b"room:3", frame.as_bytes()), Some(42));
        assert_eq!(event_of(b"room:33", frame.as_bytes()), None);
        assert_eq!(event_of(b"here:3", frame.as_bytes()), None);
        assert_eq!(number_of_text(frame.as_bytes()), Some(123));
    }

    #[test]
    fn only_digits_at_the_beginning_are_a_number() {
        for (text, expected) in [
            ("0012 x", Some(12)),
            ("7", Some(7)),
            ("x7", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
    }
}
