//! Joining and leaving rooms.

use leptos::prelude::*;
use madang_client::{Client, PendingState, Slice};
use madang_shared::chat::ChatCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::Room;
use madang_shared::{Command, CommandId, Failure, RoomId};

use crate::context::{AppContext, use_app};
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::route::Route;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, text, when};
use crate::ui::icon::Mark;
use crate::ui::undo_bar::UndoBar;

/// The button that joins a room.
pub(crate) const JOIN: Words = Words::new("참여", "Join");
const NOT_JOINED: Words =
    Words::new("아직 참여하지 않은 방입니다", "You have not joined this room");
const NOT_JOINED_HINT: Words = Words::new(
    "참여하면 지난 이야기를 읽고 함께 말할 수 있습니다.",
    "Join to read and write messages.",
);

/// Whether a request to join this room is pending. A view that calls it follows the answer.
pub(crate) fn is_joining(app: AppContext, room: RoomId) -> bool {
    app.driver.store().read(Slice::Outbox, |client| pending(client, room) == Some(true))
}

/// Whether a request to leave this room is pending.
pub(crate) fn is_leaving(client: &Client, room: RoomId) -> bool {
    pending(client, room) == Some(false)
}

/// Whether the last pending request about this room joins it; none without a request.
fn pending(client: &Client, room: RoomId) -> Option<bool> {
    let items = client.outbox().items().iter().rev();
    let mut items = items.filter(|item| !matches!(item.state, PendingState::Failed(_)));
    items.find_map(|item| match item.command {
        Command::Membership(MembershipCommand::Join { room: of }) if of == room => Some(true),
        Command::Membership(MembershipCommand::Leave { room: of }) if of == room => Some(false),
        _ => None,
    })
}

/// Whether the room is muted, or a request to mute it is pending.
pub(crate) fn is_muted(client: &Client, room: RoomId) -> bool {
    let items = client.outbox().items().iter().rev();
    let mut pending = items.filter_map(|item| match (&item.command, &item.state) {
        (_, PendingState::Failed(_)) => None,
        (Command::Membership(MembershipCommand::Mute { room: of, muted }), _) if *of == room => {
            Some(*muted)
        }
        _ => None,
    });
    pending.next().unwrap_or_else(|| client.features().memberships().is_muted(room))
}

/// The number of the user's messages that the room refused, most often because the user had left it.
fn refused_messages(client: &Client, room: RoomId) -> usize {
    let refused = client.outbox().items().iter().filter(|item| {
        matches!(item.state, PendingState::Failed(_))
            && matches!(&item.command, Command::Chat(ChatCommand::Post { room: of, .. }) if *of == room)
    });
    refused.count()
}

/// Shown instead of the timeline of a room that the user has not joined.
pub(crate) fn join_card(room: Room) -> AnyView {
    let app = use_app();
    let id = room.id;
    let lang = use_lang();
    let refused_messages =
        memo(move || app.driver.store().read(Slice::Outbox, |client| refused_messages(client, id)));
    let unsent_line = move || {
        let line = text(move || lang.get().refused_messages(refused_messages.get()));
        view! { <p class="error" data-testid="unsent">{line}</p> }.into_any()
    };
    view! {
        <div class="content-message">
            <Mark />
            <h2 class="isolated">{room.name}</h2>
            <p><strong>{NOT_JOINED.now()}</strong><br />{NOT_JOINED_HINT.now()}</p>
            {when(move || refused_messages.get() > 0, unsent_line)}
            <button
                class="button button-strong"
                data-testid="join-this"
                aria-disabled=flag(move || is_joining(app, id))
                on:click=events::click_once(move |_| {
                    if !is_joining(app, id) {
                        app.driver.command(MembershipCommand::Join { room: id });
                    }
                })
            >
                {JOIN.now()}
            </button>
        </div>
    }
    .into_any()
}

/// Leaves the open room, and offers to undo it.
pub(crate) fn leave(app: AppContext, undo: UndoBar, room: &Room, lang: Lang) {
    let id = room.id;
    app.driver.command(MembershipCommand::Leave { room: id });
    app.router.go(Route::Home);
    undo.offer(lang.left_room(&room.name), move || {
        app.driver.command(MembershipCommand::Join { room: id });
        app.visit(id);
    });
}

/// A banner for each refused command about rooms, memberships and orders, until the user closes it. The dialog
/// for a new room shows its refusal itself.
pub(crate) fn refusals() -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let refused = memo(move || {
        app.driver.store().read(Slice::Outbox, |client| {
            let items = client.outbox().items().iter();
            let refused = items.filter_map(|item| match (&item.command, &item.state) {
                (
                    Command::Membership(_) | Command::Rooms(_) | Command::Orders(_),
                    PendingState::Failed(failure),
                ) => Some((item.id, failure.clone())),
                _ => None,
            });
            refused.collect::<Vec<_>>()
        })
    });
    let item = move |(id, failure): (CommandId, Failure)| {
        let (high, low) = id.0.as_u64_pair();
        let sentence = text(move || lang.get().refusal(&failure));
        Item::new(high.rotate_left(17) ^ low, move || {
            view! {
                <div class="banner banner-bad" role="alert">
                    <span>{sentence}</span>
                    <button class="button" on:click=events::click_once(move |_| app.driver.discard(id))>{tr(|t| t.close)}</button>
                </div>
            }
            .into_any()
        })
    };
    each(derived(move || refused.get().into_iter().map(item).collect()))
}
