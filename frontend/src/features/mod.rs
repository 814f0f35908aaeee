//! The face of each feature, under the name it has in every layer; and the places they stand in:
//! [`sign_in`] before the gate, [`courtyard`] behind it.

pub(crate) mod courtyard;
pub(crate) mod sign_in;

pub(crate) mod chat;
pub(crate) mod connection;
pub(crate) mod membership;
pub(crate) mod presence;
pub(crate) mod rooms;

pub(crate) mod account;
