//! Alerts of the board, with a sound while the shop is open, for new orders and changes of status (`statusChanged`).

use std::time::Duration;

use leptos::prelude::*;
use madang_shared::orders::StatusChange;
use web_sys::AudioContext;

use super::{next_status_name, read, status_name};
use crate::browser;
use crate::context::use_app;
use crate::features::profile::is_quiet;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, flag, part, text, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;

const OPEN_SHOP: Words = Words::new("가게 열기", "Open the shop");
const CLOSE_SHOP: Words = Words::new("가게 닫기", "Close the shop");
const SHOP_HINT: Words =
    Words::new("열면 새 주문을 소리로 알립니다.", "Once open, new orders ring.");
const SHOP_KEY: &str = "madang.orders.shop";
/// The time for which an alert is shown, in milliseconds.
const SHOWN_MS: u64 = 6_000;
/// The tone, in hertz; its length is in seconds.
const TONE_HZ: f32 = 880.0;
const TONE_S: f64 = 0.25;
const TONE_GAIN: f32 = 0.12;

/// The newest change, and the number of changes that arrived with it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Alert {
    received: u64,
    count: u64,
    change: StatusChange,
}

/// The button that opens the shop, and the region of the alerts.
#[component]
pub(super) fn Alerts() -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let open = state(is_shop_open());
    let context = StoredValue::new_local(None::<AudioContext>);
    let alert = state(None::<Alert>);
    let mut known = None::<u64>;
    effect(move || {
        let (received, newest) = read(store, |client, list| {
            (client.features().orders().status_changes_received(), list.changes.last().copied())
        });
        let before = known.replace(received);
        let (Some(before), Some(change)) = (before, newest) else { return };
        if received <= before {
            return;
        }
        alert.set(Some(Alert { received, count: received - before, change }));
        if open.get_untracked() && !is_quiet(app) {
            play(context);
        }
        let fade = move || {
            let is_last =
                alert.try_get_untracked().flatten().is_some_and(|it| it.received == received);
            if is_last {
                alert.set(None);
            }
        };
        set_timeout(fade, Duration::from_millis(SHOWN_MS));
    });
    let announcement = text(move || {
        let lang = lang.get();
        alert.get().map(|alert| alert_text(lang, &alert)).unwrap_or_default()
    });
    let toggle = move |_| {
        let opens = !open.get_untracked();
        open.set(opens);
        remember_shop(opens);
        if opens {
            // Browsers allow sound after a click. Its tone lets the restaurant check the volume.
            play(context);
        }
    };
    let is_closed = move || !open.get();
    let label = derived(move || if open.get() { CLOSE_SHOP } else { OPEN_SHOP }.of(lang.get()));
    let icon = part(move || if open.get() { Icon::Bell.draw() } else { Icon::Store.draw() });
    view! {
        <button
            class="button board-shop"
            data-testid="board-shop"
            data-open=flag(move || open.get())
            on:click=events::click_once(toggle)
        >
            {icon}<span>{label}</span>
        </button>
        {when(is_closed, || view! { <span class="hint">{SHOP_HINT.now()}</span> }.into_any())}
        <div class="orders-alert" role="status" data-testid="board-alert" data-shown=flag(move || alert.get().is_some())>{announcement}</div>
    }
}

/// Whether the shop was opened in this tab.
fn is_shop_open() -> bool {
    browser::session_storage()
        .and_then(|storage| storage.get_item(SHOP_KEY).ok().flatten())
        .is_some()
}

fn remember_shop(open: bool) {
    let Some(storage) = browser::session_storage() else { return };
    if open {
        // A browser that refuses to store it asks for the click again after a reload.
        browser::set_item(&storage, SHOP_KEY, "open");
    } else {
        browser::remove_item(&storage, SHOP_KEY);
    }
}

fn alert_text(lang: Lang, alert: &Alert) -> String {
    let sentence = sentence(lang, &alert.change);
    match (lang, alert.count) {
        (_, 1) => sentence,
        (Lang::Ko, count) => format!("{sentence} (외 {}건)", count - 1),
        (Lang::En, count) => format!("{sentence} (and {} more)", count - 1),
    }
}

/// "#12: 대기 → 접수".
pub(super) fn sentence(lang: Lang, change: &StatusChange) -> String {
    let id = change.order;
    match (change.was, change.now, lang) {
        (None, _, Lang::Ko) => format!("#{id} 새 주문"),
        (None, _, Lang::En) => format!("#{id} New order"),
        (_, None, Lang::Ko) => format!("#{id} 삭제됨"),
        (_, None, Lang::En) => format!("#{id} Deleted"),
        (was @ Some(before), Some(now), _) => {
            let (before, now) = (status_name(before), next_status_name(was, now));
            format!("#{id} {} → {}", before.of(lang), now.of(lang))
        }
    }
}

/// Plays one tone. Browsers may refuse until the user has clicked on the page.
fn play(context: StoredValue<Option<AudioContext>, LocalStorage>) {
    context.update_value(|context| {
        if context.is_none() {
            *context = AudioContext::new().ok();
        }
        if let Some(context) = context {
            tone(context).ok();
        }
    });
}

fn tone(context: &AudioContext) -> Result<(), wasm_bindgen::JsValue> {
    // Without permission the promise stays pending, and there is no sound.
    context.resume().map(drop)?;
    let (oscillator, gain) = (context.create_oscillator()?, context.create_gain()?);
    let (now, end) = (context.current_time(), context.current_time() + TONE_S);
    oscillator.frequency().set_value(TONE_HZ);
    gain.gain().set_value_at_time(TONE_GAIN, now)?;
    gain.gain().exponential_ramp_to_value_at_time(0.001, end)?;
    oscillator.connect_with_audio_node(&gain)?;
    gain.connect_with_audio_node(&context.destination())?;
    oscillator.start()?;
    oscillator.stop_with_when(end)
}
