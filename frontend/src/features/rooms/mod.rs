//! The column with the joined rooms: the search, the sections of the list, and the ways to other and new rooms.

mod browse;
mod manage;
mod new_room;
mod order;
mod others;
mod people;
mod request;
mod row;

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Client, Slice};
use madang_shared::rooms::Room;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use self::order::sections;
use self::row::joined_room;
use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, link_to, use_app};
use crate::i18n::{Words, tr, use_lang};
use crate::route::{Area, Page, Route};
use crate::text::lower_case;
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events::{self, Listener};
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, effect, flag, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::skeleton::Shape;

pub(crate) use browse::{BrowseRoomsPage, SEARCH_PAUSE, find_public};
pub(crate) use manage::{manage_room, own_role};
pub(crate) use new_room::new_room;
pub(crate) use order::is_joined;
pub(crate) use others::other_rooms;
pub(crate) use people::find_people;
pub(crate) use request::follow_request;

/// The id of the list of rooms that the user has not joined.
const OTHERS_ID: &str = "other-rooms";

/// The id of the search field.
const FILTER_ID: &str = "find-room";

const DIRECT: Words = Words::new("다이렉트 메시지", "Direct messages");
const UNREAD: Words = Words::new("읽지 않음", "Unread");
const ORDER: Words = Words::new("순서", "Order");
const BY_ACTIVITY: Words = Words::new("최근 활동순", "By activity");
const BY_NAME: Words = Words::new("이름순", "By name");
const BY_NAME_KEY: &str = "madang.rooms-by-name";

/// Whether the user chose the order by name.
pub(crate) fn orders_by_name() -> bool {
    browser::remembered(BY_NAME_KEY).is_some()
}

/// The joined rooms, in the order of the list.
pub(crate) fn listed_rooms(app: AppContext, client: &Client) -> Vec<Room> {
    sections(app, client).concat()
}

/// Whether the name of a room matches the search.
fn matches(name: &str, wanted: &str) -> bool {
    lower_case(name).contains(&lower_case(wanted.trim()))
}

/// A choice that this browser remembers by the presence of its key.
fn remember(key: &str, on: bool) {
    if on {
        browser::remember(key, "");
    } else {
        browser::forget(key);
    }
}

/// A field that finds rooms.
fn search(
    wanted: State<String>,
    id: &'static str,
    test_id: &'static str,
    on_key: Listener<ev::KeyboardEvent>,
) -> AnyView {
    view! {
        <label class="search">
            {Icon::Search.draw()}
            <input
                id=id
                dir="auto"
                type="search"
                class="search-field"
                data-testid=test_id
                aria-label=tr(|t| t.find_room)
                placeholder=tr(|t| t.find_room)
                prop:value=derived(move || wanted.get())
                on:input=events::change(move |event| wanted.set(event_target_value(&event)))
                on:keydown=on_key
            />
        </label>
    }
    .into_any()
}

/// The column.
#[component]
pub(crate) fn RoomsPanel() -> impl IntoView {
    let app = use_app();
    let wanted = state(String::new());
    let on_key = events::key(move |event| on_filter_key(&event, app, wanted));
    // The search has ended with another place. The list shows all rooms again.
    effect(move || {
        app.router.get();
        wanted.set(String::new());
    });
    view! {
        <nav id="rooms" class="rooms-column" aria-label=tr(|t| t.rooms) prop:inert=derived(move || app.is_behind())>
            <div class="column-head">
                <h2 class="column-title">{Area::Chat.title().now()}</h2>
                <button
                    class="icon-button"
                    data-testid="room-create"
                    aria-label=tr(|t| t.new_room)
                    title=tr(|t| t.new_room)
                    on:click=events::click(move |_| app.new_room.set(true))
                >
                    {Icon::Plus.draw()}
                </button>
            </div>
            <div class="column-tools">
                {search(wanted, FILTER_ID, "room-filter", on_key)}
                {page_link(app, Page::BrowseRooms, Icon::Browse, "browse-rooms", ().into_any())}
                {page_link(app, Page::Later, Icon::Later, "later-link", saved_count(app))}
            </div>
            <RoomLists wanted=wanted />
            {dialog(app.new_room, "new-room-title", move || app.lazy.draw(Shape::Rows, move |views| (views.new_room)(app.new_room)))}
        </nav>
    }
}

/// The link to a page above the rooms.
fn page_link(
    app: AppContext,
    page: Page,
    icon: Icon,
    test_id: &'static str,
    count: AnyView,
) -> AnyView {
    let current = move || (app.router.get().page() == Some(page)).then_some("page");
    view! {
        <a class="browse-link" href=page.path() data-testid=test_id aria-current=derived(current) on:click=link_to(app, Route::Page(page))>
            {icon.draw()}
            <span>{page.title().now()}</span>
            {count}
        </a>
    }
    .into_any()
}

/// The number of saved messages.
fn saved_count(app: AppContext) -> AnyView {
    let store = app.driver.store();
    let count = memo(move || {
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Later, |client| client.features().later().count(client.outbox()))
    });
    let draw = move || {
        view! { <span class="count" data-testid="later-count">{derived(move || count.get())}</span> }
            .into_any()
    };
    when(move || count.get() > 0, draw)
}

/// Enter opens the first match, Esc clears the search.
fn on_filter_key(event: &ev::KeyboardEvent, app: AppContext, wanted: State<String>) {
    match event.key().as_str() {
        "Enter" => {
            let wanted_name = wanted.get_untracked();
            let found = app.driver.store().peek(|client| {
                let mut all = listed_rooms(app, client).into_iter();
                all.find(|room| matches(&room.name, &wanted_name))
            });
            if let Some(room) = found {
                wanted.set(String::new());
                app.visit(room.id);
                request_animation_frame(|| browser::focus(COMPOSER_ID));
            } else if let Some(first) = browser::element(OTHERS_ID).as_ref().and_then(first_link) {
                first.click();
            }
        }
        "Escape" if !wanted.with_untracked(String::is_empty) => {
            event.stop_propagation();
            wanted.set(String::new());
        }
        _ => {}
    }
}

fn first_link(list: &HtmlElement) -> Option<HtmlElement> {
    list.query_selector("a").ok()??.dyn_into().ok()
}

#[component]
fn RoomLists(wanted: State<String>) -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let times = Times::new();
    let searching = memo(move || wanted.with(|wanted| !wanted.trim().is_empty()));
    let found = move |rooms: Vec<Room>| -> Vec<Room> {
        let wanted = wanted.get();
        rooms.into_iter().filter(|room| matches(&room.name, &wanted)).collect()
    };
    let joined = memo(move || {
        store.read(Slice::Outbox, |_| ());
        let sections = store.read(Slice::Unread, |client| sections(app, client));
        sections.map(found)
    });
    let unread = memo(move || joined.with(|[unread, ..]| unread.clone()));
    let read = memo(move || joined.with(|[_, read, _]| read.clone()));
    let direct = memo(move || joined.with(|[.., direct]| direct.clone()));
    let nothing = memo(move || {
        let known = store.read(Slice::Unread, |client| client.features().memberships().is_known());
        known && joined.with(|joined| joined.iter().all(Vec::is_empty))
    });
    let hint =
        || view! { <p class="hint" data-testid="no-rooms">{tr(|t| t.no_rooms)}</p> }.into_any();
    let part = (times, searching);
    let unread_list =
        move || section(part, "unread", UNREAD.now(), unread, ().into_any(), joined_room);
    let read_list = move || {
        section(
            part,
            "read",
            tr(|t| t.rooms),
            read,
            app.lazy.draw_when_loaded(|views| (views.order_choice)()),
            joined_room,
        )
    };
    let direct_list =
        move || section(part, "direct", DIRECT.now(), direct, ().into_any(), joined_room);
    let others_list = move || app.lazy.draw_when_loaded(move |views| (views.other_rooms)(wanted));
    view! {
        <div class="column-scroll" tabindex="-1">
            <div data-testid="room-list">
                {when(move || !unread.with(Vec::is_empty), unread_list)}
                {when(move || !read.with(Vec::is_empty), read_list)}
                {when(move || !direct.with(Vec::is_empty), direct_list)}
            </div>
            {when(move || nothing.get() && !searching.get(), hint)}
            {when(move || searching.get(), others_list)}
        </div>
    }
}

/// A part of the list that folds. The browser remembers it. A search unfolds every part.
fn section(
    (times, searching): (Times, Memo<bool>),
    id: &'static str,
    title: Signal<&'static str>,
    rooms: Memo<Vec<Room>>,
    tools: AnyView,
    row: fn(AppContext, Times, &Room) -> AnyView,
) -> AnyView {
    let app = use_app();
    let key = format!("madang.folded.{id}");
    let folded = state(browser::remembered(&key).is_some());
    let is_open = move || searching.get() || !folded.get();
    let toggle = move |_| {
        folded.update(|folded| *folded = !*folded);
        remember(&key, folded.get_untracked());
    };
    let item = move |room: Room| Item::new(room.id.0, move || row(app, times, &room));
    let list = move || {
        view! { <ul class="rooms">{each(derived(move || rooms.get().into_iter().map(item).collect()))}</ul> }.into_any()
    };
    view! {
        <div class="section-head">
            <h3 class="section-title">
                <button class="section-fold" data-testid=format!("fold-{id}") aria-expanded=flag(is_open) on:click=events::click(toggle)>
                    {Icon::Chevron.draw()}
                    {title}
                    <span class="count">{derived(move || rooms.with(Vec::len))}</span>
                </button>
            </h3>
            {tools}
        </div>
        {when(is_open, list)}
    }
    .into_any()
}

/// The choice of the order.
pub(crate) fn order_choice() -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let choose = move |event: ev::Event| {
        let by_name = event_target_value(&event) == "name";
        remember(BY_NAME_KEY, by_name);
        app.by_name.set(by_name);
    };
    let option = move |value: &'static str, words: Words, by_name: bool| {
        let selected = app.by_name.get_untracked() == by_name;
        view! { <option value=value selected=selected>{derived(move || words.of(lang.get()))}</option> }
    };
    view! {
        <select class="section-order" data-testid="room-order" aria-label=ORDER.now() on:change=events::change(choose)>
            {option("activity", BY_ACTIVITY, false)}
            {option("name", BY_NAME, true)}
        </select>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ignores_case_and_space_around() {
        assert!(matches("마당 Madang", " mad "));
        assert!(matches("마당", "당"));
        assert!(matches("x", ""));
        assert!(!matches("마당", "방"));
    }
}
