//! The line in the place of the composer while the user may not write.

use std::time::Duration;

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::RoomId;
use madang_shared::moderation::Silence;

use crate::browser;
use crate::context::AppContext;
use crate::i18n::{Lang, use_lang};
use crate::time::Times;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, text, when};
use crate::ui::erased::signal::state;

/// The longest time between two looks at the clock, in milliseconds. A timer stands still while the device sleeps.
const LOOK_MS: u64 = 2_000;

/// The line.
pub(super) fn silenced(app: AppContext, room: RoomId) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    let times = Times::new();
    let looks = state(0_u64);
    let silence = memo(move || {
        looks.get();
        store.read(Slice::Unread, |client| {
            client.features().memberships().silence(room, browser::now()).cloned()
        })
    });
    effect(move || {
        looks.get();
        let Some(until) = silence.with(|silence| silence.as_ref().map(|it| it.until)) else {
            return;
        };
        let wait = until.since(browser::now()).clamp(1, LOOK_MS);
        let look = move || {
            // The room may be closed by now.
            if let Some(count) = looks.try_get_untracked() {
                looks.set(count + 1);
            }
        };
        set_timeout(look, Duration::from_millis(wait));
    });
    let line = move || {
        let sentence = text(move || {
            let lang = lang.get();
            let sentence = silence.get().map(|silence| sentence(lang, &silence, times));
            sentence.unwrap_or_default()
        });
        view! { <p class="silenced user-text" role="status" dir="auto" data-testid="silenced">{sentence}</p> }.into_any()
    };
    when(move || silence.with(Option::is_some), line)
}

fn sentence(lang: Lang, Silence { room, until, reason }: &Silence, times: Times) -> String {
    let until = times.short(lang, *until);
    match (lang, room) {
        (Lang::Ko, Some(_)) => format!("{until}까지 이 방에 글을 쓸 수 없습니다. 이유: {reason}"),
        (Lang::Ko, None) => format!("{until}까지 이 서버에 글을 쓸 수 없습니다. 이유: {reason}"),
        (Lang::En, Some(_)) => {
            format!("You cannot write in this room until {until}. Reason: {reason}")
        }
        (Lang::En, None) => {
            format!("You cannot write on this server until {until}. Reason: {reason}")
        }
    }
}
