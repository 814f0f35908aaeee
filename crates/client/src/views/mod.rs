//! The views: what this client knows of each feature, built from snapshots and events.
//!
//! Most views depend on no other view, and have one row each in the table of views
//! (`view_table.rs`). The views of joined rooms depend on each other; [`joined_rooms`] keeps them
//! together.

pub mod administration;
pub mod chat;
pub mod counter;
pub mod details;
pub mod joined_rooms;
pub mod later;
pub mod membership;
pub mod message_acts;
pub mod message_questions;
pub mod notices;
pub mod orders;
pub mod originals;
pub mod posts;
pub mod presence;
pub mod price;
pub mod read_count;
mod read_mark_schedule;
pub mod sentiment;
mod shown_messages;
