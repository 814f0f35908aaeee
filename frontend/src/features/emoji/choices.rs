//! The user's last emoji and skin tone, which this browser remembers for each user.

use madang_shared::UserId;

use super::skin_tone::SkinTone;
use crate::browser;

/// The emoji that are remembered.
const MAX_RECENT: usize = 36;

fn recent_key(user: UserId) -> String {
    format!("madang.emoji.recent.{user}")
}

fn tone_key(user: UserId) -> String {
    format!("madang.emoji.tone.{user}")
}

/// The emoji that the user chose last, the last one first, without their skin tones.
pub(super) fn recent(user: UserId) -> Vec<String> {
    let saved = browser::remembered(&recent_key(user)).unwrap_or_default();
    saved.split_whitespace().map(str::to_owned).collect()
}

/// Puts an emoji, without its skin tone, first among the last ones.
pub(crate) fn remember_use(user: UserId, emoji: &str) {
    browser::remember(&recent_key(user), &with_first(recent(user), emoji).join(" "));
}

/// The list with an emoji at its start, once.
fn with_first(mut recent: Vec<String>, emoji: &str) -> Vec<String> {
    recent.retain(|known| known != emoji);
    recent.insert(0, emoji.to_owned());
    recent.truncate(MAX_RECENT);
    recent
}

/// The skin tone that the user chose; none without one.
pub(crate) fn skin_tone(user: UserId) -> Option<SkinTone> {
    browser::remembered(&tone_key(user))?.chars().next().and_then(SkinTone::of)
}

/// Remembers the chosen skin tone.
pub(super) fn set_skin_tone(user: UserId, tone: Option<SkinTone>) {
    match tone {
        Some(tone) => browser::remember(&tone_key(user), &tone.modifier().to_string()),
        None => browser::forget(&tone_key(user)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_emoji_are_first_and_few() {
        let recent = with_first(with_first(Vec::new(), "🎉"), "👨‍👩‍👧");
        assert_eq!(recent, ["👨‍👩‍👧", "🎉"]);
        assert_eq!(with_first(recent, "🎉"), ["🎉", "👨‍👩‍👧"]);
        let many = (0..50).fold(Vec::new(), |recent, n| with_first(recent, &n.to_string()));
        assert_eq!((many.len(), many.first().map(String::as_str)), (MAX_RECENT, Some("49")));
    }
}
