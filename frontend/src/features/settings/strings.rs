//! The texts of the settings.

use crate::i18n::{Lang, Words};

/// Whether a setting is on.
pub(super) fn on_or_off(on: bool, lang: Lang) -> String {
    let words = if on { Words::new("켜짐", "On") } else { Words::new("꺼짐", "Off") };
    words.of(lang).to_owned()
}

/// A setting without a value.
pub(super) fn not_set(lang: Lang) -> String {
    Words::new("정하지 않음", "Not set").of(lang).to_owned()
}

/// The number of settings that the search found.
pub(super) fn found(lang: Lang, count: usize) -> String {
    match (lang, count) {
        (Lang::Ko, 0) => "찾는 설정이 없습니다.".to_owned(),
        (Lang::En, 0) => "No setting matches.".to_owned(),
        (Lang::Ko, _) => format!("설정 {count}개를 찾았습니다."),
        (Lang::En, 1) => "1 setting found.".to_owned(),
        (Lang::En, _) => format!("{count} settings found."),
    }
}
