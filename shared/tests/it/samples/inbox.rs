//! Samples of the notices for one user.

use madang_shared::notices::{
    InboxEvent, InboxSnapshot, NoticeContent, NoticeKind, ReadMark, ReadMarks,
};
use madang_shared::orders::OrderStatus;
use madang_shared::{OrderId, RoomId, Seq, Topic, UserId};

use super::notices::{notice, notice_name};
use super::{ROOM, user};

const TOPIC: Topic = Topic::Inbox(UserId(3));

fn marks() -> ReadMarks {
    let own = ReadMark { up_to: Seq(40), beyond: vec![Seq(42)] };
    ReadMarks { everybody: ReadMark::default(), own }
}

pub(super) fn events() -> Vec<(Topic, InboxEvent)> {
    let told = [
        NoticeContent::Mentioned {
            room: ROOM,
            message: Seq(42),
            by: user(),
            excerpt: "@Jun 점심?".into(),
        },
        NoticeContent::OrderMoved {
            order: OrderId(12),
            was: OrderStatus::Pending,
            now: Some(OrderStatus::Accepted),
        },
        NoticeContent::OrderMoved { order: OrderId(12), was: OrderStatus::Ready, now: None },
    ];
    let told = told.map(|what| InboxEvent::Told(notice(what)));
    let settings = [
        InboxEvent::Read(marks()),
        InboxEvent::Muted { kinds: vec![NoticeKind::Order, NoticeKind::Schedule] },
        InboxEvent::RoomDeleted(RoomId(8)),
    ];
    told.into_iter().chain(settings).map(|event| (TOPIC, event)).collect()
}

pub(super) fn event_name(event: &InboxEvent) -> &'static str {
    match event {
        InboxEvent::Told(notice) => notice_name(notice),
        InboxEvent::Read(_) => "inbox.read",
        InboxEvent::Muted { .. } => "inbox.muted",
        InboxEvent::RoomDeleted(_) => "inbox.room_deleted",
    }
}

pub(super) fn snapshot() -> (Topic, InboxSnapshot) {
    let mut inbox = InboxSnapshot::default();
    for (_, event) in events() {
        inbox.apply(event);
    }
    (TOPIC, inbox)
}
