//! The restaurant's panel: a column for each status, alerts, and the log of changes.

use leptos::prelude::*;
use madang_client::Client;
use madang_shared::OrderId;
use madang_shared::orders::{DEFAULT_ESTIMATE_MINUTES, OrdersCommand};
use madang_shared::orders::{Order, OrderStatus, OrdersSnapshot, StatusChange};

use super::alert::{Alerts, sentence};
use super::cancel::{cancel_button, reason_line};
use super::destination::destination_words;
use super::progress::age;
use super::{
    cards, dishes, line, next_step, number, panel, people, picked, read, read_once, status_name,
    status_name_at, what, won,
};
use crate::browser;
use crate::client_store::ClientStore;
use crate::context::use_app;
use crate::driver::Driver;
use crate::i18n::{Lang, MORE, Words, use_lang};
use crate::route::Page;
use crate::text::lower_case;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{derived, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const SEARCH: Words = Words::new("번호, 손님, 음식, 주소", "Number, customer, dish, address");
const PENDING_ONLY: Words = Words::new("대기 중인 주문만", "Pending only");
const COLUMN_TABS: Words = Words::new("상태", "Status");
const COLUMN_NONE: Words = Words::new("비어 있습니다.", "Empty.");
const PENDING_NONE: Words =
    Words::new("새 주문이 오면 여기에 나타납니다.", "New orders appear here.");
const FOUND_NONE: Words = Words::new("찾은 주문이 없습니다.", "No order matches.");
const OVER: Words = Words::new("끝난 주문", "Closed");
const LOG: Words = Words::new("상태 변경 기록", "Status changes");
const LOG_NONE: Words = Words::new("아직 아무 일도 없었습니다.", "Nothing yet.");
const ACCEPT: Words = Words::new("접수", "Accept");
const COOK: Words = Words::new("조리 시작", "Cook");
const READY: Words = Words::new("준비 완료", "Ready");
/// For an order at a table.
const SERVE: Words = Words::new("서빙 완료", "Served");
const ESTIMATE: Words = Words::new("준비까지 걸리는 시간", "Time until it is ready");
const SHOW: Words = Words::new("보기", "Show");

/// The estimates to choose from, in minutes.
const ESTIMATES: [u32; 4] = [10, DEFAULT_ESTIMATE_MINUTES, 20, 30];

/// Lines of the log that are shown.
const LOG_LINES: usize = 20;

const COLUMNS: [OrderStatus; 5] = [
    OrderStatus::Pending,
    OrderStatus::Accepted,
    OrderStatus::Cooking,
    OrderStatus::Ready,
    OrderStatus::Delivering,
];

/// The filter of the board.
#[derive(Clone, Copy)]
struct Filter {
    wanted: State<String>,
    pending_only: State<bool>,
    /// The column that a narrow window shows.
    tab: State<OrderStatus>,
    /// The number of changes that had arrived when that column was chosen.
    seen: State<u64>,
}

impl Filter {
    /// Shows a column in a narrow window.
    fn show(self, store: ClientStore, status: OrderStatus) {
        self.seen.set(store.peek(received));
        self.tab.set(status);
    }
}

fn received(client: &Client) -> u64 {
    client.features().orders().status_changes_received()
}

/// The page.
#[component]
pub(crate) fn OrdersBoardPage() -> impl IntoView {
    panel(Page::OrdersBoard, || view! { <Board /> }.into_any())
}

#[component]
fn Board() -> impl IntoView {
    let filter = Filter {
        wanted: state(String::new()),
        pending_only: state(false),
        tab: state(OrderStatus::Pending),
        seen: state(use_app().driver.store().peek(received)),
    };
    let Filter { wanted, pending_only, .. } = filter;
    let columns: Vec<AnyView> = COLUMNS
        .into_iter()
        .map(|status| {
            let is_shown = move || status == OrderStatus::Pending || !pending_only.get();
            when(is_shown, move || column(Some(status), filter))
        })
        .collect();
    let over = when(move || !pending_only.get(), move || column(None, filter));
    view! {
        <div class="board-tools">
            <label class="search">
                {Icon::Search.draw()}
                <input
                    type="search"
                    class="search-field"
                    dir="auto"
                    data-testid="board-search"
                    aria-label=SEARCH.now()
                    placeholder=SEARCH.now()
                    prop:value=derived(move || wanted.get())
                    on:input=events::change(move |event| wanted.set(event_target_value(&event)))
                />
            </label>
            <button
                class="button"
                data-testid="board-pending-only"
                aria-pressed=flag(move || pending_only.get())
                on:click=events::click(move |_| pending_only.update(|only| *only = !*only))
            >
                {PENDING_ONLY.now()}
            </button>
            <Alerts />
        </div>
        {column_tabs(filter)}
        {moved(filter)}
        <div class="board" data-one=flag(move || pending_only.get())>{columns}</div>
        {over}
        <Log />
    }
}

/// In a narrow window, a button for each column.
fn column_tabs(filter: Filter) -> AnyView {
    let store = use_app().driver.store();
    let tab = move |status: OrderStatus| {
        let is_shown = flag(move || filter.tab.get() == status);
        let ids = found(Some(status), filter);
        let count = text(move || ids.with(Vec::len).to_string());
        let show = events::click(move |_| filter.show(store, status));
        view! {
            <button class="button" data-testid=format!("show-{}", status.name()) aria-pressed=is_shown on:click=show>
                <span>{status_name(status).now()}</span><span class="count">{count}</span>
            </button>
        }
        .into_any()
    };
    let draw = move || {
        let tabs: Vec<AnyView> = COLUMNS.into_iter().map(tab).collect();
        view! { <div class="board-tabs" role="group" aria-label=COLUMN_TABS.now()>{tabs}</div> }
            .into_any()
    };
    when(move || !filter.pending_only.get(), draw)
}

/// In a narrow window, the order that last went from the shown column to another one, and the way to it.
fn moved(filter: Filter) -> AnyView {
    let lang = use_lang();
    let store = use_app().driver.store();
    let moved = memo(move || {
        let (tab, seen) = (filter.tab.get(), filter.seen.get());
        read(store, |client, list| {
            let new = usize::try_from(received(client).saturating_sub(seen)).unwrap_or(usize::MAX);
            let changes = list.changes.iter().rev().take(new);
            let left = changes.filter(|it| it.was == Some(tab) && it.now.is_some());
            let change = left.copied().next()?;
            let order = list.order(change.order)?;
            (order.status != tab).then(|| (order.id, order.status, order.is_at_table()))
        })
    });
    let draw = move |(id, status, is_at_table): (OrderId, OrderStatus, bool)| {
        let lang = lang.get();
        let name = status_name_at(status, is_at_table).of(lang);
        let show = move |_| {
            filter.pending_only.set(false);
            if status.is_open() {
                filter.show(store, status);
            }
            // The column is drawn by then.
            request_animation_frame(move || browser::focus(&format!("order-{id}")));
        };
        view! {
            <span>{format!("#{id} → {name}")}</span>
            <button class="text-button" data-testid="show-moved" on:click=events::click_once(show)>{SHOW.of(lang)}</button>
        }
        .into_any()
    };
    let content = part(move || moved.get().map_or_else(|| ().into_any(), draw));
    view! { <div class="board-moved" role="status" data-testid="board-moved" data-shown=flag(move || moved.get().is_some())>{content}</div> }
        .into_any()
}

/// A column with the orders of a status; with all closed orders without one.
fn column(status: Option<OrderStatus>, filter: Filter) -> AnyView {
    let lang = use_lang();
    let ids = found(status, filter);
    let id = status.map_or("closed", OrderStatus::name);
    let title = status.map_or(OVER, status_name);
    let count = text(move || ids.with(Vec::len).to_string());
    let none = text(move || {
        let words = if !filter.wanted.with(String::is_empty) {
            FOUND_NONE
        } else if status == Some(OrderStatus::Pending) {
            PENDING_NONE
        } else {
            COLUMN_NONE
        };
        words.of(lang.get()).to_owned()
    });
    let is_empty = move || ids.with(Vec::is_empty);
    let is_tab = flag(move || status.is_none_or(|status| status == filter.tab.get()));
    view! {
        <section class="board-column" data-testid=format!("column-{id}") data-tab=is_tab>
            <h2 class="board-title">{title.now()}<span class="count" data-testid=format!("count-{id}")>{count}</span></h2>
            <div class="board-scroll" tabindex="0" role="group" aria-label=title.now()>
                {when(is_empty, move || view! { <p class="hint board-none">{none}</p> }.into_any())}
                {cards(ids, board_card)}
            </div>
        </section>
    }
    .into_any()
}

/// The orders of a column, the oldest first; the newest closed one first.
fn found(status: Option<OrderStatus>, filter: Filter) -> Memo<Vec<OrderId>> {
    let lang = use_lang();
    picked(move |_: &Client, list: &OrdersSnapshot| {
        let wanted = lower_case(filter.wanted.get().trim());
        let found = list.orders.iter().filter(|order| {
            status.map_or(!order.status.is_open(), |status| order.status == status)
                && (wanted.is_empty() || matches(list, order, &wanted, lang.get()))
        });
        let mut ids: Vec<OrderId> = found.map(|order| order.id).collect();
        if status.is_none() {
            ids.reverse();
        }
        ids
    })
}

fn matches(list: &OrdersSnapshot, order: &Order, wanted: &str, lang: Lang) -> bool {
    wanted.trim_start_matches('#') == order.id.to_string()
        || lower_case(&order.customer.name).contains(wanted)
        || lower_case(&order.note).contains(wanted)
        || lower_case(&dishes(list, order, lang)).contains(wanted)
        || lower_case(&destination_words(order, lang)).contains(wanted)
}

fn board_card(driver: Driver, order: &Order, lang: Lang) -> AnyView {
    let is_open = order.status.is_open();
    let status = (!is_open).then(|| {
        view! { <span class="order-status">{status_name_at(order.status, order.is_at_table()).of(lang)}</span> }.into_any()
    });
    let head = if is_open { age(order, lang) } else { placed(order, lang) };
    let menu = state(false);
    let cancel = cancel_button(driver, order).map(|button| {
        let id = order.id;
        let label = text(move || format!("{}, #{id}", MORE.of(lang)));
        let toggle = events::click(move |_| menu.update(|open| *open = !*open));
        let shown = flag(move || menu.get());
        let more = view! {
            <button class="icon-button order-more" data-testid=format!("menu-{id}") aria-label=label aria-expanded=shown on:click=toggle>
                {Icon::More.draw()}
            </button>
        };
        (more.into_any(), view! { <div class="order-menu" data-open=shown>{button}</div> }.into_any())
    });
    let (more, cancel) = cancel.unzip();
    let (estimate, next) = if order.status == OrderStatus::Pending {
        let (estimate, next) = accept(driver, order.id);
        (Some(estimate), next)
    } else {
        (None, next(driver, order))
    };
    // The card of the last change travels from the column before.
    let has_moved = read_once(driver.store(), |list| {
        let last = list.changes.last().filter(|change| change.was.is_some());
        last.is_some_and(|change| change.order == order.id)
    });
    view! {
        <div class="order-head" data-moved=has_moved.to_string()>{number(order.id)}{status}{head}{more}</div>
        {cancel}
        {line("order-destination", None, &destination_words(order, lang))}
        {what(driver, order, lang)}
        {line("order-note user-text", Some("auto"), &order.note)}
        {line("hint", None, &people(order, lang))}
        {reason_line(order, lang)}
        <div class="order-foot">
            <strong class="order-total">{won(order.total_won(), lang)}</strong>
            {estimate}
        </div>
        {next}
    }
    .into_any()
}

fn placed(order: &Order, lang: Lang) -> AnyView {
    let times: Times = expect_context();
    view! { <span class="hint order-when">{times.short(lang, order.placed_at)}</span> }.into_any()
}

/// The button of the next step of an accepted order.
fn next(driver: Driver, order: &Order) -> AnyView {
    let id = order.id;
    let (to, name) = match order.status {
        OrderStatus::Accepted => (OrderStatus::Cooking, COOK),
        OrderStatus::Cooking => (OrderStatus::Ready, READY),
        OrderStatus::Ready if order.is_at_table() => (OrderStatus::Delivered, SERVE),
        _ => return ().into_any(),
    };
    next_step(driver, id, to, name, move || OrdersCommand::Advance { order: id, to })
}

/// The choice of a new order's estimate, and the button that accepts it.
fn accept(driver: Driver, order: OrderId) -> (AnyView, AnyView) {
    let lang = use_lang();
    let minutes = state(DEFAULT_ESTIMATE_MINUTES);
    let option = |estimate: u32| {
        let words = text(move || match lang.get() {
            Lang::Ko => format!("{estimate}분"),
            Lang::En => format!("{estimate} min"),
        });
        view! { <option value=estimate.to_string() selected=estimate == DEFAULT_ESTIMATE_MINUTES>{words}</option> }
            .into_any()
    };
    let options: Vec<AnyView> = ESTIMATES.into_iter().map(option).collect();
    let choose = events::change(move |event| {
        // The value is one of the options.
        minutes.set(event_target_value(&event).parse().unwrap_or(DEFAULT_ESTIMATE_MINUTES));
    });
    let label = text(move || format!("{}, #{order}", ESTIMATE.of(lang.get())));
    let command = move || OrdersCommand::Accept { order, minutes: minutes.get_untracked() };
    let estimate = view! {
        <select class="field order-estimate" data-testid=format!("estimate-{order}") aria-label=label on:change=choose>
            {options}
        </select>
    };
    (estimate.into_any(), next_step(driver, order, OrderStatus::Accepted, ACCEPT, command))
}

/// The latest changes, newest first.
#[component]
fn Log() -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let times: Times = expect_context();
    let changes = memo(move || {
        read(store, |_, list| {
            list.changes.iter().rev().take(LOG_LINES).copied().collect::<Vec<_>>()
        })
    });
    let lines = part(move || {
        let lang = lang.get();
        let line = |change: StatusChange| {
            let (at, sentence) = (times.short(lang, change.at), sentence(lang, &change));
            view! { <li><span class="hint">{at}</span>" "{sentence}</li> }.into_any()
        };
        let lines: Vec<AnyView> = changes.get().into_iter().map(line).collect();
        if lines.is_empty() {
            view! { <p class="hint">{LOG_NONE.now()}</p> }.into_any()
        } else {
            view! { <ol class="board-log" data-testid="board-log">{lines}</ol> }.into_any()
        }
    });
    view! {
        <section aria-labelledby="log-title">
            <h2 id="log-title" class="orders-title">{LOG.now()}<code class="count">"statusChanged"</code></h2>
            {lines}
        </section>
    }
}
