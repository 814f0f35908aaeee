//! The inspector: the last frames that this page sent and received.

use js_sys::JSON;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::context::{INSPECTOR_ID, use_app};
use crate::frame_log::LoggedFrame;
use crate::i18n::{Words, use_lang};
use crate::lab::index::SOURCE;
use crate::text::lower_case;
use crate::time::Formats;
use crate::ui::direction::named_direction;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, text, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;
use crate::ui::skeleton::Shape;

const TITLE: Words = Words::new("오간 프레임", "Frames on the wire");
const CLOSE: Words = Words::new("닫기", "Close");
const FILTER: Words = Words::new("찾기: 종류, 토픽, 내용", "Find: kind, topic, content");
const NONE: Words = Words::new("아직 없습니다.", "Nothing yet.");
const BYTES: Words = Words::new("바이트", "bytes");
const TYPE: Words = Words::new("이 타입의 설명", "This type's documentation");
const CUT: Words = Words::new("앞부분만 보관했습니다.", "Only the beginning is stored.");

/// The file that documents a frame: its feature's, or that of the envelopes.
fn documentation(frame: &LoggedFrame) -> &'static str {
    const FEATURES: &[(&str, &str)] = &[
        ("\"chat\":", "shared/src/chat.rs"),
        ("\"membership\":", "shared/src/membership.rs"),
        ("\"presence\":", "shared/src/presence.rs"),
        ("\"counter\":", "shared/src/counter.rs"),
        ("\"sentiment\":", "shared/src/sentiment.rs"),
        ("\"posts\":", "shared/src/posts.rs"),
        ("\"notices\":", "shared/src/notices.rs"),
        ("\"inbox\":", "shared/src/notices.rs"),
        ("\"orders\":", "shared/src/orders/mod.rs"),
        ("\"price\":", "shared/src/price.rs"),
        ("\"rooms\":", "shared/src/rooms.rs"),
    ];
    let beginning = frame.text.get(..160).unwrap_or(&frame.text);
    let found = FEATURES.iter().find(|(mark, _)| beginning.contains(mark));
    found.map_or("shared/src/frames.rs", |(_, path)| path)
}

/// The inspector, while it is open.
pub(crate) fn inspector() -> AnyView {
    let app = use_app();
    let panel = move || {
        let content = app.lazy.draw(Shape::Rows, |views| (views.inspector)());
        view! { <aside id=INSPECTOR_ID class="inspector" tabindex="-1" data-testid="inspector" aria-label=TITLE.now()>{content}</aside> }.into_any()
    };
    when(move || app.inspector.get(), panel)
}

/// The content of the inspector.
pub(crate) fn content() -> AnyView {
    view! { <Content /> }.into_any()
}

#[component]
fn Content() -> impl IntoView {
    let app = use_app();
    let wire = app.driver.frame_log();
    let lang = use_lang();
    let formats = StoredValue::new_local(Formats::new(lang.get_untracked()));
    let wanted = state(String::new());
    let found = memo(move || {
        let wanted = lower_case(wanted.get().trim());
        let mut frames = wire.frames();
        frames.retain(|frame| wanted.is_empty() || lower_case(&frame.text).contains(&wanted));
        frames
    });
    let item = move |frame: LoggedFrame| {
        Item::new(frame.number, move || {
            let time = formats.with_value(|formats| formats.precise(frame.at));
            row(&frame, &time)
        })
    };
    let rows = derived(move || found.get().into_iter().map(item).collect());
    view! {
        <div class="inspector-head">
            <h2 class="panel-title">{TITLE.now()}</h2>
            <button class="icon-button" aria-label=CLOSE.now() on:click=events::click(move |_| app.show_inspector(false))>{Icon::Close.draw()}</button>
        </div>
        <input
            type="search"
            class="field inspector-filter"
            dir="auto"
            data-testid="inspector-filter"
            aria-label=FILTER.now()
            placeholder=FILTER.now()
            on:input=events::change(move |event| wanted.set(event_target_value(&event)))
        />
        {when(move || found.with(Vec::is_empty), || view! { <p class="hint">{NONE.now()}</p> }.into_any())}
        <ul class="frames" tabindex="0" aria-label=TITLE.now()>{each(rows)}</ul>
    }
}

fn row(frame: &LoggedFrame, time: &str) -> AnyView {
    let sent = frame.sent;
    let trip = frame.round_trip.map(|millis| format!("{millis} ms"));
    let shown = state(false);
    let frame = frame.clone();
    let (kind, bytes) = (frame.kind().to_owned(), frame.bytes);
    let size = text(move || format!("{bytes} {}", BYTES.of(use_lang().get())));
    let content = move || {
        let href = format!("{SOURCE}{}", documentation(&frame));
        let cut = (!frame.is_whole()).then(|| view! { <p class="hint">{CUT.now()}</p> });
        view! {
            <pre class="frame-text" tabindex="0">{pretty(&frame.text)}</pre>
            {cut}
            <a class="frame-type" href=href target="_blank" rel="noopener noreferrer">{TYPE.now()}</a>
        }
        .into_any()
    };
    view! {
        <li class="frame">
            <button class="frame-line" aria-expanded=flag(move || shown.get()) on:click=events::click(move |_| shown.update(|shown| *shown = !*shown))>
                {named_direction(sent)}
                <strong data-testid="frame-kind">{kind}</strong>
                <span class="frame-meta">{trip}" "{size}" "{time.to_owned()}</span>
            </button>
            {when(move || shown.get(), content)}
        </li>
    }
    .into_any()
}

/// The frame, indented by the browser; unchanged where it is cut off.
fn pretty(text: &str) -> String {
    let printed = JSON::parse(text).and_then(|value| {
        JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &JsValue::from_f64(2.0))
    });
    printed.map_or_else(|_| text.to_owned(), String::from)
}
