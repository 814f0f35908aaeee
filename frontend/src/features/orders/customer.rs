//! The customer's panel: the menu and the user's own orders.

use leptos::prelude::*;
use madang_client::{Client, Slice};
use madang_shared::OrderId;
use madang_shared::orders::{MAX_ORDER_LINES, MAX_QUANTITY};
use madang_shared::orders::{MenuItem, Order, OrderStatus, OrdersSnapshot};

use super::cancel::{cancel_button, reason_line};
use super::checkout::{Cart, Checkout, OrderBar};
use super::destination::{DestinationField, destination_words};
use super::progress::progress_lines;
use super::{
    cards, dish, line, number, panel, people, picked, read, status_name_at, unsent, what, won,
};
use crate::browser;
use crate::context::use_app;
use crate::driver::Driver;
use crate::i18n::{Lang, Words, use_lang};
use crate::route::Page;
use crate::time::Times;
use crate::ui::avatar::sign;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, part, text, when};
use crate::ui::erased::signal::{State, state};

const MENU: Words = Words::new("메뉴", "Menu");
const MENU_NONE: Words = Words::new("아직 메뉴가 없습니다.", "There is no menu yet.");
const SOLD_OUT: Words = Words::new("품절", "Sold out");
const ADD: Words = Words::new("담기", "Add");
const MINE: Words = Words::new("내 주문", "My orders");
const STEPS: Words = Words::new("주문 단계", "Steps of the order");
const PAST: Words = Words::new("지난 주문", "Past orders");
const NONE_YET: Words = Words::new(
    "주문하면 여기에서 받을 때까지 지켜볼 수 있습니다.",
    "Your orders appear here and show their status until you have them.",
);

/// The page.
#[component]
pub(crate) fn OrdersPage() -> impl IntoView {
    panel(Page::Orders, || view! { <Customer /> }.into_any())
}

#[component]
fn Customer() -> impl IntoView {
    let driver = use_app().driver;
    let store = driver.store();
    let lang = use_lang();
    let (cart, destination) = (state(Cart::default()), DestinationField::new());
    let menu = memo(move || read(store, |_, list| list.menu.clone()));
    let item = move |item: MenuItem| {
        // The key contains the visible values: a new price draws the row again.
        let key = item.id.0 << 32 | u64::from(item.price_won) << 1 | u64::from(item.available);
        Item::new(key, move || menu_row(&item, cart))
    };
    let items = derived(move || menu.get().into_iter().map(item).collect());
    let mine = |is_open: bool| {
        picked(move |client: &Client, list: &OrdersSnapshot| {
            let me = client.features().me().id;
            let mine = list.orders.iter().rev().filter(|order| order.customer.id == me);
            let mine = mine.filter(|order| order.status.is_open() == is_open);
            mine.map(|order| order.id).collect::<Vec<OrderId>>()
        })
    };
    let (open, past) = (mine(true), mine(false));
    let sending = memo(move || store.read(Slice::Outbox, unsent));
    let has_none = move || open.with(Vec::is_empty) && sending.get() == 0;
    let sending_line = text(move || match (lang.get(), sending.get()) {
        (_, 0) => String::new(),
        (Lang::Ko, count) => format!("주문 {count}건을 보내는 중…"),
        (Lang::En, 1) => "Sending your order…".to_owned(),
        (Lang::En, count) => format!("Sending {count} orders…"),
    });
    let has_no_menu = move || menu.with(Vec::is_empty);
    view! {
        <div class="orders-customer">
            <section class="orders-mine" aria-labelledby="mine-title">
                <h2 id="mine-title" class="orders-title" tabindex="-1">{MINE.now()}</h2>
                <p class="hint" role="status" data-testid="orders-sending">{sending_line}</p>
                {when(has_none, || view! { <p class="hint">{NONE_YET.now()}</p> }.into_any())}
                <div data-testid="my-orders">{cards(open, follow)}</div>
            </section>
            <section class="orders-menu" aria-labelledby="menu-title">
                <h2 id="menu-title" class="orders-title">{MENU.now()}</h2>
                {when(has_no_menu, || view! { <p class="hint">{MENU_NONE.now()}</p> }.into_any())}
                <ul class="menu-cards" data-testid="menu">{each(items)}</ul>
            </section>
            <section class="orders-where"><Checkout cart=cart destination=destination /></section>
            {when(move || !past.with(Vec::is_empty), move || view! {
                <section class="orders-past" aria-labelledby="past-title">
                    <h2 id="past-title" class="orders-title">{PAST.now()}</h2>
                    {cards(past, follow)}
                </section>
            }.into_any())}
            <OrderBar cart=cart destination=destination />
        </div>
    }
}

/// A customer's order: its progress, and the button that cancels it while the restaurant has not accepted it.
fn follow(driver: Driver, order: &Order, lang: Lang) -> AnyView {
    let times: Times = expect_context();
    let cancel = (order.status == OrderStatus::Pending).then(|| cancel_button(driver, order));
    view! {
        <div class="order-head">
            {number(order.id)}
            <span class="order-when hint">{times.short(lang, order.placed_at)}</span>
        </div>
        {progress_lines(order, lang)}
        {track(order, lang)}
        {reason_line(order, lang)}
        {what(driver, order, lang)}
        {line("order-note user-text", Some("auto"), &order.note)}
        {line("hint", None, &destination_words(order, lang))}
        {order.rider.is_some().then(|| line("hint", None, &people(order, lang)))}
        <div class="order-foot">
            <strong class="order-total">{won(order.total_won(), lang)}</strong>
            {cancel}
        </div>
    }
    .into_any()
}

/// The steps of an order, as dashes with names. A cancelled order has none.
fn track(order: &Order, lang: Lang) -> AnyView {
    if order.status == OrderStatus::Cancelled {
        return ().into_any();
    }
    let (done, at_table) = (order.status, order.is_at_table());
    let steps = OrderStatus::ALL.into_iter().filter(|status| match status {
        OrderStatus::Cancelled => false,
        OrderStatus::Delivering => !at_table || done == OrderStatus::Delivering,
        _ => true,
    });
    let step = |status: OrderStatus| {
        let name = status_name_at(status, at_table).of(lang);
        let (is_done, current) = (status <= done, (status == done).then_some("step"));
        view! { <li title=name aria-label=name data-done=is_done.to_string() aria-current=current></li> }
            .into_any()
    };
    let steps: Vec<AnyView> = steps.map(step).collect();
    view! { <ol class="order-track" aria-label=STEPS.now()>{steps}</ol> }.into_any()
}

fn menu_row(item: &MenuItem, cart: State<Cart>) -> AnyView {
    let lang = use_lang();
    let id = item.id;
    let (shown, priced) = (item.clone(), u64::from(item.price_won));
    let name = text(move || dish(&shown, lang.get()).to_owned());
    let price = text(move || won(priced, lang.get()));
    let count = move || cart.with(|cart| cart.get(&id).copied().unwrap_or(0));
    let change = move |up: bool| {
        cart.update(|cart| {
            let count = cart.get(&id).copied().unwrap_or(0);
            match if up {
                count.saturating_add(1).min(MAX_QUANTITY)
            } else {
                count.saturating_sub(1)
            } {
                0 => {
                    cart.remove(&id);
                }
                _ if count == 0 && cart.len() >= MAX_ORDER_LINES => {}
                count => cart.insert(id, count),
            }
        });
    };
    let step = move |up: bool| {
        let label = text(move || match (lang.get(), up) {
            // The name of a button contains its text (WCAG 2.5.3).
            (lang, true) if count() == 0 => format!("{}: {}", ADD.of(lang), name.get()),
            (Lang::Ko, true) => format!("{} 하나 더", name.get()),
            (Lang::Ko, false) => format!("{} 하나 빼기", name.get()),
            (Lang::En, true) => format!("One more: {}", name.get()),
            (Lang::En, false) => format!("One less: {}", name.get()),
        });
        let test_id = format!("{}-{id}", if up { "more" } else { "less" });
        let click = move |_| {
            change(up);
            // The button that took the last one is gone.
            if !up && cart.with_untracked(|cart| cart.get(&id).is_none()) {
                browser::focus(&format!("more-{id}"));
            }
        };
        // One button adds the first dish and the others, so that it keeps the focus.
        let sign = text(move || match (up, count()) {
            (false, _) => "−".to_owned(),
            (true, 0) => ADD.of(lang.get()).to_owned(),
            (true, _) => "+".to_owned(),
        });
        view! { <button id=test_id.clone() class="button stepper" data-testid=test_id aria-label=label on:click=events::click(click)>{sign}</button> }
            .into_any()
    };
    let less = move || {
        let number = text(move || count().to_string());
        view! { {step(false)}<span class="menu-number" aria-live="polite">{number}</span> }
            .into_any()
    };
    let choice = if item.available {
        let used = flag(move || count() > 0);
        view! { <span class="menu-count" data-used=used>{when(move || count() > 0, less)}{step(true)}</span> }
            .into_any()
    } else {
        view! { <span class="menu-count hint">{SOLD_OUT.now()}</span> }.into_any()
    };
    let drawn = item.clone();
    let picture = part(move || sign("avatar menu-sign", dish(&drawn, lang.get()), id.0));
    view! {
        <li class="menu-card" data-testid=format!("menu-{id}") data-available=if item.available { "true" } else { "false" }>
            {picture}
            <span class="menu-text"><span class="menu-name">{name}</span><span class="menu-price">{price}</span></span>
            {choice}
        </li>
    }
    .into_any()
}
