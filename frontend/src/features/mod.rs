//! The face of each feature, under the name it has in every layer; and the places they stand in:
//! [`sign_in`] before the gate, [`courtyard`] behind it, with the [`pages`] that are no rooms.

pub(crate) mod courtyard;
pub(crate) mod sign_in;

pub(crate) mod pages;

pub(crate) mod chat;
pub(crate) mod connection;
pub(crate) mod counter;
pub(crate) mod delivery;
pub(crate) mod feed;
pub(crate) mod membership;
pub(crate) mod notices;
pub(crate) mod orders;
pub(crate) mod presence;
pub(crate) mod price;
pub(crate) mod rooms;
pub(crate) mod sentiment;
pub(crate) mod typing;

pub(crate) mod echo;
pub(crate) mod side_by_side;
pub(crate) mod transports;

pub(crate) mod account;
pub(crate) mod inspector;
pub(crate) mod lab;
