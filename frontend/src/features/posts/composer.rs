//! Where a post is written.

use leptos::ev;
use leptos::prelude::*;
use madang_shared::posts::MAX_POST_CHARS;
use madang_shared::posts::PostsCommand;
use madang_shared::validate;

use crate::context::{COMPOSER_ID, use_app};
use crate::draft::{Draft, DraftField};
use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::field::limit_line;

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
    let driver = use_app().driver;
    let draft = Draft::new(driver.store().me().id, "feed");
    let field = DraftField::new(draft, MAX_POST_CHARS);
    let send = move || {
        field.send(validate::post_text, |text| driver.command(PostsCommand::Create { text }));
    };
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
                node_ref=field.area
                on:input=events::change(move |_| {
                    field.changed();
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
                {limit_line(field.left, NEAR_LIMIT, "feed-left")}
                <button class="button button-strong" type="submit" data-testid="post-send" disabled=field.is_idle()>
                    {POST.now()}
                </button>
            </div>
        </form>
    }
}
