//! Names that look alike: the scripts that a name can mix, the names of the server itself, and the skeletons by which
//! the store compares names.
//!
//! A key (see [`name_key`](crate::policy::name_key)) says which names are the same name. A skeleton says which names
//! look the same on a screen: `аdmin` with a Cyrillic letter, `AIice` with a capital I (UTS 39, confusable detection).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use madang_shared::profile::MAX_DISPLAY_NAME_CHARS;
use madang_shared::validate::{self, is_ignored_in_keys};
use madang_shared::{ErrorCode, Failure};
use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript};
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;

/// Names that would speak for the server or its operators, or for all users. No user and no guest can have one.
const RESERVED_NAMES: [&str; 18] = [
    "admin",
    "administrator",
    "system",
    "root",
    "moderator",
    "support",
    "Socket.IO",
    "Madang",
    "everyone",
    "all",
    "here",
    "마당",
    "마당 Madang",
    "관리자",
    "운영자",
    "시스템",
    "모두",
    "전체",
];

/// The skeletons of [`RESERVED_NAMES`], as written and in capitals.
static RESERVED_SKELETONS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let names = RESERVED_NAMES.iter().map(|name| letters(name));
    names.flat_map(|name| [skeletons(&name), skeletons(&name.to_uppercase())]).flatten().collect()
});

/// The character that stands for text that could not be read.
const REPLACEMENT: char = '\u{FFFD}';

/// The name of a user or a guest; see [`validate::user_name`]. It mixes no scripts that look alike, and is not reserved.
///
/// # Errors
/// `invalid`, `too_long` or `name_taken`, with a sentence for the user.
pub fn user_name(text: &str) -> Result<String, Failure> {
    let name = validate::user_name(text)?;
    check_characters(&name, "A name")?;
    if is_reserved(&name) {
        let message = format!("“{name}” is a name of the server itself; choose another name.");
        return Err(Failure::new(ErrorCode::NameTaken, message));
    }
    Ok(name)
}

/// A display name; see [`validate::one_line`]. It mixes no scripts that look alike, and speaks for nobody but its user. Others
/// may have the same one.
///
/// # Errors
/// `invalid`, `too_long` or `name_taken`, with a sentence for the user.
pub fn display_name(text: &str) -> Result<String, Failure> {
    let name = validate::one_line(text, MAX_DISPLAY_NAME_CHARS, "A display name")?;
    check_characters(&name, "A display name")?;
    if is_reserved(&name) {
        let message = format!("“{name}” is a name of the server itself; choose another name.");
        return Err(Failure::new(ErrorCode::NameTaken, message));
    }
    Ok(name)
}

/// The name of a room; see [`validate::room_name`]. It mixes no scripts that look alike.
///
/// # Errors
/// `invalid` or `too_long`, with a sentence for the user.
pub fn room_name(text: &str) -> Result<String, Failure> {
    let name = validate::room_name(text)?;
    check_characters(&name, "A room's name")?;
    Ok(name)
}

/// The skeletons of a name. Two names look alike if they have one in common.
///
/// The first one treats a capital I as what it looks like, an l: `AIice` looks like `Alice`. The second one treats it as
/// what it is, an i: `ΜΙΝΑ` in Greek capitals is read as `Mina`.
pub fn skeletons(name: &str) -> [String; 2] {
    let name: String = name.chars().filter(|c| !is_ignored_in_keys(*c)).nfkc().collect();
    // A capital L does not look like an l, so its case stays: `ALI` does not look like `all`.
    let as_seen: Vec<_> =
        prototypes(&name).split('L').map(caseless::default_case_fold_str).collect();
    let as_read: String = name.chars().map(capital_in_latin).collect();
    let as_read = caseless::default_case_fold_str(&as_read);
    // A second dot on an i is not seen; the dotted capital İ becomes such an i.
    [as_seen.join("L"), as_read]
        .map(|folded| prototypes(&folded).replace("i\u{307}", "i").nfc().collect())
}

/// The prototypes of all characters (UTS 39, `skeleton`), except those of Hangul syllables: the table compares their
/// letters without their place in the syllable, so that 악기 would look like 아끼.
fn prototypes(text: &str) -> String {
    let mut prototypes = String::new();
    for c in text.chars() {
        match c {
            '가'..='힣' => prototypes.push(c),
            _ => prototypes.extend(skeleton(c.encode_utf8(&mut [0; 4]))),
        }
    }
    prototypes
}

/// The Latin capital that a capital of another script looks like; any other character is returned as it is.
fn capital_in_latin(c: char) -> char {
    if c.is_ascii() || !c.is_uppercase() {
        return c;
    }
    let mut prototype = skeleton(c.encode_utf8(&mut [0; 4])).collect::<Vec<_>>().into_iter();
    match (prototype.next(), prototype.next()) {
        // The prototype of a capital I.
        (Some('l'), None) => 'I',
        (Some(latin @ 'A'..='Z'), None) => latin,
        _ => c,
    }
}

fn is_reserved(name: &str) -> bool {
    // Decoration does not make another name: `@admin`, `★관리자★`, `Socket IO`.
    skeletons(&letters(name)).iter().any(|skeleton| RESERVED_SKELETONS.contains(skeleton))
}

/// The letters and digits of a name.
fn letters(name: &str) -> String {
    name.nfkc().filter(|c| c.is_alphanumeric()).collect()
}

fn check_characters(name: &str, what: &str) -> Result<(), Failure> {
    let invalid = |message| Err(Failure::new(ErrorCode::Invalid, message));
    // `Unknown` is the script of unassigned characters, private-use characters and noncharacters.
    if name.chars().any(|c| c == REPLACEMENT || c.script() == Script::Unknown) {
        return invalid(format!("{what} cannot contain characters without a meaning in Unicode."));
    }
    if !is_highly_restrictive(name) {
        return invalid(format!(
            "{what} cannot mix these alphabets, because some of their letters look alike; use one of them."
        ));
    }
    Ok(())
}

/// Whether all characters belong to one script, or to Latin with the scripts of Chinese, Japanese or Korean: the level
/// "highly restrictive" of UTS 39. Digits, punctuation and emoji belong to every script.
fn is_highly_restrictive(name: &str) -> bool {
    let mut all = AugmentedScriptSet::default();
    let mut beside_latin = AugmentedScriptSet::default();
    for script_set in name.chars().map(AugmentedScriptSet::for_char) {
        all.intersect_with(script_set);
        if !script_set.base.contains_script(Script::Latin) {
            beside_latin.intersect_with(script_set);
        }
    }
    !all.is_empty() || beside_latin.hanb || beside_latin.jpan || beside_latin.kore
}
