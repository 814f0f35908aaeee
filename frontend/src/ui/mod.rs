//! The kit: parts that know nothing of any feature.

pub(crate) mod avatar;
pub(crate) mod dialog;
pub(crate) mod empty;
pub(crate) mod events;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod memory;
pub(crate) mod reactive;
pub(crate) mod state;
pub(crate) mod virtual_list;
