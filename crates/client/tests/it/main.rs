//! Tests of the client as a state machine. The simulation in `madang-hub` tests it together with a
//! real hub.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation must fail the test; clippy exempts only the test functions"
)]

mod connection;
mod counter;
mod erasure;
mod lazy_views;
mod message_acts;
mod moderation;
mod notice_counts;
mod notices;
mod offline_cache;
mod orders;
mod outbox;
mod posts;
mod price;
mod read_count;
mod read_marks;
mod replies;
mod room_facts;
mod support;
mod unread_from;
mod views;
