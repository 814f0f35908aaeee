//! The rider's panel, for phones: orders to take, and the rider's own.

use leptos::prelude::*;
use madang_client::Client;
use madang_shared::OrderId;
use madang_shared::orders::{Order, OrderStatus, OrdersSnapshot};

use super::{action, cards, panel, read};
use crate::context::use_app;
use crate::driver::Driver;
use crate::i18n::Words;
use crate::route::Page;
use crate::ui::erased::reactive::when;

const MINE: Words = Words::new("배달 중", "My deliveries");
const MINE_NONE: Words = Words::new("맡은 배달이 없습니다.", "No deliveries.");
const WAITING: Words = Words::new("가져갈 주문", "Ready for pickup");
const WAITING_NONE: Words = Words::new("준비된 주문이 아직 없습니다.", "No order is ready yet.");
const TAKE: Words = Words::new("가져가기", "Take");
const DELIVER: Words = Words::new("배달 완료", "Delivered");

/// The page.
#[component]
pub(crate) fn OrdersRiderPage() -> impl IntoView {
    panel(Page::OrdersRider, || {
        view! {
            <div class="orders-rider">
                {group("rider-mine", MINE, MINE_NONE, mine, deliver)}
                {group("rider-waiting", WAITING, WAITING_NONE, waiting, take)}
            </div>
        }
        .into_any()
    })
}

type Pick = fn(&Client, &OrdersSnapshot) -> Vec<OrderId>;

fn group(
    id: &'static str,
    title: Words,
    none: Words,
    pick: Pick,
    with: fn(Driver, &Order) -> AnyView,
) -> AnyView {
    let store = use_app().driver.store();
    let is_empty = move || read(store, pick).is_empty();
    view! {
        <section data-testid=id aria-labelledby=id>
            <h2 id=id class="orders-title">{title.now()}</h2>
            {when(is_empty, move || view! { <p class="hint">{none.now()}</p> }.into_any())}
            {cards(pick, false, with)}
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
    let ready = list.orders.iter().filter(|order| order.status == OrderStatus::Ready);
    ready.map(|order| order.id).collect()
}

fn deliver(driver: Driver, order: &Order) -> AnyView {
    action(driver, order, OrderStatus::Delivered, DELIVER)
}

fn take(driver: Driver, order: &Order) -> AnyView {
    action(driver, order, OrderStatus::Delivering, TAKE)
}
