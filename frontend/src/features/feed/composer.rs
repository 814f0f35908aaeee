//! Where a post is written.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_shared::limits::MAX_POST_CHARS;
use madang_shared::names;
use madang_shared::posts::PostsCommand;
use web_sys::HtmlTextAreaElement;

use crate::draft::Draft;
use crate::features::courtyard::{COMPOSER_ID, use_yard};
use crate::i18n::Words;
use crate::ui::events;
use crate::ui::field::{characters_left, fit, limit_line};
use crate::ui::reactive::{derived, effect};
use crate::ui::state::state;

const WRITE: Words = Words::new("무슨 소식이 있나요?", "What is new?");
const POST: Words = Words::new("올리기", "Post");
const HINT: Words = Words::new("Ctrl+Enter로 올리기", "Ctrl+Enter to post");
/// The limit is shown once no more than this many characters are left.
const NEAR_LIMIT: i64 = 200;

/// Whether a key press in a field of several lines sends what stands there.
pub(super) fn sends(event: &ev::KeyboardEvent) -> bool {
    event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing()
}

/// Whether a key press gives up what stands there.
pub(super) fn ends(event: &ev::KeyboardEvent) -> bool {
    event.key() == "Escape" && !event.is_composing()
}

/// The composer.
#[component]
pub(super) fn Composer() -> impl IntoView {
    let driver = use_yard().driver;
    let draft = Draft::new(driver.store().me().id, "feed");
    let area = NodeRef::<html::Textarea>::new();
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
        if let Ok(text) = names::post_text(&area.value()) {
            driver.command(PostsCommand::Create { text });
            area.set_value("");
            changed(&area);
        }
        drop(area.focus());
    };
    effect(move || {
        let Some(area) = area.get() else { return };
        area.set_value(&draft.read());
        changed(&area);
    });
    let left = characters_left(length, MAX_POST_CHARS);
    view! {
        <form
            class="feed-composer"
            on:submit=events::submit(move |event: ev::SubmitEvent| {
                event.prevent_default();
                send();
            })
        >
            <textarea
                id=COMPOSER_ID
                class="field feed-field"
                data-testid="post-composer"
                rows="2"
                aria-label=WRITE.now()
                aria-describedby="post-hint"
                placeholder=WRITE.now()
                node_ref=area
                on:input=events::change(move |_| {
                    if let Some(area) = area.get_untracked() {
                        changed(&area);
                    }
                })
                on:keydown=events::key(move |event| {
                    if sends(&event) {
                        event.prevent_default();
                        send();
                    }
                })
            ></textarea>
            <div class="feed-composer-foot">
                <span id="post-hint" class="hint feed-hint">{HINT.now()}</span>
                {limit_line(left, NEAR_LIMIT, "feed-left")}
                <button class="button button-strong" type="submit" data-testid="post-send" disabled=derived(move || is_blank.get() || left.get() < 0)>
                    {POST.now()}
                </button>
            </div>
        </form>
    }
}
