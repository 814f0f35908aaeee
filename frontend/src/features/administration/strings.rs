//! The texts of the administrator's page.

use madang_shared::roles::{Access, Role};

use crate::i18n::{Lang, Words};

pub(super) const NEXT_PAGE: Words = Words::new("다음 쪽", "Next page");
pub(super) const ROLE: Words = Words::new("역할", "Role");

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
        "deactivate" => Words::new("계정 비활성화", "Deactivated an account"),
        "reactivate" => Words::new("계정 다시 활성화", "Activated an account again"),
        "invite" => Words::new("초대 링크 만들기", "Made an invitation"),
        "revoke_invitation" => Words::new("초대 취소", "Revoked an invitation"),
        "accept_invitation" => Words::new("초대 수락", "Accepted an invitation"),
        "become_owner" => Words::new("첫 소유자", "Became the first owner"),
        "change_settings" => Words::new("설정 변경", "Changed settings"),
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
        Lang::En => format!("{members} members · {messages} messages"),
    }
}
