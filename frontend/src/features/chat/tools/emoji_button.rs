//! The button beside the message field that opens the picker of emoji.

use leptos::prelude::*;

use super::insertion::insert_at_caret;
use crate::draft::DraftField;
use crate::features::emoji::emoji_picker;
use crate::i18n::Words;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;

const EMOJI: Words = Words::new("이모지", "Emoji");
const TITLE_ID: &str = "emoji-title";

/// The button, and its dialog.
pub(crate) fn emoji_button(field: DraftField) -> AnyView {
    let is_open = state(false);
    let close = move || is_open.set(false);
    let choose = move |emoji: &str| {
        close();
        let emoji = emoji.to_owned();
        // The dialog gives the focus back first.
        request_animation_frame(move || insert_at_caret(field, &emoji));
    };
    view! {
        <button type="button" class="icon-button composer-emoji" data-testid="emoji" aria-haspopup="dialog" title=EMOJI.now() aria-label=EMOJI.now() on:click=events::click(move |_| is_open.set(true))>
            {Icon::React.draw()}
        </button>
        {dialog(is_open, TITLE_ID, move || emoji_picker(TITLE_ID, choose, close))}
    }
    .into_any()
}
