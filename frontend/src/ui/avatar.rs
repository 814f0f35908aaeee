//! A user as a coloured letter.

use leptos::prelude::*;
use madang_shared::User;

use crate::text::upper_case;

const HUES: u64 = 10;

/// The first character of a name, with the code points that belong to it.
fn initial(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| upper_case(c.encode_utf8(&mut [0; 4])));
    // Joiners, skin tones and combining marks belong to the first character.
    let rest = letters.take_while(|c| matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{0300}'..='\u{036F}'));
    first.into_iter().chain(rest.map(String::from)).collect()
}

/// The number of the colour: a user has the same colour everywhere.
fn hue(user: &User) -> u64 {
    user.id.0.wrapping_mul(7) % HUES
}

/// The avatar of a user. Screen readers skip it, because the name is beside it.
pub(crate) fn avatar(user: &User) -> AnyView {
    view! {
        <span class="avatar" data-hue=hue(user).to_string() aria-hidden="true">
            {initial(&user.name)}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_is_the_whole_first_character() {
        assert_eq!(initial("mina"), "M");
        assert_eq!(initial("민수"), "민");
        assert_eq!(initial("👋🏽 hi"), "👋🏽");
        assert_eq!(initial(""), "");
    }
}
