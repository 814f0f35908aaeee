//! Samples of the notices for one user.

use madang_shared::moderation::ReportOutcome;
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, NoticeContent, NoticeKind, ReadMark, ReadMarks,
};
use madang_shared::orders::OrderStatus;
use madang_shared::profile::QuietHours;
use madang_shared::{OrderId, RoomId, Seq, Topic, UserId};

use super::notices::{notice, notice_name};
use super::{ROOM, user};

const TOPIC: Topic = Topic::Inbox(UserId(3));

fn marks() -> ReadMarks {
    let own = ReadMark { up_to: Seq(40), beyond: vec![Seq(42)] };
    ReadMarks { own, ..ReadMarks::default() }
}

pub(super) fn events() -> Vec<(Topic, InboxEvent)> {
    let told = [
        NoticeContent::Mentioned {
            room: ROOM,
            message: Seq(42),
            by: user(),
            excerpt: "@Jun 점심?".into(),
            is_reply: false,
        },
        NoticeContent::Mentioned {
            room: ROOM,
            message: Seq(43),
            by: user(),
            excerpt: "응".into(),
            is_reply: true,
        },
        NoticeContent::OrderMoved {
            order: OrderId(12),
            was: OrderStatus::Pending,
            now: Some(OrderStatus::Accepted),
        },
        NoticeContent::OrderMoved { order: OrderId(12), was: OrderStatus::Ready, now: None },
        NoticeContent::Reported { report: 7, room: ROOM },
        NoticeContent::ReportDecided {
            room: ROOM,
            message: Seq(42),
            outcome: ReportOutcome::Deleted,
        },
        NoticeContent::Reminded { room: ROOM, message: Seq(42) },
        NoticeContent::NotSent { room: ROOM },
    ];
    let told = told.map(|what| InboxEvent::Told(notice(what)));
    let settings = [
        InboxEvent::Read(marks()),
        InboxEvent::Muted { kinds: vec![NoticeKind::Order, NoticeKind::Schedule] },
        InboxEvent::QuietHours(None),
        InboxEvent::QuietHours(Some(QuietHours {
            from: 1_320,
            to: 420,
            time_zone: "Asia/Seoul".into(),
        })),
        InboxEvent::RoomDeleted(RoomId(8)),
        InboxEvent::MessageDeleted { room: RoomId(8), message: Seq(42) },
        InboxEvent::ReportClosed(8),
    ];
    told.into_iter().chain(settings).map(|event| (TOPIC, event)).collect()
}

pub(super) fn event_name(event: &InboxEvent) -> &'static str {
    match event {
        InboxEvent::Told(notice) => notice_name(notice),
        InboxEvent::Read(_) => "inbox.read",
        InboxEvent::Muted { .. } => "inbox.muted",
        InboxEvent::QuietHours(None) => "inbox.quiet_hours removed",
        InboxEvent::QuietHours(Some(_)) => "inbox.quiet_hours",
        InboxEvent::RoomDeleted(_) => "inbox.room_deleted",
        InboxEvent::MessageDeleted { .. } => "inbox.message_deleted",
        InboxEvent::ReportClosed(_) => "inbox.report_closed",
    }
}

pub(super) fn snapshot() -> (Topic, InboxSnapshot) {
    let mut inbox = InboxSnapshot::default();
    for (_, event) in events() {
        inbox.apply(event);
    }
    (TOPIC, inbox)
}
