//! The mentions in a message that name a user whom this client knows. The rule is the server's
//! (`crates/hub/src/notices/mentions.rs`): the longest name after an `@`, with at most two Korean particles behind it.
//! The server also knows the members whom this client has never met, and names in other forms of the same letters.

use madang_client::Client;
use madang_client::views::chat::Timeline;
use madang_shared::notices::PARTICLES;
use madang_shared::{RoomId, User, UserId};

use crate::text::{is_one_of, lower_case};

const WORD: &str = r"[\p{Alphabetic}\p{N}]";

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `@` and the name.
    Mention(&'a str, UserId),
}

/// The users whom this client knows in a room: the user, the authors of loaded messages, and the users who are here.
pub(super) fn known_users(client: &Client, room: RoomId) -> Vec<&User> {
    let features = client.features();
    let messages = features.timeline(room).map(Timeline::messages);
    let authors = messages.into_iter().flatten().map(|message| &message.author);
    let mut users = vec![features.me()];
    for user in authors.chain(features.presence().present()) {
        if !users.iter().any(|known| known.id == user.id) {
            users.push(user);
        }
    }
    users
}

/// The pieces of a text, in order; together they are the text.
pub(super) fn pieces<'a>(text: &'a str, users: &[&User]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut written = 0;
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find('@')) {
        let at = from + found;
        from = at + 1;
        let (before, rest) = (text.get(..at).unwrap_or_default(), text.get(from..));
        // Not in an address, such as `jane@example.com`.
        if before.chars().next_back().is_some_and(is_word) {
            continue;
        }
        let Some((length, user)) = rest.and_then(|rest| named_at_start(rest, users)) else {
            continue;
        };
        let end = from + length;
        let parts = text.get(written..at).zip(text.get(at..end));
        if let Some((before, mention)) = parts {
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            pieces.push(Piece::Mention(mention, user));
            (written, from) = (end, end);
        }
    }
    if let Some(rest) = text.get(written..).filter(|rest| !rest.is_empty()) {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The user with the longest name that the text starts with, and the length of the name in bytes.
fn named_at_start(text: &str, users: &[&User]) -> Option<(usize, UserId)> {
    let lower = lower_case(text);
    // A few capitals have small letters of another length.
    let lower = if lower.len() == text.len() { lower.as_str() } else { text };
    let length = |user: &&User| {
        let name = lower_case(&user.name);
        let rest = lower.strip_prefix(&name)?;
        ends_name(&name, rest).then_some((name.len(), user.id))
    };
    users.iter().filter_map(length).max_by_key(|(length, _)| *length)
}

/// Whether the name ends before `rest`: it is no part of a longer word, unless the rest of the word is particles.
fn ends_name(name: &str, rest: &str) -> bool {
    let goes_on = name.chars().next_back().is_some_and(is_word);
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let tail = rest.get(..end).unwrap_or_default();
    let is_particle = |tail: &str| PARTICLES.contains(&tail);
    !goes_on
        || tail.is_empty()
        || is_particle(tail)
        || PARTICLES.iter().any(|one| tail.strip_prefix(one).is_some_and(is_particle))
}

pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { is_one_of(c, WORD) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with its mentions in brackets, and their users.
    fn marked(text: &str, names: &[&str]) -> String {
        let users: Vec<User> = (1..)
            .zip(names)
            .map(|(id, name)| User { id: UserId(id), name: (*name).to_owned() })
            .collect();
        let users: Vec<&User> = users.iter().collect();
        let found = pieces(text, &users);
        let whole: String = found
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Mention(text, _) => *text,
            })
            .collect();
        assert_eq!(whole, text, "the pieces are the text");
        let mark = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Mention(name, user) => format!("[{name} {user}]"),
        };
        found.iter().map(mark).collect()
    }

    #[test]
    fn a_mention_is_the_name_without_particles() {
        let names = ["민수", "Jane", "김 민수", "민수아"];
        for (text, expected) in [
            ("@민수야 점심 먹자", "[@민수 1]야 점심 먹자"),
            ("@민수님이 @Jane에게", "[@민수 1]님이 [@Jane 2]에게"),
            ("@민수", "[@민수 1]"),
            ("(@민수)", "([@민수 1])"),
            ("@민수아 안녕", "[@민수아 4] 안녕"),
            ("@김 민수가", "[@김 민수 3]가"),
            ("@JANE, hi @jane!", "[@JANE 2], hi [@jane 2]!"),
            ("@민수@Jane", "[@민수 1]@Jane"),
            ("@@민수", "@[@민수 1]"),
            ("@민수민수", "@민수민수"),
            ("@민수에서", "@민수에서"),
            ("@Janet", "@Janet"),
            ("a@Jane", "a@Jane"),
            ("점심@민수", "점심@민수"),
            ("@ 민수", "@ 민수"),
            ("@", "@"),
            ("@없는사람", "@없는사람"),
            ("민수", "민수"),
        ] {
            assert_eq!(marked(text, &names), expected);
        }
    }

    #[test]
    fn names_of_other_scripts_and_signs_are_found() {
        let names = ["Ağa", "Ωmega", "a.b", "J😀", "O'Neil"];
        for (text, expected) in [
            ("@ağa", "[@ağa 1]"),
            ("@ΩMEGA!", "[@ΩMEGA 2]!"),
            ("@a.b.", "[@a.b 3]."),
            ("@J😀님", "[@J😀 4]님"),
            ("@o'neil's", "[@o'neil 5]'s"),
            ("İ @ağa", "İ [@ağa 1]"),
        ] {
            assert_eq!(marked(text, &names), expected);
        }
    }
}
