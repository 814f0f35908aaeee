//! The form for the description of the open room. It is in the lazy part of the app.

use leptos::ev;
use leptos::prelude::*;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{RoomId, validate};

use crate::browser;
use crate::context::use_app;
use crate::i18n::{CANCEL, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, text};
use crate::ui::name_form::{NameFieldOptions, NameForm};

const DESCRIPTION: Words = Words::new("방 설명", "Description");
const OPTIONAL: Words = Words::new("방 설명 (선택)", "Description (optional)");
const SAVE: Words = Words::new("저장", "Save");

/// The field for the description of a new room.
pub(crate) fn optional_description_field(form: NameForm) -> AnyView {
    description_field(form, OPTIONAL)
}

fn description_field(form: NameForm, label: Words) -> AnyView {
    let lang = use_lang();
    let error = text(move || {
        let lang = lang.get();
        form.failure.with(|failure| failure.as_ref().map(|it| lang.refusal(it)).unwrap_or_default())
    });
    form.field(NameFieldOptions {
        id: "room-description",
        test_id: "room-description",
        error_id: "room-description-error",
        error_test_id: "room-description-error",
        described_by: "room-description-error",
        autocomplete: "off",
        label: label.now(),
        error,
    })
}

/// The form. A refusal of the server is shown as a banner.
pub(crate) fn describe_form(room: RoomId, close: impl Fn() + Copy + 'static) -> AnyView {
    let app = use_app();
    let form = NameForm::new();
    let mut is_new = true;
    effect(move || {
        if let Some(input) = form.input.get()
            && std::mem::replace(&mut is_new, false)
        {
            let store = app.driver.store();
            input.set_value(
                &store.peek(|client| client.features().details().description().to_owned()),
            );
            request_animation_frame(move || browser::focus_on(&input));
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match validate::room_description(&form.text()) {
            Err(refused) => form.refuse(refused),
            Ok(description) => {
                app.driver.command(RoomsCommand::Describe { room, description });
                close();
            }
        }
    };
    view! {
        <form class="describe" on:submit=events::submit(submit) novalidate>
            {description_field(form, DESCRIPTION)}
            <div class="dialog-actions">
                <button type="button" class="button" on:click=events::click(move |_| close())>{CANCEL.now()}</button>
                <button type="submit" class="button button-strong" data-testid="room-description-save">{SAVE.now()}</button>
            </div>
        </form>
    }
    .into_any()
}
