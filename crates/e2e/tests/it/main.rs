//! Madang as people meet it: the release binary with the app inside, real browsers, and whatever can
//! happen to a connection. [`support`] holds the stage and the page objects; the other modules are the
//! tests, by what people do.
//!
//! `just e2e` builds what is needed, and says where. Every test has a server, a database and browsers of
//! its own; each ends with a look at the consoles, which must have nothing to complain about.

mod support;

mod apart;
mod console;
mod counter;
mod delivery;
mod dev_server;
mod echo;
mod feed;
mod history;
mod lab;
mod load_web;
mod looks;
mod losses;
mod measure;
mod measure_orders;
mod notices;
mod offline;
mod orders;
mod price;
mod sentiment;
mod sessions;
mod side_by_side;
mod signing_in;
mod socketio;
mod talking;
mod tls;
mod transports;
mod unread;
mod writing;
