//! The customer's order before it is placed: destination, note, sum and button.

use leptos::prelude::*;
use madang_client::VecMap;
use madang_shared::MenuItemId;
use madang_shared::orders::{MAX_ORDER_NOTE_CHARS, OrderLine, OrdersCommand, OrdersSnapshot};

use super::destination::DestinationField;
use super::{read, read_once, won};
use crate::browser;
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{derived, flag, text};
use crate::ui::erased::signal::{State, state};

const NOTE: Words = Words::new("요청 사항", "Note for the restaurant");
const ORDER: Words = Words::new("주문하기", "Order");
const NOTHING: Words = Words::new("담은 음식이 없습니다.", "Nothing chosen yet.");
const FORM_ID: &str = "order-form";

/// The quantity of each item.
pub(super) type Cart = VecMap<MenuItemId, u32>;

/// The available items of the cart, at the current prices.
fn lines(list: &OrdersSnapshot, cart: &Cart) -> Vec<OrderLine> {
    let line = |(id, quantity): (&MenuItemId, &u32)| {
        let item = list.item(*id).filter(|item| item.available)?;
        Some(OrderLine { item: *id, quantity: *quantity, price_won: item.price_won })
    };
    cart.iter().filter_map(line).collect()
}

/// The number of dishes in the cart, and their price in won.
fn sum(cart: State<Cart>) -> Memo<(u64, u64)> {
    let store = use_app().driver.store();
    memo(move || {
        let cart = cart.get();
        read(store, |_, list| {
            let mut sum = (0, 0);
            for line in lines(list, &cart) {
                let quantity = u64::from(line.quantity);
                sum = (sum.0 + quantity, sum.1 + quantity * u64::from(line.price_won));
            }
            sum
        })
    })
}

/// The form. Its button is in the bar, which stays in sight.
#[component]
pub(super) fn Checkout(cart: State<Cart>) -> impl IntoView {
    let driver = use_app().driver;
    let note = state(String::new());
    let destination = DestinationField::new();
    let order = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let lines = read_once(driver.store(), |list| cart.with_untracked(|cart| lines(list, cart)));
        if lines.is_empty() {
            return;
        }
        let Some(destination) = destination.take() else { return };
        driver.command(OrdersCommand::Place { lines, note: note.get_untracked(), destination });
        cart.set(Cart::default());
        note.set(String::new());
        browser::focus("mine-title");
    };
    view! {
        <form id=FORM_ID class="checkout" novalidate on:submit=events::submit(order)>
            {destination.draw()}
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
        </form>
    }
}

/// The sum and the button, at the lower edge of the panel.
#[component]
pub(super) fn OrderBar(cart: State<Cart>) -> impl IntoView {
    let lang = use_lang();
    let sum = sum(cart);
    let count = text(move || match (sum.get().0, lang.get()) {
        (0, lang) => NOTHING.of(lang).to_owned(),
        (count, Lang::Ko) => format!("{count}개"),
        (1, Lang::En) => "1 dish".to_owned(),
        (count, Lang::En) => format!("{count} dishes"),
    });
    let label = text(move || match (sum.get(), lang.get()) {
        ((0, _), lang) => ORDER.of(lang).to_owned(),
        ((_, total), lang) => format!("{} · {}", ORDER.of(lang), won(total, lang)),
    });
    // While a field has the focus, a phone hides the bar of the areas. If the press took the focus, that bar would come
    // back, and move the button away before the press ends.
    let keep_focus = events::click(|event| event.prevent_default());
    view! {
        <div class="order-bar">
            <span class="order-bar-count" role="status">{count}</span>
            <button form=FORM_ID type="submit" class="button button-strong" data-testid="order-place" on:mousedown=keep_focus aria-disabled=flag(move || sum.get().0 == 0)>{label}</button>
        </div>
    }
}
