//! The emoji that complete a short code.

use madang_shared::UserId;

use super::completion_option::{CompletionOption, Sign};
use crate::features::emoji::{Catalogue, Emoji, skin_tone};
use crate::i18n::Lang;

/// The emoji that match the text behind a colon, the best first.
pub(super) fn options(
    catalogue: &Catalogue,
    typed: &str,
    (user, lang): (UserId, Lang),
    max: usize,
) -> Vec<CompletionOption> {
    let emoji = catalogue.complete(typed, max).into_iter();
    emoji.enumerate().map(|(index, emoji)| option(index, emoji, user, lang)).collect()
}

/// The emoji of a short code that was typed whole.
pub(super) fn whole(catalogue: &Catalogue, code: &str, user: UserId) -> Option<Sign> {
    catalogue.by_code(code).map(|emoji| sign(emoji, user))
}

fn sign(emoji: &Emoji, user: UserId) -> Sign {
    Sign::Emoji { text: emoji.with_tone(skin_tone(user)), base: emoji.text().to_owned() }
}

fn option(index: usize, emoji: &Emoji, user: UserId, lang: Lang) -> CompletionOption {
    CompletionOption {
        id: format!("completion-emoji-{index}"),
        sign: sign(emoji, user),
        name: emoji.name(lang).to_owned(),
        note: emoji.code().map(|code| format!(":{code}:")),
        inserted: emoji.with_tone(skin_tone(user)),
        is_typed_whole: false,
    }
}
