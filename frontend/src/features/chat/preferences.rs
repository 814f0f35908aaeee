//! The switches of how rooms look.

use leptos::prelude::*;

use crate::context::use_app;
use crate::i18n::Words;
use crate::preference::Preference;
use crate::ui::erased::events;
use crate::ui::erased::reactive::flag;

pub(crate) const PRESENCE_LINES: Words =
    Words::new("들어오고 나간 사람 표시", "Show who joins and leaves");
pub(crate) const COMPACT: Words = Words::new("메시지 촘촘히 보기", "Compact messages");

/// The switches, as items of a menu. The settings have them as rows.
pub(crate) fn switches() -> AnyView {
    let app = use_app();
    view! {
        {switch("presence-lines", PRESENCE_LINES, app.presence_lines)}
        {switch("compact", COMPACT, app.compact)}
    }
    .into_any()
}

fn switch(id: &'static str, name: Words, preference: Preference) -> AnyView {
    view! {
        <li>
            <button class="menu-item menu-switch" role="switch" data-testid=id aria-checked=flag(move || preference.get()) on:click=events::click(move |_| preference.toggle())>
                <span>{name.now()}</span>
                <span class="switch" aria-hidden="true"></span>
            </button>
        </li>
    }
    .into_any()
}
