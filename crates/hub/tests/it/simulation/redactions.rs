//! The redacted texts of posts: no client that came later receives them.

use std::collections::BTreeMap;

use madang_hub::ports::TopicEvent;
use madang_shared::posts::PostsEvent;
use madang_shared::{Event, PostId, Seq, ServerFrame, Topic, codec};

/// The texts of all posts, and the events that redacted texts.
#[derive(Default)]
pub(super) struct Redactions {
    texts: BTreeMap<PostId, String>,
    redacted: Vec<(Seq, String)>,
}

impl Redactions {
    pub(super) fn record(&mut self, appended: &[TopicEvent]) {
        for TopicEvent { topic, entry } in appended.iter().filter(|it| it.topic == Topic::Posts) {
            let Ok(Event::Posts(event)) = codec::decode_event(&entry.content) else {
                unreachable!("{topic} holds {}", entry.content);
            };
            let redacted = match event {
                PostsEvent::Created { post, .. } | PostsEvent::Edited { post, .. } => {
                    self.texts.insert(post.id, post.text)
                }
                PostsEvent::Deleted { post, .. } => self.texts.remove(&post),
                _ => None,
            };
            self.redacted.extend(redacted.map(|text| (entry.seq, text)));
        }
    }

    /// Checks a frame of the posts. `up_to` is the head that the client was told when it resumed: a text that was
    /// redacted before must not come after it.
    pub(super) fn check(&self, up_to: &mut Seq, frame: &ServerFrame, text: &str) {
        let redacted_up_to = match frame {
            ServerFrame::Recovered { topic: Topic::Posts, to, .. } => {
                *up_to = to.seq;
                return;
            }
            ServerFrame::Snapshot(state) | ServerFrame::Reset(state)
                if state.topic == Topic::Posts =>
            {
                state.position.seq
            }
            ServerFrame::Event { topic: Topic::Posts, seq, .. } if seq <= up_to => *up_to,
            _ => return,
        };
        for (seq, redacted) in &self.redacted {
            assert!(
                *seq > redacted_up_to || !text.contains(&format!("\"{redacted}\"")),
                "a client at {redacted_up_to:?} received the text that {seq:?} redacted: {text}"
            );
        }
    }
}
