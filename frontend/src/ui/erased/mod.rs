//! Views, effects, signals, memos and listeners behind a few types with erased closures and values. Leptos
//! compiles its machinery again for every closure and every type that it is given; these types erase both,
//! which makes the app a tenth smaller. Features use them instead of Leptos' own.

pub(crate) mod events;
pub(crate) mod memo;
pub(crate) mod reactive;
pub(crate) mod signal;
