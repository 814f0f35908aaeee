//! The texts of notices.

use madang_shared::notices::{NoticeContent, NoticeKind};

use crate::features::moderation::outcome_name;
use crate::features::orders::{next_status_name, status_name};
use crate::i18n::{Lang, Words, isolated};

pub(crate) const fn kind_name(kind: NoticeKind) -> Words {
    match kind {
        NoticeKind::Mention => Words::new("멘션", "Mentions"),
        NoticeKind::OwnOrder => Words::new("내 주문", "My orders"),
        NoticeKind::Order => Words::new("새 주문", "New orders"),
        NoticeKind::Post => Words::new("새 글", "New posts"),
        NoticeKind::Schedule => Words::new("예약 알림", "Scheduled"),
        NoticeKind::Report => Words::new("신고", "Reports"),
        NoticeKind::Reminder => Words::new("나중에 보기 알림", "Reminders"),
    }
}

/// The id of the switch of a kind, for tests.
pub(super) fn switch_id(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Mention => "hear-mention",
        NoticeKind::OwnOrder => "hear-own-order",
        NoticeKind::Order => "hear-order",
        NoticeKind::Post => "hear-post",
        NoticeKind::Schedule => "hear-schedule",
        NoticeKind::Report => "hear-report",
        NoticeKind::Reminder => "hear-reminder",
    }
}

pub(super) fn sentence(what: &NoticeContent, lang: Lang) -> String {
    match (what, lang) {
        (NoticeContent::Scheduled { ko, .. }, Lang::Ko) => ko.clone(),
        (NoticeContent::Scheduled { en, .. }, Lang::En) => en.clone(),
        (NoticeContent::Demonstrated { number, of }, Lang::Ko) => {
            format!("시범 알림 {of}개 중 {number}번째")
        }
        (NoticeContent::Demonstrated { number, of }, Lang::En) => {
            format!("Demonstration, notice {number} of {of}")
        }
        (NoticeContent::Posted { by, .. }, Lang::Ko) => {
            format!("{} 님이 새 글을 올렸습니다", isolated(&by.name))
        }
        (NoticeContent::Posted { by, .. }, Lang::En) => {
            format!("{} wrote a post", isolated(&by.name))
        }
        (NoticeContent::Ordered { order, by }, Lang::Ko) => {
            format!("{} 님의 새 주문 #{order}", isolated(&by.name))
        }
        (NoticeContent::Ordered { order, by }, Lang::En) => {
            format!("New order #{order} by {}", isolated(&by.name))
        }
        (NoticeContent::Mentioned { by, is_reply: true, .. }, Lang::Ko) => {
            format!("{} 님이 내 메시지에 답장했습니다", isolated(&by.name))
        }
        (NoticeContent::Mentioned { by, is_reply: true, .. }, Lang::En) => {
            format!("{} replied to you", isolated(&by.name))
        }
        (NoticeContent::Mentioned { by, .. }, Lang::Ko) => {
            format!("{} 님이 나를 불렀습니다", isolated(&by.name))
        }
        (NoticeContent::Mentioned { by, .. }, Lang::En) => {
            format!("{} mentioned you", isolated(&by.name))
        }
        (NoticeContent::OrderMoved { order, was, now }, lang) => {
            let gone = Words::new("삭제됨", "Deleted");
            let now = now.map_or(gone, |now| next_status_name(Some(*was), now)).of(lang);
            let mine = Words::new("내 주문", "Your order").of(lang);
            format!("{mine} #{order}: {} → {now}", status_name(*was).of(lang))
        }
        (NoticeContent::Reported { .. }, Lang::Ko) => "새 신고가 있습니다".to_owned(),
        (NoticeContent::Reported { .. }, Lang::En) => "A message was reported".to_owned(),
        (NoticeContent::Reminded { .. }, lang) => {
            let reminded = Words::new(
                "나중에 보려고 담아 둔 메시지를 볼 시간입니다",
                "Reminder about a saved message",
            );
            reminded.of(lang).to_owned()
        }
        (NoticeContent::NotSent { .. }, lang) => {
            let refused = Words::new(
                "정한 때에 메시지를 보내지 못했습니다",
                "A scheduled message was not sent",
            );
            refused.of(lang).to_owned()
        }
        (NoticeContent::ReportDecided { outcome, .. }, lang) => {
            let report = Words::new("신고 처리 결과", "Your report").of(lang);
            format!("{report}: {}", outcome_name(*outcome).of(lang))
        }
    }
}

/// The number of unread notices, in words.
pub(crate) fn notices_label(lang: Lang, unread: u64) -> String {
    match (lang, unread) {
        (Lang::Ko, _) => format!("읽지 않은 알림 {unread}개"),
        (Lang::En, 1) => "1 unread notice".to_owned(),
        (Lang::En, _) => format!("{unread} unread notices"),
    }
}

pub(super) fn started(lang: Lang, by: &str) -> String {
    let by = isolated(by);
    match lang {
        Lang::Ko => format!("{by} 님이 켰습니다."),
        Lang::En => format!("Started by {by}."),
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::orders::OrderStatus;
    use madang_shared::{OrderId, PostId, RoomId, Seq, User, UserId};

    use super::*;

    #[test]
    fn an_order_that_no_rider_had_was_served() {
        let moved = |was| {
            let now = Some(OrderStatus::Delivered);
            sentence(&NoticeContent::OrderMoved { order: OrderId(3), was, now }, Lang::En)
        };
        assert_eq!(moved(OrderStatus::Ready), "Your order #3: Ready → Served");
        assert_eq!(moved(OrderStatus::Delivering), "Your order #3: On its way → Delivered");
    }

    /// Notifications of the browser have no markup that could isolate a name.
    #[test]
    fn a_name_from_right_to_left_is_isolated_in_every_sentence() {
        let by = || User { id: UserId(1), name: "דנה 3".to_owned() };
        let (room, message) = (RoomId(1), Seq(1));
        for what in [
            NoticeContent::Posted { post: PostId(1), by: by() },
            NoticeContent::Ordered { order: OrderId(1), by: by() },
            NoticeContent::Mentioned {
                room,
                message,
                by: by(),
                excerpt: String::new(),
                is_reply: false,
            },
        ] {
            for lang in [Lang::Ko, Lang::En] {
                let sentence = sentence(&what, lang);
                assert!(sentence.contains("\u{2068}דנה 3\u{2069}"), "{sentence}");
            }
        }
    }
}
