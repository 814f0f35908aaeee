//! The customer's order before it is placed: destination, note, sum and button.

use leptos::prelude::*;
use madang_client::{Client, PendingCommand, PendingState, Slice, VecMap};
use madang_shared::orders::{MAX_ORDER_NOTE_CHARS, OrderLine, OrdersCommand, OrdersSnapshot};
use madang_shared::{Command, CommandId, MenuItemId};

use super::destination::{DestinationField, words};
use super::{read, read_once, won};
use crate::browser;
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{derived, effect, flag, text};
use crate::ui::erased::signal::{State, state};

const NOTE: Words = Words::new("요청 사항", "Note for the restaurant");
const ORDER: Words = Words::new("주문하기", "Order");
const NOTHING: Words = Words::new("담은 음식이 없습니다.", "Nothing chosen yet.");
const MISSING: Words = Words::new("아직 필요한 것", "Still needed");
/// Describes the button.
const WHERE_ID: &str = "order-bar-where";
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

/// The orders that the server has refused.
fn refused(client: &Client) -> impl DoubleEndedIterator<Item = &PendingCommand> {
    client.outbox().items().iter().filter(|item| {
        matches!(item.command(), Some(Command::Orders(OrdersCommand::Place { .. })))
            && matches!(item.state, PendingState::Failed(_))
    })
}

/// Puts the dishes and the note of a refused order back, unless the customer has begun another one.
fn put_back_refused(cart: State<Cart>, note: State<String>) {
    let store = use_app().driver.store();
    let mut known = None::<CommandId>;
    effect(move || {
        let last = store.read(Slice::Outbox, |client| refused(client).next_back().cloned());
        let Some(last) = last else { return };
        if known.replace(last.id) != Some(last.id)
            && cart.with_untracked(Cart::is_empty)
            && let Some(Command::Orders(OrdersCommand::Place { lines, note: text, .. })) =
                last.command()
        {
            cart.set(lines.iter().map(|line| (line.item, line.quantity)).collect());
            note.set(text.clone());
        }
    });
}

/// The form. Its button is in the bar, which stays in sight.
#[component]
pub(super) fn Checkout(cart: State<Cart>, destination: DestinationField) -> impl IntoView {
    let driver = use_app().driver;
    let note = state(String::new());
    put_back_refused(cart, note);
    let order = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let lines = read_once(driver.store(), |list| cart.with_untracked(|cart| lines(list, cart)));
        if lines.is_empty() {
            return;
        }
        let Some(destination) = destination.take() else { return };
        let replaced: Vec<CommandId> =
            driver.store().peek(|client| refused(client).map(|item| item.id).collect());
        for id in replaced {
            driver.discard(id);
        }
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

/// The sum, the destination or what it lacks, and the button, at the lower edge of the panel.
#[component]
pub(super) fn OrderBar(cart: State<Cart>, destination: DestinationField) -> impl IntoView {
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
    let is_missing = flag(move || destination.choice().is_err());
    let place = text(move || match (sum.get(), destination.choice(), lang.get()) {
        ((0, _), ..) => String::new(),
        (_, Ok(destination), lang) => words(&destination, lang),
        (_, Err(field), lang) => format!("{}: {}", MISSING.of(lang), field.of(lang)),
    });
    view! {
        <div class="order-bar">
            <div class="order-bar-texts">
                <p class="order-bar-count" role="status">{count}</p>
                <p id=WHERE_ID class="order-bar-where" data-testid=WHERE_ID data-missing=is_missing>{place}</p>
            </div>
            <button form=FORM_ID type="submit" class="button button-strong" data-testid="order-place" aria-describedby=WHERE_ID aria-disabled=flag(move || sum.get().0 == 0)>{label}</button>
        </div>
    }
}
