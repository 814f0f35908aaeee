//! The actions that save a message for later, and set a reminder of it.

use leptos::prelude::*;

use super::message_tools::{MessageAction, MessageTools, SelectedMessage};
use crate::i18n::Words;
use crate::ui::icon::Icon;

const SAVE: Words = Words::new("나중에 보기", "Save for later");
const UNSAVE: Words = Words::new("나중에 보기에서 빼기", "Remove from Later");
const REMIND: Words = Words::new("나중에 알림 받기", "Remind me later");

/// The actions about a stored message.
pub(super) fn later_rows(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let Some(seq) = message.seq.filter(|_| message.content.deleted.is_none()) else {
        return Vec::new();
    };
    let (of, later) = ((tools.row_context.room, seq), tools.later.get_value());
    let save = move || {
        tools.is_menu_open.set(false);
        if later.has(of) { later.remove(of) } else { later.save(of) }
    };
    let remind = move || {
        tools.is_menu_open.set(false);
        request_animation_frame(move || later.ask(of));
    };
    let row =
        |id, icon, name, keys, run| MessageAction { id, icon, name, is_quick: false, keys, run };
    let save_name = if later.has(of) { UNSAVE } else { SAVE };
    vec![
        row("save-message", Icon::Later, save_name, "lLㅣ", Box::new(save)),
        row("remind-message", Icon::Clock, REMIND, "", Box::new(remind)),
    ]
}
