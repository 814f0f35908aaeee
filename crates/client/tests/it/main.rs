//! The client, tested as what it is: inputs and outputs. (How it fares with a real hub, the
//! simulation in `madang-hub` shows.)

mod connection;
mod outbox;
mod support;
mod views;
