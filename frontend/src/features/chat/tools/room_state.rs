//! Lines above the messages of a room: the room is archived, only managers write in it, and the last change of its facts.

use leptos::prelude::*;
use madang_client::Slice;
use madang_client::views::joined_rooms::RoomFactsChange;
use madang_shared::RoomId;
use madang_shared::roles::{History, Posting};
use madang_shared::rooms::Room;

use crate::context::AppContext;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{text, when};

const ARCHIVED: Words = Words::new(
    "보관된 방입니다. 읽기만 할 수 있습니다.",
    "This room is archived. It can only be read.",
);
const ANNOUNCEMENTS: Words =
    Words::new("이 방에는 관리자만 글을 씁니다.", "Only managers write in this room.");

/// The lines.
pub(super) fn room_state(app: AppContext, room: RoomId) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    // Whether the room is archived; none if all members write.
    let rule = memo(move || {
        store.read(Slice::Unread, |client| {
            let room = client.features().memberships().room(room)?;
            (room.archived || room.posting == Posting::Managers).then_some(room.archived)
        })
    });
    let change = memo(move || {
        let lang = lang.get();
        store.read(Slice::Unread, |client| {
            let features = client.features();
            let change = features.last_room_change().filter(|change| change.before.id == room)?;
            Some(change_sentence(lang, change, features.memberships().room(room)?))
        })
    });
    let rule_line = move || {
        let words = text(move || match rule.get() {
            Some(true) => ARCHIVED.of(lang.get()).to_owned(),
            Some(false) => ANNOUNCEMENTS.of(lang.get()).to_owned(),
            None => String::new(),
        });
        view! { <p class="chat-status" role="status" data-testid="room-rule">{words}</p> }
            .into_any()
    };
    let change_line = move || {
        let sentence = text(move || change.get().unwrap_or_default());
        view! { <p class="chat-status" role="status" data-testid="room-changed">{sentence}</p> }
            .into_any()
    };
    view! {
        {when(move || rule.with(Option::is_some), rule_line)}
        {when(move || change.with(Option::is_some), change_line)}
    }
    .into_any()
}

fn change_sentence(
    lang: Lang,
    RoomFactsChange { before, by }: &RoomFactsChange,
    now: &Room,
) -> String {
    let by = isolated(&by.name);
    if before.name != now.name {
        let name = isolated(&now.name);
        return match lang {
            Lang::Ko => format!("{by} 님이 방 이름을 ‘{name}’(으)로 바꿨습니다."),
            Lang::En => format!("{by} renamed the room to “{name}”."),
        };
    }
    let (ko, en) = if before.archived != now.archived {
        if now.archived {
            ("방을 보관했습니다", "archived the room")
        } else {
            ("방을 다시 열었습니다", "brought the room back")
        }
    } else if before.posting != now.posting {
        match now.posting {
            Posting::Managers => ("관리자만 쓰게 했습니다", "lets only managers write"),
            Posting::Members => ("멤버가 모두 쓰게 했습니다", "lets all members write"),
        }
    } else if before.history != now.history {
        match now.history {
            History::Joined => {
                ("새 멤버에게 지난 이야기를 숨깁니다", "hides earlier messages from new members")
            }
            History::All => {
                ("새 멤버에게 지난 이야기를 보여 줍니다", "shows earlier messages to new members")
            }
        }
    } else {
        ("방 설정을 바꿨습니다", "changed the room's settings")
    };
    match lang {
        Lang::Ko => format!("{by} 님이 {ko}."),
        Lang::En => format!("{by} {en}."),
    }
}
