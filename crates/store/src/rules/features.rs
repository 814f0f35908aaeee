//! The table of features, one row each. Each place that has to know all features is derived from it: applying a change, the snapshot of a topic, and the answer to a query. A change, topic or
//! query without a row does not compile.
//!
//! A row names the feature's module, and what the module contains:
//!
//! - `change`: `apply(transaction, context, change, appended)` applies a change, appends its events, and
//!   returns the position of the command's own event, or `None` if nothing changed. `topics(author, change)` names
//!   the topics to which it may append. An engine with several nodes locks their heads first, in one order for all.
//! - `topic`: the named function, called as `snapshot(transaction)` or, for a topic with an id, as
//!   `snapshot(transaction, id)`, returns the state of the topic. It is the same for every reader. `own` names the function
//!   that returns the part for one reader, called as `own(transaction, reader, id)`.
//! - `query`: `answer(transaction, reader, query)` answers a query.

use super::context::CommandContext;
use crate::error::StatementError;
use crate::transaction::Transaction;

/// Calls a macro with the table.
macro_rules! features {
    ($callback:ident) => {
        $callback! {
            // The hub serves these without a store.
            hub_topics { Health, Presence, Price }
            hub_queries { Sentiment, ReadCount }

            rooms { change Rooms; }
            membership { change Membership; topic Memberships(user) => snapshot; }
            chat { change Chat; topic Room(room) => state, own own_membership(room); query Chat; }
            details { topic Details(room) => snapshot; }
            counter { change Counter; topic Counter => snapshot; }
            posts { change Posts; topic Posts => snapshot; query Posts; }
            orders {
                change Orders; topic Orders => snapshot; topic Menu => menu; topic OwnOrders(user) => own;
            }
            administration { topic Administration => snapshot; }
            later { change Later; topic Later(user) => snapshot; }
            notices { change Notices; topic Notices => snapshot; topic Inbox(user) => inbox; topic OrderNotices => of_orders; topic PostNotices => of_posts; }
        }
    };
}

/// Expands to the functions that select a feature's module.
macro_rules! dispatch {
    (
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
            transaction: &dyn Transaction,
            context: &CommandContext,
            change: madang_hub::features::Change,
            appended: &mut Vec<madang_hub::ports::TopicEvent>,
        ) -> Result<Option<madang_shared::frames::LogPosition>, StatementError> {
            match change {
                $($(madang_hub::features::Change::$change(change) => {
                    $module::apply(transaction, context, change, appended)
                })?)+
            }
        }

        /// The topics to whose logs a change of `author` may append, as far as they are known before it is applied.
        pub(crate) fn topics(
            author: madang_shared::UserId,
            change: &madang_hub::features::Change,
        ) -> Vec<madang_shared::Topic> {
            match change {
                $($(madang_hub::features::Change::$change(change) => $module::topics(author, change),)?)+
            }
        }

        /// The state of a durable topic, without the part that belongs to one reader.
        pub(super) fn shared_snapshot(
            transaction: &dyn Transaction,
            topic: madang_shared::Topic,
        ) -> Result<madang_shared::state_frame::SharedSnapshot, StatementError> {
            match topic {
                $($(madang_shared::Topic::$topic $(($id))? => {
                    Ok(shared_part!($module::$snapshot(transaction $(, $id)?)? $(, $own)?))
                })*)+
                $(madang_shared::Topic::$hub_topic { .. } => {
                    Err(super::refusals::not_stored(topic).into())
                })*
            }
        }

        /// The part of a durable topic's state that belongs to `reader`.
        pub(super) fn own_snapshot(
            transaction: &dyn Transaction,
            reader: madang_shared::UserId,
            topic: madang_shared::Topic,
        ) -> Result<madang_shared::state_frame::OwnSnapshot, StatementError> {
            match topic {
                $($($(madang_shared::Topic::$topic($own_id) => {
                    Ok($module::$own(transaction, reader, $own_id)?.into())
                })?)*)+
                _ => Ok(madang_shared::state_frame::OwnSnapshot::default()),
            }
        }

        /// The answer to a query of `reader`.
        pub(crate) fn answer(
            transaction: &dyn Transaction,
            reader: madang_shared::UserId,
            query: &madang_shared::Query,
        ) -> Result<madang_shared::Answer, StatementError> {
            match query {
                $($(madang_shared::Query::$query(query) => {
                    Ok($module::answer(transaction, reader, query)?.into())
                })?)+
                $(madang_shared::Query::$hub_query(_) => {
                    Err(super::refusals::not_a_store_query().into())
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

features!(dispatch);
