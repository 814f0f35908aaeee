//! A link that was made just now.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::clipboard::{self, COPIED, NOT_COPIED};
use crate::i18n::{Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::state;

const ONCE: Words = Words::new(
    "이 링크는 지금만 볼 수 있습니다. 복사해서 보내 주세요.",
    "This link is shown now only. Copy it and send it.",
);
const COPY: Words = Words::new("복사", "Copy");

/// A link that nobody can see again, with a button that copies it.
pub(super) fn shown_link(id: &'static str, label: Words, link: String) -> AnyView {
    let lang = use_lang();
    let copied = state(None::<bool>);
    let status = text(move || match copied.get() {
        Some(true) => COPIED.of(lang.get()).to_owned(),
        Some(false) => NOT_COPIED.of(lang.get()).to_owned(),
        None => ONCE.of(lang.get()).to_owned(),
    });
    let shown = link.clone();
    let copy = move |_| {
        let link = link.clone();
        spawn_local(async move {
            copied.try_set(Some(clipboard::copy(&link).await));
        });
    };
    view! {
        <div class="admin-link">
            <input class="field" readonly=true aria-label=label.now() data-testid=id value=shown />
            <button class="button" on:click=events::click(copy)>{COPY.now()}</button>
        </div>
        <p class="hint" role="status">{status}</p>
    }
    .into_any()
}
