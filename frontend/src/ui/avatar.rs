//! Users, rooms and dishes as coloured letters.

use leptos::prelude::*;
use madang_shared::User;
use madang_shared::roles::RoomKind;
use madang_shared::rooms::Room;

use crate::text::{first_grapheme, upper_case};

const HUES: u64 = 10;

/// The first letter, syllable, emoji or flag of a name.
fn initial(name: &str) -> String {
    upper_case(&first_grapheme(name))
}

/// The avatar of a user. Screen readers skip it, because the name is beside it. A user has the same colour everywhere.
pub(crate) fn avatar(user: &User) -> AnyView {
    sign("avatar", &user.name, user.id.0)
}

/// The sign of a room, which differs from an avatar by its shape.
pub(crate) fn room_sign(room: &Room) -> AnyView {
    let class = match room.kind {
        RoomKind::Direct => "avatar room-sign direct-sign",
        RoomKind::Public | RoomKind::Private => "avatar room-sign",
    };
    sign(class, &room.name, room.id.0)
}

/// The first letter of a name, on the tint of an id.
pub(crate) fn sign(class: &'static str, name: &str, id: u64) -> AnyView {
    let hue = id.wrapping_mul(7) % HUES;
    view! {
        <span class=class data-hue=hue.to_string() aria-hidden="true" translate="no">
            {initial(name)}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_is_a_whole_grapheme_cluster() {
        for (name, expected) in [
            ("mina", "M"),
            ("민수", "민"),
            ("\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}", "\u{1106}\u{1175}\u{11ab}"),
            ("👋🏽 hi", "👋🏽"),
            ("👩‍👩‍👧‍👦 Kim", "👩‍👩‍👧‍👦"),
            ("🇰🇷 Seoul", "🇰🇷"),
            (
                "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}!",
                "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            ),
            ("1\u{FE0F}\u{20E3}st", "1\u{FE0F}\u{20E3}"),
            ("辻\u{E0100}本", "辻\u{E0100}"),
            ("e\u{301}mile", "E\u{301}"),
            ("क्षितिज", "क्षि"),
            ("", ""),
        ] {
            assert_eq!(initial(name), expected, "{name}");
        }
    }
}
