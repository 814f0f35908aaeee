//! Reactions to messages.

use serde::{Deserialize, Serialize};

use crate::ids::{User, UserId};
use crate::position::Seq;

/// Kinds of reactions to one message.
pub const MAX_REACTION_KINDS: usize = 20;
/// Reactions to one message, of all users and kinds. So a page of messages stays small: the ids of the reactions of a message
/// take a few kilobytes.
pub const MAX_REACTIONS: usize = 500;
/// Bytes of one emoji. The longest ones are families and flags of several characters.
pub const MAX_EMOJI_BYTES: usize = 64;

/// The reactions of one kind to a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// One emoji.
    pub emoji: String,
    /// The users, in the order in which they reacted.
    pub by: Vec<UserId>,
}

/// A user reacted to a message, or took a reaction back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionChange {
    /// The seq of the message.
    pub message: Seq,
    /// The user.
    pub by: User,
    /// The emoji.
    pub emoji: String,
    /// Whether the reaction is there from now on. In the log, a reaction that was taken back is off from its start.
    pub is_on: bool,
}

/// The people behind the reactions of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionPeople {
    /// The emoji.
    pub emoji: String,
    /// The users, in the order in which they reacted.
    pub people: Vec<User>,
}

/// Changes the reactions to a message; changes nothing that is in that state already. The kinds are in the order of their emoji:
/// the order of time would depend on reactions that were taken back, which nobody knows any more.
pub fn react(reactions: &mut Vec<Reaction>, emoji: &str, user: UserId, is_on: bool) {
    match reactions.binary_search_by(|kind| kind.emoji.as_str().cmp(emoji)) {
        Ok(index) => {
            if let Some(kind) = reactions.get_mut(index) {
                let is_there = kind.by.contains(&user);
                if is_on && !is_there {
                    kind.by.push(user);
                } else if !is_on {
                    kind.by.retain(|by| *by != user);
                }
            }
            reactions.retain(|kind| !kind.by.is_empty());
        }
        Err(index) if is_on => {
            reactions.insert(index, Reaction { emoji: emoji.to_owned(), by: vec![user] });
        }
        Err(_) => {}
    }
}

/// Drops the reactions of an erased user. Returns whether there were any.
pub fn erase(reactions: &mut Vec<Reaction>, user: UserId) -> bool {
    let count = |reactions: &[Reaction]| reactions.iter().map(|kind| kind.by.len()).sum::<usize>();
    let before = count(reactions);
    for kind in reactions.iter_mut() {
        kind.by.retain(|by| *by != user);
    }
    reactions.retain(|kind| !kind.by.is_empty());
    count(reactions) != before
}
