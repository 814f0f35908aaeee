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

/// The number of listed recipients who have read the message.
pub(super) fn read_by(people: &[Recipient], lang: Lang) -> String {
    let count = |wanted: fn(&ReadStatus) -> bool| {
        people.iter().filter(|person| wanted(&person.status)).map(|_| 1).sum::<u64>()
    };
    let read = count(|it| matches!(it, ReadStatus::Read));
    let of = read + count(|it| matches!(it, ReadStatus::Unread { .. }));
    match (lang, of) {
        (Lang::Ko, 0) => "읽을 다른 사람이 없습니다.".to_owned(),
        (Lang::En, 0) => "There are no other recipients.".to_owned(),
        (Lang::Ko, _) => format!("{of}명 중 {read}명이 읽었습니다."),
        (Lang::En, _) => format!("Read by {read} of {of}."),
    }
}

pub(super) fn reception(reception: ReadStatus, formats: &Formats, lang: Lang) -> String {
    match (reception, lang) {
        (ReadStatus::Wrote, Lang::Ko) => "쓴 사람".to_owned(),
        (ReadStatus::Wrote, Lang::En) => "wrote it".to_owned(),
        (ReadStatus::Read, Lang::Ko) => "읽음".to_owned(),
        (ReadStatus::Read, Lang::En) => "has read it".to_owned(),
        (ReadStatus::Unread { .. }, Lang::Ko) => "아직 안 읽음".to_owned(),
        (ReadStatus::Unread { .. }, Lang::En) => "has not read it".to_owned(),
        (ReadStatus::JoinedLater, Lang::Ko) => "나중에 들어옴".to_owned(),
        (ReadStatus::JoinedLater, Lang::En) => "joined later".to_owned(),
        (ReadStatus::Left { at }, Lang::Ko) => format!("방을 나감 · {}", formats.full(at)),
        (ReadStatus::Left { at }, Lang::En) => format!("left the room · {}", formats.full(at)),
    }
}

/// The connections of a recipient, and for an unread message the reason as far as the server knows it.
pub(super) fn whereabouts(person: &Recipient, formats: &Formats, lang: Lang) -> String {
    if matches!(person.status, ReadStatus::Left { .. }) {
        return String::new();
    }
    let unread = matches!(person.status, ReadStatus::Unread { .. });
    match (person.subscribed, person.delivered, person.away_since, lang) {
        (0, _, Some(since), Lang::Ko) => format!("{}부터 연결 없음", formats.full(since)),
        (0, _, Some(since), Lang::En) => format!("not connected since {}", formats.full(since)),
        (0, _, None, Lang::Ko) => "서버가 켜진 뒤로 이 방에 온 적 없음".to_owned(),
        (0, _, None, Lang::En) => "not in this room since the server started".to_owned(),
        (_, 0, _, Lang::Ko) => "연결됨, 아직 받는 중".to_owned(),
        (_, 0, _, Lang::En) => "connected, not delivered yet".to_owned(),
        (.., Lang::Ko) if unread => "받았지만 아직 화면에서 보지 않음".to_owned(),
        (.., Lang::En) if unread => "delivered, not seen yet".to_owned(),
        (following, .., Lang::Ko) => format!("화면 {following}개 연결됨"),
        (1, .., Lang::En) => "1 screen connected".to_owned(),
        (following, .., Lang::En) => format!("{following} screens connected"),
    }
}
