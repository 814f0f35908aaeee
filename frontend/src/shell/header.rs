//! The header: the way back, the title of the open room or page, the room's description and members, and the menu.

use leptos::prelude::*;

use super::rail::back;
use crate::context::{AppContext, MEMBERS_OPENER_ID, VIEW_MENU_ID, use_app};
use crate::i18n::{MORE, tr, use_lang};
use crate::route::Route;
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, flag, part, text, when};
use crate::ui::icon::Icon;
use crate::ui::skeleton::Shape;

/// The header.
#[component]
pub(super) fn Header() -> impl IntoView {
    let app = use_app();
    let lang = use_lang();
    let name = text(move || {
        let lang = lang.get();
        app.view.with(|view| view.title(lang).unwrap_or(lang.texts().app).to_owned())
    });
    // On a phone, the list of rooms has a head of its own.
    let class = derived(move || match app.router.get() {
        Route::Home if app.phone.get() => "visually-hidden",
        _ => "header",
    });
    let is_room = move || app.view.with(|view| view.room().is_some());
    view! {
        <header class=class>
            {part(move || back(app, app.router.get()))}
            <div class="header-place">
                <h1 class="header-title isolated" data-testid="header-title" title=name>{name}</h1>
                {when(is_room, move || topic(app))}
            </div>
            {when(is_room, move || members_opener(app))}
            <button id=VIEW_MENU_ID class="icon-button" data-testid="view-menu" aria-haspopup="dialog" aria-label=MORE.now() title=MORE.now() on:click=events::click(move |_| app.view_menu.set(true))>
                {Icon::More.draw()}
            </button>
        </header>
    }
}

/// The line below the room's name. Its words come with the lazy part of the app.
fn topic(app: AppContext) -> AnyView {
    let line = app.lazy.draw_when_loaded(|views| (views.topic_line)());
    view! { <p class="header-topic" dir="auto" data-testid="topic">{line}</p> }.into_any()
}

fn members_opener(app: AppContext) -> AnyView {
    let is_shown = move || app.shows_members();
    let label = tr(|t| t.presence);
    view! {
        <button id=MEMBERS_OPENER_ID class="icon-button members-opener" data-testid="open-presence" aria-expanded=flag(is_shown) title=label on:click=events::click(move |_| app.show_members(!app.shows_members()))>
            {Icon::People.draw()}
            <span class="members-word">{label}</span>
            {app.lazy.draw_when_loaded(|views| (views.member_count)())}
        </button>
    }
    .into_any()
}

/// The menu of the open room or page. Its content is in the lazy part of the app.
pub(super) fn view_menu(app: AppContext) -> AnyView {
    dialog::menu("dialog menu view-menu", app.view_menu, "view-menu-title", move || {
        app.lazy.draw(Shape::Rows, |views| (views.view_menu)())
    })
}
