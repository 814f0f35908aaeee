//! The sentences about who can see a room or a message.

use madang_shared::room_access::{AccessGroup, AccessRule};

use crate::i18n::Lang;

/// Why the user can see it.
pub(super) fn own_words(lang: Lang, rule: AccessRule, since: Option<&str>) -> String {
    let (ko, en) = match rule {
        AccessRule::Manager => ("이 방의 관리자", "you manage this room"),
        AccessRule::Member => ("이 방의 멤버", "you are a member of this room"),
        AccessRule::Reader => ("이 방을 읽는 멤버", "you are a reader of this room"),
        AccessRule::MayJoin | AccessRule::RelayedClient | AccessRule::JoinedLater => {
            return match lang {
                Lang::Ko => "공개 방이라 서버 구성원인 나도 들어갈 수 있습니다.".to_owned(),
                Lang::En => {
                    "You may join it, because it is public and you are a member of the workspace."
                        .to_owned()
                }
            };
        }
    };
    match (lang, since) {
        (Lang::Ko, Some(since)) => format!("내가 보는 까닭: {ko}입니다. {since}부터 멤버입니다."),
        (Lang::Ko, None) => format!("내가 보는 까닭: {ko}입니다."),
        (Lang::En, Some(since)) => format!("You see it because {en}, a member since {since}."),
        (Lang::En, None) => format!("You see it because {en}."),
    }
}

/// The people with one rule, and the rule.
pub(super) fn group_words(lang: Lang, group: AccessGroup, is_message: bool) -> String {
    let AccessGroup { rule, people } = group;
    match lang {
        Lang::Ko => {
            let people = people.map(|people| format!(" {people}명")).unwrap_or_default();
            match rule {
                AccessRule::Manager => format!("방 관리자{people}"),
                AccessRule::Member => format!("방 멤버{people}"),
                AccessRule::Reader => format!("읽기만 하는 멤버{people}"),
                AccessRule::MayJoin => {
                    format!("공개 방이므로 들어오면 볼 수 있는 서버 구성원{people}")
                }
                AccessRule::RelayedClient => {
                    "이 방에 이어진 Socket.IO 클라이언트 (계정 없이)".to_owned()
                }
                AccessRule::JoinedLater if is_message => {
                    format!("볼 수 없음: 이 메시지 뒤에 들어온 멤버{people}")
                }
                AccessRule::JoinedLater => String::new(),
            }
        }
        Lang::En => {
            let counted = |one: &str, many: &str| match people {
                None => many.to_owned(),
                Some(1) => format!("1 {one}"),
                Some(people) => format!("{people} {many}"),
            };
            match rule {
                AccessRule::Manager => counted("manager of the room", "managers of the room"),
                AccessRule::Member => counted("member of the room", "members of the room"),
                AccessRule::Reader => counted("member who only reads", "members who only read"),
                AccessRule::MayJoin => format!(
                    "{} who may join, because the room is public",
                    counted("other person of the workspace", "others of the workspace")
                ),
                AccessRule::RelayedClient => {
                    "Socket.IO clients without an account, which are relayed to this room"
                        .to_owned()
                }
                AccessRule::JoinedLater if is_message => {
                    format!("Not: {} who joined after this message", counted("member", "members"))
                }
                AccessRule::JoinedLater => String::new(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_the_role_and_its_beginning() {
        assert_eq!(
            own_words(Lang::Ko, AccessRule::Manager, Some("3월 2일")),
            "내가 보는 까닭: 이 방의 관리자입니다. 3월 2일부터 멤버입니다."
        );
        assert_eq!(
            own_words(Lang::En, AccessRule::Member, None),
            "You see it because you are a member of this room."
        );
    }

    #[test]
    fn people_are_counted_where_the_reader_may_know_their_number() {
        let group = |rule, people| AccessGroup { rule, people };
        let words = |lang, group| group_words(lang, group, true);
        assert_eq!(words(Lang::En, group(AccessRule::Member, Some(1))), "1 member of the room");
        assert_eq!(
            words(Lang::En, group(AccessRule::MayJoin, None)),
            "others of the workspace who may join, because the room is public"
        );
        assert_eq!(
            words(Lang::Ko, group(AccessRule::JoinedLater, Some(3))),
            "볼 수 없음: 이 메시지 뒤에 들어온 멤버 3명"
        );
    }
}
