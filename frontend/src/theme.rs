//! The colour theme: light, dark, or the system's.

use crate::browser;
use crate::ui::erased::reactive::effect;
use crate::ui::erased::signal::State;

const KEY: &str = "madang.theme";

/// The chosen theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// The stored choice.
    pub(crate) fn remembered() -> Self {
        match browser::remembered(KEY).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Applies the theme to the page, and stores each change.
pub(crate) fn apply(theme: State<Theme>) {
    let mut first = true;
    effect(move || {
        let theme = theme.get();
        browser::set_root_attribute("data-theme", theme.name());
        if !std::mem::replace(&mut first, false) {
            browser::remember(KEY, theme.name());
        }
    });
}
