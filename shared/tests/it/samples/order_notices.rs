//! Samples of the notices of new orders.

use madang_shared::notices::{NoticeContent, OrderNoticesEvent, OrderNoticesSnapshot};
use madang_shared::{OrderId, Topic};

use super::{notices, user};

pub(super) fn events() -> Vec<(Topic, OrderNoticesEvent)> {
    let what = NoticeContent::Ordered { order: OrderId(12), by: user() };
    vec![(Topic::OrderNotices, OrderNoticesEvent(notices::notice(what)))]
}

pub(super) fn event_name(OrderNoticesEvent(notice): &OrderNoticesEvent) -> &'static str {
    notices::notice_name(notice)
}

pub(super) fn snapshot() -> (Topic, OrderNoticesSnapshot) {
    let mut snapshot = OrderNoticesSnapshot::default();
    for (_, event) in events() {
        snapshot.apply(event);
    }
    (Topic::OrderNotices, snapshot)
}
