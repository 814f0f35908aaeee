//! The rider's panel, for phones: orders to take, and the rider's own.

use leptos::prelude::*;
use madang_client::Client;
use madang_shared::OrderId;
use madang_shared::orders::{Destination, Order, OrderStatus, OrdersCommand, OrdersSnapshot};

use super::destination::destination_words;
use super::progress::age;
use super::{cards, line, next_step, number, panel, people, picked, what};
use crate::driver::Driver;
use crate::i18n::{Lang, Words};
use crate::route::Page;
use crate::ui::erased::memo::Memo;
use crate::ui::erased::reactive::when;
use crate::ui::icon::Icon;

const MINE: Words = Words::new("배달 중", "My deliveries");
const MINE_NONE: Words = Words::new("맡은 배달이 없습니다.", "No deliveries.");
const WAITING: Words = Words::new("가져갈 주문", "Ready for pickup");
const WAITING_NONE: Words = Words::new("준비된 주문이 아직 없습니다.", "No order is ready yet.");
const TAKE: Words = Words::new("가져가기", "Take");
const DELIVER: Words = Words::new("배달 완료", "Delivered");
const CALL: Words = Words::new("전화", "Call");
const MAP: Words = Words::new("지도", "Map");
const NO_DESTINATION: Words =
    Words::new("받을 곳 없음: 매장에 확인", "No destination: ask the restaurant");

/// A search for an address. The link opens outside of the app, and nothing is fetched before.
const MAP_SEARCH: &str = "https://www.openstreetmap.org/search?query=";

/// The page.
#[component]
pub(crate) fn OrdersRiderPage() -> impl IntoView {
    panel(Page::OrdersRider, || {
        let (mine, waiting) = (picked(mine), picked(waiting));
        view! {
            <div class="orders-rider">
                {group("rider-mine", MINE, MINE_NONE, mine)}
                {group("rider-waiting", WAITING, WAITING_NONE, waiting)}
            </div>
        }
        .into_any()
    })
}

fn group(id: &'static str, title: Words, none: Words, ids: Memo<Vec<OrderId>>) -> AnyView {
    view! {
        <section data-testid=id aria-labelledby=id>
            <h2 id=id class="orders-title">{title.now()}</h2>
            {when(move || ids.with(Vec::is_empty), move || view! { <p class="hint">{none.now()}</p> }.into_any())}
            {cards(ids, rider_card)}
        </section>
    }
    .into_any()
}

fn mine(client: &Client, list: &OrdersSnapshot) -> Vec<OrderId> {
    let me = client.features().me().id;
    let mine = list.orders.iter().filter(|order| {
        order.status == OrderStatus::Delivering
            && order.rider.as_ref().is_some_and(|rider| rider.id == me)
    });
    mine.map(|order| order.id).collect()
}

fn waiting(_: &Client, list: &OrdersSnapshot) -> Vec<OrderId> {
    let ready = list.orders.iter();
    let ready = ready.filter(|order| order.status == OrderStatus::Ready && !order.is_at_table());
    ready.map(|order| order.id).collect()
}

fn rider_card(driver: Driver, order: &Order, lang: Lang) -> AnyView {
    let id = order.id;
    let step = if order.status == OrderStatus::Ready {
        next_step(driver, id, OrderStatus::Delivering, TAKE, move || OrdersCommand::Take {
            order: id,
        })
    } else {
        let to = OrderStatus::Delivered;
        next_step(driver, id, to, DELIVER, move || OrdersCommand::Advance { order: id, to })
    };
    let words = destination_words(order, lang);
    let words = if words.is_empty() { NO_DESTINATION.of(lang) } else { &words };
    view! {
        {line("order-address isolated", None, words)}
        {links(order)}
        <div class="order-head">{number(id)}{age(order, lang)}</div>
        {what(driver, order, lang)}
        {line("order-note user-text", Some("auto"), &order.note)}
        {line("hint", None, &people(order, lang))}
        {step}
    }
    .into_any()
}

/// The links that call the customer and show the address on a map.
fn links(order: &Order) -> AnyView {
    let Some(Destination::Delivery { address, phone }) = &order.destination else {
        return ().into_any();
    };
    let map = format!("{MAP_SEARCH}{}", String::from(js_sys::encode_uri_component(address)));
    view! {
        <div class="order-links">
            <a class="button button-link" href=call_link(phone) data-testid=format!("call-{}", order.id)>
                {Icon::Phone.draw()}<span>{CALL.now()}" "<bdi>{phone.clone()}</bdi></span>
            </a>
            <a class="button button-link" href=map target="_blank" rel="noopener noreferrer" data-testid=format!("map-{}", order.id)>
                {Icon::MapPin.draw()}<span>{MAP.now()}</span>
            </a>
        </div>
    }
    .into_any()
}

/// A phone number as a link (RFC 3966): digits, and a plus before them.
fn call_link(phone: &str) -> String {
    let mut link = "tel:".to_owned();
    link.extend(phone.chars().filter(|c| c.is_ascii_digit() || *c == '+'));
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_for_calling_has_the_digits_alone() {
        assert_eq!(call_link("+82 (10) 1234.5678"), "tel:+821012345678");
        assert_eq!(call_link("010-1234-5678"), "tel:01012345678");
    }
}
