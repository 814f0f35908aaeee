//! Emoji: the [`catalogue`] with their names, which [`loader`] fetches when it is first needed, and the [`picker`]. All of it
//! is in the lazy part of the app.

mod catalogue;
mod choices;
mod grid;
mod loader;
mod picker;
mod skin_tone;

pub(crate) use catalogue::{Catalogue, Emoji};
pub(crate) use choices::{remember_use, skin_tone};
pub(crate) use loader::{EmojiLoader, LoadedEmoji, not_ready};
pub(crate) use picker::emoji_picker;
