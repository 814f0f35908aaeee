//! The composer of messages.

use leptos::ev;
use leptos::prelude::*;
use madang_client::Action;
use madang_shared::chat::ChatCommand;
use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::{RoomId, Seq, validate};

use crate::browser;
use crate::composer::{ComposerOptions, KeyInterceptor, KeyListener, composer};
use crate::context::use_app;
use crate::draft::{self, Draft, DraftField};
use crate::i18n::tr;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, part};
use crate::ui::erased::signal::{State, state};
use crate::ui::field::limit_line;
use crate::ui::icon::Icon;

const HINT_ID: &str = "composer-hint";
/// Present once the user has sent a message with the hint in sight.
const HINT_KEY: &str = "madang.composer-hint";
/// The number of characters left is shown from here down.
const NEAR_LIMIT: i64 = 300;

/// The composer.
#[component]
pub(crate) fn Composer(
    room: RoomId,
    /// The message that the composer answers.
    reply_to: State<Option<Seq>>,
    /// Called when a message was sent.
    on_sent: Callback<()>,
) -> impl IntoView {
    let driver = use_app().driver;
    let draft = Draft::new(driver.store().me().id, &room.to_string());
    let field = DraftField::new(draft, MAX_MESSAGE_CHARS);
    let has_hint =
        state(!browser::is_device("(pointer: coarse)") && browser::remembered(HINT_KEY).is_none());
    let send = Callback::new(move |()| {
        field.send(validate::message_text, |text| {
            driver.command(ChatCommand::Post { room, text, reply_to: reply_to.get_untracked() });
            reply_to.set(None);
            if has_hint.get_untracked() {
                has_hint.set(false);
                browser::remember(HINT_KEY, "");
            }
            on_sent.run(());
        });
    });
    let reply_draft = draft::of_reply(driver.store().me().id, room);
    let saved_reply = move || reply_draft.read().parse().ok().map(Seq);
    let on_change = move |has_text: bool| {
        // A message that comes back may answer another one.
        if reply_to.get_untracked().is_none()
            && let Some(original) = saved_reply()
        {
            reply_to.set(Some(original));
        }
        driver.act(if has_text { Action::Keystroke(room) } else { Action::StopTyping });
    };
    let interceptor: KeyInterceptor = StoredValue::new_local(None);
    let on_keydown = move |event: ev::KeyboardEvent| {
        let is_taken = |keys: &Option<KeyListener>| keys.as_ref().is_some_and(|it| it(&event));
        if interceptor.with_value(is_taken) {
            return;
        }
        if event.key() == "Enter" && !event.shift_key() {
            event.prevent_default();
            send.run(());
        } else if event.key() == "Escape" && reply_to.get_untracked().is_some() {
            event.stop_propagation();
            reply_to.set(None);
        }
    };
    reply_to.set(saved_reply());
    effect(move || {
        reply_draft.save(&reply_to.get().map(|seq| seq.0.to_string()).unwrap_or_default());
    });
    let lazy = use_app().lazy;
    let answered = part(move || match reply_to.get() {
        None => ().into_any(),
        Some(original) => {
            lazy.draw_when_loaded(move |views| (views.reply_bar)(room, original, reply_to))
        }
    });
    effect(move || {
        if let Some(area) = field.area.get()
            && browser::has_keyboard()
        {
            browser::focus_on(&area);
        }
    });
    on_cleanup(move || driver.act(Action::StopTyping));

    let is_idle = field.is_idle();
    let hint_class =
        derived(
            move || {
                if has_hint.get() && !is_idle.get() { "composer-hint" } else { "visually-hidden" }
            },
        );
    let lazy = use_app().lazy;
    let foot = view! {
        {lazy.draw_when_loaded(move |views| (views.composer_tools)(room, field, reply_to))}
        <button class="composer-send" type="submit" data-testid="send" aria-label=tr(|t| t.send) title=tr(|t| t.send_hint) disabled=is_idle>
            {Icon::Send.draw()}
        </button>
        <span id=HINT_ID class=hint_class>{tr(|t| t.send_hint)}</span>
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
        foot: foot.into_any(),
    };
    let completion =
        lazy.draw_when_loaded(move |views| (views.completion)(room, field, interceptor));
    view! {
        {answered}
        {completion}
        {composer(field, options)}
    }
}
