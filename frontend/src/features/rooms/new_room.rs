//! The dialog that creates a room.

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Client, PendingCommand, PendingState, Slice};
use madang_shared::roles::RoomKind;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{Command, Failure, RoomId, validate};

use super::order::is_joined;
use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, use_app};
use crate::features::details::optional_description_field;
use crate::i18n::{CANCEL, Words, tr, use_lang};
use crate::newcomer;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, flag, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::name_form::{NameFieldOptions, NameForm};

const ROOM_NAME: Words = Words::new("방 이름", "Room name");
const CREATE: Words = Words::new("만들기", "Create");

/// The state of a request for a room.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Request {
    Pending,
    Refused(Failure),
    Done(RoomId),
}

impl Request {
    fn of(client: &Client, name: &str) -> Self {
        match client.outbox().items().iter().rfind(|item| creates(item, name)) {
            Some(PendingCommand { state: PendingState::Failed(failure), .. }) => {
                Self::Refused(failure.clone())
            }
            Some(_) => Self::Pending,
            None => {
                let rooms = client.features().memberships().all_rooms();
                let created = rooms.filter(|room| room.name == name && is_joined(client, room.id));
                created.last().map_or(Self::Pending, |room| Self::Done(room.id))
            }
        }
    }
}

fn creates(item: &PendingCommand, name: &str) -> bool {
    matches!(&item.command, Command::Rooms(RoomsCommand::Create { name: requested, .. }) if requested == name)
}

/// The content of the dialog. It is in the lazy part of the app.
pub(crate) fn new_room(open: State<bool>) -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let (form, about) = (NameForm::new(), NameForm::new());
    let requested = state(None::<String>);
    effect(move || {
        if let Some(input) = form.input.get() {
            request_animation_frame(move || browser::focus_on(&input));
        }
    });
    effect(move || {
        let Some(name) = requested.get() else { return };
        store.read(Slice::Unread, |_| ());
        match store.read(Slice::Outbox, |client| Request::of(client, &name)) {
            Request::Pending => {}
            Request::Refused(refused) => {
                discard(app, &name);
                requested.set(None);
                form.refuse(refused);
            }
            Request::Done(room) => {
                newcomer::mark_done(newcomer::Step::Room);
                open.set(false);
                app.visit(room);
                // The closing dialog moves the focus to its button; the user wants to write next.
                request_animation_frame(|| browser::focus(COMPOSER_ID));
            }
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if form.busy.get_untracked() {
            return;
        }
        let name = validate::room_name(&form.text());
        match (name, validate::room_description(&about.text())) {
            (Err(refused), _) => form.refuse(refused),
            (_, Err(refused)) => about.refuse(refused),
            (Ok(name), Ok(description)) => {
                form.start();
                let kind = RoomKind::Public;
                app.driver.command(RoomsCommand::Create { name: name.clone(), description, kind });
                requested.set(Some(name));
            }
        }
    };
    let error = text(move || {
        let lang = lang.get();
        form.failure
            .with(|failure| failure.as_ref().map(|it| lang.room_refusal(it)).unwrap_or_default())
    });
    let options = NameFieldOptions {
        id: "new-room",
        test_id: "room-create-name",
        error_id: "new-room-error",
        error_test_id: "room-create-error",
        described_by: "new-room-error",
        autocomplete: "off",
        label: ROOM_NAME.now(),
        error,
    };
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <h2 id="new-room-title" class="dialog-title">{tr(|t| t.new_room)}</h2>
            {form.field(options)}
            {optional_description_field(about)}
            <div class="dialog-actions">
                <button type="button" class="button" on:click=events::click(move |_| open.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-strong" data-testid="room-create-submit" aria-disabled=flag(move || form.busy.get())>
                    {CREATE.now()}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Discards a refused request: the dialog shows the refusal, so the outbox need not.
fn discard(app: AppContext, name: &str) {
    let refused = app.driver.store().peek(|client| {
        let items = client.outbox().items().iter();
        items.filter(|item| creates(item, name)).map(|item| item.id).collect::<Vec<_>>()
    });
    for id in refused {
        app.driver.discard(id);
    }
}
