//! Samples of notices.

use madang_shared::notices::{
    Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent, NoticeKind,
    NoticesCommand, NoticesEvent, NoticesSnapshot, ReadMark, ReadMarks,
};
use madang_shared::orders::OrderStatus;
use madang_shared::{OrderId, PostId, Seq};

use super::{ROOM, TIME, user};

pub(super) fn notices_commands() -> [NoticesCommand; 4] {
    [
        NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(42) },
        NoticesCommand::ReadAll { everybody: Seq(42), own: Seq(7) },
        NoticesCommand::Mute { kind: NoticeKind::Post, muted: true },
        NoticesCommand::Demo { on: true },
    ]
}

fn notice(what: NoticeContent) -> Notice {
    Notice { seq: Seq(42), at: TIME, what }
}

fn marks() -> ReadMarks {
    let own = ReadMark { up_to: Seq(40), beyond: vec![Seq(42)] };
    ReadMarks { everybody: ReadMark::default(), own }
}

fn demo() -> Demonstration {
    Demonstration { by: user(), started_at: TIME }
}

pub(super) fn notices_events() -> Vec<NoticesEvent> {
    let told = [
        NoticeContent::Scheduled { ko: "점심시간입니다".into(), en: "Lunch time".into() },
        NoticeContent::Demonstrated { number: 3, of: 12 },
        NoticeContent::Posted { post: PostId(5), by: user() },
        NoticeContent::Ordered { order: OrderId(12), by: user() },
    ];
    let told = told.map(|what| NoticesEvent::Told(notice(what)));
    let mut events = told.to_vec();
    events.push(NoticesEvent::DemoStarted(demo()));
    events.push(NoticesEvent::DemoEnded { at: TIME });
    events
}

pub(super) fn inbox_events() -> Vec<InboxEvent> {
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
    let mut events = told.to_vec();
    events.push(InboxEvent::Read(marks()));
    events.push(InboxEvent::Muted { kinds: vec![NoticeKind::Order, NoticeKind::Schedule] });
    events
}

pub(super) fn told_name(notice: &Notice) -> &'static str {
    match notice.what {
        NoticeContent::Scheduled { .. } => "notices.told scheduled",
        NoticeContent::Demonstrated { .. } => "notices.told demonstrated",
        NoticeContent::Posted { .. } => "notices.told posted",
        NoticeContent::Ordered { .. } => "notices.told ordered",
        NoticeContent::Mentioned { .. } => "inbox.told mentioned",
        NoticeContent::OrderMoved { now: Some(_), .. } => "inbox.told order_moved",
        NoticeContent::OrderMoved { now: None, .. } => "inbox.told order_moved that is gone",
    }
}

pub(super) fn notices() -> NoticesSnapshot {
    let mut notices = NoticesSnapshot { notices: Vec::new(), demo: Some(demo()) };
    for event in notices_events().into_iter().take(1) {
        notices.apply(event);
    }
    notices
}

pub(super) fn inbox() -> InboxSnapshot {
    let mut inbox = InboxSnapshot::default();
    for event in inbox_events() {
        inbox.apply(event);
    }
    inbox
}
