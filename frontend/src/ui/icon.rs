//! Icons, drawn for 24 by 24, and the mark of Madang.

use leptos::prelude::*;

/// An icon. Screen readers skip it, so its button needs a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Plus,
    Search,
    Menu,
    People,
    Close,
    Leave,
    SignOut,
    Send,
    Down,
    Auto,
    Sun,
    Moon,
    Check,
    Clock,
    Alert,
    Language,
    Wire,
    Keyboard,
    Out,
    Bell,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Plus => "M12 5v14M5 12h14",
            Self::Search => "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4",
            Self::Menu => "M4 7h16M4 12h16M4 17h10",
            Self::People => {
                "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.6-3.6 3-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 4.5a3.5 3.5 0 0 1 0 6.5M18 15c2 .7 3.2 2.4 3.6 5"
            }
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Leave => "M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h9",
            Self::SignOut => "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12h-9",
            Self::Send => "M12 19V6M6 11.5 12 5.5l6 6",
            Self::Down => "M12 5v13M6 12.5l6 6 6-6",
            Self::Auto => {
                "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 3.5v17M12 8l6-1.5M12 12h8.5M12 16l6 1.5"
            }
            Self::Sun => {
                "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Self::Moon => "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Clock => "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.5V12l3 2",
            Self::Alert => "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.5v5.5M12 16.3v.1",
            // Up and down, as the arrows of sent and received messages.
            Self::Wire => "M8 20V4M4 8l4-4 4 4M16 4v16M12 16l4 4 4-4",
            Self::Keyboard => {
                "M5 6h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2ZM7 10h.1M11 10h.1M15 10h.1M17 14h.1M7 14h6"
            }
            Self::Bell => "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5a2 2 0 0 0 4 0",
            Self::Out => "M8 16 17 7M10 7h7v7",
            Self::Language => {
                "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM3.5 12h17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17"
            }
        }
    }

    /// Draws the icon.
    pub(crate) fn draw(self) -> AnyView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d=self.path() />
            </svg>
        }
        .into_any()
    }
}

/// The logo: a courtyard from above, with an open gate and a person in it; and ㅁ, the first letter of 마당.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
            <path class="mark-roof" d="M18 42H10.5Q6 42 6 37.5Q7.8 24 6 10.5Q6 6 10.5 6Q24 7.8 37.5 6Q42 6 42 10.5Q40.2 24 42 37.5Q42 42 37.5 42H30" />
            <path class="mark-yard" d="M18 33H15V15H33V33H30" />
            <circle class="mark-sun" cx="24" cy="24" r="4.5" />
        </svg>
    }
}
