//! A request for a room: followed until the room is there, or the server refuses.

use madang_client::{Client, PendingCommand, PendingState, Slice};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{Command, Failure, RoomId, User, UserId};

use super::order::is_joined;
use crate::context::{AppContext, use_app};
use crate::ui::erased::reactive::effect;
use crate::ui::erased::signal::State;

/// The state of a request for a room.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Request {
    Pending,
    Refused(Failure),
    Done(RoomId),
}

impl Request {
    fn of(client: &Client, requested: &RoomsCommand) -> Self {
        match client.outbox().items().iter().rfind(|item| is_same(item, requested)) {
            Some(PendingCommand { state: PendingState::Failed(failure), .. }) => {
                Self::Refused(failure.clone())
            }
            Some(_) => Self::Pending,
            None => {
                let me = client.features().me().id;
                let rooms = client.features().memberships().all_rooms();
                let created = rooms.filter(|room| {
                    is_joined(client, room.id)
                        && match requested {
                            RoomsCommand::Create { name, .. } => room.name == *name,
                            RoomsCommand::OpenDirect { users } => is_with(&room.people, me, users),
                            _ => false,
                        }
                });
                created.last().map_or(Self::Pending, |room| Self::Done(room.id))
            }
        }
    }
}

/// Whether these are the people of the user's conversation with the chosen users.
fn is_with(people: &[User], me: UserId, users: &[UserId]) -> bool {
    people.len() == users.len() + 1
        && people.iter().all(|person| person.id == me || users.contains(&person.id))
}

fn is_same(item: &PendingCommand, requested: &RoomsCommand) -> bool {
    matches!(item.command(), Some(Command::Rooms(command)) if command == requested)
}

/// Follows the request that `requested` has. `done` gets the room. `refused` gets the reason; the request has left the
/// outbox then, because the caller shows it.
pub(crate) fn follow_request(
    requested: State<Option<RoomsCommand>>,
    mut done: impl FnMut(&RoomsCommand, RoomId) + 'static,
    mut refused: impl FnMut(&RoomsCommand, Failure) + 'static,
) {
    let app = use_app();
    let store = app.driver.store();
    effect(move || {
        let Some(command) = requested.get() else { return };
        store.read(Slice::Unread, |_| ());
        match store.read(Slice::Outbox, |client| Request::of(client, &command)) {
            Request::Pending => {}
            Request::Refused(failure) => {
                discard(app, &command);
                requested.set(None);
                refused(&command, failure);
            }
            Request::Done(room) => done(&command, room),
        }
    });
}

fn discard(app: AppContext, requested: &RoomsCommand) {
    let refused = app.driver.store().peek(|client| {
        let items = client.outbox().items().iter();
        items.filter(|item| is_same(item, requested)).map(|item| item.id).collect::<Vec<_>>()
    });
    for id in refused {
        app.driver.discard(id);
    }
}
