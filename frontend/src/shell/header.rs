//! The header: the title of the open room or page, and its tools.

use leptos::prelude::*;

use crate::context::{Drawer, View, use_app};
use crate::features::connection::Badge;
use crate::features::membership::leave_button;
use crate::features::notices::Bell;
use crate::i18n::{tr, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{Item, derived, each, text, when};
use crate::ui::icon::Icon;

/// The header.
#[component]
pub(super) fn Header() -> impl IntoView {
    let app = use_app();
    let lang = use_lang();
    let name = text(move || {
        let lang = lang.get();
        app.view.with(|view| view.title(lang).unwrap_or(lang.texts().app).to_owned())
    });
    let open_presence = move || {
        view! {
            <button id="open-presence" class="icon-button presence-drawer-only" data-testid="open-presence" aria-label=tr(|t| t.open_presence) on:click=events::click(move |_| app.open(Drawer::Presence))>
                {Icon::People.draw()}
            </button>
        }
        .into_any()
    };
    // Each room has a button of its own, so that a key that is still down cannot leave the next room.
    let leave = each(derived(move || {
        app.view.with(|view| match view.clone() {
            View::Room(room) => {
                vec![Item::new(room.id.0, move || leave_button(room.clone()))]
            }
            _ => Vec::new(),
        })
    }));
    view! {
        <header class="header">
            <button id="open-rooms" class="icon-button rooms-drawer-only" data-testid="open-rooms" aria-label=tr(|t| t.open_rooms) on:click=events::click(move |_| app.open(Drawer::Rooms))>
                {Icon::Menu.draw()}
            </button>
            <h1 class="header-title isolated" data-testid="header-title" title=name>{name}</h1>
            <Badge />
            <Bell />
            {leave}
            {when(move || !app.view.with(View::is_page), open_presence)}
        </header>
    }
}
