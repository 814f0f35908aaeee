//! Who reaches the gateway, and which words of Socket.IO belong to which topic.

use std::collections::{BTreeMap, BTreeSet};

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{RoomId, Topic};
use thiserror::Error;

/// The word for a vocabulary that is not spoken.
const OFF: &str = "off";

/// Who reaches the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exposure {
    /// Nobody; there is no gateway.
    Off,
    /// Whoever asks from this machine: for trying the tutorials' clients without any setting.
    #[default]
    Local,
    /// Whoever reaches the server.
    Everybody,
}

/// Events that belong together, as a tutorial's clients know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// `data`: a string in; `{"data": …, "id": …}` to everybody.
    Data,
    /// `my event`: `{"user_name": …, "message": …}` in; the same as `my response` to everybody.
    MyEvent,
    /// `message`: a string in, the same to everybody; what `send` sends.
    Message,
    /// `json`: an object in, the same to everybody.
    Json,
    /// `statusChanged`: the open orders to everybody, whenever one is somewhere else than before.
    StatusChanged,
    /// `posts`: what happens to the posts of the feed, to everybody.
    Posts,
}

impl Vocabulary {
    /// Every vocabulary there is.
    pub const ALL: [Self; 6] =
        [Self::Data, Self::MyEvent, Self::Message, Self::Json, Self::StatusChanged, Self::Posts];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::MyEvent => "my_event",
            Self::Message => "message",
            Self::Json => "json",
            Self::StatusChanged => "status_changed",
            Self::Posts => "posts",
        }
    }

    /// Where it belongs when nothing else is said.
    fn usual(self) -> Topic {
        match self {
            Self::Data | Self::MyEvent | Self::Message | Self::Json => Topic::Room(FIRST_ROOM),
            Self::StatusChanged => Topic::Orders,
            Self::Posts => Topic::Posts,
        }
    }

    fn may_belong_to(self, topic: Topic) -> bool {
        match self.usual() {
            Topic::Room(_) => matches!(topic, Topic::Room(_)),
            only => topic == only,
        }
    }
}

/// How the gateway is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who reaches it.
    pub reach: Exposure,
    topics: BTreeMap<Vocabulary, Topic>,
}

/// A vocabulary was sent to a place where it does not belong, or there is none of this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidVocabulary {
    /// No such vocabulary.
    #[error(
        "there is no vocabulary `{0}`; there are data, my_event, message, json, status_changed, posts"
    )]
    Unknown(String),
    /// No such place for it.
    #[error("`{vocabulary}` cannot be `{place}`; {}", may_be(vocabulary))]
    Place {
        /// Which vocabulary.
        vocabulary: &'static str,
        /// Where it was sent.
        place: String,
    },
    /// It stands there twice.
    #[error("`{0}` is named twice")]
    Twice(&'static str),
}

fn may_be(vocabulary: &str) -> String {
    let known = Vocabulary::ALL.into_iter().find(|known| known.name() == vocabulary);
    match known.map(Vocabulary::usual) {
        Some(Topic::Room(_)) => format!("write `room:` and a room's number, or `{OFF}`"),
        Some(topic) => format!("write `{topic}` or `{OFF}`"),
        None => String::new(),
    }
}

impl Default for Settings {
    /// Everything where it usually belongs, for this machine only.
    fn default() -> Self {
        let topics = Vocabulary::ALL.into_iter().map(|it| (it, it.usual())).collect();
        Self { reach: Exposure::default(), topics }
    }
}

impl Settings {
    /// Where the named vocabularies belong: `room:3`, `orders`, `posts`, or `off`. The others stay where
    /// they usually belong.
    ///
    /// # Errors
    /// One sentence about the first entry that is wrong.
    pub fn new<'a>(
        reach: Exposure,
        places: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidVocabulary> {
        let mut settings = Self { reach, ..Self::default() };
        let mut named = BTreeSet::new();
        for (name, place) in places {
            let vocabulary = Vocabulary::ALL
                .into_iter()
                .find(|vocabulary| vocabulary.name() == name)
                .ok_or_else(|| InvalidVocabulary::Unknown(name.to_owned()))?;
            if !named.insert(vocabulary) {
                return Err(InvalidVocabulary::Twice(vocabulary.name()));
            }
            settings.put(vocabulary, place)?;
        }
        Ok(settings)
    }

    fn put(&mut self, vocabulary: Vocabulary, place: &str) -> Result<(), InvalidVocabulary> {
        if place == OFF {
            self.topics.remove(&vocabulary);
            return Ok(());
        }
        match place.parse::<Topic>() {
            Ok(topic) if vocabulary.may_belong_to(topic) => {
                self.topics.insert(vocabulary, topic);
                Ok(())
            }
            _ => Err(InvalidVocabulary::Place {
                vocabulary: vocabulary.name(),
                place: place.to_owned(),
            }),
        }
    }

    /// The topic that a vocabulary belongs to; none if it is not spoken.
    pub fn topic(&self, vocabulary: Vocabulary) -> Option<Topic> {
        self.topics.get(&vocabulary).copied()
    }

    /// What is spoken of a topic.
    pub fn spoken_of(&self, topic: Topic) -> impl Iterator<Item = Vocabulary> {
        self.topics.iter().filter(move |(_, of)| **of == topic).map(|(vocabulary, _)| *vocabulary)
    }

    /// Every topic that something is spoken of.
    pub fn topics(&self) -> BTreeSet<Topic> {
        self.topics.values().copied().collect()
    }

    /// Every room that something is spoken of.
    pub fn rooms(&self) -> BTreeSet<RoomId> {
        let room = |topic| match topic {
            Topic::Room(room) => Some(room),
            _ => None,
        };
        self.topics().into_iter().filter_map(room).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_where_it_usually_belongs() {
        let settings =
            Settings::new(Exposure::Local, [("data", "room:7"), ("posts", "off")]).unwrap();
        assert_eq!(settings.topic(Vocabulary::Data), Some(Topic::Room(RoomId(7))));
        assert_eq!(settings.topic(Vocabulary::MyEvent), Some(Topic::Room(FIRST_ROOM)));
        assert_eq!(settings.topic(Vocabulary::Posts), None);
        assert_eq!(settings.rooms(), BTreeSet::from([FIRST_ROOM, RoomId(7)]));
        let spoken: Vec<_> = settings.spoken_of(Topic::Room(FIRST_ROOM)).collect();
        assert_eq!(spoken, [Vocabulary::MyEvent, Vocabulary::Message, Vocabulary::Json]);
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (name, place, expected) in [
            ("date", "room:1", "there is no vocabulary `date`"),
            ("data", "orders", "write `room:` and a room's number, or `off`"),
            ("data", "room:x", "`data` cannot be `room:x`"),
            ("posts", "room:1", "write `posts` or `off`"),
            ("status_changed", "here:1", "write `orders` or `off`"),
        ] {
            let wrong = Settings::new(Exposure::Local, [(name, place)]).unwrap_err().to_string();
            assert!(wrong.contains(expected), "{wrong}");
        }
        let twice = Settings::new(Exposure::Local, [("data", "room:1"), ("data", "off")]);
        assert_eq!(twice, Err(InvalidVocabulary::Twice("data")));
    }
}
