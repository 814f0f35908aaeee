//! The texts of the app in Korean and English. A text that is missing in one language does not compile.

use leptos::prelude::*;

use crate::browser;
use crate::ui::erased::reactive::{derived, effect};
use crate::ui::erased::signal::State;

mod bidi;
mod en;
mod ko;
mod sentences;

pub(crate) use bidi::isolated;
pub(crate) use sentences::capped;

const KEY: &str = "madang.lang";

/// A language of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lang {
    Ko,
    En,
}

/// The fixed texts. Texts with a name or a number are methods of [`Lang`].
pub(crate) struct Texts {
    pub(crate) app: &'static str,
    pub(crate) your_name: &'static str,
    pub(crate) server: &'static str,
    pub(crate) enter: &'static str,
    pub(crate) entering: &'static str,
    pub(crate) loading: &'static str,
    pub(crate) unreachable: &'static str,
    pub(crate) not_loaded: &'static str,
    pub(crate) not_loaded_hint: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) name_taken: &'static str,
    pub(crate) name_invalid: &'static str,
    pub(crate) cookies_blocked: &'static str,
    pub(crate) rooms: &'static str,
    pub(crate) no_rooms: &'static str,
    pub(crate) no_match: &'static str,
    pub(crate) find_room: &'static str,
    pub(crate) new_room: &'static str,
    pub(crate) choose_room: &'static str,
    pub(crate) choose_room_hint: &'static str,
    pub(crate) no_such_page: &'static str,
    pub(crate) no_such_page_hint: &'static str,
    pub(crate) presence: &'static str,
    pub(crate) you: &'static str,
    pub(crate) is_typing: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) no_message: &'static str,
    pub(crate) no_message_hint: &'static str,
    pub(crate) start_of_room: &'static str,
    pub(crate) new_messages: &'static str,
    pub(crate) jump_newest: &'static str,
    pub(crate) write: &'static str,
    pub(crate) send: &'static str,
    pub(crate) send_hint: &'static str,
    pub(crate) pending: &'static str,
    pub(crate) sending: &'static str,
    pub(crate) stored: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) discard: &'static str,
    pub(crate) discarded: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) new_window: &'static str,
    pub(crate) online: &'static str,
    pub(crate) connecting: &'static str,
    pub(crate) disconnected: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) now: &'static str,
    pub(crate) reload: &'static str,
    pub(crate) new_version: &'static str,
    pub(crate) must_reload: &'static str,
    pub(crate) other_user: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) session_over: &'static str,
    pub(crate) close: &'static str,
    pub(crate) too_long: &'static str,
    pub(crate) not_member: &'static str,
    pub(crate) room_name_taken: &'static str,
    pub(crate) something_wrong: &'static str,
}

impl Lang {
    /// The language of a tag such as `ko-KR`, if the app has it.
    pub(crate) fn of(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "ko" => Some(Self::Ko),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The stored choice; otherwise the first of the browser's languages that the app has.
    pub(crate) fn remembered() -> Self {
        let chosen = browser::remembered(KEY).and_then(|tag| Self::of(&tag));
        chosen.unwrap_or_else(|| {
            let wanted = window().navigator().languages();
            let mut wanted = wanted.iter().filter_map(|tag| tag.as_string());
            wanted.find_map(|tag| Self::of(&tag)).unwrap_or(Self::En)
        })
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::Ko => &ko::TEXTS,
            Self::En => &en::TEXTS,
        }
    }
}

/// A text in both languages, for features with texts of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    ko: &'static str,
    en: &'static str,
}

impl Words {
    pub(crate) const fn new(ko: &'static str, en: &'static str) -> Self {
        Self { ko, en }
    }

    pub(crate) fn of(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Ko => self.ko,
            Lang::En => self.en,
        }
    }

    /// The text in the current language.
    pub(crate) fn now(self) -> Signal<&'static str> {
        let lang = use_lang();
        derived(move || self.of(lang.get()))
    }
}

/// The button that changes nothing.
pub(crate) const CANCEL: Words = Words::new("취소", "Cancel");
/// The button that opens a menu.
pub(crate) const MORE: Words = Words::new("더 보기", "More");

/// The current language.
#[inline(never)]
pub(crate) fn use_lang() -> State<Lang> {
    expect_context()
}

/// A text in the current language.
pub(crate) fn tr(pick: fn(&'static Texts) -> &'static str) -> Signal<&'static str> {
    let lang = use_lang();
    derived(move || pick(lang.get().texts()))
}

/// Applies the language to the page, and stores each change.
pub(crate) fn apply(lang: State<Lang>) {
    let mut first = true;
    effect(move || {
        let lang = lang.get();
        browser::set_root_attribute("lang", lang.code());
        // The page has already named the first language's manifest.
        if !std::mem::replace(&mut first, false) {
            browser::set_manifest(&format!("/manifest.{}.webmanifest", lang.code()));
            browser::remember(KEY, lang.code());
        }
    });
}
