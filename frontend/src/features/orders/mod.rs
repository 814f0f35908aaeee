//! The orders of a small restaurant, from three sides: [`customer`], [`board`] and [`rider`].

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use madang_client::{Client, PendingState, Slice};
use madang_shared::grants::Grant;
use madang_shared::orders::{MenuItem, Order, OrderStatus, OrdersCommand, OrdersSnapshot};
use madang_shared::{Command, OrderId, Timestamp};

use crate::browser;
use crate::client_store::ClientStore;
use crate::context::{link_to, use_app};
use crate::driver::Driver;
use crate::features::grants::MyGrants;
use crate::format::grouped;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::route::Page;
use crate::route::Route;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::skeleton::skeleton;

mod alert;
mod board;
mod cancel;
mod checkout;
mod customer;
mod destination;
mod progress;
mod rider;

pub(crate) use board::OrdersBoardPage;
pub(crate) use customer::OrdersPage;
pub(crate) use rider::OrdersRiderPage;

const PANELS: Words = Words::new("주문 화면", "Order panels");
const CUSTOMER_TAB: Words = Words::new("손님", "Customer");
const BOARD_TAB: Words = Words::new("매장", "Restaurant");
const RIDER_TAB: Words = Words::new("라이더", "Rider");

const SERVED: Words = Words::new("서빙 완료", "Served");

/// The time between two looks at the clock, for ages and estimates in minutes.
const LOOK: Duration = Duration::from_secs(10);

/// The time now. It moves on while a panel is open.
#[derive(Clone, Copy)]
struct Now(State<Timestamp>);

impl Now {
    /// The time of the call. Readers run again while the time moves on.
    fn get(self) -> Timestamp {
        self.0.with(|_| ());
        browser::now()
    }

    fn provide() {
        let now = state(browser::now());
        let timer = set_interval_with_handle(
            move || {
                now.try_set(browser::now());
            },
            LOOK,
        );
        on_cleanup(move || {
            // Fails only in a page without a window.
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
        provide_context(Self(now));
    }
}

/// A panel: tabs for the three panels, and its own content once the orders have arrived.
fn panel(active: Page, draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let app = use_app();
    provide_context(Times::new());
    Now::provide();
    let cancelling = cancel::Cancelling::new(active == Page::Orders);
    provide_context(cancelling);
    let store = app.driver.store();
    let is_known = memo(move || {
        store.read(Slice::Orders, |client| client.features().orders().list().is_some())
    });
    let mine = MyGrants::load();
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
    let shown = memo(move || tabs.map(|(page, _)| mine.has(needed(page))));
    // The only panel of a user needs no tab.
    let tabs = part(move || {
        let shown = shown.get();
        let is_alone =
            shown.iter().filter(|it| **it).map(|_| 1).sum::<u32>() < 2 && mine.has(needed(active));
        if is_alone {
            return ().into_any();
        }
        let tabs = tabs.into_iter().zip(shown).filter(|(_, shown)| *shown);
        let tabs: Vec<AnyView> = tabs.map(|(it, _)| tab(it)).collect();
        view! { <nav class="tabs" aria-label=PANELS.now()>{tabs}</nav> }.into_any()
    });
    let draw = Arc::new(draw);
    let body = mine.guard(needed(active), move || {
        let draw = Arc::clone(&draw);
        part(move || if is_known.get() { draw() } else { skeleton(active.skeleton()) })
    });
    view! {
        <div class="page">
            <div class="page-body orders" data-wide=if active == Page::OrdersBoard { "true" } else { "false" }>
                {tabs}
                {body}
            </div>
        </div>
        {cancelling.question(app.driver)}
    }
    .into_any()
}

/// The grants of which a panel needs one.
fn needed(page: Page) -> &'static [Grant] {
    match page {
        Page::OrdersBoard => &[Grant::Kitchen],
        Page::OrdersRider => &[Grant::Rider],
        _ => &[Grant::Customer],
    }
}

/// Reads the list of orders; the default value before it has arrived.
fn read<T: Default>(store: ClientStore, read: impl FnOnce(&Client, &OrdersSnapshot) -> T) -> T {
    store.read(Slice::Orders, |client| {
        client.features().orders().list().map(|list| read(client, list)).unwrap_or_default()
    })
}

/// Draws the content of a card.
type DrawCard = fn(Driver, &Order, Lang) -> AnyView;

/// Cards of the orders that `pick` selects. A card is drawn again only when its own order has changed.
fn cards(ids: Memo<Vec<OrderId>>, draw: DrawCard) -> AnyView {
    let driver = use_app().driver;
    let card = move |id: OrderId| Item::new(id.0, move || card(driver, id, draw));
    let items = derived(move || ids.get().into_iter().map(card).collect());
    view! { <ul class="order-cards">{each(items)}</ul> }.into_any()
}

/// The orders that `pick` selects.
fn picked(
    pick: impl Fn(&Client, &OrdersSnapshot) -> Vec<OrderId> + Send + Sync + 'static,
) -> Memo<Vec<OrderId>> {
    let store = use_app().driver.store();
    memo(move || read(store, &pick))
}

fn card(driver: Driver, id: OrderId, draw: DrawCard) -> AnyView {
    let lang = use_lang();
    let store = driver.store();
    let order = memo(move || read(store, |_, list| list.order(id).cloned()));
    let status =
        derived(move || order.with(|order| order.as_ref().map_or("", |order| order.status.name())));
    let now: Now = expect_context();
    let late = flag(move || {
        let now = now.get();
        order.with(|order| order.as_ref().is_some_and(|order| order.is_late(now)))
    });
    let body = part(move || match order.get() {
        Some(order) => draw(driver, &order, lang.get()),
        None => ().into_any(),
    });
    let id = format!("order-{id}");
    view! { <li id=id.clone() class="order" tabindex="-1" data-testid=id data-status=status data-late=late>{body}</li> }
        .into_any()
}

/// The number of an order.
fn number(id: OrderId) -> AnyView {
    view! { <span class="order-number">{format!("#{id}")}</span> }.into_any()
}

/// The dishes of an order.
fn what(driver: Driver, order: &Order, lang: Lang) -> AnyView {
    let what = read_once(driver.store(), |list| dishes(list, order, lang));
    view! { <p class="order-what">{what}</p> }.into_any()
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

/// Whether the outbox holds a change of the order's status.
fn is_requested(driver: Driver, id: OrderId) -> impl Fn() -> bool + Copy + Send + Sync + 'static {
    let store = driver.store();
    move || {
        store.read(Slice::Outbox, |client| {
            client.features().orders().requested_status(id, client.outbox()).is_some()
        })
    }
}

/// The button of an order's next step. It is disabled while a change of the status is pending.
fn next_step(
    driver: Driver,
    id: OrderId,
    to: OrderStatus,
    name: Words,
    command: impl Fn() -> OrdersCommand + Send + Sync + 'static,
) -> AnyView {
    let is_requested = is_requested(driver, id);
    let lang = use_lang();
    let label = text(move || format!("{}, #{id}", name.of(lang.get())));
    let ask = move |_| {
        if !is_requested() {
            driver.command(command());
        }
    };
    view! {
        <button
            class="button button-strong order-next"
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

/// A status after the status `was`. Only an order at a table is delivered without a rider: it is served.
pub(crate) fn next_status_name(was: Option<OrderStatus>, status: OrderStatus) -> Words {
    match (was, status) {
        (Some(OrderStatus::Ready), OrderStatus::Delivered) => SERVED,
        _ => status_name(status),
    }
}

/// A status, in the words for an order at a table or for another one.
fn status_name_at(status: OrderStatus, is_at_table: bool) -> Words {
    match status {
        OrderStatus::Delivered if is_at_table => SERVED,
        status => status_name(status),
    }
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
        matches!(item.command(), Some(Command::Orders(OrdersCommand::Place { .. })))
            && !matches!(item.state, PendingState::Failed(_))
    });
    places.count()
}
