//! The restaurant's panel: a column for each status, alerts, and the log of changes.

use leptos::prelude::*;
use madang_client::Client;
use madang_shared::OrderId;
use madang_shared::orders::{Order, OrderStatus, OrdersSnapshot, StatusChange};

use super::alert::{Alerts, sentence};
use super::{action, cancel_button, cards, dishes, panel, read, status_name};
use crate::context::use_app;
use crate::driver::Driver;
use crate::i18n::{Lang, Words, use_lang};
use crate::route::Page;
use crate::text::lower_case;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const SEARCH: Words = Words::new("번호, 손님, 음식 찾기", "Find by number, customer, dish");
const PENDING_ONLY: Words = Words::new("대기 중인 주문만", "Pending only");
const OVER: Words = Words::new("끝난 주문", "Closed");
const LOG: Words = Words::new("상태 변경 기록", "Status changes");
const LOG_NONE: Words = Words::new("아직 아무 일도 없었습니다.", "Nothing yet.");
const ACCEPT: Words = Words::new("접수", "Accept");
const COOK: Words = Words::new("조리 시작", "Cook");
const READY: Words = Words::new("준비 완료", "Ready");

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
}

/// The page.
#[component]
pub(crate) fn OrdersBoardPage() -> impl IntoView {
    panel(Page::OrdersBoard, || view! { <Board /> }.into_any())
}

#[component]
fn Board() -> impl IntoView {
    let filter = Filter { wanted: state(String::new()), pending_only: state(false) };
    let Filter { wanted, pending_only } = filter;
    let columns: Vec<AnyView> = COLUMNS
        .into_iter()
        .map(|status| {
            let is_shown = move || status == OrderStatus::Pending || !pending_only.get();
            when(is_shown, move || {
                column(status.name(), status_name(status), filter, move |it| it == status)
            })
        })
        .collect();
    let over = when(
        move || !pending_only.get(),
        move || column("closed", OVER, filter, |status| !status.is_open()),
    );
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
        <div class="board" data-one=flag(move || pending_only.get())>{columns}</div>
        {over}
        <Log />
    }
}

fn column(
    id: &'static str,
    title: Words,
    filter: Filter,
    holds: impl Fn(OrderStatus) -> bool + Copy + Send + Sync + 'static,
) -> AnyView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let pick = move |_: &Client, list: &OrdersSnapshot| {
        let wanted = lower_case(filter.wanted.get().trim());
        let found = list.orders.iter().filter(|order| {
            holds(order.status) && (wanted.is_empty() || matches(list, order, &wanted, lang.get()))
        });
        found.map(|order| order.id).collect::<Vec<OrderId>>()
    };
    let count = text(move || read(store, |client, list| pick(client, list).len()).to_string());
    view! {
        <section class="board-column" data-testid=format!("column-{id}")>
            <h2 class="board-title">{title.now()}<span class="count" data-testid=format!("count-{id}")>{count}</span></h2>
            {cards(pick, id == "closed", actions)}
        </section>
    }
    .into_any()
}

fn matches(list: &OrdersSnapshot, order: &Order, wanted: &str, lang: Lang) -> bool {
    wanted.trim_start_matches('#') == order.id.to_string()
        || lower_case(&order.customer.name).contains(wanted)
        || lower_case(&order.note).contains(wanted)
        || lower_case(&dishes(list, order, lang)).contains(wanted)
}

fn actions(driver: Driver, order: &Order) -> AnyView {
    let next = match order.status {
        OrderStatus::Pending => Some((OrderStatus::Accepted, ACCEPT)),
        OrderStatus::Accepted => Some((OrderStatus::Cooking, COOK)),
        OrderStatus::Cooking => Some((OrderStatus::Ready, READY)),
        _ => None,
    };
    let next = next.map(|(to, name)| action(driver, order, to, name));
    view! { <span class="order-actions">{next}{cancel_button(driver, order)}</span> }.into_any()
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
