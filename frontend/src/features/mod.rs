//! The views of each feature, under the name that the feature has in every layer. The shell draws them; a
//! feature that is a page has a row in `crate::route`.

pub(crate) mod sign_in;

pub(crate) mod account;
pub(crate) mod account_page;
pub(crate) mod administration;
pub(crate) mod apps;
pub(crate) mod chat;
pub(crate) mod connection;
pub(crate) mod counter;
pub(crate) mod delivery;
pub(crate) mod details;
pub(crate) mod emoji;
pub(crate) mod entrance;
pub(crate) mod erasure;
pub(crate) mod factors;
pub(crate) mod first_steps;
pub(crate) mod grants;
pub(crate) mod inspector;
pub(crate) mod later;
pub(crate) mod membership;
pub(crate) mod moderation;
pub(crate) mod notices;
pub(crate) mod orders;
pub(crate) mod posts;
pub(crate) mod presence;
pub(crate) mod price;
pub(crate) mod profile;
pub(crate) mod read_count;
pub(crate) mod room_access;
pub(crate) mod rooms;
pub(crate) mod settings;
