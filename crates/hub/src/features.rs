//! The table of features: one row for each. [`Change`], [`decide`], [`answer_at_once`],
//! [`is_small`], [`is_redaction`], [`revoked_access`] and [`EphemeralTopics`] are derived from it.
//!
//! A row lists the parts of a feature in this order, and leaves out those that it does not have:
//!
//! - `topic`: the topic's variant in [`Topic`], followed by its properties:
//!   `redacts` (the function that recognises a redaction), `revokes` (the function that names the access
//!   which an event takes away), and `ephemeral` (the name and the type of the state in memory, see
//!   [`EphemeralTopic`](crate::ephemeral::EphemeralTopic), with the method that takes its signals and the function
//!   that returns their need).
//! - `command`: the type of the feature's change, and the function that decides a command. Where the
//!   command is the change, the type is the command itself. `needs` names the function that returns what a change needs
//!   (see [`crate::policy::rights`]). `small` names the function that tells whether a change adds
//!   so little that it needs no space (see [`crate::storage`]). `speech` names the function that tells whether a change
//!   writes to others, which a silenced user may not. `costs` names the function that returns the cost of a
//!   command beyond that of any command (see [`crate::budgets`]).
//! - `query`: the function that answers the feature's queries without data; without a function, the
//!   store answers them. `needs` is that of `command`.
//!
//! A row names everything by its path, so that a new feature changes no `use`.
//!
//! The compiler asks for a row when `madang_shared` gains a topic, a command, a query or a signal.

use madang_shared::read_count::ReadCountQuery;
use madang_shared::{
    Answer, Command, ConnectionId, Epoch, Failure, Query, Signal, Timestamp, Topic,
};

use crate::budgets::account::Cost;
use crate::ephemeral::{AnyRegistration, EphemeralEvent, Registration, Registry};
use crate::log::LogEntry;
use crate::policy::RevokedAccess;
use crate::policy::rights::{Need, RoomRight, account};

/// Expands to `None`, or to `Some` of the one expression.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// Expands to the answer of a function, or to `None` where the store answers.
macro_rules! answer_query {
    ($query:ident) => {{
        let _stored = $query;
        None
    }};
    ($query:ident, $answer:path) => {
        Some($answer($query).map(Answer::from))
    };
}

macro_rules! features {
    ($(
        $feature:ident {
            $(
                topic $topic:ident
                $(, redacts $redacts:path)?
                $(, revokes $revokes:path)?
                $(, ephemeral $field:ident: $State:ty $(, signal $on_signal:ident, needs $signal_needs:path)?)?;
            )?
            $(command $Change:ty = $decide:path, needs $needs:path $(, costs $cost:path)? $(, small $small:path)? $(, speech $speech:path)?;)?
            $(query $(= $answer:path)?, needs $query_needs:path;)?
        }
    )+) => {
        /// A command that its feature has accepted, validated and normalised. The store makes it
        /// durable.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Change {
            $($(
                #[doc = concat!("See [`", stringify!($Change), "`].")]
                $feature($Change),
            )?)+
        }

        /// Decides a command, without data.
        ///
        /// # Errors
        /// The feature's refusal.
        pub fn decide(command: Command) -> Result<Change, Failure> {
            match command {
                $($(Command::$feature(command) => $decide(command).map(Change::$feature),)?)+
            }
        }

        /// The need of a change.
        pub fn change_needs(change: &Change) -> Need {
            match change {
                $($(Change::$feature(change) => $needs(change),)?)+
            }
        }

        /// The need of a query.
        pub fn query_needs(query: &Query) -> Need {
            match query {
                $($(Query::$feature(query) => $query_needs(query),)?)+
            }
        }

        /// The need of a signal.
        pub fn signal_needs(signal: &Signal) -> Need {
            match signal {
                $($($($(Signal::$feature(signal) => $signal_needs(signal),)?)?)?)+
            }
        }

        /// The cost of a command beyond that of any command; `None` for most commands. It is charged before the
        /// command is decided, because the decision may be expensive.
        pub fn cost(command: &Command) -> Option<Cost> {
            match command {
                $($(Command::$feature(_command) => optional!($($cost(_command))?).flatten(),)?)+
            }
        }

        /// Whether a change marks, leaves or removes something, so that it adds almost nothing, and cannot be
        /// repeated without end. It is stored even if the disk is almost full.
        pub fn is_small(change: &Change) -> bool {
            match change {
                $($(Change::$feature(_change) => false $(|| $small(_change))?,)?)+
            }
        }

        /// Whether a change writes to others: a silenced user may not make it. See
        /// [`check_speech`](crate::policy::restrictions::check_speech).
        pub fn is_speech(change: &Change) -> bool {
            match change {
                $($(Change::$feature(_change) => false $(|| $speech(_change))?,)?)+
            }
        }

        /// The answer to a query that needs no data; `None` if the store has to answer it.
        pub fn answer_at_once(query: &Query) -> Option<Result<Answer, Failure>> {
            match query {
                $($(Query::$feature(query) => answer_query!(query $(, $answer)?),)?)+
            }
        }

        /// Whether the event redacts an earlier one of its topic. The log holds the earlier event with
        /// another text then, so every cached copy of it must be dropped.
        pub fn is_redaction(topic: Topic, entry: &LogEntry) -> bool {
            crate::erasure::is_redaction(entry)
                || match topic {
                    $($(Topic::$topic { .. } => false $(|| $redacts(entry))?,)?)+
                }
        }

        /// The access that the event takes from a user; `None` for most events.
        pub fn revoked_access(topic: Topic, entry: &LogEntry) -> Option<RevokedAccess> {
            match topic {
                $($(Topic::$topic { .. } => optional!($($revokes(topic, entry))?).flatten(),)?)+
            }
        }

        /// The states of all ephemeral features.
        #[derive(Debug)]
        pub struct EphemeralTopics {
            $($($($field: Registration<$State>,)?)?)+
        }

        impl EphemeralTopics {
            pub(crate) fn new(epoch: Epoch) -> Self {
                Self { $($($($field: Registration::new(epoch),)?)?)+ }
            }

            pub(crate) fn all(&self) -> impl Iterator<Item = &dyn AnyRegistration> {
                [$($($(&self.$field as &dyn AnyRegistration,)?)?)+].into_iter()
            }

            /// The feature of an ephemeral topic; `None` for a durable topic.
            pub(crate) fn of(&self, topic: Topic) -> Option<&dyn AnyRegistration> {
                match topic {
                    $($(Topic::$topic { .. } => optional!($(&self.$field)?),)?)+
                }
            }

            /// Hands a signal to its feature.
            pub(crate) fn on_signal(
                &self,
                signal: &Signal,
                connection: ConnectionId,
                now: Timestamp,
                publish: impl FnMut(EphemeralEvent),
            ) {
                match signal {
                    $($($($(Signal::$feature(signal) => self
                        .$field
                        .update(|state| state.$on_signal(signal, connection, now), publish),)?)?)?)+
                }
            }
        }

        $($($(
            impl Registry<$State> for EphemeralTopics {
                fn registration(&self) -> &Registration<$State> {
                    &self.$field
                }
            }
        )?)?)+
    };
}

features! {
    Rooms {
        command crate::rooms::RoomsChange = crate::rooms::decide, needs crate::rooms::needs, costs crate::rooms::cost, small crate::rooms::is_small, speech crate::rooms::is_speech;
    }
    Membership {
        topic Memberships, revokes crate::membership::revoked_access;
        command madang_shared::membership::MembershipCommand = accept, needs crate::membership::needs, small crate::membership::is_small;
    }
    Chat {
        topic Room, redacts crate::chat::is_redaction;
        command crate::chat::ChatChange = crate::chat::decide, needs crate::chat::needs, costs crate::chat::cost, small crate::chat::is_small, speech crate::chat::is_speech;
        query, needs crate::chat::query_needs;
    }
    Details {
        topic Details, redacts crate::details::is_redaction;
    }
    // Every session watches through the hub; see `crate::read_count`.
    ReadCount {
        query, needs read_count_needs;
    }
    Counter {
        topic Counter;
        command madang_shared::counter::CounterCommand = crate::counter::decide, needs crate::counter::needs;
    }
    Sentiment {
        query = crate::sentiment::answer, needs account;
    }
    Posts {
        topic Posts, redacts crate::posts::is_redaction;
        command madang_shared::posts::PostsCommand = crate::posts::decide, needs crate::posts::needs, small crate::posts::is_small, speech crate::posts::is_speech;
        query, needs crate::posts::query_needs;
    }
    Price {
        topic Price, ephemeral price: crate::price::LivePrice;
    }
    Orders {
        topic Orders;
        command madang_shared::orders::OrdersCommand = crate::orders::decide, needs crate::orders::needs;
    }
    Menu {
        topic Menu;
    }
    OwnOrders {
        topic OwnOrders;
    }
    Notices {
        topic Notices;
        command madang_shared::notices::NoticesCommand = accept, needs crate::notices::needs, small crate::notices::is_small;
    }
    OrderNotices {
        topic OrderNotices;
    }
    PostNotices {
        topic PostNotices;
    }
    Inbox {
        topic Inbox, redacts crate::notices::is_redaction;
    }
    Later {
        topic Later, redacts crate::later::is_redaction;
        command madang_shared::later::LaterCommand = crate::later::decide, needs crate::later::needs, costs crate::later::cost, small crate::later::is_small;
    }
    Presence {
        topic Presence, ephemeral presence: crate::presence::Presence, signal on_signal, needs crate::presence::signal_needs;
    }
    Administration {
        topic Administration;
    }
    Health {
        topic Health, ephemeral health: crate::health::HealthPulse;
    }
}

/// Accepts every command of a feature. Such a command may find nothing to change, which only the data
/// can tell; then it changes nothing.
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of every feature's decision")]
fn accept<C>(command: C) -> Result<C, Failure> {
    Ok(command)
}

/// The store checks the watch of a read count as it reads the marks of the room.
fn read_count_needs(query: &ReadCountQuery) -> Need {
    let ReadCountQuery::Watch { room, .. } = query;
    Need::Room(*room, RoomRight::Read)
}
