//! Where one writes.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_client::Action;
use madang_shared::chat::ChatCommand;
use madang_shared::limits::MAX_MESSAGE_CHARS;
use madang_shared::{RoomId, names};
use web_sys::HtmlTextAreaElement;

use crate::draft::Draft;
use crate::features::courtyard::{COMPOSER_ID, use_yard};
use crate::i18n::tr;
use crate::ui::events;
use crate::ui::field::{characters_left, fit, limit_line};
use crate::ui::icon::Icon;
use crate::ui::reactive::{derived, effect};
use crate::ui::state::state;

/// The limit is shown once no more than this many characters are left.
const NEAR_LIMIT: i64 = 300;
/// The key code of a key press that an input method has taken for itself (UI Events, section 8.3.1).
const TAKEN_BY_INPUT_METHOD: u32 = 229;

/// Tells the Enter that sends from the one that ends a composition.
///
/// The press that ends a composition says so itself, by `isComposing`, or in Safari, where the
/// composition has ended by then, by key code 229. Some browsers report the same press a second time
/// without either; so nothing is sent until the key has been let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct EnterKey {
    ends_composition: bool,
}

impl EnterKey {
    /// Answers whether this press of Enter sends.
    fn pressed(&mut self, composing: bool, shift: bool) -> bool {
        self.ends_composition |= composing;
        !self.ends_composition && !shift
    }

    fn released(&mut self) {
        self.ends_composition = false;
    }
}

/// The composer.
#[component]
pub(crate) fn Composer(
    room: RoomId,
    /// Told when something was sent.
    on_sent: Callback<()>,
) -> impl IntoView {
    let driver = use_yard().driver;
    let draft = Draft::new(driver.store().me().id, &room.to_string());
    let area = NodeRef::<html::Textarea>::new();
    let enter = StoredValue::new(EnterKey::default());
    let length = state(0_usize);
    let is_blank = state(true);

    let changed = move |area: &HtmlTextAreaElement| {
        let text = area.value();
        length.set(text.chars().count());
        is_blank.set(text.trim().is_empty());
        draft.keep(&text);
        fit(area);
    };
    let send = move || {
        let Some(area) = area.get_untracked() else { return };
        if let Ok(text) = names::message_text(&area.value()) {
            driver.command(ChatCommand::Post { room, text });
            area.set_value("");
            changed(&area);
            on_sent.run(());
        }
        drop(area.focus());
    };
    let on_input = move |_| {
        let Some(area) = area.get_untracked() else { return };
        changed(&area);
        driver.act(if area.value().is_empty() {
            Action::StopTyping
        } else {
            Action::Keystroke(room)
        });
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        let composing = event.is_composing() || event.key_code() == TAKEN_BY_INPUT_METHOD;
        if event.key() != "Enter" && !composing {
            return;
        }
        let is_enter =
            event.key() == "Enter" || event.code() == "Enter" || event.code() == "NumpadEnter";
        if !is_enter {
            return;
        }
        let sends = enter.try_update_value(|enter| enter.pressed(composing, event.shift_key()));
        if sends == Some(true) {
            event.prevent_default();
            send();
        } else if !composing && !event.shift_key() {
            // The second report of a press that ended a composition breaks no line either.
            event.prevent_default();
        }
    };
    effect(move || {
        let Some(area) = area.get() else { return };
        area.set_value(&draft.read());
        changed(&area);
        if has_keyboard() {
            drop(area.focus());
        }
    });
    on_cleanup(move || driver.act(Action::StopTyping));

    let left = characters_left(length, MAX_MESSAGE_CHARS);
    view! {
        <form
            class="composer"
            on:submit=events::submit(move |event: ev::SubmitEvent| {
                event.prevent_default();
                send();
            })
        >
            <textarea
                id=COMPOSER_ID
                class="composer-field"
                data-testid="composer"
                rows="1"
                enterkeyhint="send"
                aria-label=tr(|t| t.write)
                aria-describedby="composer-hint"
                placeholder=tr(|t| t.write)
                node_ref=area
                on:input=events::change(on_input)
                on:keydown=events::key(on_keydown)
                on:keyup=move |_| enter.update_value(EnterKey::released)
                on:blur=move |_| enter.update_value(EnterKey::released)
            ></textarea>
            <button class="send" type="submit" data-testid="send" aria-label=tr(|t| t.send) title=tr(|t| t.send_hint) disabled=derived(move || is_blank.get() || left.get() < 0)>
                {Icon::Send.draw()}
            </button>
            <span id="composer-hint" class="visually-hidden">{tr(|t| t.send_hint)}</span>
            {limit_line(left, NEAR_LIMIT, "composer-left")}
        </form>
    }
}

/// Whether focusing a field does not push a keyboard onto the screen.
fn has_keyboard() -> bool {
    let fine = window().match_media("(hover: hover) and (pointer: fine)").ok().flatten();
    fine.is_some_and(|query| query.matches())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_sends_and_shift_enter_does_not() {
        assert!(EnterKey::default().pressed(false, false));
        assert!(!EnterKey::default().pressed(false, true));
    }

    #[test]
    fn the_enter_that_ends_a_composition_does_not_send_even_if_it_is_reported_twice() {
        let mut enter = EnterKey::default();
        assert!(!enter.pressed(true, false));
        assert!(!enter.pressed(false, false));
        enter.released();
        assert!(enter.pressed(false, false));
    }
}
