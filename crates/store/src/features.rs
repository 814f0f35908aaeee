//! The table of features, one row each. An engine derives from it each place that has to know all
//! features: applying a change, the snapshot of a topic, and the answer to a query. A change, topic or
//! query without a row does not compile.
//!
//! A row names the feature's module, and what the module contains:
//!
//! - `change`: `apply(store, context, change, appended)` applies a change, appends its events, and
//!   returns the position of the command's own event, or `None` if nothing changed.
//! - `topic`: the named function, called as `snapshot(store)` or, for a topic with an id, as
//!   `snapshot(store, id)`, returns the state of the topic. It is the same for every reader. `own` names the function
//!   that returns the part for one reader, called as `own(store, reader, id)`.
//! - `query`: `answer(store, reader, query)` answers a query.

/// Calls a macro with the table.
macro_rules! features {
    ($callback:ident $engine:tt) => {
        $callback! {
            $engine
            // The hub serves these without a store.
            hub_topics { Presence, Price }
            hub_queries { Sentiment, ReadCount }

            rooms { change Rooms; topic Rooms => snapshot; }
            membership { change Membership; topic Memberships(user) => snapshot; }
            chat { change Chat; topic Room(room) => newest_page, own own_membership(room); query Chat; }
            details { topic Details(room) => snapshot; }
            counter { change Counter; topic Counter => snapshot; }
            posts { change Posts; topic Posts => snapshot; query Posts; }
            orders { change Orders; topic Orders => snapshot; }
            notices { change Notices; topic Notices => snapshot; topic Inbox(user) => inbox; }
        }
    };
}

/// Expands to the functions that select a feature's module.
macro_rules! dispatch {
    (
        { writes: $Writable:ty; reads: $Readable:ty; error: $Error:ty; }
        hub_topics { $($hub_topic:ident),* }
        hub_queries { $($hub_query:ident),* }
        $(
            $module:ident {
                $(change $change:ident;)?
                $(topic $topic:ident $(($id:ident))? => $snapshot:ident
                    $(, own $own:ident($own_id:ident))?;)*
                $(query $query:ident;)?
            }
        )+
    ) => {
        $(use super::$module;)+

        /// Applies a change and appends its events. Returns the position of the command's own event, or
        /// `None` if nothing changed.
        pub(super) fn apply(
            store: $Writable,
            context: &$crate::context::CommandContext,
            change: madang_hub::features::Change,
            appended: &mut Vec<madang_hub::ports::TopicEvent>,
        ) -> Result<Option<madang_shared::frames::LogPosition>, $Error> {
            match change {
                $($(madang_hub::features::Change::$change(change) => {
                    $module::apply(store, context, change, appended)
                })?)+
            }
        }

        /// The state of a durable topic, without the part that belongs to one reader.
        pub(super) fn shared_snapshot(
            store: $Readable,
            topic: madang_shared::Topic,
        ) -> Result<madang_shared::state_frame::SharedSnapshot, $Error> {
            match topic {
                $($(madang_shared::Topic::$topic $(($id))? => {
                    Ok(shared_part!($module::$snapshot(store $(, $id)?)? $(, $own)?))
                })*)+
                $(madang_shared::Topic::$hub_topic { .. } => {
                    Err($crate::refusals::not_stored(topic).into())
                })*
            }
        }

        /// The part of a durable topic's state that belongs to `reader`.
        pub(super) fn own_snapshot(
            store: $Readable,
            reader: madang_shared::UserId,
            topic: madang_shared::Topic,
        ) -> Result<madang_shared::state_frame::OwnSnapshot, $Error> {
            match topic {
                $($($(madang_shared::Topic::$topic($own_id) => {
                    Ok($module::$own(store, reader, $own_id)?.into())
                })?)*)+
                _ => Ok(madang_shared::state_frame::OwnSnapshot::default()),
            }
        }

        /// The answer to a query of `reader`.
        pub(super) fn answer(
            store: $Readable,
            reader: madang_shared::UserId,
            query: &madang_shared::Query,
        ) -> Result<madang_shared::Answer, $Error> {
            match query {
                $($(madang_shared::Query::$query(query) => {
                    Ok($module::answer(store, reader, query)?.into())
                })?)+
                $(madang_shared::Query::$hub_query(_) => {
                    Err($crate::refusals::not_a_store_query().into())
                })*
            }
        }
    };
}

/// The shared part of a snapshot. A snapshot without an own part is shared as a whole.
macro_rules! shared_part {
    ($snapshot:expr) => {
        madang_shared::Snapshot::from($snapshot).into()
    };
    ($snapshot:expr, $own:ident) => {
        $snapshot.into()
    };
}
