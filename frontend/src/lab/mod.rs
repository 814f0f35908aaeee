//! The lab: pages that show how things work. [`index`] lists them by tutorial.

pub(crate) mod chat;
pub(crate) mod code;
pub(crate) mod components;
pub(crate) mod echo;
pub(crate) mod index;
mod lines;
pub(crate) mod sentiment;
pub(crate) mod transports;
pub(crate) mod typing;
