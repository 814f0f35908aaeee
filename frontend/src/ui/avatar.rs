//! A person as a coloured letter.

use leptos::prelude::*;
use madang_shared::User;

use crate::text::capital;

const HUES: u64 = 10;

/// The letter that stands for a name: its first, as people count letters.
fn initial(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| capital(c.encode_utf8(&mut [0; 4])));
    // What joins or changes the first sign belongs to it: flags, skin tones, families.
    let rest = letters.take_while(|c| matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{0300}'..='\u{036F}'));
    first.into_iter().chain(rest.map(String::from)).collect()
}

/// The colour's number: the same person has the same colour everywhere.
fn hue(user: &User) -> u64 {
    user.id.0.wrapping_mul(7) % HUES
}

/// A person's letter. Names stand beside it, so it is silent.
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
    fn a_name_is_known_by_its_first_letter() {
        assert_eq!(initial("mina"), "M");
        assert_eq!(initial("민수"), "민");
        assert_eq!(initial("👋🏽 hi"), "👋🏽");
        assert_eq!(initial(""), "");
    }
}
