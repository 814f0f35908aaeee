//! Presence and typing in the open room.

use leptos::prelude::*;
use madang_client::Slice;

use crate::context::{MEMBERS_ID, use_app};
use crate::i18n::{tr, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, flag, part, text};
use crate::ui::icon::Icon;
use crate::ui::skeleton::Shape;

/// The members: a column beside the room, or a drawer.
#[component]
pub(crate) fn MembersPanel() -> impl IntoView {
    let app = use_app();
    let room = memo(move || app.view.with(|view| view.room().map(|room| room.id)));
    let content = move || match room.get() {
        Some(room) => app.lazy.draw(Shape::Rows, move |views| (views.members)(room)),
        None => ().into_any(),
    };
    view! {
        <aside
            id=MEMBERS_ID
            class="members"
            tabindex="-1"
            data-testid="drawer-presence"
            data-open=flag(move || app.members.get())
            aria-labelledby="presence-title"
            prop:inert=derived(move || app.is_covered())
        >
            <div class="column-head">
                <h2 id="presence-title" class="column-title">{tr(|t| t.presence)}</h2>
                <button class="icon-button" data-testid="close-presence" aria-label=tr(|t| t.close) title=tr(|t| t.close) on:click=events::click(move |_| app.show_members(false))>
                    {Icon::Close.draw()}
                </button>
            </div>
            {part(content)}
        </aside>
    }
}

/// The line above the composer with the users who are typing.
#[component]
pub(crate) fn TypingLine() -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let line = memo(move || {
        let lang = lang.get();
        store.read(Slice::Presence, |client| {
            let features = client.features();
            let shown = |user| features.details().shown_name(user);
            let names: Vec<&str> = features.presence().typing().map(shown).collect();
            lang.typing(&names).unwrap_or_default()
        })
    });
    view! { <p class="typing-line" data-testid="typing">{text(move || line.get())}</p> }
}
