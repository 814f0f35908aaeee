//! Cancelling an order: the question with its reason, and the offer to undo it.

use leptos::prelude::*;
use madang_shared::OrderId;
use madang_shared::orders::{KNOWN_CANCEL_REASONS, MAX_CANCEL_REASON_CHARS};
use madang_shared::orders::{Order, OrderStatus, OrdersCommand};

use crate::driver::Driver;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, flag, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::question::{Question, question};
use crate::ui::undo_bar::use_undo_bar;

const CANCEL: Words = Words::new("주문 취소", "Cancel order");
const CANCEL_MORE: Words = Words::new("주문 취소…", "Cancel order…");
const KEEP_ORDER: Words = Words::new("그대로 두기", "Keep the order");
const EXPLANATION: Words = Words::new(
    "손님과 매장에 이유가 보입니다. 취소한 뒤 10초 동안 되돌릴 수 있습니다.",
    "Customer and restaurant see the reason. You can undo it for ten seconds.",
);
const REASON: Words = Words::new("이유", "Reason");
const OWN_REASON: Words = Words::new("직접 쓰기", "In your own words");
const BY_CUSTOMER: &str = "by_customer";

/// The order that the open question is about.
#[derive(Clone, Copy)]
pub(super) struct Cancelling {
    order: State<OrderId>,
    asking: State<bool>,
    reason: State<String>,
    /// The customer asks, so the reasons of the restaurant are no choice.
    by_customer: bool,
}

impl Cancelling {
    pub(super) fn new(by_customer: bool) -> Self {
        let (order, asking, reason) = (state(OrderId(0)), state(false), state(String::new()));
        Self { order, asking, reason, by_customer }
    }

    /// Opens the question.
    fn ask(self, order: OrderId) {
        self.order.set(order);
        self.reason.set(if self.by_customer { BY_CUSTOMER } else { "" }.to_owned());
        self.asking.set(true);
    }

    /// The question before an order is cancelled.
    pub(super) fn question(self, driver: Driver) -> AnyView {
        let lang = use_lang();
        let undo = use_undo_bar();
        let Self { order, asking, reason, .. } = self;
        let title = text(move || match lang.get() {
            Lang::Ko => format!("#{} 주문을 취소할까요?", order.get()),
            Lang::En => format!("Cancel order #{}?", order.get()),
        });
        let texts = Question {
            id: "cancel-order",
            title,
            warning: EXPLANATION.now(),
            keep: KEEP_ORDER.now(),
            act: CANCEL.now(),
        };
        question(asking, texts, reasons, move || {
            let order = order.get_untracked();
            driver.command(OrdersCommand::Cancel { order, reason: reason.get_untracked() });
            asking.set(false);
            let done = match lang.get_untracked() {
                Lang::Ko => format!("#{order} 주문을 취소했습니다."),
                Lang::En => format!("Order #{order} is cancelled."),
            };
            undo.offer(done, move || driver.command(OrdersCommand::Reopen(order)));
        })
    }
}

/// The choice of a reason.
fn reasons() -> AnyView {
    let Cancelling { reason, by_customer, .. } = expect_context();
    let known = |code: &'static str| {
        let is_chosen = flag(move || reason.with(|reason| reason == code));
        let choose = events::click(move |_| reason.set(code.to_owned()));
        view! {
            <button class="button" data-testid=format!("reason-{code}") aria-pressed=is_chosen on:click=choose>
                {known_reason(code).map(Words::now)}
            </button>
        }
        .into_any()
    };
    let shown = if by_customer { &[] } else { &KNOWN_CANCEL_REASONS[..] };
    let known: Vec<AnyView> = shown.iter().copied().map(known).collect();
    let own = derived(move || {
        reason.with(
            |reason| if known_reason(reason).is_some() { String::new() } else { reason.clone() },
        )
    });
    view! {
        <div class="cancel-reasons" role="group" aria-label=REASON.now()>{known}</div>
        <label class="label" for="cancel-reason">{OWN_REASON.now()}</label>
        <input
            id="cancel-reason"
            dir="auto"
            class="field"
            data-testid="cancel-reason"
            maxlength=MAX_CANCEL_REASON_CHARS.to_string()
            prop:value=own
            on:input=events::change(move |event| reason.set(event_target_value(&event)))
        />
    }
    .into_any()
}

fn known_reason(code: &str) -> Option<Words> {
    Some(match code {
        "sold_out" => Words::new("재료가 떨어졌습니다", "Sold out"),
        "too_busy" => Words::new("주문이 밀렸습니다", "Too busy"),
        "closing" => Words::new("영업이 끝났습니다", "Closing"),
        BY_CUSTOMER => Words::new("손님이 취소했습니다", "The customer cancelled"),
        _ => return None,
    })
}

/// The line with the reason of a cancelled order.
pub(super) fn reason_line(order: &Order, lang: Lang) -> AnyView {
    let reason = order.cancellation.as_ref().map_or("", |cancellation| &*cancellation.reason);
    let known = known_reason(reason).map_or(reason, |words| words.of(lang));
    super::line("order-reason user-text", Some("auto"), known)
}

/// The button that opens the question, where the order can be cancelled.
pub(super) fn cancel_button(driver: Driver, order: &Order) -> Option<AnyView> {
    let id = order.id;
    let cancelling: Cancelling = expect_context();
    let lang = use_lang();
    let is_requested = super::is_requested(driver, id);
    let may = order.next_statuses().contains(&OrderStatus::Cancelled);
    let label = text(move || format!("{}, #{id}", CANCEL.of(lang.get())));
    let ask = move |_| {
        if !is_requested() {
            cancelling.ask(id);
        }
    };
    may.then(|| {
        view! {
            <button
                class="text-button order-cancel"
                data-testid=format!("cancelled-{id}")
                aria-label=label
                aria-disabled=flag(is_requested)
                on:click=events::click_once(ask)
            >
                {CANCEL_MORE.now()}
            </button>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_reason_has_words() {
        for code in KNOWN_CANCEL_REASONS {
            assert!(known_reason(code).is_some(), "{code}");
        }
        assert!(KNOWN_CANCEL_REASONS.contains(&BY_CUSTOMER));
    }
}
