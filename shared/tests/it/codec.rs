//! Every value survives encoding and decoding, and no input makes the codec panic.

use madang_shared::chat::{ChatCommand, ChatEvent, ChatPage, ChatSnapshot};
use madang_shared::codec::{
    DecodeError, decode_client, decode_event, decode_server, encode_client, encode_server,
};
use madang_shared::frames::{CommandFrame, ErrorContext};
use madang_shared::membership::{Membership, MembershipCommand};
use madang_shared::rooms::Room;
use madang_shared::state_frame::{self, OwnSnapshot};
use madang_shared::{
    ClientFrame, Command, CommandId, Epoch, ErrorCode, Event, Message, Position, QueryId, RoomId,
    Seq, ServerFrame, Snapshot, Subscription, Timestamp, Topic, TopicState, User, UserId,
};
use proptest::prelude::*;

use crate::samples::{client_frames, server_frames};

fn topics() -> impl Strategy<Value = Topic> {
    prop_oneof![
        Just(Topic::Notices),
        Just(Topic::OrderNotices),
        Just(Topic::PostNotices),
        Just(Topic::Price),
        any::<u64>().prop_map(|id| Topic::Memberships(UserId(id))),
        any::<u64>().prop_map(|id| Topic::Room(RoomId(id))),
        any::<u64>().prop_map(|id| Topic::Presence(RoomId(id))),
    ]
}

prop_compose! {
    fn command_ids()(time in 0..1_u64 << 48, random in any::<u128>()) -> CommandId {
        CommandId::new(Timestamp(time), random)
    }
}

prop_compose! {
    fn messages()(seq in any::<u64>(), id in any::<u64>(), name in any::<String>(), at in any::<u64>(),
                  text in any::<String>(), command in command_ids()) -> Message {
        Message::new(Seq(seq), User { id: UserId(id), name }, Timestamp(at), text, command)
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (any::<u64>(), any::<String>()).prop_map(|(room, text)| ChatCommand::post(
            RoomId(room),
            text
        )
        .into()),
        (any::<u64>(), any::<u64>()).prop_map(|(room, seq)| MembershipCommand::Read {
            room: RoomId(room),
            up_to: Seq(seq)
        }
        .into()),
    ]
}

fn positions() -> impl Strategy<Value = Position> {
    (any::<u64>(), any::<u64>()).prop_map(|(epoch, seq)| Position::new(Epoch(epoch), Seq(seq)))
}

proptest! {
    #[test]
    fn client_frames_survive_the_wire(id in command_ids(), command in commands(), topic in topics(),
                                      from in proptest::option::of(positions())) {
        for frame in [ClientFrame::Command(CommandFrame { id, command }), ClientFrame::Subscribe(Subscription { topic, from })] {
            prop_assert_eq!(decode_client(&encode_client(&frame)), Ok(frame));
        }
    }

    #[test]
    fn server_frames_survive_the_wire(messages in proptest::collection::vec(messages(), 0..5), topic in topics(),
                                      position in positions(), older in any::<bool>(), unread in any::<u64>()) {
        let membership = Membership::new(RoomId(1), position.seq, unread, position.seq);
        let event = messages.first().map(|message| ServerFrame::Event {
            topic, seq: position.seq, event: ChatEvent::Posted(message.clone()).into(),
        });
        let room = Room::new(RoomId(1), messages.first().map_or(String::new(), |message| message.text.clone()));
        let snapshot = ChatSnapshot { room, page: ChatPage { messages, older, originals: Vec::new() }, pins: Vec::new(), membership }.into();
        for frame in event.into_iter().chain([ServerFrame::Reset(TopicState { topic, position, snapshot })]) {
            prop_assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
        }
    }

    #[test]
    fn any_text_decodes_or_fails_without_a_panic(text in any::<String>()) {
        prop_assert!(decode_client(&text).is_err());
        prop_assert!(decode_server(&text).is_err());
        prop_assert!(decode_event(&text).is_err());
    }

    #[test]
    fn damaged_frames_decode_or_fail_without_a_panic(index in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>(),
                                   byte in any::<u8>()) {
        let texts: Vec<String> =
            client_frames().iter().map(encode_client).chain(server_frames().iter().map(encode_server)).collect();
        let mut bytes = index.get(&texts).clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let text = String::from_utf8_lossy(&bytes);
        let _decoded = (decode_client(&text).is_ok(), decode_server(&text).is_ok());
    }

    #[test]
    fn topics_have_one_spelling(topic in topics()) {
        prop_assert_eq!(topic.to_string().parse(), Ok(topic));
    }
}

#[test]
fn a_state_in_parts_has_the_text_of_the_whole_frame() {
    let mut states = 0;
    for frame in server_frames() {
        let (is_reset, state) = match &frame {
            ServerFrame::Snapshot(state) => (false, state),
            ServerFrame::Reset(state) => (true, state),
            _ => continue,
        };
        let (shared, own) = match state.snapshot.clone() {
            Snapshot::Chat(ChatSnapshot { room, page, pins, membership }) => {
                ((room, page, pins).into(), membership.into())
            }
            whole => (whole.into(), OwnSnapshot::default()),
        };
        let middle = state_frame::middle(state.topic, state.position, &shared);
        let text = [state_frame::start(is_reset), &middle, &state_frame::end(own)].concat();
        assert_eq!(text, encode_server(&frame));
        states += 1;
    }
    assert!(states > 8, "{states} states among the samples");
}

#[test]
fn other_spellings_of_topics_are_rejected() {
    for text in [
        "",
        "rooms",
        "Notices",
        "notices:1",
        "room",
        "room:",
        "room:+7",
        "room:007",
        "room: 7",
        "room:7 ",
        "room:-1",
        "room:18446744073709551616",
        "orders:1",
    ] {
        assert!(text.parse::<Topic>().is_err(), "{text:?}");
    }
    assert_eq!("room:0".parse(), Ok(Topic::Room(RoomId(0))));
}

#[test]
fn content_of_a_newer_version_is_an_error_with_its_subject() {
    let id = "01977000-0000-7000-8000-000000000000";
    let command =
        format!(r#"{{"command":{{"id":"{id}","command":{{"orders":{{"place":{{}}}}}}}}}}"#);
    assert_eq!(
        decode_client(&command),
        Err(DecodeError::Request(ErrorContext::Command(CommandId(id.parse().unwrap()))))
    );

    let query = r#"{"query":{"id":4,"query":{"orders":{"pending":{}}}}}"#;
    assert_eq!(decode_client(query), Err(DecodeError::Request(ErrorContext::Query(QueryId(4)))));

    let event = r#"{"event":{"topic":"room:1","seq":9,"event":{"chat":{"pinned":{"seq":3}}}}}"#;
    assert_eq!(
        decode_server(event),
        Err(DecodeError::Event { topic: Topic::Room(RoomId(1)), seq: Seq(9) })
    );

    for unknown in [r#"{"dance":{}}"#, r#"{"subscribe":{"topic":"orders:1"}}"#] {
        assert!(matches!(decode_client(unknown), Err(DecodeError::Unsupported(_))), "{unknown}");
        assert_eq!(decode_client(unknown).unwrap_err().refusal().1.code, ErrorCode::Unsupported);
    }
    for malformed in ["", "{", "[]", "7", "{}", r#"{"pong":{"nonce":1},"hello":{}}"#] {
        assert!(matches!(decode_client(malformed), Err(DecodeError::Malformed(_))), "{malformed}");
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let text = r#"{"pong":{"nonce":8,"colour":"red"}}"#;
    assert_eq!(decode_client(text), Ok(ClientFrame::Pong { nonce: 8 }));
    let event = r#"{"chat":{"posted":{"seq":1,"author":{"id":1,"name":"a","avatar":"x"},"at":0,"text":"t","command":"01977000-0000-7000-8000-000000000000","class":"positive"}}}"#;
    assert!(matches!(decode_event(event), Ok(Event::Chat(ChatEvent::Posted(_)))));
}
