//! Joining and leaving rooms.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::views::membership::EndedMembership;
use madang_client::{Client, PendingState, Slice};
use madang_shared::chat::ChatCommand;
use madang_shared::later::LaterCommand;
use madang_shared::membership::{MembershipCommand, Removal};
use madang_shared::roles::RoomKind;
use madang_shared::rooms::{ListedRoom, Room, room_path};
use madang_shared::{Command, CommandId, ErrorCode, Failure, RoomId};

use crate::context::{AppContext, use_app};
use crate::features::later::UnsentMessage;
use crate::i18n::{Lang, Words, isolated, tr, use_lang};
use crate::route::Route;
use crate::session;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, part, text, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Mark;
use crate::ui::skeleton::{Shape, skeleton};
use crate::ui::undo_bar::UndoBar;

/// The button that joins a room.
pub(crate) const JOIN: Words = Words::new("참여", "Join");
const NOT_JOINED: Words =
    Words::new("아직 참여하지 않은 방입니다", "You have not joined this room");
const NOT_JOINED_HINT: Words = Words::new(
    "참여하면 지난 이야기를 읽고 함께 말할 수 있습니다.",
    "Join to read and write messages.",
);

const NO_SUCH_ROOM: Words = Words::new("없는 방입니다", "There is no such room");
const NO_SUCH_ROOM_HINT: Words = Words::new(
    "주소를 다시 확인하거나 목록에서 다른 방을 골라 주세요.",
    "Check the address, or choose another room from the list.",
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
    items.find_map(|item| match item.command()? {
        Command::Membership(MembershipCommand::Join { room: of }) if *of == room => Some(true),
        Command::Membership(MembershipCommand::Leave { room: of }) if *of == room => Some(false),
        _ => None,
    })
}

/// Whether the room is muted, or a request to mute it is pending.
pub(crate) fn is_muted(client: &Client, room: RoomId) -> bool {
    let items = client.outbox().items().iter().rev();
    let mut pending = items.filter_map(|item| match (item.command()?, &item.state) {
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
            && matches!(item.command(), Some(Command::Chat(ChatCommand::Post { room: of, .. })) if *of == room)
    });
    refused.count()
}

/// Shown instead of the timeline of a room that the user has not joined, or that does not exist.
pub(crate) fn join_card(id: RoomId) -> AnyView {
    let found = state(None::<Result<ListedRoom, Failure>>);
    let load = move || {
        found.set(None);
        spawn_local(async move {
            let room = session::load(&room_path(id)).await;
            // The user may have gone elsewhere by now.
            found.try_set(Some(room));
        });
    };
    load();
    part(move || match found.get() {
        None => skeleton(Shape::Messages),
        Some(Ok(listed)) => card(listed.room),
        Some(Err(failure)) => missing(id, failure, load),
    })
}

/// Shown if the user may not know of the room, or if the server cannot be reached.
fn missing(
    id: RoomId,
    failure: Failure,
    load: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let lang = use_lang();
    if failure.code != ErrorCode::NotFound {
        let sentence = text(move || lang.get().refusal(&failure));
        return view! {
            <div class="content-message" role="alert">
                <Mark />
                <p>{sentence}</p>
                <button class="button" on:click=events::click(move |_| load())>{tr(|t| t.try_again)}</button>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="content-message">
            <Mark />
            <h2>{NO_SUCH_ROOM.now()}</h2>
            {removal(id)}
            <p>{NO_SUCH_ROOM_HINT.now()}</p>
        </div>
    }
    .into_any()
}

/// The act of another user that has ended the membership in a room.
fn removal(id: RoomId) -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let ended = memo(move || {
        app.driver.store().read(Slice::Unread, |client| {
            client.features().memberships().removed().filter(|ended| ended.room == id).cloned()
        })
    });
    let line = move || {
        let sentence = text(move || {
            ended.get().map(|ended| removal_sentence(lang.get(), &ended)).unwrap_or_default()
        });
        view! { <p role="alert" data-testid="removed"><strong>{sentence}</strong></p> }.into_any()
    };
    when(move || ended.with(Option::is_some), line)
}

fn removal_sentence(
    lang: Lang,
    EndedMembership { name, removal, reason, .. }: &EndedMembership,
) -> String {
    let name = isolated(name);
    let sentence = match (lang, removal) {
        (Lang::Ko, Removal::Removed(by)) => {
            format!(
                "{} 님이 나를 ‘{name}’ 방에서 내보냈습니다. 쓰던 글은 이 기기에 남아 있습니다.",
                isolated(&by.name)
            )
        }
        (Lang::En, Removal::Removed(by)) => {
            format!(
                "{} has removed you from “{name}”. This device keeps your draft.",
                isolated(&by.name)
            )
        }
        (Lang::Ko, Removal::Deleted(by)) => {
            format!("{} 님이 ‘{name}’ 방을 지웠습니다.", isolated(&by.name))
        }
        (Lang::En, Removal::Deleted(by)) => {
            format!("{} has deleted the room “{name}”.", isolated(&by.name))
        }
    };
    match (lang, reason.as_str()) {
        (_, "") => sentence,
        (Lang::Ko, reason) => format!("{sentence} 이유: {}", isolated(reason)),
        (Lang::En, reason) => format!("{sentence} Reason: {}", isolated(reason)),
    }
}

fn card(room: Room) -> AnyView {
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
            {removal(id)}
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

/// Leaves the open room, and offers to undo it. Only an invitation undoes it for a private room.
pub(crate) fn leave(app: AppContext, undo: UndoBar, room: &Room, lang: Lang) {
    let id = room.id;
    app.driver.command(MembershipCommand::Leave { room: id });
    app.router.go(Route::Home);
    if room.kind == RoomKind::Private {
        return;
    }
    undo.offer(lang.left_room(&room.name), move || {
        app.driver.command(MembershipCommand::Join { room: id });
        app.visit(id);
    });
}

/// A banner for each refused command about rooms, memberships, orders and saved messages, until the user closes it. The dialog
/// for a new room shows its refusal itself.
pub(crate) fn refusals() -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let refused = memo(move || {
        app.driver.store().read(Slice::Outbox, |client| {
            let items = client.outbox().items().iter();
            let refused = items.filter_map(|item| match (item.command()?, &item.state) {
                (
                    Command::Membership(_)
                    | Command::Rooms(_)
                    | Command::Orders(_)
                    | Command::Later(_)
                    | Command::Chat(ChatCommand::Delete { .. }),
                    PendingState::Failed(failure),
                ) => Some((item.id, failure.clone(), item.command().and_then(unsent))),
                _ => None,
            });
            refused.collect::<Vec<_>>()
        })
    });
    let item = move |(id, failure, unsent): (CommandId, Failure, Option<UnsentMessage>)| {
        let (high, low) = id.0.as_u64_pair();
        let sentence = text(move || lang.get().refusal(&failure));
        let close = move |_| {
            if let Some(unsent) = &unsent {
                unsent.put_back(app);
            }
            app.driver.discard(id);
        };
        Item::new(high.rotate_left(17) ^ low, move || {
            view! {
                <div class="banner banner-bad" role="alert">
                    <span>{sentence}</span>
                    <button class="button" on:click=events::click_once(close.clone())>{tr(|t| t.close)}</button>
                </div>
            }
            .into_any()
        })
    };
    each(derived(move || refused.get().into_iter().map(item).collect()))
}

/// A message that the server refused to keep for its time. It goes back to the message field.
fn unsent(command: &Command) -> Option<UnsentMessage> {
    match command {
        Command::Later(LaterCommand::Schedule { room, text, reply_to, .. }) => {
            Some(UnsentMessage { room: *room, text: text.clone(), reply_to: *reply_to })
        }
        _ => None,
    }
}
