//! The choices of the language and of the colours, in words.

use leptos::ev;
use leptos::prelude::*;

use crate::i18n::{Lang, Words, use_lang};
use crate::theme::Theme;
use crate::ui::erased::events::{self, Listener};
use crate::ui::erased::reactive::{derived, flag};
use crate::ui::erased::signal::State;

pub(crate) const LANGUAGE: Words = Words::new("언어", "Language");
pub(crate) const COLOURS: Words = Words::new("화면 색", "Colours");
const SYSTEM: Words = Words::new("시스템", "System");
const LIGHT: Words = Words::new("밝게", "Light");
const DARK: Words = Words::new("어둡게", "Dark");

/// The colours, with the ids of their buttons.
pub(crate) const COLOUR_CHOICES: [(Theme, &str, Words); 3] = [
    (Theme::Auto, "theme-auto", SYSTEM),
    (Theme::Light, "theme-light", LIGHT),
    (Theme::Dark, "theme-dark", DARK),
];

/// The languages.
pub(crate) fn languages() -> AnyView {
    let lang = use_lang();
    let language = move |of: Lang, id: &'static str, name: &'static str| {
        let is_current = flag(move || lang.get() == of);
        choice(id, derived(move || name), is_current, events::click(move |_| lang.set(of)))
    };
    let all = [language(Lang::Ko, "lang-ko", "한국어"), language(Lang::En, "lang-en", "English")];
    choices(LANGUAGE, all.into())
}

/// The colours.
pub(crate) fn colours() -> AnyView {
    let theme: State<Theme> = expect_context();
    let colour = move |(of, id, words): (Theme, &'static str, Words)| {
        let is_current = flag(move || theme.get() == of);
        choice(id, words.now(), is_current, events::click(move |_| theme.set(of)))
    };
    choices(COLOURS, COLOUR_CHOICES.map(colour).into())
}

/// Several values, one of which is current.
fn choices(label: Words, all: Vec<AnyView>) -> AnyView {
    view! { <div class="choices" role="group" aria-label=label.now()>{all}</div> }.into_any()
}

fn choice(
    id: &'static str,
    words: Signal<&'static str>,
    is_current: Signal<&'static str>,
    pick: Listener<ev::MouseEvent>,
) -> AnyView {
    view! {
        <button type="button" class="choice" data-testid=id aria-pressed=is_current on:click=pick>{words}</button>
    }
    .into_any()
}
