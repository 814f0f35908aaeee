//! The composer of posts.

use leptos::ev;
use leptos::prelude::*;
use madang_shared::posts::MAX_POST_CHARS;
use madang_shared::posts::PostsCommand;
use madang_shared::validate;

use crate::composer::{ComposerOptions, composer};
use crate::context::use_app;
use crate::draft::{Draft, DraftField};
use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::field::limit_line;

const WRITE: Words = Words::new("무슨 소식이 있나요?", "What is new?");
const POST: Words = Words::new("올리기", "Post");
const HINT: Words = Words::new("Ctrl+Enter로 올리기", "Ctrl+Enter to post");
const HINT_ID: &str = "post-hint";
/// The number of characters left is shown from here down.
const NEAR_LIMIT: i64 = 200;

/// Whether a key press sends the text of a field of several lines.
pub(super) fn sends(event: &ev::KeyboardEvent) -> bool {
    event.key() == "Enter" && (event.ctrl_key() || event.meta_key())
}

/// The composer.
#[component]
pub(super) fn Composer() -> impl IntoView {
    let driver = use_app().driver;
    let draft = Draft::new(driver.store().me().id, "feed");
    let field = DraftField::new(draft, MAX_POST_CHARS);
    let send = Callback::new(move |()| {
        field.send(validate::post_text, |text| driver.command(PostsCommand::Create { text }));
    });
    let on_keydown = move |event: ev::KeyboardEvent| {
        if sends(&event) {
            event.prevent_default();
            send.run(());
        }
    };
    let foot = view! {
        <div class="posts-composer-foot">
            <span id=HINT_ID class="hint posts-hint">{HINT.now()}</span>
            {limit_line(field.left, NEAR_LIMIT, "posts-characters-left")}
            <button class="button button-strong" type="submit" data-testid="post-send" disabled=field.is_idle()>
                {POST.now()}
            </button>
        </div>
    };
    let options = ComposerOptions {
        class: "posts-composer",
        field_class: "field posts-field",
        test_id: "post-composer",
        rows: "2",
        label: WRITE.now(),
        hint_id: HINT_ID,
        enter_key_hint: None,
        send,
        on_change: Box::new(|_| {}),
        on_keydown: events::key(on_keydown),
        foot: foot.into_any(),
    };
    composer(field, options)
}
