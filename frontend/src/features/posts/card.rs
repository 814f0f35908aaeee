//! One post.

use std::sync::Arc;

use leptos::prelude::*;
use madang_client::views::posts::{PendingChange, ShownPost};
use madang_shared::grants::Grant;
use madang_shared::posts::{MAX_POST_CHARS, PostsCommand};
use madang_shared::{PostId, validate};

use super::composer::sends;
use super::{DELETE, PostsState};
use crate::browser;
use crate::context::{discard, use_app};
use crate::i18n::{Lang, Words};
use crate::linkify;
use crate::time::Times;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::reactive::when;
use crate::ui::icon::Icon;
use crate::ui::text_editor::{TextEditor, text_editor};
use crate::ui::undo_bar::use_undo_bar;

const EDIT: Words = Words::new("고치기", "Edit");
const EDITED: Words = Words::new("고침", "edited");
const EDITOR: Words = Words::new("글 고치기", "Edit the post");
const GOING: Words = Words::new("지우는 중…", "Being deleted…");

/// Draws a post in the current language.
pub(super) fn card(post: &ShownPost, page: PostsState, times: Times, lang: Lang) -> AnyView {
    let (time, full) = (times.short(lang, post.at), times.full(lang, post.at));
    let edited = post.edited_at.map(|at| {
        let at = times.full(lang, at);
        view! { <span class="post-edited" data-testid="edited" title=at>{EDITED.of(lang)}</span> }
            .into_any()
    });
    let is_mine = post.author.id == use_app().driver.store().me().id;
    let failure = post.change.as_ref().and_then(|change| {
        change.failure.as_ref().map(|failure| refused(change, &lang.refusal(failure), lang))
    });
    let is_going = post.change.as_ref().is_some_and(|change| change.deletes);
    let actions = post.id.filter(|_| is_mine && !is_going && failure.is_none()).map(|id| {
        let text = post.text.clone();
        when(
            move || page.mine.has(&[Grant::WriteFeed]),
            move || action_buttons(id, text.clone(), page, lang),
        )
    });
    let state = match &post.change {
        None => "stored",
        Some(_) if failure.is_some() => "failed",
        Some(_) if is_going => "going",
        Some(_) => "pending",
    };
    let text = post.text.clone();
    let stored_text = text.clone();
    let body = move || {
        view! { <p class="post-text user-text" dir="auto">{linkify::draw(&text, lang, &|text| text.to_owned().into_any())}</p> }
            .into_any()
    };
    let id = post.id;
    let is_edited_now = move || id.is_some() && page.editing.get() == id;
    view! {
        <li class="post" data-testid="post" data-state=state data-id=id.map(|id| id.to_string())>
            <div class="post-head">
                {avatar(&post.author)}
                <strong class="post-author isolated" translate="no">{post.author.name.clone()}</strong>
                <span class="post-time" title=full>{time}</span>
                {edited}
                {pending(state, lang)}
                <span class="post-actions">{actions}</span>
            </div>
            {when(move || !is_edited_now(), body)}
            {when(is_edited_now, move || editor(id, stored_text.clone(), page))}
            {failure}
        </li>
    }
    .into_any()
}

fn pending(state: &str, lang: Lang) -> Option<AnyView> {
    let label = match state {
        "pending" => lang.texts().pending,
        "going" => GOING.of(lang),
        _ => return None,
    };
    let mark = view! { <span class="delivery-mark" role="img" aria-label=label title=label>{Icon::Clock.draw()}</span> };
    Some(mark.into_any())
}

fn edit_button_id(post: PostId) -> String {
    format!("edit-{post}")
}

fn action_buttons(id: PostId, text: String, page: PostsState, lang: Lang) -> AnyView {
    let edit = move |_| {
        page.draft.set(text.clone());
        page.editing.set(Some(id));
    };
    let delete = move |_| {
        page.deleting.set(Some(id));
        page.asking.set(true);
    };
    view! {
        <button id=edit_button_id(id) class="text-button" data-testid="edit" on:click=events::click(edit)>{EDIT.of(lang)}</button>
        <button class="text-button" data-testid="delete" on:click=events::click(delete)>{DELETE.of(lang)}</button>
    }
    .into_any()
}

/// Shown instead of the text while it is being edited.
fn editor(id: Option<PostId>, stored_text: String, page: PostsState) -> AnyView {
    let Some(post) = id else {
        return ().into_any();
    };
    let driver = use_app().driver;
    let close = Callback::new(move |()| {
        page.editing.set(None);
        // The card is drawn again in the next frame; its button can take the focus after that.
        request_animation_frame(move || {
            request_animation_frame(move || browser::focus(&edit_button_id(post)));
        });
    });
    text_editor(TextEditor {
        label: EDITOR,
        text: page.draft,
        stored: stored_text,
        limit: MAX_POST_CHARS,
        validate: validate::post_text,
        saves: sends,
        save: Callback::new(move |text| driver.command(PostsCommand::Edit { post, text })),
        close,
        reopen: Arc::new(move || page.editing.set(Some(post))),
    })
}

fn refused(change: &PendingChange, sentence: &str, lang: Lang) -> AnyView {
    let (driver, undo) = (use_app().driver, use_undo_bar());
    let id = change.id;
    let texts = lang.texts();
    view! {
        <div class="refusal">
            <span>{sentence.to_owned()}</span>
            <button class="text-button" data-testid="retry" on:click=events::click_once(move |_| driver.retry(id))>{texts.try_again}</button>
            <button class="text-button" data-testid="discard" on:click=events::click_once(move |_| discard(driver, undo, id, lang))>{texts.discard}</button>
        </div>
    }
    .into_any()
}
