//! The user's own acts about stored messages that wait in the outbox: the screen shows their effect at once.

use madang_shared::chat::ChatCommand;
use madang_shared::pins::{Pin, pin};
use madang_shared::reactions::{Reaction, react};
use madang_shared::{Command, CommandId, Failure, Message, RoomId, Seq, User, UserId};

use crate::outbox::{PendingCommand, PendingState};

/// The acts about one message that are not stored yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct PendingActs<'a> {
    /// The text that the message will have.
    pub text: Option<&'a str>,
    /// The state of the last change of the text.
    pub edit: Option<&'a PendingState>,
    /// The last act that was refused, and why.
    pub refused: Option<(CommandId, &'a Failure)>,
}

/// The acts in the outbox about messages of a room, in order.
pub fn in_outbox(
    outbox: &[PendingCommand],
    of: RoomId,
) -> impl Iterator<Item = (Seq, &PendingCommand)> {
    outbox.iter().filter_map(move |item| match item.command() {
        Some(Command::Chat(
            ChatCommand::Edit { room, message, .. }
            | ChatCommand::React { room, message, .. }
            | ChatCommand::Pin { room, message, .. },
        )) if *room == of => Some((*message, item)),
        _ => None,
    })
}

impl<'a> PendingActs<'a> {
    /// The acts about a stored message. A refused one has no effect, and its reason is shown at the message.
    pub fn find(outbox: &'a [PendingCommand], room: RoomId, of: &Message) -> Self {
        let mut acts = Self::default();
        for (_, item) in in_outbox(outbox, room).filter(|(message, _)| *message == of.seq) {
            if let PendingState::Failed(failure) = &item.state {
                acts.refused = Some((item.id, failure));
            }
            if let Some(Command::Chat(ChatCommand::Edit { text, .. })) = item.command() {
                acts.edit = Some(&item.state);
                if of.deleted.is_none() && !matches!(item.state, PendingState::Failed(_)) {
                    acts.text = Some(text);
                }
            }
        }
        acts
    }
}

/// The reactions to a stored message, after those of the user `me` that wait in the outbox.
pub fn expected_reactions(
    outbox: &[PendingCommand],
    room: RoomId,
    of: &Message,
    me: UserId,
) -> Vec<Reaction> {
    let mut reactions = of.reactions.clone();
    for (_, item) in in_outbox(outbox, room).filter(|(message, _)| *message == of.seq) {
        if let Some(Command::Chat(ChatCommand::React { emoji, is_on, .. })) = item.command()
            && of.deleted.is_none()
            && !matches!(item.state, PendingState::Failed(_))
        {
            react(&mut reactions, emoji, me, *is_on);
        }
    }
    reactions
}

/// Whether a stored message has reactions, after those that wait in the outbox; also while the last one is being taken back.
pub fn has_reactions(outbox: &[PendingCommand], room: RoomId, of: &Message) -> bool {
    let reacts = |item: &PendingCommand| {
        matches!(item.command(), Some(Command::Chat(ChatCommand::React { is_on: true, .. })))
    };
    !of.reactions.is_empty()
        || in_outbox(outbox, room).any(|(message, item)| message == of.seq && reacts(item))
}

/// The pinned messages of a room, after the acts of the user `me` that wait in the outbox.
pub fn expected_pins(outbox: &[PendingCommand], room: RoomId, pins: &[Pin], me: &User) -> Vec<Pin> {
    let mut expected = pins.to_vec();
    for item in outbox {
        if let Some(Command::Chat(ChatCommand::Pin { room: of, message, is_on })) = item.command()
            && *of == room
            && !matches!(item.state, PendingState::Failed(_))
        {
            let change = Pin { message: *message, by: me.clone(), at: item.at };
            pin(&mut expected, change, *is_on);
        }
    }
    expected
}

/// Whether `newer` makes `older` pointless: a later change of the same message or reaction.
pub(crate) fn supersedes(newer: &ChatCommand, older: &ChatCommand) -> bool {
    match (newer, older) {
        (
            ChatCommand::Edit { room, message, .. },
            ChatCommand::Edit { room: of, message: older, .. },
        )
        | (
            ChatCommand::Pin { room, message, .. },
            ChatCommand::Pin { room: of, message: older, .. },
        ) => (room, message) == (of, older),
        (
            ChatCommand::React { room, message, emoji, .. },
            ChatCommand::React { room: of, message: older, emoji: kind, .. },
        ) => (room, message, emoji) == (of, older, kind),
        _ => false,
    }
}
