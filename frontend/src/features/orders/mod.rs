//! The orders of a small restaurant, from three sides: [`customer`], [`board`] and [`rider`].

use leptos::prelude::*;
use madang_client::{Client, PendingState, Slice};
use madang_shared::Command;
use madang_shared::OrderId;
use madang_shared::orders::{MenuItem, Order, OrderStatus, OrdersCommand, OrdersSnapshot};

use crate::browser;
use crate::client_store::ClientStore;
use crate::context::{link_to, use_app};
use crate::driver::Driver;
use crate::format::grouped;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::route::Page;
use crate::route::Route;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::question::{Question, question};
use crate::ui::skeleton::skeleton;

mod alert;
mod board;
mod customer;
mod rider;

pub(crate) use board::OrdersBoardPage;
pub(crate) use customer::OrdersPage;
pub(crate) use rider::OrdersRiderPage;

const CANCEL: Words = Words::new("주문 취소", "Cancel order");
const KEEP_ORDER: Words = Words::new("그대로 두기", "Keep the order");
const CANCEL_WARNING: Words =
    Words::new("취소한 주문은 되돌릴 수 없습니다.", "A cancelled order cannot be restored.");
const PANELS: Words = Words::new("주문 화면", "Order panels");
const CUSTOMER_TAB: Words = Words::new("손님", "Customer");
const BOARD_TAB: Words = Words::new("매장", "Restaurant");
const RIDER_TAB: Words = Words::new("라이더", "Rider");
const OPEN_TO_ALL: Words = Words::new(
    "지금은 누구나 세 화면을 모두 쓸 수 있습니다.",
    "Everybody may use all three panels.",
);

/// The order that the open question is about.
#[derive(Clone, Copy)]
struct Cancelling {
    order: State<OrderId>,
    asking: State<bool>,
}

/// The question before an order is cancelled.
fn cancel_question(driver: Driver, cancelling: Cancelling) -> AnyView {
    let lang = use_lang();
    let Cancelling { order, asking } = cancelling;
    let title = text(move || match lang.get() {
        Lang::Ko => format!("#{} 주문을 취소할까요?", order.get()),
        Lang::En => format!("Cancel order #{}?", order.get()),
    });
    let texts = Question {
        id: "cancel-order",
        title,
        warning: CANCEL_WARNING.now(),
        keep: KEEP_ORDER.now(),
        act: CANCEL.now(),
    };
    question(
        asking,
        texts,
        || ().into_any(),
        move || {
            let to = OrderStatus::Cancelled;
            driver.command(OrdersCommand::Advance { order: order.get_untracked(), to });
            asking.set(false);
        },
    )
}

/// A panel: tabs for the three panels, and its own content once the orders have arrived.
fn panel(active: Page, draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let app = use_app();
    provide_context(Times::new());
    let cancelling = Cancelling { order: state(OrderId(0)), asking: state(false) };
    provide_context(cancelling);
    let store = app.driver.store();
    let is_known = memo(move || {
        store.read(Slice::Orders, |client| client.features().orders().list().is_some())
    });
    let tab = move |(page, name): (Page, Words)| {
        view! {
            <a
                class="tab"
                href=page.path()
                data-testid=format!("tab{}", page.path().replace('/', "-"))
                aria-current=(page == active).then_some("page")
                on:click=link_to(app, Route::Page(page))
            >
                {name.now()}
            </a>
        }
        .into_any()
    };
    let tabs = [
        (Page::Orders, CUSTOMER_TAB),
        (Page::OrdersBoard, BOARD_TAB),
        (Page::OrdersRider, RIDER_TAB),
    ];
    let tabs: Vec<AnyView> = tabs.into_iter().map(tab).collect();
    let body = part(move || if is_known.get() { draw() } else { skeleton(active.skeleton()) });
    view! {
        <div class="page">
            <div class="page-body orders" data-wide=if active == Page::OrdersBoard { "true" } else { "false" }>
                <nav class="tabs" aria-label=PANELS.now()>{tabs}</nav>
                {body}
                <p class="hint orders-foot">{OPEN_TO_ALL.now()}</p>
            </div>
        </div>
        {cancel_question(app.driver, cancelling)}
    }
    .into_any()
}

/// Reads the list of orders; the default value before it has arrived.
fn read<T: Default>(store: ClientStore, read: impl FnOnce(&Client, &OrdersSnapshot) -> T) -> T {
    store.read(Slice::Orders, |client| {
        client.features().orders().list().map(|list| read(client, list)).unwrap_or_default()
    })
}

/// Cards of the orders that `pick` selects. A card is drawn again only when its own order has changed.
fn cards(
    pick: impl Fn(&Client, &OrdersSnapshot) -> Vec<OrderId> + Send + Sync + 'static,
    newest_first: bool,
    with: fn(Driver, &Order) -> AnyView,
) -> AnyView {
    let driver = use_app().driver;
    let ids = memo(move || {
        let mut ids = read(driver.store(), &pick);
        if newest_first {
            ids.reverse();
        }
        ids
    });
    let card = move |id: OrderId| Item::new(id.0, move || card(driver, id, with));
    let items = derived(move || ids.get().into_iter().map(card).collect());
    view! { <ul class="order-cards">{each(items)}</ul> }.into_any()
}

fn card(driver: Driver, id: OrderId, with: fn(Driver, &Order) -> AnyView) -> AnyView {
    let lang = use_lang();
    let times: Times = expect_context();
    let store = driver.store();
    let order = memo(move || read(store, |_, list| list.order(id).cloned()));
    let status =
        derived(move || order.with(|order| order.as_ref().map_or("", |order| order.status.name())));
    let body = part(move || {
        let Some(order) = order.get() else { return ().into_any() };
        let lang = lang.get();
        let what = read_once(store, |list| dishes(list, &order, lang));
        let placed = times.short(lang, order.placed_at);
        view! {
            <div class="order-head">
                <span class="order-number">{format!("#{id}")}</span>
                <span class="order-status">{status_name(order.status).of(lang)}</span>
                <span class="hint order-when">{placed}</span>
            </div>
            <p class="order-what">{what}</p>
            {line("order-note user-text", Some("auto"), &order.note)}
            {line("hint", None, &people(&order, lang))}
            <div class="order-foot">
                <strong class="order-total">{won(order.total_won(), lang)}</strong>
                {with(driver, &order)}
            </div>
        }
        .into_any()
    });
    view! { <li class="order" data-testid=format!("order-{id}") data-status=status>{body}</li> }
        .into_any()
}

fn line(class: &'static str, dir: Option<&'static str>, text: &str) -> AnyView {
    if text.is_empty() {
        return ().into_any();
    }
    view! { <p class=class dir=dir>{text.to_owned()}</p> }.into_any()
}

fn read_once<T: Default>(store: ClientStore, read: impl FnOnce(&OrdersSnapshot) -> T) -> T {
    store.peek(|client| client.features().orders().list().map(read).unwrap_or_default())
}

/// A button that requests a status for an order. It is disabled while the request is pending. A cancelled order
/// cannot be restored, so its button asks first, and looks different.
fn action(driver: Driver, order: &Order, to: OrderStatus, name: Words) -> AnyView {
    let id = order.id;
    let cancelling: Cancelling = expect_context();
    let store = driver.store();
    let is_requested = move || {
        store.read(Slice::Outbox, |client| {
            client.features().orders().requested_status(id, client.outbox()).is_some()
        })
    };
    let lang = use_lang();
    let label = text(move || format!("{}, #{id}", name.of(lang.get())));
    let ask = move |_| {
        if is_requested() {
            return;
        }
        match to {
            OrderStatus::Cancelled => {
                cancelling.order.set(id);
                cancelling.asking.set(true);
            }
            OrderStatus::Delivering => driver.command(OrdersCommand::Take { order: id }),
            to => driver.command(OrdersCommand::Advance { order: id, to }),
        }
    };
    view! {
        <button
            class=if to == OrderStatus::Cancelled { "text-button order-cancel" } else { "button button-strong" }
            data-testid=format!("{}-{id}", to.name())
            aria-label=label
            aria-disabled=flag(is_requested)
            on:click=events::click_once(ask)
        >
            {name.now()}
        </button>
    }
    .into_any()
}

pub(crate) fn status_name(status: OrderStatus) -> Words {
    match status {
        OrderStatus::Pending => Words::new("대기", "Pending"),
        OrderStatus::Accepted => Words::new("접수", "Accepted"),
        OrderStatus::Cooking => Words::new("조리 중", "Cooking"),
        OrderStatus::Ready => Words::new("준비됨", "Ready"),
        OrderStatus::Delivering => Words::new("배달 중", "On its way"),
        OrderStatus::Delivered => Words::new("배달 완료", "Delivered"),
        OrderStatus::Cancelled => Words::new("취소됨", "Cancelled"),
    }
}

/// The customer and the rider.
fn people(order: &Order, lang: Lang) -> String {
    let customer = isolated(&order.customer.name);
    match (order.rider.as_ref().map(|rider| isolated(&rider.name)), lang) {
        (None, Lang::Ko) => format!("{customer} 님"),
        (None, Lang::En) => customer.into_owned(),
        (Some(rider), Lang::Ko) => format!("{customer} 님 · 라이더 {rider}"),
        (Some(rider), Lang::En) => format!("{customer} · rider {rider}"),
    }
}

fn dish(item: &MenuItem, lang: Lang) -> &str {
    match lang {
        Lang::Ko => &item.name_ko,
        Lang::En => &item.name_en,
    }
}

/// The dishes of an order, in one line.
fn dishes(list: &OrdersSnapshot, order: &Order, lang: Lang) -> String {
    let lines = order.lines.iter().map(|line| {
        let name = list.item(line.item).map_or("?", |item| dish(item, lang));
        format!("{name}\u{a0}×\u{a0}{}", line.quantity)
    });
    lines.collect::<Vec<_>>().join(", ")
}

/// An amount in won.
fn won(amount: u64, lang: Lang) -> String {
    let amount = grouped(i64::try_from(amount).unwrap_or(i64::MAX));
    match lang {
        Lang::Ko => format!("{amount}원"),
        Lang::En => format!("₩{amount}"),
    }
}

/// The number of orders that the server has not stored yet.
fn unsent(client: &Client) -> usize {
    let items = client.outbox().items().iter();
    let places = items.filter(|item| {
        matches!(item.command, Command::Orders(OrdersCommand::Place { .. }))
            && !matches!(item.state, PendingState::Failed(_))
    });
    places.count()
}

/// The button that cancels an order, where the restaurant or the customer may.
fn cancel_button(driver: Driver, order: &Order) -> Option<AnyView> {
    let may = order.status.next().contains(&OrderStatus::Cancelled);
    may.then(|| action(driver, order, OrderStatus::Cancelled, CANCEL))
}

/// A switch whose state the browser stores.
fn remembered_switch(key: &'static str) -> State<bool> {
    state(browser::remembered(key).as_deref() == Some("on"))
}
