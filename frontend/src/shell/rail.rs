//! The rail: the areas of the app with their unread counts, and the user's own menu. A bar at the bottom on phones.

use leptos::prelude::*;
use madang_client::Slice;

use crate::context::{AppContext, link_to, use_app};
use crate::features::notices::{notices_label, unread_notices};
use crate::i18n::{Lang, Words, capped, use_lang};
use crate::route::{Area, Route};
use crate::ui::avatar::avatar;
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{derived, flag, text};
use crate::ui::icon::{Icon, Mark};
use crate::ui::skeleton::Shape;

const LABEL: Words = Words::new("주 메뉴", "Main menu");
const OWN: Words = Words::new("나", "Me");
const OWN_MENU: Words = Words::new("내 메뉴", "Your menu");

/// The rail.
pub(super) fn rail() -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let messages = unread_messages(app);
    let notices = memo(move || unread_notices(store));
    let chat = count(messages, "chat-count", None, Lang::unread);
    // Screen readers announce new notices; those of new messages are announced by the room.
    let inbox = count(notices, "bell-count", Some("status"), notices_label);
    let me = store.me();
    let own = derived(move || (app.router.get().area() == Area::Own).then_some("true"));
    view! {
        <nav class="rail" aria-label=LABEL.now() prop:inert=derived(move || app.is_behind())>
            <Mark />
            <ul class="rail-areas">
                {link(app, Area::Chat, Icon::Chat, "rail-chat", chat)}
                {link(app, Area::Inbox, Icon::Inbox, "bell", inbox)}
                {link(app, Area::Apps, Icon::Apps, "rail-apps", ().into_any())}
                {link(app, Area::Learn, Icon::Learn, "rail-learn", ().into_any())}
            </ul>
            <button class="rail-link" data-testid="me" aria-haspopup="dialog" aria-current=own title=OWN_MENU.now() on:click=events::click(move |_| app.own_menu.set(true))>
                <span class="rail-icon">{avatar(&me)}</span>
                <span class="rail-word">{OWN.now()}</span>
                <span class="visually-hidden" translate="no">{me.name.clone()}</span>
            </button>
        </nav>
    }
    .into_any()
}

fn unread_messages(app: AppContext) -> Memo<u64> {
    let store = app.driver.store();
    memo(move || store.read(Slice::Unread, |client| client.features().unread_total()))
}

fn link(app: AppContext, area: Area, icon: Icon, id: &'static str, count: AnyView) -> AnyView {
    let current = derived(move || {
        let route = app.router.get();
        match route.area() == area {
            true if route == area.index() => Some("page"),
            true => Some("true"),
            false => None,
        }
    });
    let route = area.index();
    view! {
        <li>
            <a class="rail-link" href=route.path() data-testid=id aria-current=current on:click=link_to(app, route)>
                <span class="rail-icon">{icon.draw()}</span>
                <span class="rail-word">{area.title().now()}</span>
                {count}
            </a>
        </li>
    }
    .into_any()
}

/// The number of unread things, as a badge and in words.
fn count(
    count: Memo<u64>,
    id: &'static str,
    role: Option<&'static str>,
    words: fn(Lang, u64) -> String,
) -> AnyView {
    let lang = use_lang();
    let label =
        text(move || if count.get() > 0 { words(lang.get(), count.get()) } else { String::new() });
    view! {
        <span class="count-badge rail-count" aria-hidden="true" data-testid=id data-shown=flag(move || count.get() > 0)>
            {text(move || capped(count.get()))}
        </span>
        <span class="visually-hidden" role=role>{label}</span>
    }
    .into_any()
}

/// The user's own menu. Its content is in the lazy part of the app.
pub(super) fn own_menu(app: AppContext) -> AnyView {
    dialog::menu("dialog menu own-menu", app.own_menu, "own-menu-title", move || {
        app.lazy.draw(Shape::Rows, |views| (views.own_menu)())
    })
}

/// The link back to the index of the area; none on an index.
pub(super) fn back(app: AppContext, route: Route) -> AnyView {
    let Some(index) = route.parent() else { return ().into_any() };
    let area = route.area();
    // Only on a phone, the list of rooms is not beside the room.
    let class = if area == Area::Chat { "back back-to-rooms" } else { "back" };
    let title = area.title().now();
    // On a phone, the rail with its counts is not beside a room.
    let unread =
        (area == Area::Chat).then(|| count(unread_messages(app), "back-count", None, Lang::unread));
    view! {
        <a class=class href=index.path() data-testid="back" title=title on:click=link_to(app, index)>
            {Icon::Back.draw()}
            <span class="back-word">{title}</span>
            {unread}
        </a>
    }
    .into_any()
}
