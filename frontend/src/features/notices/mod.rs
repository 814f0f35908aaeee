//! Notices: the bell in the header, and the page that it opens.

mod browser_notifications;
mod strings;

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::prelude::*;
use madang_client::views::notices::ShownNotice;
use madang_client::{Client, Slice};
use madang_shared::notices::{NoticeBox, NoticeContent, NoticeKind, NoticesCommand};

use crate::browser;
use crate::client_store::ClientStore;
use crate::context::{AppContext, link_to, use_app};
use crate::i18n::{Lang, Words, capped, use_lang};
use crate::route::Page;
use crate::route::Route;
use crate::time::{Times, use_today};
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::skeleton::skeleton;
use strings::{kind_name, sentence};

pub(crate) use browser_notifications::notify_when_hidden;

const ALL: Words = Words::new("모두", "All");
const WHICH: Words = Words::new("알림 종류", "Kinds of notices");
const READ: Words = Words::new("읽음", "Mark read");
const READ_ALL: Words = Words::new("모두 읽음으로 표시", "Mark all as read");
const NOTHING: Words = Words::new("알림이 없습니다", "No notices");
const NOTHING_HINT: Words = Words::new(
    "누가 나를 부르거나, 주문이 움직이거나, 새 글이 올라오면 여기에 모입니다.",
    "Mentions, changes of your orders and new posts are collected here.",
);
const SETTINGS: Words = Words::new("무엇을 알릴까요", "Notice settings");
const SETTINGS_HINT: Words = Words::new(
    "끈 알림은 세지도 보이지도 않습니다. 모든 탭과 기기에 적용됩니다.",
    "Notices that are switched off are neither counted nor shown, in any tab and on any of your devices.",
);
const DEMO: Words = Words::new("예약 알림 시범", "Demonstration of scheduled notices");
const DEMO_RUN: Words = Words::new("시범 켜기", "Run the demonstration");
const DEMO_HINT: Words = Words::new(
    "켜면 서버가 10초마다 하나씩, 2분 동안 모두에게 알립니다. 그다음에는 저절로 꺼집니다. 아무도 요청하지 않아도 오는 알림이 어떤 것인지 보여 줍니다.",
    "The server sends everybody a notice every ten seconds for two minutes, then stops by itself. It shows notices that arrive without a request.",
);

/// The list takes the focus when its focused button disappears.
const LIST_ID: &str = "notices";

/// The part of the client that the page shows.
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

/// The number of unread notices that the title of the tab counts besides unread messages. Mentions are among
/// the messages already.
pub(crate) fn unread_beside_messages(store: ClientStore) -> u64 {
    read(store, |client| {
        let Shown { notices, muted } = shown(client);
        let counts = |notice: &&ShownNotice| {
            let kind = notice.what.kind();
            !notice.read && kind != NoticeKind::Mention && !muted.contains(&kind)
        };
        notices.iter().filter(counts).map(|_| 1).sum()
    })
}

/// The link to the page, with the unread count.
#[component]
pub(crate) fn Bell() -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let unread =
        memo(move || read(store, |client| client.features().unread_notices(client.outbox())));
    let label = text(move || strings::bell(lang.get(), unread.get()));
    let current = move || (app.router.get().page() == Some(Page::Notices)).then_some("page");
    view! {
        <a
            class="icon-button bell"
            href=Page::Notices.path()
            data-testid="bell"
            title=label
            aria-current=derived(current)
            on:click=link_to(app, Route::Page(Page::Notices))
        >
            {Icon::Bell.draw()}
            <span class="bell-count" aria-hidden="true" data-testid="bell-count" data-shown=flag(move || unread.get() > 0)>
                {text(move || capped(unread.get()))}
            </span>
            <span class="visually-hidden">{label}</span>
        </a>
        <span class="visually-hidden" role="status">{text(move || if unread.get() > 0 { label.get() } else { String::new() })}</span>
    }
}

/// The page.
#[component]
pub(crate) fn NoticesPage() -> impl IntoView {
    let store = use_app().driver.store();
    let is_known = memo(move || read(store, |client| client.features().notices().is_known()));
    part(move || if is_known.get() { page() } else { skeleton(Page::Notices.skeleton()) })
}

fn page() -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let picked = state(None::<NoticeKind>);
    let all = memo(move || read(store, shown));
    let kinds: Vec<AnyView> = std::iter::once(None)
        .chain(NoticeKind::ALL.map(Some))
        .map(|kind| filter(picked, kind))
        .collect();
    let read_all = move |_| {
        browser::focus(LIST_ID);
        app.driver.command(store.peek(|client| client.features().notices().read_all()));
    };
    let unread = move |all: &Shown| {
        let counts = |it: &ShownNotice| !it.read && !all.muted.contains(&it.what.kind());
        all.notices.iter().any(counts)
    };
    let has_unread = move || all.with(unread);
    view! {
        <div class="page">
            <div class="page-body notices">
                <div class="notices-tools" role="group" aria-label=WHICH.now()>{kinds}</div>
                {when(has_unread, move || view! {
                    <button class="button notices-read-all" data-testid="notices-read-all" on:click=events::click(read_all)>{READ_ALL.now()}</button>
                }.into_any())}
                {list(app, all, picked)}
                {settings(app, all)}
            </div>
        </div>
    }
    .into_any()
}

fn filter(picked: State<Option<NoticeKind>>, kind: Option<NoticeKind>) -> AnyView {
    let (name, id) = kind.map_or((ALL, "all"), |kind| (kind_name(kind), strings::id(kind)));
    view! {
        <button
            class="tab"
            data-testid=format!("notices-{id}")
            aria-pressed=flag(move || picked.get() == kind)
            on:click=events::click(move |_| picked.set(kind))
        >
            {name.now()}
        </button>
    }
    .into_any()
}

fn list(app: AppContext, all: Memo<Shown>, picked: State<Option<NoticeKind>>) -> AnyView {
    let lang = use_lang();
    let (times, today) = (Times::new(), use_today());
    // A muted kind is listed when the user picks it.
    let listed = memo(move || {
        let (Shown { notices, muted }, picked) = (all.get(), picked.get());
        let wanted = |notice: &ShownNotice| {
            let kind = notice.what.kind();
            picked.map_or_else(|| !muted.contains(&kind), |picked| picked == kind)
        };
        notices.into_iter().filter(wanted).collect::<Vec<_>>()
    });
    let items = move || {
        let (lang, today) = (lang.get(), today.get());
        let item = |notice: ShownNotice| {
            let mut stamp = DefaultHasher::new();
            (notice.of, notice.seq, notice.read, lang, today).hash(&mut stamp);
            Item::new(stamp.finish(), move || {
                row(app, &notice, &times.short(lang, notice.at), lang)
            })
        };
        listed.get().into_iter().map(item).collect()
    };
    let nothing =
        || empty("empty notices-empty", "notices-empty", NOTHING.now(), NOTHING_HINT.now());
    view! {
        <ul id=LIST_ID tabindex="-1" class="notices-list" aria-label=Page::Notices.title().now() data-testid="notices">{each(derived(items))}</ul>
        {when(move || listed.with(Vec::is_empty), nothing)}
    }
    .into_any()
}

/// The route that a notice links to.
fn source(what: &NoticeContent) -> Option<Route> {
    match what {
        NoticeContent::Mentioned { room, message, .. } => Some(Route::Message(*room, *message)),
        NoticeContent::Posted { .. } => Some(Route::Page(Page::Posts)),
        NoticeContent::Ordered { .. } => Some(Route::Page(Page::OrdersBoard)),
        NoticeContent::OrderMoved { .. } => Some(Route::Page(Page::Orders)),
        NoticeContent::Scheduled { .. } | NoticeContent::Demonstrated { .. } => None,
    }
}

fn row(app: AppContext, notice: &ShownNotice, when: &str, lang: Lang) -> AnyView {
    let command = NoticesCommand::Read { of: notice.of, notice: notice.seq };
    let sentence_text = sentence(&notice.what, lang);
    let line = match source(&notice.what) {
        None => view! { <p class="notice-line" dir="auto">{sentence_text}</p> }.into_any(),
        Some(route) => {
            let (mut follow, command, unread) =
                (link_to(app, route), command.clone(), !notice.read);
            let on_click = move |event| {
                if unread {
                    app.driver.command(command.clone());
                }
                follow(event);
            };
            view! { <a class="notice-line" href=route.path() on:click=events::click(on_click)>{sentence_text}</a> }.into_any()
        }
    };
    let quote = match &notice.what {
        NoticeContent::Mentioned { excerpt, .. } => {
            view! { <p class="notice-quote user-text" dir="auto">{excerpt.clone()}</p> }.into_any()
        }
        _ => ().into_any(),
    };
    let id = match notice.of {
        NoticeBox::Everybody => format!("notice-all-{}", notice.seq.0),
        NoticeBox::Own => format!("notice-own-{}", notice.seq.0),
    };
    let mark = (!notice.read).then(|| {
        let label = format!("{}: {}", READ.of(lang), sentence(&notice.what, lang));
        let mark = move |_| {
            browser::focus(LIST_ID);
            app.driver.command(command.clone());
        };
        view! {
            <button class="icon-button" data-testid=format!("read-{id}") title=READ.of(lang) aria-label=label on:click=events::click_once(mark)>
                {Icon::Check.draw()}
            </button>
        }
        .into_any()
    });
    view! {
        <li class="notice" data-testid=id data-read=if notice.read { "true" } else { "false" }>
            <div class="notice-body">
                {line}
                {quote}
                <p class="hint">{format!("{} · {when}", kind_name(notice.what.kind()).of(lang))}</p>
            </div>
            {mark}
        </li>
    }
    .into_any()
}

fn settings(app: AppContext, all: Memo<Shown>) -> AnyView {
    let driver = app.driver;
    let kind = move |kind: NoticeKind| {
        let is_enabled = move || all.with(|all| !all.muted.contains(&kind));
        let toggle =
            move || driver.command(NoticesCommand::Mute { kind, muted: is_enabled_now(all, kind) });
        switch(&format!("hear-{}", strings::id(kind)), kind_name(kind), is_enabled, toggle)
    };
    let kinds: Vec<AnyView> = NoticeKind::ALL.into_iter().map(kind).collect();
    let store = driver.store();
    let runs =
        move || read(store, |client| client.features().notices().demo_expected(client.outbox()));
    let toggle_demo = move || {
        let runs = store.peek(|client| client.features().notices().demo_expected(client.outbox()));
        driver.command(NoticesCommand::Demo { on: !runs });
    };
    let lang = use_lang();
    let by = text(move || {
        let by = read(store, |client| {
            client.features().notices().demo().map(|demo| demo.by.name.clone())
        });
        by.map(|by| strings::started(lang.get(), &by)).unwrap_or_default()
    });
    view! {
        <section class="notices-settings" aria-labelledby="notes-heard">
            <h2 id="notes-heard" class="notices-title">{SETTINGS.now()}</h2>
            <p class="hint">{SETTINGS_HINT.now()}</p>
            <div class="notices-switches">{kinds}</div>
            {browser_notifications::control()}
            <h2 class="notices-title">{DEMO.now()}</h2>
            <p class="hint">{DEMO_HINT.now()}</p>
            {switch("demo", DEMO_RUN, runs, toggle_demo)}
            <p class="hint" role="status" data-testid="demo-by">{by}</p>
        </section>
    }
    .into_any()
}

fn is_enabled_now(all: Memo<Shown>, kind: NoticeKind) -> bool {
    all.with_untracked(|all| !all.muted.contains(&kind))
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
