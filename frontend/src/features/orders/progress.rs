//! The progress of an order in words: its status with the estimate, and its age.

use leptos::prelude::*;
use madang_shared::Timestamp;
use madang_shared::orders::{Order, OrderStatus};

use super::{Now, status_name_at};
use crate::i18n::{Lang, Words};
use crate::time::Times;
use crate::ui::erased::reactive::text;
use crate::ui::icon::Icon;

const LATE: Words = Words::new("늦음", "late");
const MINUTE_MS: u64 = 60_000;
const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

/// "Cooking: about 12 minutes".
pub(super) fn progress(order: &Order, now: Timestamp, lang: Lang) -> String {
    let words = match order.status {
        OrderStatus::Pending => {
            Words::new("매장의 확인을 기다리고 있습니다", "Waiting for the restaurant")
        }
        OrderStatus::Ready if order.is_at_table() => {
            Words::new("준비됨: 곧 테이블로 갑니다", "Ready: soon at your table")
        }
        OrderStatus::Ready => {
            Words::new("준비됨: 라이더를 기다립니다", "Ready: waiting for a rider")
        }
        _ => status_name_at(order.status, order.is_at_table()),
    };
    let words = words.of(lang);
    let left = match order.status {
        OrderStatus::Accepted | OrderStatus::Cooking => order.minutes_left(now),
        _ => None,
    };
    match (left, lang) {
        (None, _) => words.to_owned(),
        (Some(0), Lang::Ko) => format!("{words}: 곧 준비됩니다"),
        (Some(0), Lang::En) => format!("{words}: ready any moment"),
        (Some(left), Lang::Ko) => format!("{words}: 약 {left}분"),
        (Some(1), Lang::En) => format!("{words}: about 1 minute"),
        (Some(left), Lang::En) => format!("{words}: about {left} minutes"),
    }
}

/// The progress now, and the estimated time.
pub(super) fn progress_lines(order: &Order, lang: Lang) -> AnyView {
    let now: Now = expect_context();
    let times: Times = expect_context();
    let shown = order.clone();
    let words = text(move || progress(&shown, now.get(), lang));
    let is_cooked = order.status >= OrderStatus::Ready;
    let estimate = order.ready_at.filter(|_| !is_cooked).map(|at| {
        let at = times.short(lang, at);
        let sentence = match lang {
            Lang::Ko => format!("{at} 준비 예정"),
            Lang::En => format!("Estimated for {at}"),
        };
        view! { <p class="hint">{sentence}</p> }.into_any()
    });
    view! { <p class="order-progress">{words}</p>{estimate} }.into_any()
}

/// The age of an order, which says so when the order is late.
pub(super) fn age(order: &Order, lang: Lang) -> AnyView {
    let now: Now = expect_context();
    let times: Times = expect_context();
    let order = order.clone();
    let age = text(move || {
        let now = now.get();
        let age = age_in_words(now.since(order.placed_at) / MINUTE_MS, lang)
            .unwrap_or_else(|| times.narrow(lang, order.placed_at));
        if order.is_late(now) { format!("{age}, {}", LATE.of(lang)) } else { age }
    });
    view! { <span class="order-when order-age">{Icon::Clock.draw()}<span>{age}</span></span> }
        .into_any()
}

fn age_in_words(minutes: u64, lang: Lang) -> Option<String> {
    let (number, ko, en) =
        if minutes < HOUR { (minutes, "분", "min") } else { (minutes / HOUR, "시간", "h") };
    (minutes < DAY).then(|| match lang {
        Lang::Ko => format!("{number}{ko}"),
        Lang::En => format!("{number} {en}"),
    })
}

#[cfg(test)]
mod tests {
    use madang_shared::orders::Destination;
    use madang_shared::{OrderId, User, UserId};

    use super::*;

    fn order(status: OrderStatus, ready_at: Option<u64>) -> Order {
        Order {
            id: OrderId(1),
            customer: User { id: UserId(1), name: "Mina".into() },
            status,
            lines: Vec::new(),
            note: String::new(),
            placed_at: Timestamp(0),
            rider: None,
            destination: Some(Destination::Table(4)),
            ready_at: ready_at.map(Timestamp),
            cancellation: None,
        }
    }

    #[test]
    fn progress_is_told_in_words_with_the_estimate() {
        let cooking = order(OrderStatus::Cooking, Some(12 * MINUTE_MS));
        for (now, en) in [
            (0, "Cooking: about 12 minutes"),
            (11, "Cooking: about 1 minute"),
            (12, "Cooking: ready any moment"),
            (99, "Cooking: ready any moment"),
        ] {
            assert_eq!(progress(&cooking, Timestamp(now * MINUTE_MS), Lang::En), en);
        }
        assert_eq!(progress(&cooking, Timestamp(0), Lang::Ko), "조리 중: 약 12분");
        let now = Timestamp(0);
        assert_eq!(progress(&order(OrderStatus::Cooking, None), now, Lang::En), "Cooking");
        let ready = order(OrderStatus::Ready, Some(12 * MINUTE_MS));
        assert_eq!(progress(&ready, now, Lang::En), "Ready: soon at your table");
        let served = order(OrderStatus::Delivered, None);
        assert_eq!(progress(&served, now, Lang::En), "Served");
        for (status, ko) in [
            (OrderStatus::Ready, "준비됨: 라이더를 기다립니다"),
            (OrderStatus::Delivered, "배달 완료"),
        ] {
            let to_address = Order { destination: None, ..order(status, None) };
            assert_eq!(progress(&to_address, now, Lang::Ko), ko);
        }
    }

    #[test]
    fn an_age_is_minutes_then_hours_then_a_date() {
        for (minutes, ko, en) in [
            (0, Some("0분"), Some("0 min")),
            (59, Some("59분"), Some("59 min")),
            (60, Some("1시간"), Some("1 h")),
            (1_439, Some("23시간"), Some("23 h")),
            (1_440, None, None),
        ] {
            assert_eq!(age_in_words(minutes, Lang::Ko).as_deref(), ko);
            assert_eq!(age_in_words(minutes, Lang::En).as_deref(), en);
        }
    }
}
