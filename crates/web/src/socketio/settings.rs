//! The gateway's exposure, and the topic of each vocabulary.

use std::collections::{BTreeMap, BTreeSet};

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{RoomId, Topic};
use thiserror::Error;

/// The setting of a vocabulary that is not used.
const OFF: &str = "off";

/// The clients that may use the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exposure {
    /// No client; the gateway does not run.
    Off,
    /// Clients on this machine, so that the tutorials' clients work without any setting.
    #[default]
    Local,
    /// All clients that reach the server.
    On,
}

/// The events that announce a client's connect and disconnect to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PresenceEvents {
    /// `connected` and `disconnected`.
    #[default]
    Connected,
    /// `connect` and `disconnect`, the names of the tutorial. socket.io-client emits events of these names itself.
    /// With a socket.io-parser from 4.2.4 on it treats them as reserved, and disconnects when a server sends one.
    Connect,
}

/// A set of events that belong together in a tutorial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// `data`: a client sends a string; all clients get `{"data": …, "id": …}`.
    Data,
    /// `my event`: a client sends `{"user_name": …, "message": …}`; all clients get the same as `my response`.
    MyEvent,
    /// `message`, the event of `send`: a client sends a string; all clients get it.
    Message,
    /// `json`: a client sends an object; all clients get it.
    Json,
    /// `statusChanged`: all clients get the open orders when the status of an order changes.
    StatusChanged,
    /// `posts`: all clients get the changes of posts.
    Posts,
}

impl Vocabulary {
    /// All vocabularies.
    pub const ALL: [Self; 6] =
        [Self::Data, Self::MyEvent, Self::Message, Self::Json, Self::StatusChanged, Self::Posts];

    /// The name in the configuration.
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

    /// The name of its event.
    pub fn event(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::MyEvent => "my event",
            Self::Message => "message",
            Self::Json => "json",
            Self::StatusChanged => "statusChanged",
            Self::Posts => "posts",
        }
    }

    /// The vocabulary of an event that clients send.
    pub fn of_event(event: &str) -> Option<Self> {
        let of_clients = [Self::Data, Self::MyEvent, Self::Message, Self::Json];
        of_clients.into_iter().find(|vocabulary| vocabulary.event() == event)
    }

    fn default_topic(self) -> Topic {
        match self {
            Self::Data | Self::MyEvent | Self::Message | Self::Json => Topic::Room(FIRST_ROOM),
            Self::StatusChanged => Topic::Orders,
            Self::Posts => Topic::Posts,
        }
    }

    fn accepts(self, topic: Topic) -> bool {
        match self.default_topic() {
            Topic::Room(_) => matches!(topic, Topic::Room(_)),
            only => topic == only,
        }
    }
}

/// The settings of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The clients that may use the gateway.
    pub exposure: Exposure,
    /// The names of the events for a client's connect and disconnect.
    pub presence_events: PresenceEvents,
    /// Whether clients without an access token may come.
    pub guests: bool,
    topics: BTreeMap<Vocabulary, Topic>,
}

/// A configured vocabulary is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidVocabulary {
    /// There is no such vocabulary.
    #[error(
        "there is no vocabulary `{0}`; use data, my_event, message, json, status_changed or posts"
    )]
    Unknown(String),
    /// The vocabulary cannot use this topic.
    #[error("`{vocabulary}` cannot be `{topic}`; {}", valid_topics(vocabulary))]
    Topic {
        /// The name of the vocabulary.
        vocabulary: &'static str,
        /// The configured topic.
        topic: String,
    },
    /// The vocabulary is configured more than once.
    #[error("`{0}` is named twice; remove one of the entries")]
    Duplicate(&'static str),
}

fn valid_topics(vocabulary: &str) -> String {
    let known = Vocabulary::ALL.into_iter().find(|known| known.name() == vocabulary);
    match known.map(Vocabulary::default_topic) {
        Some(Topic::Room(_)) => format!("write `room:` and a room's number, or `{OFF}`"),
        Some(topic) => format!("write `{topic}` or `{OFF}`"),
        None => String::new(),
    }
}

impl Default for Settings {
    /// All vocabularies in their default topics, for clients on this machine.
    fn default() -> Self {
        let topics = Vocabulary::ALL.into_iter().map(|it| (it, it.default_topic())).collect();
        let (exposure, presence_events) = (Exposure::default(), PresenceEvents::default());
        Self { exposure, presence_events, guests: true, topics }
    }
}

impl Settings {
    /// Sets the topics of the named vocabularies: `room:3`, `orders`, `posts`, or `off`. The others keep their
    /// default topics.
    ///
    /// # Errors
    /// The first invalid entry.
    pub fn new<'a>(
        exposure: Exposure,
        topics: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidVocabulary> {
        let mut settings = Self { exposure, ..Self::default() };
        let mut named = BTreeSet::new();
        for (name, topic) in topics {
            let vocabulary = Vocabulary::ALL
                .into_iter()
                .find(|vocabulary| vocabulary.name() == name)
                .ok_or_else(|| InvalidVocabulary::Unknown(name.to_owned()))?;
            if !named.insert(vocabulary) {
                return Err(InvalidVocabulary::Duplicate(vocabulary.name()));
            }
            settings.set_topic(vocabulary, topic)?;
        }
        Ok(settings)
    }

    fn set_topic(&mut self, vocabulary: Vocabulary, text: &str) -> Result<(), InvalidVocabulary> {
        if text == OFF {
            self.topics.remove(&vocabulary);
            return Ok(());
        }
        match text.parse::<Topic>() {
            Ok(topic) if vocabulary.accepts(topic) => {
                self.topics.insert(vocabulary, topic);
                Ok(())
            }
            _ => Err(InvalidVocabulary::Topic {
                vocabulary: vocabulary.name(),
                topic: text.to_owned(),
            }),
        }
    }

    /// The topic of a vocabulary; none if the vocabulary is off.
    pub fn topic(&self, vocabulary: Vocabulary) -> Option<Topic> {
        self.topics.get(&vocabulary).copied()
    }

    /// The vocabularies of a topic.
    pub fn vocabularies_of(&self, topic: Topic) -> impl Iterator<Item = Vocabulary> {
        self.topics.iter().filter(move |(_, of)| **of == topic).map(|(vocabulary, _)| *vocabulary)
    }

    /// All topics with a vocabulary.
    pub fn topics(&self) -> BTreeSet<Topic> {
        self.topics.values().copied().collect()
    }

    /// All rooms with a vocabulary.
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
    fn vocabularies_that_are_not_named_keep_their_default_topics() {
        let settings =
            Settings::new(Exposure::Local, [("data", "room:7"), ("posts", "off")]).unwrap();
        assert_eq!(settings.topic(Vocabulary::Data), Some(Topic::Room(RoomId(7))));
        assert_eq!(settings.topic(Vocabulary::MyEvent), Some(Topic::Room(FIRST_ROOM)));
        assert_eq!(settings.topic(Vocabulary::Posts), None);
        assert_eq!(settings.rooms(), BTreeSet::from([FIRST_ROOM, RoomId(7)]));
        let vocabularies: Vec<_> = settings.vocabularies_of(Topic::Room(FIRST_ROOM)).collect();
        assert_eq!(vocabularies, [Vocabulary::MyEvent, Vocabulary::Message, Vocabulary::Json]);
    }

    #[test]
    fn an_invalid_entry_is_explained() {
        for (name, topic, expected) in [
            ("date", "room:1", "there is no vocabulary `date`"),
            ("data", "orders", "write `room:` and a room's number, or `off`"),
            ("data", "room:x", "`data` cannot be `room:x`"),
            ("posts", "room:1", "write `posts` or `off`"),
            ("status_changed", "presence:1", "write `orders` or `off`"),
        ] {
            let wrong = Settings::new(Exposure::Local, [(name, topic)]).unwrap_err().to_string();
            assert!(wrong.contains(expected), "{wrong}");
        }
        let twice = Settings::new(Exposure::Local, [("data", "room:1"), ("data", "off")]);
        assert_eq!(twice, Err(InvalidVocabulary::Duplicate("data")));
    }
}
