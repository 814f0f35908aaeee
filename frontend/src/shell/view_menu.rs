//! The content of the menu of the open room or page. It is in the lazy part of the app.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::membership::MembershipCommand;
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::rooms::Room;

use super::page_source::source;
use crate::clipboard::{COPIED, NOT_COPIED, copy};
use crate::context::{AppContext, View, link_to, use_app};
use crate::features::chat::preferences::switches;
use crate::features::details::describe_form;
use crate::features::membership::{is_muted, leave};
use crate::features::room_access::{WHO_CAN_SEE, answer};
use crate::features::rooms::{manage_room, own_role};
use crate::i18n::{Words, use_lang};
use crate::lab::index::SOURCE;
use crate::route::{Page, Route};
use crate::ui::erased::events::{self, Listener};
use crate::ui::erased::reactive::{derived, part, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::undo_bar::use_undo_bar;

const COPY_LINK: Words = Words::new("링크 복사", "Copy link");
const NOTIFICATIONS: Words = Words::new("알림 설정", "Notifications");
const WIRE: Words = Words::new("오간 프레임 보기", "What travels over the wire");
const MUTE: Words = Words::new("이 방 알림 끄기", "Mute room");
const UNMUTE: Words = Words::new("이 방 알림 켜기", "Unmute room");
const EDIT_DESCRIPTION: Words = Words::new("방 설명 바꾸기", "Edit description");
const MANAGE: Words = Words::new("방 관리", "Manage room");
const LEAVE_PRIVATE: Words = Words::new(
    "방 나가기 (초대받아야 다시 들어옵니다)",
    "Leave room (only an invitation brings you back)",
);
const LEAVE: Words = Words::new("방 나가기", "Leave room");
const CODE: Words = Words::new("이 화면의 코드", "Show the code");

/// The part of the menu that is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Items,
    Description,
    Management,
    Access,
}

/// The content of the menu.
pub(super) fn content() -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let view = app.view.get_untracked();
    let title = view.title(lang.get_untracked()).unwrap_or(lang.get_untracked().texts().app);
    let room = view.room().map(|room| room.id);
    let shown = state(Shown::Items);
    view! {
        <h2 id="view-menu-title" class="menu-title isolated">{title.to_owned()}</h2>
        {part(move || {
            let close = move || app.view_menu.set(false);
            match (room, shown.get()) {
                (Some(room), Shown::Description) => describe_form(room, close),
                (Some(room), Shown::Management) => manage_room(room, close),
                (Some(room), Shown::Access) => answer(room, None),
                _ => items(app, shown),
            }
        })}
    }
    .into_any()
}

/// The entries of the menu.
fn items(app: AppContext, shown: State<Shown>) -> AnyView {
    let lang = use_lang();
    let view = app.view.get_untracked();
    let close = move || app.view_menu.set(false);
    let copied = state(None::<bool>);
    let copy_words = derived(move || {
        let words = match copied.get() {
            None => COPY_LINK,
            Some(true) => COPIED,
            Some(false) => NOT_COPIED,
        };
        words.of(lang.get())
    });
    let copy_link = item(Icon::Link, copy_words, "copy-link", move || {
        spawn_local(async move {
            let address = window().location().href().unwrap_or_default();
            let done = copy(&address).await;
            // The menu may be closed by now.
            copied.try_set(Some(done));
        });
    });
    let wire = item(Icon::Wire, WIRE.now(), "open-inspector", move || {
        close();
        app.show_inspector(true);
    });
    let describe = move |_: &Room| {
        item(Icon::Edit, EDIT_DESCRIPTION.now(), "room-describe", move || {
            shown.set(Shown::Description);
        })
    };
    let who_can_see = move |_: &Room| {
        item(Icon::Lock, WHO_CAN_SEE.now(), "room-access-open", move || shown.set(Shown::Access))
    };
    let role = state(None::<RoomRole>);
    if let Some(room) = view.room().filter(|room| room.kind != RoomKind::Direct) {
        own_role(room.id, app.driver.store().me().id, move |found| {
            // The menu may be closed by now.
            role.try_set(Some(found));
        });
    }
    let manage = move || {
        item(Icon::Settings, MANAGE.now(), "room-manage", move || shown.set(Shown::Management))
    };
    view! {
        <ul class="menu-items">
            {view.room().filter(|room| room.kind != RoomKind::Direct).map(describe)}
            {when(move || role.get() == Some(RoomRole::Manager), manage)}
            {view.room().map(who_can_see)}
            {copy_link}
            <li>
                <a class="menu-item" href=Page::NoticeSettings.path() data-testid="view-notifications" on:click=then(close, link_to(app, Route::Page(Page::NoticeSettings)))>
                    {Icon::Bell.draw()}<span>{NOTIFICATIONS.now()}</span>
                </a>
            </li>
            {mute_item(app, &view)}
            {wire}
            {view.room().map(|_| switches())}
            {app.router.get().page().map(code)}
            {leave_item(app, &view)}
        </ul>
    }
    .into_any()
}

fn mute_item(app: AppContext, view: &View) -> AnyView {
    let Some(room) = view.room().map(|room| room.id) else { return ().into_any() };
    let muted = app.driver.store().peek(|client| is_muted(client, room));
    let (icon, words) = if muted { (Icon::Bell, UNMUTE) } else { (Icon::BellOff, MUTE) };
    item(icon, words.now(), "room-mute", move || {
        app.view_menu.set(false);
        app.driver.command(MembershipCommand::Mute { room, muted: !muted });
    })
}

fn leave_item(app: AppContext, view: &View) -> AnyView {
    let Some(room) = view.room().filter(|room| room.kind != RoomKind::Direct).cloned() else {
        return ().into_any();
    };
    let undo = use_undo_bar();
    let lang = use_lang();
    let words = if room.kind == RoomKind::Private { LEAVE_PRIVATE } else { LEAVE };
    item(Icon::Leave, words.now(), "room-leave", move || {
        app.view_menu.set(false);
        leave(app, undo, &room, lang.get_untracked());
    })
}

/// The link to the source of the page.
fn code(page: Page) -> AnyView {
    let href = format!("{SOURCE}{}", source(page));
    view! {
        <li>
            <a class="menu-item" href=href target="_blank" rel="noopener noreferrer">
                {Icon::Code.draw()}<span>{CODE.now()}</span>
            </a>
        </li>
    }
    .into_any()
}

fn item(
    icon: Icon,
    words: Signal<&'static str>,
    id: &'static str,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <li>
            <button class="menu-item" data-testid=id on:click=events::click_once(move |_| act())>
                {icon.draw()}<span>{words}</span>
            </button>
        </li>
    }
    .into_any()
}

/// Closes the menu, and follows the link.
fn then(
    close: impl Fn() + 'static,
    mut follow: Listener<leptos::ev::MouseEvent>,
) -> Listener<leptos::ev::MouseEvent> {
    events::click(move |event| {
        close();
        follow(event);
    })
}
