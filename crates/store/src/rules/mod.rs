//! The rules of the features: their reads and writes, written once for all engines, over the port
//! [`Transaction`](crate::transaction::Transaction). No rule knows which engine executes it.
//!
//! Reading order: `commands`, `rights`, `recovery`, `log`, `features`, `skeletons`; then one module per feature.

pub(crate) mod access_tokens;
pub(crate) mod bots;
mod chat_page;
pub(crate) mod commands;
mod context;
mod features;
mod inputs;
pub(crate) mod leases;
pub(crate) mod log;
mod reactions;
pub(crate) mod recovery;
pub(crate) mod refusals;
pub(crate) mod rights;
pub(crate) mod skeletons;

pub(crate) mod accounts;
pub(crate) mod administration;
pub(crate) mod audience;
mod chat;
mod chat_deletion;
mod chat_edit;
mod counter;
pub(crate) mod delivery;
pub(crate) mod details;
mod details_events;
mod direct;
pub(crate) mod directory;
pub(crate) mod due;
mod erased_names;
pub(crate) mod erasure;
pub(crate) mod erasure_list;
pub(crate) mod factors;
pub(crate) mod grants;
pub(crate) mod later;
pub(crate) mod membership;
mod message_rows;
pub(crate) mod moderation;
mod new_rooms;
mod notice_quotes;
pub(crate) mod notices;
mod orders;
pub(crate) mod people;
mod pins;
pub(crate) mod posts;
mod profile_rows;
pub(crate) mod profiles;
mod room_deletion;
mod room_facts;
mod room_members;
mod room_roles;
pub(crate) mod rooms;
mod scheduled;
pub(crate) mod users;

pub(crate) use features::answer;
pub(crate) use inputs::WriteInput;
