//! What the machine asks of the features about commands and events, without a look at what they hold.

use madang_shared::chat::ChatEvent;
use madang_shared::counter::CounterEvent;
use madang_shared::membership::MembershipCommand;
use madang_shared::notices::{NoticeBox, NoticesCommand};
use madang_shared::posts::{Post, PostsCommand, PostsEvent};
use madang_shared::{Command, CommandId, Event, User};

/// The command whose effect this event is, if it is one of this user's own that shows on the screen
/// before it is stored.
pub(crate) fn settles(event: &Event, me: &User) -> Option<CommandId> {
    match event {
        Event::Chat(ChatEvent::Posted(message)) if message.author.id == me.id => {
            Some(message.command)
        }
        Event::Counter(CounterEvent::Added { by, command, .. }) if by.id == me.id => Some(*command),
        Event::Posts(
            PostsEvent::Created { post: Post { author: by, .. }, command }
            | PostsEvent::Edited { post: Post { author: by, .. }, command }
            | PostsEvent::Deleted { by, command, .. }
            | PostsEvent::Greeted { by, command, .. }
            | PostsEvent::Redacted { by, command, .. },
        ) if by.id == me.id => Some(*command),
        _ => None,
    }
}

/// Whether the event is one to count when telling how much was caught up.
pub(crate) fn counts_as_message(event: &Event) -> bool {
    matches!(event, Event::Chat(ChatEvent::Posted(_)))
}

/// Whether nobody needs to hear that this was refused for good: a read mark in a room that was left, the
/// deletion of a post that is gone, a greeting, what was said about notices.
pub(crate) fn matters_not_if_refused(command: &Command) -> bool {
    matches!(
        command,
        Command::Membership(MembershipCommand::Read { .. })
            | Command::Posts(PostsCommand::Delete { .. } | PostsCommand::Greet { .. })
            | Command::Notices(_)
    )
}

/// Whether `newer` makes an `older` command, not sent yet, pointless.
pub(crate) fn supersedes(newer: &Command, older: &Command) -> bool {
    match (newer, older) {
        (
            Command::Membership(MembershipCommand::Read { room: newer, .. }),
            Command::Membership(MembershipCommand::Read { room: older, .. }),
        ) => newer == older,
        (
            Command::Posts(
                PostsCommand::Edit { post: newer, .. } | PostsCommand::Delete { post: newer },
            ),
            Command::Posts(PostsCommand::Edit { post: older, .. }),
        ) => newer == older,
        (Command::Notices(newer), Command::Notices(older)) => says_more(newer, older),
        _ => false,
    }
}

fn says_more(newer: &NoticesCommand, older: &NoticesCommand) -> bool {
    use NoticesCommand::{Demo, Mute, Read, ReadAll};
    match (newer, older) {
        (ReadAll { everybody, own }, ReadAll { everybody: before, own: own_before }) => {
            everybody >= before && own >= own_before
        }
        (ReadAll { everybody, own }, Read { of, notice }) => match of {
            NoticeBox::Everybody => notice <= everybody,
            NoticeBox::Own => notice <= own,
        },
        (Mute { kind, .. }, Mute { kind: before, .. }) => kind == before,
        (Demo { .. }, Demo { .. }) => true,
        _ => false,
    }
}
