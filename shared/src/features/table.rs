//! The macro behind the table of features. It generates the envelopes and the spelling of topics.

/// Expands to `None`, or to `Some(binding)`: the id of a topic, as a pattern.
macro_rules! id_pattern {
    () => {
        None
    };
    ($id:ident) => {
        Some($id)
    };
}

/// Expands to `None`, or to `Some` of the one expression.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// Expands to `None`, or to the one expression.
macro_rules! first_some {
    () => {
        None
    };
    ($value:expr) => {
        $value
    };
}

/// One envelope: an enum with a variant for each feature that has such a message.
macro_rules! envelope {
    ($(#[$doc:meta])* $name:ident { $($feature:ident($holds:ident),)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(
                #[doc = concat!("See [`", stringify!($holds), "`].")]
                $feature($holds),
            )*
        }

        impl $name {
            /// The app to which the message's feature belongs; `None` for a feature that is always on.
            pub fn app(&self) -> Option<App> {
                match self {
                    $(Self::$feature(_) => Feature::$feature.app(),)*
                }
            }
        }

        $(impl From<$holds> for $name {
            fn from(inner: $holds) -> Self {
                Self::$feature(inner)
            }
        })*
    };
}

macro_rules! features {
    ($(
        $feature:ident in crate::$module:ident {
            $(app $app:ident;)?
            $($(#[$doc:meta])* topic $topic:ident $(($id:ident: $Id:ident))? = $wire:literal, $durability:ident;)?
            $(event $event:ident;)?
            $(snapshot $snapshot:ident;)?
            $(command $command:ident;)?
            $(query $query:ident;)?
            $(answer $answer:ident;)?
            $(signal $signal:ident;)?
        }
    )+) => {
        $(
            use crate::$module::{
                $($event,)? $($snapshot,)? $($command,)? $($query,)? $($answer,)? $($signal,)?
            };
        )+

        /// A row of the table.
        #[derive(Clone, Copy)]
        enum Feature {
            $($feature,)+
        }

        impl Feature {
            fn app(self) -> Option<App> {
                match self {
                    $(Self::$feature => optional!($(App::$app)?),)+
                }
            }
        }

        /// A named, ordered stream of typed events.
        ///
        /// On the wire a topic is a short string, `name` or `name:id`, which is readable in a log and
        /// usable as a key in any language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub enum Topic {
            $($(
                $(#[$doc])*
                #[doc = concat!(stringify!($durability), "; `", $wire, "` on the wire.")]
                $topic $(($Id))?,
            )?)+
        }

        impl Topic {
            /// The topics as they are written on the wire: the name, and whether an id follows.
            #[cfg(feature = "schema")]
            const SPELLINGS: &[(&str, bool)] =
                &[$($(($wire, !stringify!($($Id)?).is_empty()),)?)+];

            /// The topic's durability.
            pub fn durability(self) -> Durability {
                match self {
                    $($(Self::$topic { .. } => Durability::$durability,)?)+
                }
            }

            /// The app to which the topic's feature belongs; `None` for a feature that is always on.
            pub fn app(self) -> Option<App> {
                match self {
                    $($(Self::$topic { .. } => Feature::$feature.app(),)?)+
                }
            }

            /// The one user who may read the topic; `None` where the topic is not personal.
            pub fn owner(self) -> Option<UserId> {
                match self {
                    $($(Self::$topic $(($id))? => first_some!($(TopicId::owner($id))?),)?)+
                }
            }

            /// The room that a subscriber must have joined; `None` where there is none.
            pub fn room(self) -> Option<RoomId> {
                match self {
                    $($(Self::$topic $(($id))? => first_some!($(TopicId::room($id))?),)?)+
                }
            }
        }

        impl fmt::Display for Topic {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($(Self::$topic $(($id))? => {
                        f.write_str($wire)?;
                        $(write!(f, ":{}", $id)?;)?
                        Ok(())
                    })?)+
                }
            }
        }

        impl FromStr for Topic {
            type Err = UnknownTopic;

            fn from_str(text: &str) -> Result<Self, UnknownTopic> {
                let unknown = || UnknownTopic(text.to_owned());
                let (name, id) = match text.split_once(':') {
                    None => (text, None),
                    Some((name, id)) => (name, Some(parse_id(id).ok_or_else(unknown)?)),
                };
                match (name, id) {
                    $($(($wire, id_pattern!($($id)?)) => Ok(Self::$topic $(($Id($id)))?),)?)+
                    _ => Err(unknown()),
                }
            }
        }

        envelope! {
            /// A change that a client requests, stored before it is acknowledged.
            Command { $($($feature($command),)?)+ }
        }
        envelope! {
            /// An event of a topic.
            Event { $($($feature($event),)?)+ }
        }
        envelope! {
            /// The state of a topic.
            Snapshot { $($($feature($snapshot),)?)+ }
        }
        envelope! {
            /// A question that changes nothing.
            Query { $($($feature($query),)?)+ }
        }
        envelope! {
            /// The answer to a [`Query`].
            Answer { $($($feature($answer),)?)+ }
        }
        envelope! {
            /// A short-lived statement that is not stored.
            Signal { $($($feature($signal),)?)+ }
        }
    };
}
