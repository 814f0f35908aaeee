//! The texts of the dialog.

use madang_shared::Position;
use madang_shared::delivery::{ReadStatus, Recipient};

use crate::i18n::Lang;
use crate::time::Formats;

pub(super) fn stored(when: &str, lang: Lang) -> String {
    match lang {
        Lang::Ko => format!("서버에 저장됨 · {when}"),
        Lang::En => format!("Stored · {when}"),
    }
}

pub(super) fn position(Position { epoch, seq }: Position, lang: Lang) -> String {
    match lang {
        Lang::Ko => format!("로그의 {}번째 자리 (epoch {})", seq.0, epoch.0),
        Lang::En => format!("Position {} in the log (epoch {})", seq.0, epoch.0),
    }
}

pub(super) fn handed(handed: u64, following: u64, lang: Lang) -> String {
    match (lang, following) {
        (Lang::Ko, 0) => "지금 이 방에 연결된 화면이 없음".to_owned(),
        (Lang::En, 0) => "No screen is connected to this room now".to_owned(),
        (Lang::Ko, _) => format!("지금 연결된 화면 {following}개 중 {handed}개에 전달됨"),
        (Lang::En, 1) => format!("Delivered to {handed} of the 1 screen connected now"),
        (Lang::En, _) => format!("Delivered to {handed} of the {following} screens connected now"),
    }
}

pub(super) fn confirmed(confirmed: usize, requested: u64, lang: Lang) -> String {
    match lang {
        Lang::Ko => {
            format!("Socket.IO 클라이언트 {requested}개 중 {confirmed}개가 받았다고 확인함")
        }
        Lang::En => {
            format!("Confirmed by {confirmed} of {requested} Socket.IO clients")
        }
    }
}

pub(super) fn more(more: u64, lang: Lang) -> String {
    match lang {
        Lang::Ko => format!("그 밖에 {more}명"),
        Lang::En => format!("{more} more"),
    }
}

/// Whether a recipient has the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reception {
    Read,
    /// A connection of the recipient has it.
    Received,
    NotYet,
    JoinedLater,
    Left,
}

impl Reception {
    /// In the order of the dialog.
    pub(super) const ALL: [Self; 5] =
        [Self::Read, Self::Received, Self::NotYet, Self::JoinedLater, Self::Left];

    /// The reception of a recipient; `None` for the author.
    pub(super) fn of(person: &Recipient) -> Option<Self> {
        match person.status {
            ReadStatus::Wrote => None,
            ReadStatus::Read => Some(Self::Read),
            ReadStatus::Unread { .. } if person.delivered > 0 => Some(Self::Received),
            ReadStatus::Unread { .. } => Some(Self::NotYet),
            ReadStatus::JoinedLater => Some(Self::JoinedLater),
            ReadStatus::Left { .. } => Some(Self::Left),
        }
    }

    pub(super) fn title(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Read, Lang::Ko) => "읽었어요",
            (Self::Read, Lang::En) => "Read it",
            (Self::Received, Lang::Ko) => "받았지만 아직 읽지 않았어요",
            (Self::Received, Lang::En) => "Received it, not read yet",
            (Self::NotYet, Lang::Ko) => "아직 받지 못했어요",
            (Self::NotYet, Lang::En) => "Not received yet",
            (Self::JoinedLater, Lang::Ko) => "나중에 들어왔어요",
            (Self::JoinedLater, Lang::En) => "Joined later",
            (Self::Left, Lang::Ko) => "방을 나갔어요",
            (Self::Left, Lang::En) => "Left the room",
        }
    }

    pub(super) fn test_id(self) -> &'static str {
        match self {
            Self::Read => "delivery-read",
            Self::Received => "delivery-received",
            Self::NotYet => "delivery-not-yet",
            Self::JoinedLater => "delivery-joined-later",
            Self::Left => "delivery-left",
        }
    }
}

/// The numbers of recipients in words. A kind without recipients is left out.
pub(super) fn summary(people: &[Recipient], lang: Lang) -> String {
    let part = |reception| {
        let of_kind = people.iter().filter(|person| Reception::of(person) == Some(reception));
        let count = of_kind.map(|_| 1).sum::<u64>();
        (count > 0).then(|| match (reception, lang) {
            (Reception::Read, Lang::Ko) => format!("{count}명 읽음"),
            (Reception::Read, Lang::En) => format!("Read by {count}"),
            (Reception::Received, Lang::Ko) => format!("{count}명 받음"),
            (Reception::Received, Lang::En) => format!("Received by {count}"),
            (_, Lang::Ko) => format!("아직 {count}명"),
            (_, Lang::En) => format!("Not yet {count}"),
        })
    };
    let parts = [Reception::Read, Reception::Received, Reception::NotYet].map(part);
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match (parts.is_empty(), lang) {
        (true, Lang::Ko) => "읽을 다른 사람이 없습니다.".to_owned(),
        (true, Lang::En) => "There are no other recipients.".to_owned(),
        (false, _) => parts.join(" · "),
    }
}

/// The reason why a recipient does not have the message, or the time at which the recipient left.
pub(super) fn reason(person: &Recipient, formats: &Formats, lang: Lang) -> String {
    match (Reception::of(person), person.status) {
        (Some(Reception::NotYet), _) => connections(person, formats, lang),
        (_, ReadStatus::Left { at }) => formats.full(at),
        _ => String::new(),
    }
}

/// The connections of a recipient to the room.
pub(super) fn connections(person: &Recipient, formats: &Formats, lang: Lang) -> String {
    match (person.subscribed, person.delivered, person.away_since, lang) {
        (0, _, Some(since), Lang::Ko) => format!("{}부터 연결 없음", formats.full(since)),
        (0, _, Some(since), Lang::En) => format!("not connected since {}", formats.full(since)),
        (0, _, None, Lang::Ko) => "서버가 켜진 뒤로 이 방에 온 적 없음".to_owned(),
        (0, _, None, Lang::En) => "not in this room since the server started".to_owned(),
        (_, 0, _, Lang::Ko) => "연결됨, 아직 받는 중".to_owned(),
        (_, 0, _, Lang::En) => "connected, not delivered yet".to_owned(),
        (following, .., Lang::Ko) => format!("화면 {following}개 연결됨"),
        (1, .., Lang::En) => "1 screen connected".to_owned(),
        (following, .., Lang::En) => format!("{following} screens connected"),
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::{Seq, Timestamp, User, UserId};

    use super::*;

    fn recipient(status: ReadStatus, delivered: u64) -> Recipient {
        let user = User { id: UserId(1), name: "Jane".into() };
        Recipient { user, status, subscribed: delivered, delivered, away_since: None }
    }

    #[test]
    fn the_summary_counts_each_kind_and_leaves_out_the_others() {
        let unread = ReadStatus::Unread { up_to: Seq(0) };
        let people = [
            recipient(ReadStatus::Wrote, 1),
            recipient(ReadStatus::Read, 0),
            recipient(ReadStatus::Read, 2),
            recipient(unread, 1),
            recipient(unread, 0),
            recipient(ReadStatus::JoinedLater, 1),
            recipient(ReadStatus::Left { at: Timestamp(1) }, 0),
        ];
        assert_eq!(summary(&people, Lang::En), "Read by 2 · Received by 1 · Not yet 1");
        assert_eq!(summary(&people, Lang::Ko), "2명 읽음 · 1명 받음 · 아직 1명");
        assert_eq!(summary(&people[..3], Lang::En), "Read by 2");
        assert_eq!(summary(&people[..1], Lang::En), "There are no other recipients.");
        assert_eq!(summary(&[], Lang::Ko), "읽을 다른 사람이 없습니다.");
    }
}
