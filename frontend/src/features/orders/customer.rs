//! The customer's panel: the menu and the user's own orders.

use leptos::prelude::*;
use madang_client::{Client, Slice, VecMap};
use madang_shared::orders::{MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS, MAX_QUANTITY};
use madang_shared::orders::{
    MenuItem, Order, OrderLine, OrderStatus, OrdersCommand, OrdersSnapshot,
};
use madang_shared::{MenuItemId, OrderId};

use super::{cancel_button, cards, dish, panel, read, read_once, unsent, won};
use crate::context::use_app;
use crate::driver::Driver;
use crate::i18n::{Lang, Words, use_lang};
use crate::route::Page;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, text, when};
use crate::ui::erased::signal::{State, state};

const MENU: Words = Words::new("메뉴", "Menu");
const SOLD_OUT: Words = Words::new("품절", "Sold out");
const MINE: Words = Words::new("내 주문", "My orders");
const NONE_YET: Words = Words::new(
    "주문하면 여기에서 배달까지 지켜볼 수 있습니다.",
    "Your orders appear here and show their status until delivery.",
);
const NOTE: Words = Words::new("요청 사항", "Note for the restaurant");
const ORDER: Words = Words::new("주문하기", "Order");

/// The quantity of each item.
type Cart = VecMap<MenuItemId, u32>;

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
    let cart = state(Cart::default());
    let menu = memo(move || read(store, |_, list| list.menu.clone()));
    let item = move |item: MenuItem| {
        // The key contains the visible values: a new price draws the row again.
        let key = item.id.0 << 32 | u64::from(item.price_won) << 1 | u64::from(item.available);
        Item::new(key, move || menu_row(&item, cart))
    };
    let items = derived(move || menu.get().into_iter().map(item).collect());
    let mine = move |client: &Client, list: &OrdersSnapshot| {
        let me = client.features().me().id;
        let mine = list.orders.iter().filter(|order| order.customer.id == me);
        mine.map(|order| order.id).collect::<Vec<OrderId>>()
    };
    let has_none = move || {
        store.read(Slice::Outbox, |_| ());
        read(store, |client, list| mine(client, list).is_empty() && unsent(client) == 0)
    };
    let sending = memo(move || store.read(Slice::Outbox, unsent));
    let sending_line = text(move || match (lang.get(), sending.get()) {
        (_, 0) => String::new(),
        (Lang::Ko, count) => format!("주문 {count}건을 보내는 중…"),
        (Lang::En, 1) => "Sending your order…".to_owned(),
        (Lang::En, count) => format!("Sending {count} orders…"),
    });
    view! {
        <div class="orders-customer">
            <section aria-labelledby="menu-title">
                <h2 id="menu-title" class="orders-title">{MENU.now()}</h2>
                <ul data-testid="menu">{each(items)}</ul>
                <Checkout cart=cart />
            </section>
            <section aria-labelledby="mine-title">
                <h2 id="mine-title" class="orders-title">{MINE.now()}</h2>
                <p class="hint" role="status" data-testid="orders-sending">{sending_line}</p>
                {when(has_none, || view! { <p class="hint">{NONE_YET.now()}</p> }.into_any())}
                <div data-testid="my-orders">{cards(mine, true, follow)}</div>
            </section>
        </div>
    }
}

/// The progress of an order, and the button that cancels it while that is possible.
fn follow(driver: Driver, order: &Order) -> AnyView {
    let done = OrderStatus::ALL.iter().position(|status| *status == order.status).unwrap_or(0);
    let steps = OrderStatus::ALL.len() - 1;
    let step = |index: usize| {
        view! { <span data-done=if index <= done { "true" } else { "false" }></span> }.into_any()
    };
    let track = (order.status != OrderStatus::Cancelled).then(|| {
        let steps: Vec<AnyView> = (0..steps).map(step).collect();
        view! { <span class="order-track" aria-hidden="true">{steps}</span> }.into_any()
    });
    let cancel = (order.status == OrderStatus::Pending).then(|| cancel_button(driver, order));
    view! { {cancel}{track} }.into_any()
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
        let sign = if up { "+" } else { "−" };
        let label = text(move || match (lang.get(), up) {
            (Lang::Ko, true) => format!("{} 하나 더", name.get()),
            (Lang::Ko, false) => format!("{} 하나 빼기", name.get()),
            (Lang::En, true) => format!("One more: {}", name.get()),
            (Lang::En, false) => format!("One less: {}", name.get()),
        });
        let id = format!("{}-{id}", if up { "more" } else { "less" });
        let none = flag(move || !up && count() == 0);
        view! { <button class="icon-button stepper" data-testid=id aria-label=label aria-disabled=none on:click=events::click(move |_| change(up))>{sign}</button> }
            .into_any()
    };
    let choice = if item.available {
        let number = text(move || count().to_string());
        view! { <span class="menu-count">{step(false)}<span class="menu-number" aria-live="polite">{number}</span>{step(true)}</span> }
            .into_any()
    } else {
        view! { <span class="menu-count hint">{SOLD_OUT.now()}</span> }.into_any()
    };
    view! {
        <li class="menu-row" data-testid=format!("menu-{id}")>
            <span class="menu-name">{name}</span>
            <span class="menu-price">{price}</span>
            {choice}
        </li>
    }
    .into_any()
}

/// The available items of the cart, at the current prices.
fn lines(list: &OrdersSnapshot, cart: &Cart) -> Vec<OrderLine> {
    let line = |(id, quantity): (&MenuItemId, &u32)| {
        let item = list.item(*id).filter(|item| item.available)?;
        Some(OrderLine { item: *id, quantity: *quantity, price_won: item.price_won })
    };
    cart.iter().filter_map(line).collect()
}

#[component]
fn Checkout(cart: State<Cart>) -> impl IntoView {
    let driver = use_app().driver;
    let lang = use_lang();
    let note = state(String::new());
    let total = memo(move || {
        let cart = cart.get();
        read(driver.store(), |_, list| {
            let lines = lines(list, &cart);
            lines
                .iter()
                .map(|line| u64::from(line.price_won) * u64::from(line.quantity))
                .sum::<u64>()
        })
    });
    let label = text(move || match total.get() {
        0 => ORDER.of(lang.get()).to_owned(),
        total => format!("{} · {}", ORDER.of(lang.get()), won(total, lang.get())),
    });
    let order = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let lines = read_once(driver.store(), |list| cart.with_untracked(|cart| lines(list, cart)));
        if lines.is_empty() {
            return;
        }
        driver.command(OrdersCommand::Place { lines, note: note.get_untracked() });
        cart.set(Cart::default());
        note.set(String::new());
    };
    view! {
        <form class="checkout" on:submit=events::submit(order)>
            <label class="label" for="order-note">{NOTE.now()}</label>
            <input
                id="order-note"
                dir="auto"
                class="field"
                data-testid="order-note"
                maxlength=MAX_ORDER_NOTE_CHARS.to_string()
                prop:value=derived(move || note.get())
                on:input=events::change(move |event| note.set(event_target_value(&event)))
            />
            <button class="button button-strong" data-testid="order-place" aria-disabled=flag(move || total.get() == 0)>{label}</button>
        </form>
    }
}
