//! Texts with a name or a number.

use madang_shared::rooms::MAX_ROOM_NAME_CHARS;
use madang_shared::{ErrorCode, Failure};

use super::{Lang, isolated};

/// The maximum number of names in a line; the rest is a number.
const MAX_NAMES: usize = 3;
/// The highest number in a badge; above it a plus follows.
const MAX_BADGE: u64 = 99;

impl Lang {
    /// "Mina, Jun and 3 more".
    pub(crate) fn names(self, names: &[&str]) -> String {
        let shown: Vec<_> = names.iter().take(MAX_NAMES).map(|name| isolated(name)).collect();
        let shown = shown.join(", ");
        match (self, names.len().saturating_sub(MAX_NAMES)) {
            (_, 0) => shown,
            (Self::Ko, rest) => format!("{shown} 외 {rest}명"),
            (Self::En, rest) => format!("{shown} +{rest}"),
        }
    }

    /// The line with the users who are typing; none if there are none.
    pub(crate) fn typing(self, names: &[&str]) -> Option<String> {
        let line = match (self, names) {
            (_, []) => return None,
            (Self::Ko, [_] | [_, _]) => format!("💬 {} 님이 입력 중…", self.names(names)),
            (Self::Ko, many) => format!("💬 {}명이 입력 중…", many.len()),
            (Self::En, [one]) => format!("💬 {} is typing…", isolated(one)),
            (Self::En, [one, two]) => {
                format!("💬 {} and {} are typing…", isolated(one), isolated(two))
            }
            (Self::En, many) => format!("💬 {} people are typing…", many.len()),
        };
        Some(line)
    }

    /// The users in a room.
    pub(crate) fn here(self, names: &[&str]) -> String {
        match self {
            Self::Ko => format!("지금 여기 {}명: {}", names.len(), self.names(names)),
            Self::En => format!("{} here now: {}", names.len(), self.names(names)),
        }
    }

    /// The name of a guest without one: the beginning of the connection id.
    pub(crate) fn guest(self, connection: &str) -> String {
        let short: String = connection.chars().take(5).collect();
        match self {
            Self::Ko => format!("손님 {short}"),
            Self::En => format!("Guest {short}"),
        }
    }

    pub(crate) fn joined(self, names: &[&str]) -> String {
        match self {
            Self::Ko => format!("{} 들어왔습니다", self.subject(names)),
            Self::En => format!("{} joined", self.names(names)),
        }
    }

    pub(crate) fn left(self, names: &[&str]) -> String {
        match self {
            Self::Ko => format!("{} 나갔습니다", self.subject(names)),
            Self::En => format!("{} left", self.names(names)),
        }
    }

    /// The names as the subject of a Korean sentence.
    fn subject(self, names: &[&str]) -> String {
        let particle = if names.len() > MAX_NAMES { "이" } else { " 님이" };
        format!("{}{particle}", self.names(names))
    }

    pub(crate) fn people(self, count: usize) -> String {
        match (self, count) {
            (Self::Ko, _) => format!("{count}명"),
            (Self::En, 1) => "1 person".to_owned(),
            (Self::En, _) => format!("{count} people"),
        }
    }

    pub(crate) fn unread(self, count: u64) -> String {
        match self {
            Self::Ko => format!("읽지 않은 메시지 {}개", capped(count)),
            Self::En => format!("{} unread", capped(count)),
        }
    }

    pub(crate) fn refused_messages(self, count: usize) -> String {
        match (self, count) {
            (Self::Ko, _) => format!("이 방에 보내지 못한 메시지가 {count}개 있습니다."),
            (Self::En, 1) => "1 of your messages could not be sent to this room.".to_owned(),
            (Self::En, _) => format!("{count} of your messages could not be sent to this room."),
        }
    }

    pub(crate) fn new_messages(self, count: u64) -> String {
        match (self, count) {
            (Self::Ko, _) => format!("새 메시지 {}개", capped(count)),
            (Self::En, 1) => "1 new message".to_owned(),
            (Self::En, _) => format!("{} new messages", capped(count)),
        }
    }

    /// The unread messages; `since` is the time of the first one.
    pub(crate) fn new_since(self, count: u64, since: Option<&str>) -> String {
        match (self, since) {
            (Self::Ko, None) => format!("새 메시지 {count}개"),
            (Self::Ko, Some(since)) => format!("{since} 이후 새 메시지 {count}개"),
            (Self::En, None) => format!("{count} new"),
            (Self::En, Some(since)) => format!("{count} new since {since}"),
        }
    }

    /// After the user has left a room.
    pub(crate) fn left_room(self, room: &str) -> String {
        let room = isolated(room);
        match self {
            Self::Ko => format!("{room} 방에서 나왔습니다."),
            Self::En => format!("You left {room}."),
        }
    }

    /// The part of the outbox that signing out loses.
    pub(crate) fn unsent_lost(self, count: usize) -> String {
        match (self, count) {
            (Self::Ko, _) => format!("아직 보내지 못한 {count}건이 사라집니다."),
            (Self::En, 1) => "1 item that was not sent will be lost.".to_owned(),
            (Self::En, _) => format!("{count} items that were not sent will be lost."),
        }
    }

    pub(crate) fn caught_up(self, count: u64) -> String {
        match (self, count) {
            (Self::Ko, _) => format!("놓친 메시지 {count}개를 받았습니다"),
            (Self::En, 1) => "Caught up 1 message".to_owned(),
            (Self::En, _) => format!("Caught up {count} messages"),
        }
    }

    pub(crate) fn reconnecting(self, seconds: u64) -> String {
        match self {
            Self::Ko => format!("{seconds}초 뒤 다시 연결"),
            Self::En => format!("Reconnecting in {seconds} s"),
        }
    }

    pub(crate) fn waiting(self, count: usize) -> String {
        match self {
            Self::Ko => format!("전송 대기 {count}건"),
            Self::En => format!("{count} waiting to be sent"),
        }
    }

    pub(crate) fn waiting_unsaved(self, count: usize) -> String {
        match self {
            Self::Ko => format!("전송 대기 {count}건, 새로고침하면 사라집니다"),
            Self::En => format!("{count} waiting to be sent; a reload would lose them"),
        }
    }

    pub(crate) fn characters_left(self, left: i64) -> String {
        match (self, left) {
            (Self::Ko, 0..) => format!("{left}자 남음"),
            (Self::Ko, _) => format!("{}자 초과", -left),
            (Self::En, 0..) => format!("{left} left"),
            (Self::En, _) => format!("{} too many", -left),
        }
    }

    pub(crate) fn name_too_long(self, limit: usize) -> String {
        match self {
            Self::Ko => format!("이름은 {limit}자까지 쓸 수 있습니다."),
            Self::En => format!("Use at most {limit} characters."),
        }
    }

    /// The refusal of a sign-up by the rate limiter; `wait` is in milliseconds.
    pub(crate) fn too_many_sign_ups(self, wait: Option<u64>) -> String {
        let seconds = wait.unwrap_or(60_000).div_ceil(1_000);
        let minutes = seconds.div_ceil(60);
        match (self, seconds) {
            (Self::Ko, ..90) => {
                format!("이 네트워크에서 가입이 너무 많았습니다. {seconds}초 뒤에 다시 해 보세요.")
            }
            (Self::Ko, _) => {
                format!("이 네트워크에서 가입이 너무 많았습니다. {minutes}분 뒤에 다시 해 보세요.")
            }
            (Self::En, ..90) => {
                format!("Too many sign-ups from your network. Try again in {seconds} s.")
            }
            (Self::En, _) => {
                format!("Too many sign-ups from your network. Try again in {minutes} min.")
            }
        }
    }

    fn room_name_too_long(self, limit: usize) -> String {
        match self {
            Self::Ko => format!("방 이름은 {limit}자까지 쓸 수 있습니다."),
            Self::En => format!("Use at most {limit} characters."),
        }
    }

    /// The refusal of a new room.
    pub(crate) fn room_refusal(self, failure: &Failure) -> String {
        match failure.code {
            ErrorCode::Invalid => self.texts().name_invalid.to_owned(),
            ErrorCode::TooLong => self.room_name_too_long(MAX_ROOM_NAME_CHARS),
            _ => self.refusal(failure),
        }
    }

    /// The refusal of a message or another command.
    pub(crate) fn refusal(self, failure: &Failure) -> String {
        let texts = self.texts();
        match failure.code {
            ErrorCode::TooLong => texts.too_long.to_owned(),
            ErrorCode::NotMember => texts.not_member.to_owned(),
            ErrorCode::NameTaken => texts.room_name_taken.to_owned(),
            // The server's own sentence is English, and more exact.
            _ if self == Self::En => failure.message.clone(),
            ErrorCode::NotFound => "찾을 수 없습니다.".to_owned(),
            ErrorCode::Forbidden => "할 수 없는 일입니다.".to_owned(),
            ErrorCode::Invalid => "서버가 받아들일 수 없는 내용입니다.".to_owned(),
            ErrorCode::Unavailable => "서버가 지금은 저장할 수 없습니다.".to_owned(),
            _ => texts.something_wrong.to_owned(),
        }
    }
}

/// A count for a badge.
pub(crate) fn capped(count: u64) -> String {
    if count > MAX_BADGE { format!("{MAX_BADGE}+") } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_has_at_most_three_characters() {
        assert_eq!(capped(1), "1");
        assert_eq!(capped(99), "99");
        assert_eq!(capped(10_000), "99+");
    }

    #[test]
    fn one_and_many_differ_in_english_only() {
        assert_eq!(Lang::En.caught_up(1), "Caught up 1 message");
        assert_eq!(Lang::En.caught_up(12), "Caught up 12 messages");
        assert_eq!(Lang::Ko.caught_up(1), "놓친 메시지 1개를 받았습니다");
    }

    #[test]
    fn a_line_has_at_most_three_names() {
        let names = ["a", "b", "c", "d", "e"];
        assert_eq!(Lang::En.joined(&names), "a, b, c +2 joined");
        assert_eq!(Lang::Ko.left(&names), "a, b, c 외 2명이 나갔습니다");
        assert_eq!(Lang::En.names(&names[..3]), "a, b, c");
        assert_eq!(Lang::En.names(&["דנה", "b"]), "\u{2068}דנה\u{2069}, b");
    }

    #[test]
    fn the_users_in_a_room_are_counted_and_named() {
        let names = ["a", "דנה", "c", "d"];
        assert_eq!(Lang::Ko.here(&names[..1]), "지금 여기 1명: a");
        assert_eq!(Lang::En.here(&names), "4 here now: a, \u{2068}דנה\u{2069}, c +1");
    }

    #[test]
    fn typing_names_one_and_two_and_counts_more() {
        assert_eq!(Lang::Ko.typing(&[]), None);
        assert_eq!(Lang::Ko.typing(&["민수"]).as_deref(), Some("💬 민수 님이 입력 중…"));
        assert_eq!(Lang::En.typing(&["דנה"]).as_deref(), Some("💬 \u{2068}דנה\u{2069} is typing…"));
        assert_eq!(Lang::Ko.typing(&["a", "b"]).as_deref(), Some("💬 a, b 님이 입력 중…"));
        assert_eq!(Lang::En.typing(&["a", "b"]).as_deref(), Some("💬 a and b are typing…"));
        assert_eq!(Lang::En.typing(&["a", "b", "c"]).as_deref(), Some("💬 3 people are typing…"));
    }
}
