//! The inbox: all notices, newest first. On a wide screen a chosen notice is shown beside the list.

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::ev;
use leptos::prelude::*;
use madang_client::views::notices::ShownNotice;
use madang_shared::notices::{NoticeBox, NoticeContent, NoticeKind, NoticesCommand};

use super::preview::{Chosen, place, preview, sign};
use super::strings::{kind_name, sentence};
use super::{Shown, read, shown, source};
use crate::browser;
use crate::context::{AppContext, MAX_DRAWER_WIDTH, is_at_most, link_to, opens_elsewhere, use_app};
use crate::i18n::{Lang, Words, use_lang};
use crate::route::{Page, Route};
use crate::time::{Times, use_today};
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, flag, part, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::skeleton::skeleton;

const WHICH: Words = Words::new("알림 고르기", "Filter the inbox");
const READ: Words = Words::new("읽음", "Mark read");
const READ_ALL: Words = Words::new("모두 읽음으로 표시", "Mark all as read");
const NOTHING: Words = Words::new("알림이 없습니다", "Nothing here");
const NOTHING_HINT: Words = Words::new(
    "누가 나를 부르거나, 주문이 움직이거나, 새 글이 올라오면 여기에 모입니다.",
    "Mentions, changes of your orders and new posts are collected here.",
);

/// The list takes the focus when its focused button disappears.
const LIST_ID: &str = "notices";

/// The notices that the page lists. None has a muted kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Mentions,
    Unread,
}

impl Filter {
    const ALL: [Self; 3] = [Self::All, Self::Mentions, Self::Unread];

    fn name(self) -> Words {
        match self {
            Self::All => Words::new("모두", "All"),
            Self::Mentions => kind_name(NoticeKind::Mention),
            Self::Unread => Words::new("읽지 않음", "Unread"),
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::All => "notices-all",
            Self::Mentions => "notices-mention",
            Self::Unread => "notices-unread",
        }
    }

    fn lists(self, notice: &ShownNotice) -> bool {
        match self {
            Self::All => true,
            Self::Mentions => notice.what.kind() == NoticeKind::Mention,
            Self::Unread => !notice.read,
        }
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
    let picked = state(Filter::All);
    let all = memo(move || {
        let Shown { mut notices, muted } = read(store, shown);
        notices.retain(|notice| !muted.contains(&notice.what.kind()));
        notices
    });
    let filters: Vec<AnyView> = Filter::ALL.map(|of| filter(all, picked, of)).into();
    let read_all = move |_| {
        if all.with_untracked(|all| has_unread(all)) {
            browser::focus(LIST_ID);
            app.driver.command(store.peek(|client| client.features().notices().read_all()));
        }
    };
    let settings = Page::NoticeSettings;
    let chosen = state(None::<Chosen>);
    view! {
        <div class="page">
            <div class="page-body inbox">
                <div class="inbox-list">
                <div class="notices-tools">
                    <div class="notices-filters" role="group" aria-label=WHICH.now()>{filters}</div>
                    <button class="text-button" data-testid="notices-read-all" aria-disabled=flag(move || !all.with(|all| has_unread(all))) on:click=events::click(read_all)>{READ_ALL.now()}</button>
                    <a class="icon-button" href=settings.path() data-testid="notice-settings" aria-label=settings.title().now() title=settings.title().now() on:click=link_to(app, Route::Page(settings))>
                        {Icon::Settings.draw()}
                    </a>
                </div>
                {list(app, all, picked, chosen)}
                </div>
                {preview(app, all, chosen)}
            </div>
        </div>
    }
    .into_any()
}

fn has_unread(notices: &[ShownNotice]) -> bool {
    notices.iter().any(|notice| !notice.read)
}

fn filter(all: Memo<Vec<ShownNotice>>, picked: State<Filter>, of: Filter) -> AnyView {
    let count = derived(move || all.with(|all| all.iter().filter(|it| of.lists(it)).count()));
    view! {
        <button
            class="tab"
            data-testid=of.id()
            aria-pressed=flag(move || picked.get() == of)
            on:click=events::click(move |_| picked.set(of))
        >
            {of.name().now()}
            <span class="count">{count}</span>
        </button>
    }
    .into_any()
}

fn list(
    app: AppContext,
    all: Memo<Vec<ShownNotice>>,
    picked: State<Filter>,
    chosen: State<Option<Chosen>>,
) -> AnyView {
    let lang = use_lang();
    let (times, today) = (Times::new(), use_today());
    let listed = memo(move || {
        let picked = picked.get();
        all.get().into_iter().filter(|notice| picked.lists(notice)).collect::<Vec<_>>()
    });
    let items = move || {
        let (lang, today) = (lang.get(), today.get());
        let item = |notice: ShownNotice| {
            let mut stamp = DefaultHasher::new();
            (notice.of, notice.seq, notice.read, lang, today).hash(&mut stamp);
            Item::new(stamp.finish(), move || {
                row(app, &notice, chosen, &times.short(lang, notice.at), lang)
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

fn row(
    app: AppContext,
    notice: &ShownNotice,
    chosen: State<Option<Chosen>>,
    when: &str,
    lang: Lang,
) -> AnyView {
    let command = NoticesCommand::Read { of: notice.of, notice: notice.seq };
    let id = Chosen::of(notice);
    let sentence_text = sentence(&notice.what, lang);
    let line = match source(&notice.what) {
        None => view! { <p class="notice-line" dir="auto">{sentence_text}</p> }.into_any(),
        Some(route) => {
            let (mut follow, command, unread) =
                (link_to(app, route), command.clone(), !notice.read);
            let on_click = move |event: ev::MouseEvent| {
                if unread {
                    app.driver.command(command.clone());
                }
                if is_at_most(MAX_DRAWER_WIDTH) || opens_elsewhere(&event) {
                    follow(event);
                } else {
                    event.prevent_default();
                    chosen.set(Some(id));
                }
            };
            let is_chosen = move || (chosen.get() == Some(id)).then_some("true");
            view! { <a class="notice-line" href=route.path() aria-current=derived(is_chosen) on:click=events::click(on_click)>{sentence_text}</a> }.into_any()
        }
    };
    let quote = match &notice.what {
        NoticeContent::Mentioned { excerpt, .. } => {
            view! { <p class="notice-quote user-text" dir="auto">{excerpt.clone()}</p> }.into_any()
        }
        _ => ().into_any(),
    };
    let place = place(app, &notice.what, lang);
    let sign = sign(&notice.what);
    let id = match notice.of {
        NoticeBox::Everybody => format!("notice-all-{}", notice.seq.0),
        NoticeBox::Own => format!("notice-own-{}", notice.seq.0),
        NoticeBox::Orders => format!("notice-order-{}", notice.seq.0),
        NoticeBox::Posts => format!("notice-post-{}", notice.seq.0),
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
            {sign}
            <div class="notice-body">
                {line}
                {quote}
                <p class="hint">{format!("{place} · {when}")}</p>
            </div>
            {mark}
        </li>
    }
    .into_any()
}
