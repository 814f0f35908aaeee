//! The tools of the open room, in the lazy part of the app: the day at the top, the actions of a message, the
//! statuses above the messages, the formats of texts, and rare rows.

mod actions;
mod completion;
mod editor;
mod emoji_button;
mod formatted;
mod insertion;
mod later;
mod message_tools;
mod moderation;
mod permalink;
mod pins;
mod plain_text;
mod pointer;
mod rare_rows;
mod reactions;
mod reply;
mod room_state;
mod silenced;
mod toolbar;

use leptos::prelude::*;

use super::announcer::Announcer;
use super::message::RowContext;
use super::reading::unread_bar;
use super::rows::Row;
use crate::context::use_app;
use crate::features::delivery::delivery_dialog;
use crate::i18n::use_lang;
use crate::time::Formats;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{text, when};

pub(crate) use completion::completion;
pub(crate) use editor::message_editor;
pub(crate) use emoji_button::emoji_button;
pub(crate) use formatted::formatted_text;
pub(crate) use pins::pinned_bar;
pub(crate) use rare_rows::{deleted_message, message_refusal, presence_line};
pub(crate) use reactions::message_reactions;
pub(crate) use reply::{quote, reply_bar};

/// The tools.
pub(crate) fn tools() -> AnyView {
    let row_context: RowContext = expect_context();
    let RowContext { room, delivery_target, first_newest, .. } = row_context;
    let app = use_app();
    let message_tools = message_tools::MessageTools::new(row_context);
    pointer::listen(message_tools);
    view! {
        {day_at_top(row_context)}
        {toolbar::toolbar_and_menu(message_tools)}
        {delivery_dialog(room, delivery_target)}
        {silenced::silenced(app, room)}
        <Announcer room=room first=first_newest.get_value() />
    }
    .into_any()
}

/// The statuses.
pub(crate) fn statuses() -> AnyView {
    let app = use_app();
    let RowContext { room, list, jump, has_unread_bar, .. } = expect_context();
    view! {
        {when(move || has_unread_bar.get(), move || unread_bar(app, room, jump))}
        {jump.run(app, room, list)}
        {room_state::room_state(app, room)}
    }
    .into_any()
}

/// The day of the topmost visible row, while the row with that day is above the visible part. Screen readers find the
/// row itself.
fn day_at_top(RowContext { list, .. }: RowContext) -> AnyView {
    let lang = use_lang();
    let day = memo(move || {
        list.moved.track();
        list.at_top(|row| match row {
            Row::Day { start } => Some(*start),
            _ => None,
        })
    });
    let label = text(move || {
        let formats = Formats::new(lang.get());
        day.get().map(|start| formats.day(start)).unwrap_or_default()
    });
    view! { <p class="chat-day" aria-hidden="true" data-testid="day-at-top">{label}</p> }.into_any()
}
