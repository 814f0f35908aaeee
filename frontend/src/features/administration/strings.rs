//! The texts of the administrator's page.

use madang_shared::roles::{Access, Role};

use crate::i18n::{Lang, Words};

pub(super) const NEXT_PAGE: Words = Words::new("다음 쪽", "Next page");
pub(super) const ALL: Words = Words::new("모두", "All");
pub(super) const ROLE: Words = Words::new("역할", "Role");

/// The label of the field for a reason.
pub(super) const REASON: Words =
    Words::new("이유 (감사 기록에 남습니다)", "Reason (for the audit log)");

/// The name of a role.
pub(super) fn role_name(role: Role) -> Words {
    match role {
        Role::Owner => Words::new("소유자", "Owner"),
        Role::Administrator => Words::new("관리자", "Administrator"),
        Role::Member => Words::new("구성원", "Member"),
        Role::Guest => Words::new("손님", "Guest"),
    }
}

/// The people who may make an account.
pub(super) fn access_name(access: Access) -> Words {
    match access {
        Access::Open => Words::new("누구나, 이름만으로", "Everybody, with a name"),
        Access::Invited => Words::new("초대받은 사람", "People with an invitation"),
        Access::Closed => {
            Words::new("한 사람씩 초대받은 사람만", "People with an invitation of their own")
        }
    }
}

/// The kind of an act; its own name if this version does not know it.
pub(super) fn act_name(lang: Lang, act: &str) -> String {
    let words = match act {
        "set_role" => Words::new("역할 변경", "Changed a role"),
        "make_link" => Words::new("로그인 링크 만들기", "Made a sign-in link"),
        "erase" => Words::new("계정 지우기", "Erased an account"),
        "deactivate" => Words::new("계정 비활성화", "Deactivated an account"),
        "reactivate" => Words::new("계정 다시 활성화", "Activated an account again"),
        "invite" => Words::new("초대 링크 만들기", "Made an invitation"),
        "revoke_invitation" => Words::new("초대 취소", "Revoked an invitation"),
        "accept_invitation" => Words::new("초대 수락", "Accepted an invitation"),
        "become_owner" => Words::new("첫 소유자", "Became the first owner"),
        "end_sessions" => Words::new("기기 로그아웃", "Signed devices out"),
        "change_settings" => Words::new("설정 변경", "Changed settings"),
        "set_grant" => Words::new("앱 권한 변경", "Changed a right in an app"),
        "delete_message" => Words::new("메시지 삭제", "Deleted a message"),
        "silence" => Words::new("글쓰기 막기", "Muted a person"),
        "end_silence" => Words::new("글쓰기 막기 풀기", "Ended a mute"),
        "remove_member" => Words::new("방에서 내보내기", "Removed a member"),
        "set_room_role" => Words::new("방 역할 변경", "Changed a role in a room"),
        "invite_to_room" => Words::new("비공개 방에 초대", "Invited to a private room"),
        "change_room" => Words::new("방 설정 변경", "Changed a room"),
        "delete_room" => Words::new("방 지우기", "Deleted a room"),
        "ban" => Words::new("계정 차단", "Banned an account"),
        "end_ban" => Words::new("계정 차단 풀기", "Ended a ban"),
        "ban_address" => Words::new("주소 차단", "Banned an address"),
        "end_address_ban" => Words::new("주소 차단 풀기", "Ended the ban of an address"),
        "report" => Words::new("신고 접수", "Reported a message"),
        "decide_report" => Words::new("신고 처리", "Decided a report"),
        _ => return act.to_owned(),
    };
    words.of(lang).to_owned()
}

/// The number of devices on which a person is signed in.
pub(super) fn sessions(lang: Lang, count: u64) -> String {
    match (lang, count) {
        (Lang::Ko, 0) => "로그인한 기기 없음".to_owned(),
        (Lang::Ko, _) => format!("로그인한 기기 {count}대"),
        (Lang::En, 0) => "not signed in".to_owned(),
        (Lang::En, 1) => "signed in on 1 device".to_owned(),
        (Lang::En, _) => format!("signed in on {count} devices"),
    }
}

/// The people who came by an invitation.
pub(super) fn uses(lang: Lang, came: usize, uses: u32) -> String {
    match lang {
        Lang::Ko => format!("{uses}명 중 {came}명 가입"),
        Lang::En => format!("{came} of {uses} came"),
    }
}

/// The size of a room.
pub(super) fn room_size(lang: Lang, members: u64, messages: u64) -> String {
    match lang {
        Lang::Ko => format!("{members}명 · 메시지 {messages}개"),
        Lang::En => format!(
            "{members} {} · {messages} {}",
            if members == 1 { "member" } else { "members" },
            if messages == 1 { "message" } else { "messages" },
        ),
    }
}

/// A number of bytes, in the largest unit in which it has a whole part.
pub(super) fn bytes(lang: Lang, bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10);
    let mut unit = match lang {
        Lang::Ko => "바이트",
        Lang::En => "bytes",
    };
    for larger in UNITS {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1_024, larger);
    }
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

/// A time that has passed, in its largest unit.
pub(super) fn lasting(lang: Lang, ms: u64) -> String {
    let minutes = ms / 60_000;
    let (number, ko, en) = match minutes {
        0..60 => (minutes, "분", "min"),
        60..1_440 => (minutes / 60, "시간", "h"),
        _ => (minutes / 1_440, "일", "d"),
    };
    match lang {
        Lang::Ko => format!("{number}{ko}"),
        Lang::En => format!("{number} {en}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_their_largest_unit() {
        for (size, expected) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1 KiB"),
            (1_536, "1.5 KiB"),
            (300 * 1_024 * 1_024, "300 MiB"),
            (u64::MAX / 10, "1677721.5 TiB"),
        ] {
            assert_eq!(bytes(Lang::En, size), expected);
        }
        let times = [(59_999, "0 min"), (3_600_000, "1 h"), (2 * 86_400_000, "2 d")];
        for (time, expected) in times {
            assert_eq!(lasting(Lang::En, time), expected);
        }
        assert_eq!(lasting(Lang::Ko, 7_200_000), "2시간");
    }
}
