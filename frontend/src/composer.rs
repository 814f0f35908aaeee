//! The composer: the form in which messages and posts are written.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, EventInit, HtmlTextAreaElement};

use crate::browser;
use crate::draft::DraftField;
use crate::ui::erased::events::{self, Listener};

/// The id of the composer's field, for the keyboard shortcuts. A page has one composer.
pub(crate) const COMPOSER_ID: &str = "composer";

/// Appends a text to the composer's, as if the user had typed it, and moves the focus there.
pub(crate) fn append_to_composer(text: &str) {
    let area =
        browser::element(COMPOSER_ID).and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    let Some(area) = area else { return };
    let before = area.value();
    let space = if before.is_empty() || before.ends_with(char::is_whitespace) { "" } else { " " };
    area.set_value(&format!("{before}{space}{text}"));
    // Fails only for an event without a name.
    if let Ok(event) = Event::new_with_event_init_dict("input", &bubbling()) {
        area.dispatch_event(&event).ok();
    }
    browser::focus(COMPOSER_ID);
}

fn bubbling() -> EventInit {
    let init = EventInit::new();
    init.set_bubbles(true);
    init
}

/// Hears a key before the composer does; returns whether it was for the listener.
pub(crate) type KeyListener = Box<dyn Fn(&KeyboardEvent) -> bool>;

/// The place for such a listener.
pub(crate) type KeyInterceptor = StoredValue<Option<KeyListener>, LocalStorage>;

/// The parts in which composers differ.
pub(crate) struct ComposerOptions {
    pub(crate) class: &'static str,
    pub(crate) field_class: &'static str,
    pub(crate) test_id: &'static str,
    /// The height of the empty field, in lines.
    pub(crate) rows: &'static str,
    pub(crate) label: Signal<&'static str>,
    /// The id of the hint, which is a part of `foot`.
    pub(crate) hint_id: &'static str,
    /// The label of the Enter key on a phone.
    pub(crate) enter_key_hint: Option<&'static str>,
    pub(crate) send: Callback<()>,
    /// Called after each change, with whether the field has a text.
    pub(crate) on_change: Box<dyn Fn(bool)>,
    pub(crate) on_keydown: Listener<KeyboardEvent>,
    /// The send button and the other parts behind the field.
    pub(crate) foot: AnyView,
}

/// A form with the field. It sends by its button, and by the keys that `on_keydown` chooses.
pub(crate) fn composer(field: DraftField, options: ComposerOptions) -> AnyView {
    let ComposerOptions { send, on_change, label, .. } = options;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send.run(());
    };
    view! {
        <form class=options.class on:submit=events::submit(submit)>
            <textarea
                id=COMPOSER_ID
                dir="auto"
                class=options.field_class
                data-testid=options.test_id
                rows=options.rows
                enterkeyhint=options.enter_key_hint
                aria-label=label
                aria-describedby=options.hint_id
                placeholder=label
                node_ref=field.area
                on:input=events::change(move |_| on_change(field.changed()))
                on:keydown=options.on_keydown
            ></textarea>
            {options.foot}
        </form>
    }
    .into_any()
}
