//! The button beside the message field that sends its text at another time.

use leptos::prelude::*;
use madang_shared::later::LaterCommand;
use madang_shared::{RoomId, Seq, Timestamp, validate};

use super::moments::moments;
use super::unsent::UnsentMessage;
use crate::context::use_app;
use crate::draft::DraftField;
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::undo_bar::use_undo_bar;

const SCHEDULE: Words = Words::new("나중에 보내기", "Send later");
const TITLE: Words = Words::new("언제 보낼까요?", "When shall it be sent?");

/// The button, and its dialog.
pub(crate) fn schedule_button(
    room: RoomId,
    field: DraftField,
    reply_to: State<Option<Seq>>,
) -> AnyView {
    let is_open = state(false);
    let is_idle = field.is_idle();
    view! {
        <button type="button" class="icon-button composer-later" data-testid="send-later" title=SCHEDULE.now() aria-label=SCHEDULE.now() disabled=is_idle on:click=events::click(move |_| is_open.set(true))>
            {Icon::Clock.draw()}
        </button>
        {dialog(is_open, "send-later-title", move || content(room, (field, reply_to), move || is_open.set(false)))}
    }
    .into_any()
}

fn content(
    room: RoomId,
    (field, answered): (DraftField, State<Option<Seq>>),
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let (app, undo, lang, times) = (use_app(), use_undo_bar(), use_lang(), Times::new());
    let choose = move |at: Timestamp| {
        close();
        field.send(validate::message_text, |text| {
            let reply_to = answered.get_untracked();
            app.driver.command(LaterCommand::Schedule { room, text: text.clone(), at, reply_to });
            answered.set(None);
            let id =
                app.driver.store().peek(|client| client.outbox().items().last().map(|it| it.id));
            let lang = lang.get_untracked();
            let unsent = UnsentMessage { room, text, reply_to };
            undo.offer(sentence(lang, &times.narrow_moment(lang, at)), move || {
                if let Some(id) = id {
                    app.driver.command(LaterCommand::Unschedule { id });
                    unsent.put_back(app);
                }
            });
        });
    };
    view! {
        <h2 id="send-later-title" class="dialog-title">{TITLE.now()}</h2>
        {moments(None, choose)}
        <div class="dialog-actions">
            <button type="button" class="button" data-testid="send-later-cancel" on:click=events::click(move |_| close())>{CANCEL.now()}</button>
        </div>
    }
    .into_any()
}

fn sentence(lang: Lang, when: &str) -> String {
    match lang {
        Lang::Ko => format!("{when}에 보냅니다."),
        Lang::En => format!("Will be sent: {when}."),
    }
}
