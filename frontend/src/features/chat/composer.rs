//! Where one writes.

use leptos::ev;
use leptos::prelude::*;
use madang_client::Action;
use madang_shared::chat::ChatCommand;
use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::{RoomId, validate};

use crate::context::{COMPOSER_ID, use_app};
use crate::draft::{Draft, DraftField};
use crate::i18n::tr;
use crate::ui::erased::events;
use crate::ui::erased::reactive::effect;
use crate::ui::field::limit_line;
use crate::ui::icon::Icon;

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
    let driver = use_app().driver;
    let draft = Draft::new(driver.store().me().id, &room.to_string());
    let field = DraftField::new(draft, MAX_MESSAGE_CHARS);
    let enter = StoredValue::new(EnterKey::default());
    let send = move || {
        field.send(validate::message_text, |text| {
            driver.command(ChatCommand::Post { room, text });
            on_sent.run(());
        });
    };
    let on_input = move |_| {
        driver.act(if field.changed() { Action::Keystroke(room) } else { Action::StopTyping });
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
    // A field that is taken off the page loses the focus after all else of it has gone.
    let released = move || {
        enter.try_update_value(EnterKey::released);
    };
    effect(move || {
        if let Some(area) = field.area.get()
            && has_keyboard()
        {
            drop(area.focus());
        }
    });
    on_cleanup(move || driver.act(Action::StopTyping));

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
                node_ref=field.area
                on:input=events::change(on_input)
                on:keydown=events::key(on_keydown)
                on:keyup=move |_| released()
                on:blur=move |_| released()
            ></textarea>
            <button class="send" type="submit" data-testid="send" aria-label=tr(|t| t.send) title=tr(|t| t.send_hint) disabled=field.is_idle()>
                {Icon::Send.draw()}
            </button>
            <span id="composer-hint" class="visually-hidden">{tr(|t| t.send_hint)}</span>
            {limit_line(field.left, NEAR_LIMIT, "composer-left")}
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
