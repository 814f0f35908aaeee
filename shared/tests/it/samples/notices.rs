//! Samples of the notices for every user.

use madang_shared::notices::{
    Demonstration, LastNotices, Notice, NoticeBox, NoticeContent, NoticeKind, NoticesCommand,
    NoticesEvent, NoticesSnapshot,
};
use madang_shared::{Seq, Topic};

use super::{TIME, user};

pub(super) fn notice(what: NoticeContent) -> Notice {
    Notice { seq: Seq(42), at: TIME, what }
}

fn demo() -> Demonstration {
    Demonstration { by: user(), started_at: TIME }
}

pub(super) fn commands() -> Vec<NoticesCommand> {
    vec![
        NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(42) },
        NoticesCommand::ReadAll(LastNotices {
            everybody: Seq(42),
            own: Seq(7),
            orders: Seq(3),
            posts: Seq(5),
        }),
        NoticesCommand::Mute { kind: NoticeKind::Post, muted: true },
        NoticesCommand::Demo { on: true },
    ]
}

pub(super) fn command_name(command: &NoticesCommand) -> &'static str {
    match command {
        NoticesCommand::Read { .. } => "notices.read",
        NoticesCommand::ReadAll(_) => "notices.read_all",
        NoticesCommand::Mute { .. } => "notices.mute",
        NoticesCommand::Demo { .. } => "notices.demo",
    }
}

pub(super) fn events() -> Vec<(Topic, NoticesEvent)> {
    let told = [
        NoticeContent::Scheduled { ko: "점심시간입니다".into(), en: "Lunch time".into() },
        NoticeContent::Demonstrated { number: 3, of: 12 },
    ];
    let told = told.map(|what| NoticesEvent::Told(notice(what)));
    let demos = [NoticesEvent::DemoStarted(demo()), NoticesEvent::DemoEnded { at: TIME }];
    told.into_iter().chain(demos).map(|event| (Topic::Notices, event)).collect()
}

pub(super) fn event_name(event: &NoticesEvent) -> &'static str {
    match event {
        NoticesEvent::Told(notice) => notice_name(notice),
        NoticesEvent::DemoStarted(_) => "notices.demo_started",
        NoticesEvent::DemoEnded { .. } => "notices.demo_ended",
    }
}

pub(super) fn notice_name(notice: &Notice) -> &'static str {
    match notice.what {
        NoticeContent::Scheduled { .. } => "notices.told scheduled",
        NoticeContent::Demonstrated { .. } => "notices.told demonstrated",
        NoticeContent::Posted { .. } => "notices.told posted",
        NoticeContent::Ordered { .. } => "notices.told ordered",
        NoticeContent::Mentioned { is_reply: true, .. } => "inbox.told answered",
        NoticeContent::Mentioned { .. } => "inbox.told mentioned",
        NoticeContent::OrderMoved { now: Some(_), .. } => "inbox.told order_moved",
        NoticeContent::OrderMoved { now: None, .. } => "inbox.told order_moved that is gone",
        NoticeContent::Reported { .. } => "inbox.told reported",
        NoticeContent::ReportDecided { .. } => "inbox.told report_decided",
        NoticeContent::Reminded { .. } => "inbox.told reminded",
        NoticeContent::NotSent { .. } => "inbox.told not_sent",
    }
}

pub(super) fn snapshot() -> (Topic, NoticesSnapshot) {
    let mut notices = NoticesSnapshot { notices: Vec::new(), demo: Some(demo()) };
    if let Some((_, told)) = events().into_iter().next() {
        notices.apply(told);
    }
    (Topic::Notices, notices)
}
