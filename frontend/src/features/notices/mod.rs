//! Notices: the inbox, its settings, the demonstration of scheduled ones, and notifications of the browser.

mod browser_notifications;
mod inbox;
mod preview;
mod settings;
mod strings;

use leptos::prelude::*;
use madang_client::views::notices::ShownNotice;
use madang_client::{Client, Slice};
use madang_shared::notices::{NoticeContent, NoticeKind};

use crate::client_store::ClientStore;
use crate::i18n::Words;
use crate::route::{Page, Route};
use crate::ui::erased::events;
use crate::ui::erased::reactive::flag;

pub(crate) use browser_notifications::{
    browser_switch, is_allowed, is_possible, notifications, request,
};
pub(crate) use inbox::NoticesPage;
pub(crate) use settings::{DemonstrationPage, kind_switch};
pub(crate) use strings::{kind_name, notices_label};

/// The notices of the user, and the kinds that the user muted.
#[derive(Clone, PartialEq, Eq)]
struct Shown {
    notices: Vec<ShownNotice>,
    muted: Vec<NoticeKind>,
}

/// Reads notices now, and again when they or the commands about them have changed.
fn read<T>(store: ClientStore, read: impl FnOnce(&Client) -> T) -> T {
    store.read(Slice::Outbox, |_| ());
    store.read(Slice::Notices, read)
}

fn shown(client: &Client) -> Shown {
    let features = client.features();
    let notices = features.shown_notices(client.outbox());
    Shown { notices, muted: features.notices().muted(client.outbox()) }
}

/// The number of unread notices.
pub(crate) fn unread_notices(store: ClientStore) -> u64 {
    read(store, |client| client.features().unread_notices(client.outbox()))
}

/// The number of unread notices that the title of the tab counts besides unread messages. Mentions are among
/// the messages already, unless their room is muted.
pub(crate) fn unread_beside_messages(store: ClientStore) -> u64 {
    read(store, |client| {
        let Shown { notices, muted } = shown(client);
        let rooms = client.features().memberships();
        let is_among_messages = |what: &NoticeContent| matches!(what, NoticeContent::Mentioned { room, .. } if !rooms.is_muted(*room));
        let counts = |notice: &&ShownNotice| {
            let what = &notice.what;
            !notice.read && !is_among_messages(what) && !muted.contains(&what.kind())
        };
        notices.iter().filter(counts).map(|_| 1).sum()
    })
}

/// The route that a notice links to.
fn source(what: &NoticeContent) -> Option<Route> {
    match what {
        NoticeContent::Mentioned { room, message, .. }
        | NoticeContent::ReportDecided { room, message, .. }
        | NoticeContent::Reminded { room, message } => Some(Route::Message(*room, *message)),
        NoticeContent::NotSent { .. } => Some(Route::Page(Page::Later)),
        NoticeContent::Posted { .. } => Some(Route::Page(Page::Posts)),
        NoticeContent::Ordered { .. } => Some(Route::Page(Page::OrdersBoard)),
        NoticeContent::OrderMoved { .. } => Some(Route::Page(Page::Orders)),
        NoticeContent::Reported { .. } => Some(Route::Page(Page::Administration)),
        NoticeContent::Scheduled { .. } | NoticeContent::Demonstrated { .. } => None,
    }
}

/// A labelled switch.
fn switch(
    id: &str,
    name: Words,
    on: impl Fn() -> bool + Send + Sync + 'static,
    toggle: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button class="button" role="switch" data-testid=id.to_owned() aria-checked=flag(on) on:click=events::click(move |_| toggle())>
            {name.now()}
            <span class="switch" aria-hidden="true"></span>
        </button>
    }
    .into_any()
}
