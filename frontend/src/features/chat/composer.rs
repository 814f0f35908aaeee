//! The composer of messages.

use leptos::ev;
use leptos::prelude::*;
use madang_client::Action;
use madang_shared::chat::ChatCommand;
use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::{RoomId, validate};

use crate::browser;
use crate::composer::{ComposerOptions, composer};
use crate::context::use_app;
use crate::draft::{Draft, DraftField};
use crate::i18n::tr;
use crate::ui::erased::events;
use crate::ui::erased::reactive::effect;
use crate::ui::field::limit_line;
use crate::ui::icon::Icon;

const HINT_ID: &str = "composer-hint";
/// The number of characters left is shown from here down.
const NEAR_LIMIT: i64 = 300;
/// The key code of a key press that an input method has taken for itself (UI Events, section 8.3.1).
const TAKEN_BY_INPUT_METHOD: u32 = 229;

/// Distinguishes the Enter that sends from the Enter that ends a composition.
///
/// The press that ends a composition is marked by `isComposing`, or in Safari, where the composition has
/// ended by then, by key code 229. Some browsers report the same press a second time without either mark, so
/// nothing is sent until the key is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct EnterKey {
    ends_composition: bool,
}

impl EnterKey {
    /// Records a press of Enter; returns whether it sends.
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
    /// Called when a message was sent.
    on_sent: Callback<()>,
) -> impl IntoView {
    let driver = use_app().driver;
    let draft = Draft::new(driver.store().me().id, &room.to_string());
    let field = DraftField::new(draft, MAX_MESSAGE_CHARS);
    let enter = StoredValue::new(EnterKey::default());
    let send = Callback::new(move |()| {
        field.send(validate::message_text, |text| {
            driver.command(ChatCommand::Post { room, text });
            on_sent.run(());
        });
    });
    let on_change = move |has_text: bool| {
        driver.act(if has_text { Action::Keystroke(room) } else { Action::StopTyping });
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
            send.run(());
        } else if !composing && !event.shift_key() {
            // The second report of a press that ended a composition must not break the line either.
            event.prevent_default();
        }
    };
    effect(move || {
        if let Some(area) = field.area.get()
            && has_keyboard()
        {
            browser::focus_on(&area);
        }
    });
    on_cleanup(move || driver.act(Action::StopTyping));

    let foot = view! {
        <button class="composer-send" type="submit" data-testid="send" aria-label=tr(|t| t.send) title=tr(|t| t.send_hint) disabled=field.is_idle()>
            {Icon::Send.draw()}
        </button>
        <span id=HINT_ID class="visually-hidden">{tr(|t| t.send_hint)}</span>
        {limit_line(field.left, NEAR_LIMIT, "composer-characters-left")}
    };
    let options = ComposerOptions {
        class: "composer",
        field_class: "composer-field",
        test_id: "composer",
        rows: "1",
        label: tr(|t| t.write),
        hint_id: HINT_ID,
        enter_key_hint: Some("send"),
        send,
        on_change: Box::new(on_change),
        on_keydown: events::key(on_keydown),
        on_release: Callback::new(move |()| {
            enter.try_update_value(EnterKey::released);
        }),
        foot: foot.into_any(),
    };
    composer(field, options)
}

/// Whether the device has a keyboard: on others, a focused field opens one on the screen.
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
