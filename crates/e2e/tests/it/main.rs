//! End-to-end tests: the release binary with the app inside, in real browsers. [`support`] holds the servers, the
//! browsers and the page objects; each other module holds the tests of one part of the app.
//!
//! `just e2e` builds what the tests need and runs them. Every test has its own server, database and browsers. At
//! its end it fails if a browser's console holds an unexpected error.

mod first_steps;
// The provider that also lies, of the tests of the identity package.
#[path = "../../../identity/tests/it/provider.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the browser tests use the honest provider alone; its tests may panic"
)]
mod provider;
// The mail server of the tests of the mail package.
#[path = "../../../mail/tests/it/smtp_server.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "its own tests use more of it, and may panic"
)]
mod smtp_server;
mod support;

mod accounts;
mod acts;
mod administration;
mod appearance;
mod apps;
mod chat;
mod completion;
mod composer;
mod confirmation;
mod console;
mod counter;
mod days;
mod delivery;
mod dev_server;
mod echo;
mod editing;
mod emoji;
mod erasure;
mod external_orders_latency;
mod factors;
mod first_interactive;
mod first_owner;
mod formatted;
mod grants;
mod history;
mod lab;
mod lab_http;
mod later;
mod layout;
mod lazy_part;
mod load_web;
mod looks;
mod mail;
mod mark_unread;
mod message_focus;
mod message_loss;
mod message_tools;
mod moderation;
mod nodes;
mod notices;
mod offline;
mod orders;
mod orders_at_tables;
mod palette;
mod people;
mod people_texts;
mod permalinks;
mod pictures;
mod pins;
mod posts;
mod presence_events;
mod price;
mod profiles;
mod reactions;
mod replies;
mod rooms;
mod sentiment;
mod sessions;
mod settings;
mod shortcuts;
mod sign_in;
mod socketio;
mod timeline;
mod tls;
mod translated_page;
mod transports;
mod unread;
