//! The redacted texts of posts and messages: no client that came later receives them.

use std::collections::BTreeMap;

use madang_hub::ports::TopicEvent;
use madang_shared::chat::{ChatEvent, MessageEdit};
use madang_shared::posts::PostsEvent;
use madang_shared::{Event, PostId, RoomId, Seq, ServerFrame, Topic, codec};

/// The texts of all posts and messages, and the events that redacted texts.
#[derive(Default)]
pub(super) struct Redactions {
    posts: BTreeMap<PostId, String>,
    messages: BTreeMap<(RoomId, Seq), String>,
    redacted: Vec<(Topic, Seq, String)>,
}

impl Redactions {
    pub(super) fn record(&mut self, appended: &[TopicEvent]) {
        for TopicEvent { topic, entry } in appended {
            let redacted = match (*topic, codec::decode_event(&entry.content)) {
                (Topic::Posts, Ok(Event::Posts(event))) => self.record_post(event),
                (Topic::Room(room), Ok(Event::Chat(event))) => self.record_message(room, event),
                (Topic::Posts | Topic::Room(_), _) => {
                    unreachable!("{topic} holds {}", entry.content)
                }
                _ => None,
            };
            self.redacted.extend(redacted.map(|text| (*topic, entry.seq, text)));
        }
    }

    /// Returns the text that the event has redacted.
    fn record_post(&mut self, event: PostsEvent) -> Option<String> {
        match event {
            PostsEvent::Created { post, .. } | PostsEvent::Edited { post, .. } => {
                self.posts.insert(post.id, post.text)
            }
            PostsEvent::Deleted { post, .. } => self.posts.remove(&post),
            _ => None,
        }
    }

    /// Returns the text that the event has redacted.
    fn record_message(&mut self, room: RoomId, event: ChatEvent) -> Option<String> {
        match event {
            ChatEvent::Posted(message) => {
                self.messages.insert((room, message.seq), message.text);
                None
            }
            ChatEvent::MessageEdited(MessageEdit { message, text, .. }) => {
                self.messages.insert((room, message), text)
            }
            ChatEvent::MessageDeleted { message, .. } => self.messages.remove(&(room, message)),
            _ => None,
        }
    }

    /// The number of redacted texts.
    pub(super) fn of_rooms(&self) -> usize {
        self.redacted.iter().filter(|(topic, ..)| matches!(topic, Topic::Room(_))).count()
    }

    /// Checks a frame. `up_to` has the heads that the client was told when it resumed: a text that was redacted before
    /// must not come after it.
    pub(super) fn check(&self, up_to: &mut BTreeMap<Topic, Seq>, frame: &ServerFrame, text: &str) {
        let (of, redacted_up_to) = match frame {
            ServerFrame::Recovered { topic, to, .. } => {
                up_to.insert(*topic, to.seq);
                return;
            }
            ServerFrame::Snapshot(state) | ServerFrame::Reset(state) => {
                (state.topic, state.position.seq)
            }
            ServerFrame::Event { topic, seq, .. } => match up_to.get(topic) {
                Some(up_to) if seq <= up_to => (*topic, *up_to),
                _ => return,
            },
            _ => return,
        };
        for (topic, seq, redacted) in &self.redacted {
            assert!(
                *topic != of || *seq > redacted_up_to || !text.contains(&format!("\"{redacted}\"")),
                "a client at {redacted_up_to:?} received the text that {seq:?} redacted: {text}"
            );
        }
    }
}
