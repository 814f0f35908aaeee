//! The acts of the user, passed on to the views.

use madang_shared::chat::ChatQuery;
use madang_shared::membership::MembershipCommand;
use madang_shared::{Command, Query, Timestamp};

use super::Features;
use crate::action::Action;
use crate::outbox::PendingCommand;
use crate::view::Effects;

impl Features {
    pub(crate) fn act(&mut self, action: Action, now: Timestamp) -> Effects {
        match action {
            Action::FollowTopics(topics) => {
                self.page_topics = topics;
                Effects::default()
            }
            Action::OpenRoom(room) => self.joined_rooms.open_room(room),
            Action::LoadMessages { room, messages } => {
                self.joined_rooms.load_messages(room, messages)
            }
            Action::LoadEarlier { room, message } => {
                self.joined_rooms.ask(ChatQuery::Earlier { room, message }, room)
            }
            Action::LoadReactions { room, message } => {
                self.joined_rooms.ask(ChatQuery::Reactions { room, message }, room)
            }
            Action::LoadOlder(room) => self.joined_rooms.load_older(room),
            Action::ShowMessages { room, first, last } => {
                self.joined_rooms.show_messages(room, first, last, now)
            }
            Action::MarkRead(room) => self.joined_rooms.mark_read(room, now),
            Action::MarkUnread { room, from } => self.joined_rooms.mark_unread(room, from),
            Action::MarkReadAgain { room, up_to } => {
                self.joined_rooms.mark_read_again(room, up_to, now)
            }
            Action::MarkStartOfNew => self.joined_rooms.mark_start_of_new(),
            Action::Keystroke(room) => self.joined_rooms.keystroke(room, now),
            Action::StopTyping => self.joined_rooms.stop_typing(),
            Action::Classify(_) | Action::LoadOlderPosts | Action::GreetingSent(_) => {
                self.lazy.act(action, now)
            }
        }
    }

    /// Watches the user's own newest message in the open room. Returns whether it is another one than before, and the
    /// query to send.
    pub(crate) fn watch_own_message(&mut self) -> (bool, Option<Query>) {
        self.lazy.watch_own_message(self.joined_rooms.newest_own_message())
    }

    /// The effects of a command that an earlier client of the user had not sent.
    pub(crate) fn restore(&mut self, command: &Command) {
        if let Command::Membership(MembershipCommand::MarkUnread { room, from }) = command {
            self.joined_rooms.restore_unread(*room, *from);
        }
    }

    /// Ends the unread marks that the server does not know, of commands that have left the outbox.
    pub(crate) fn keep_unread_marks(&mut self, pending: &[PendingCommand]) {
        self.joined_rooms.keep_unread_marks(|room| {
            let marks = |command: &Command| match command {
                Command::Membership(MembershipCommand::MarkUnread { room: of, .. }) => *of == room,
                _ => false,
            };
            pending.iter().filter_map(PendingCommand::command).any(marks)
        });
    }

    /// The effects of a command before the server has answered.
    pub(crate) fn command_given(&mut self, command: &Command) -> Effects {
        if let Command::Chat(command) = command {
            return self.joined_rooms.command_given(command);
        }
        Effects::default()
    }
}
