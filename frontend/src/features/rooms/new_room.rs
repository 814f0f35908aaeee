//! The dialog that creates a room, or opens a direct conversation.

use leptos::ev;
use leptos::prelude::*;
use madang_shared::roles::RoomKind;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{Failure, User, UserId, validate};

use super::people::people_choice;
use super::request::follow_request;
use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::use_app;
use crate::features::details::optional_description_field;
use crate::i18n::{CANCEL, Words, tr, use_lang};
use crate::newcomer;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::name_form::{NameFieldOptions, NameForm};

const ROOM_NAME: Words = Words::new("방 이름", "Room name");
const CREATE: Words = Words::new("만들기", "Create");
const OPEN: Words = Words::new("대화 시작", "Start");
const KIND: Words = Words::new("종류", "Kind");
const CHOOSE: Words = Words::new("한 사람 이상 골라 주세요.", "Choose at least one person.");
const KINDS: [(RoomKind, Words); 3] = [
    (
        RoomKind::Public,
        Words::new("공개 방: 모두가 찾고 참여합니다", "Public room: everybody finds and joins it"),
    ),
    (
        RoomKind::Private,
        Words::new(
            "비공개 방: 초대받은 사람만 압니다",
            "Private room: only its members know of it",
        ),
    ),
    (
        RoomKind::Direct,
        Words::new("다이렉트 메시지: 고른 사람들과", "Direct message: with people you choose"),
    ),
];

/// The content of the dialog. It is in the lazy part of the app.
pub(crate) fn new_room(open: State<bool>) -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let (form, about) = (NameForm::new(), NameForm::new());
    let kind = state(RoomKind::Public);
    let chosen = state(Vec::<User>::new());
    let refused = state(None);
    let requested = state(None::<RoomsCommand>);
    effect(move || {
        if let Some(input) = form.input.get() {
            request_animation_frame(move || browser::focus_on(&input));
        }
    });
    follow(Dialog { open, form, refused, requested });
    let send = move |command: RoomsCommand| {
        form.start();
        app.driver.command(command.clone());
        requested.set(Some(command));
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if form.busy.get_untracked() {
            return;
        }
        let kind = kind.get_untracked();
        if kind == RoomKind::Direct {
            let users: Vec<UserId> =
                chosen.with_untracked(|chosen| chosen.iter().map(|user| user.id).collect());
            if users.is_empty() {
                refused.set(Some(DirectRefusal::NobodyChosen));
            } else {
                refused.set(None);
                send(RoomsCommand::OpenDirect { users });
            }
            return;
        }
        let name = validate::room_name(&form.text());
        match (name, validate::room_description(&about.text())) {
            (Err(refused), _) => form.refuse(refused),
            (_, Err(refused)) => about.refuse(refused),
            (Ok(name), Ok(description)) => send(RoomsCommand::Create { name, description, kind }),
        }
    };
    let error = text(move || {
        let lang = lang.get();
        form.failure
            .with(|failure| failure.as_ref().map(|it| lang.room_refusal(it)).unwrap_or_default())
    });
    let direct_error = text(move || {
        let lang = lang.get();
        refused.with(|refused| match refused {
            None => String::new(),
            Some(DirectRefusal::NobodyChosen) => CHOOSE.of(lang).to_owned(),
            Some(DirectRefusal::Refused(failure)) => lang.refusal(failure),
        })
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
    let choose = move |event: ev::Event| {
        kind.set(RoomKind::parse(&event_target_value(&event)).unwrap_or_default());
    };
    let is_direct = move || kind.get() == RoomKind::Direct;
    let fields = part(move || {
        if is_direct() {
            view! {
                {people_choice(chosen)}
                <p class="error" role="alert" data-testid="direct-error">{direct_error}</p>
            }
            .into_any()
        } else {
            view! {
                {form.field(options)}
                {optional_description_field(about)}
            }
            .into_any()
        }
    });
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <h2 id="new-room-title" class="dialog-title">{tr(|t| t.new_room)}</h2>
            <label class="label" for="new-room-kind">{KIND.now()}</label>
            <select id="new-room-kind" class="field room-kind" data-testid="room-kind" on:change=events::change(choose)>{kind_choices()}</select>
            {fields}
            <div class="dialog-actions">
                <button type="button" class="button" on:click=events::click(move |_| open.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-strong" data-testid="room-create-submit" aria-disabled=flag(move || form.busy.get())>
                    {derived(move || if is_direct() { OPEN } else { CREATE }.of(lang.get()))}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// The kinds of rooms, as choices.
fn kind_choices() -> AnyView {
    let choice = |(kind, words): (RoomKind, Words)| {
        view! { <option value=kind.name()>{words.now()}</option> }
    };
    KINDS.map(choice).into_any()
}

/// The refusal of a direct conversation.
#[derive(Clone)]
enum DirectRefusal {
    NobodyChosen,
    Refused(Failure),
}

/// The state of the dialog.
#[derive(Clone, Copy)]
struct Dialog {
    open: State<bool>,
    form: NameForm,
    refused: State<Option<DirectRefusal>>,
    requested: State<Option<RoomsCommand>>,
}

/// Follows the request: closes the dialog when the room is there, or shows the refusal.
fn follow(Dialog { open, form, refused, requested }: Dialog) {
    let app = use_app();
    let done = move |command: &RoomsCommand, room| {
        if matches!(command, RoomsCommand::Create { .. }) {
            newcomer::mark_done(newcomer::Step::Room);
        }
        open.set(false);
        app.visit(room);
        // The closing dialog moves the focus to its button; the user wants to write next.
        request_animation_frame(|| browser::focus(COMPOSER_ID));
    };
    follow_request(requested, done, move |command, failure| match command {
        RoomsCommand::OpenDirect { .. } => {
            form.busy.set(false);
            refused.set(Some(DirectRefusal::Refused(failure)));
        }
        _ => form.refuse(failure),
    });
}
