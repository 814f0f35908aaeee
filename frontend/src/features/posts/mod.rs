//! Posts: short texts for everybody, newest first; and greetings.

mod card;
mod composer;
mod greetings;

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::prelude::*;
use madang_client::views::posts::ShownPost;
use madang_client::{Action, ConnectionState, Slice};
use madang_shared::grants::Grant;
use madang_shared::posts::PostsCommand;
use madang_shared::{PostId, Timestamp};

use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::use_app;
use crate::features::grants::{MyGrants, guarded_page};
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::route::Page;
use crate::time::{Times, use_today};
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::question::{Question, question};
use crate::ui::skeleton::skeleton;
use card::card;
use composer::Composer;
use greetings::{GreetButtons, Greetings};

const INTRO: Words = Words::new(
    "모두가 읽는 짧은 글입니다. 누가 쓰거나 고치거나 지우면, 새로고침하지 않아도 모두의 화면이 바뀝니다.",
    "Short posts for everybody. A new, edited or deleted post changes every open screen at once, without a reload.",
);
const NOTHING: Words = Words::new("아직 글이 없습니다", "No posts yet");
const NOTHING_HINT: Words = Words::new("첫 소식을 남겨 보세요.", "Write the first post.");
const OLDER: Words = Words::new("이전 글 더 보기", "Load older posts");
const OLDER_LATER: Words = Words::new("연결되면 불러옵니다", "Loads once connected");
const DELETE_QUESTION: Words = Words::new("이 글을 지울까요?", "Delete this post?");
const DELETE_WARNING: Words = Words::new(
    "모두의 화면에서 사라지고, 되돌릴 수 없습니다.",
    "It disappears from every screen and cannot be restored.",
);
const DELETE: Words = Words::new("지우기", "Delete");

/// The state that the cards share.
#[derive(Clone, Copy)]
struct PostsState {
    mine: MyGrants,
    /// The post that is being edited, and the text of its editor.
    editing: State<Option<PostId>>,
    draft: State<String>,
    /// The post that the open question is about.
    deleting: State<Option<PostId>>,
    asking: State<bool>,
}

/// The page.
#[component]
pub(crate) fn PostsPage() -> impl IntoView {
    let store = use_app().driver.store();
    let is_known =
        memo(move || store.read(Slice::Posts, |client| client.features().posts().is_known()));
    guarded_page(&[Grant::ReadFeed], move |mine| {
        part(move || {
            if is_known.get() {
                view! { <Feed mine=mine /> }.into_any()
            } else {
                skeleton(Page::Posts.skeleton())
            }
        })
    })
}

#[component]
fn Feed(mine: MyGrants) -> impl IntoView {
    let writing =
        mine.guard(&[Grant::WriteFeed], || view! { <Composer /><GreetButtons /> }.into_any());
    let page = PostsState {
        mine,
        editing: state(None),
        draft: state(String::new()),
        deleting: state(None),
        asking: state(false),
    };
    view! {
        <div class="page">
            <div class="page-body posts">
                <p class="page-intro">{INTRO.now()}</p>
                {writing}
                {posts(page)}
                <Older />
            </div>
        </div>
        <Greetings />
        {delete_question(page)}
    }
}

fn posts(page: PostsState) -> AnyView {
    let driver = use_app().driver;
    let store = driver.store();
    let me = store.me();
    let lang = use_lang();
    let posts = memo(move || {
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Posts, |client| client.features().posts().shown(client.outbox(), &me))
    });
    let is_empty = memo(move || posts.with(Vec::is_empty));
    let (times, today) = (Times::new(), use_today());
    let items = move || {
        let (lang, today) = (lang.get(), today.get());
        let item = |post: ShownPost| {
            Item::new(card_key(&post, lang, today), move || card(&post, page, times, lang))
        };
        posts.get().into_iter().map(item).collect()
    };
    let nothing = || empty("empty posts-empty", "feed-empty", NOTHING.now(), NOTHING_HINT.now());
    view! {
        <ul class="posts-list" aria-label=Page::Posts.title().now() data-testid="posts">{each(derived(items))}</ul>
        {when(move || is_empty.get(), nothing)}
    }
    .into_any()
}

/// A hash of everything that a card shows: a card with another hash is drawn again.
fn card_key(post: &ShownPost, lang: Lang, today: Timestamp) -> u64 {
    let change =
        post.change.as_ref().map(|change| (change.id, change.deletes, change.failure.is_some()));
    let mut hasher = DefaultHasher::new();
    (post.id, &post.text, post.edited_at, change, lang, today).hash(&mut hasher);
    hasher.finish()
}

#[component]
fn Older() -> impl IntoView {
    let driver = use_app().driver;
    let store = driver.store();
    let has_older =
        move || store.read(Slice::Posts, |client| client.features().posts().has_older());
    let is_loading =
        move || store.read(Slice::Posts, |client| client.features().posts().is_loading_older());
    let is_live = move || {
        store.read(Slice::Connection, |client| *client.connection() == ConnectionState::Live)
    };
    let lang = use_lang();
    let button = move || {
        let label = derived(move || {
            let words = match (is_loading(), is_live()) {
                (true, true) => return lang.get().texts().loading,
                (true, false) => OLDER_LATER,
                (false, _) => OLDER,
            };
            words.of(lang.get())
        });
        view! {
            <button class="button posts-older" data-testid="older-posts" aria-disabled=flag(is_loading) on:click=events::click(move |_| driver.act(Action::LoadOlderPosts))>
                {label}
            </button>
        }
        .into_any()
    };
    when(has_older, button)
}

/// The dialog that asks before a post is deleted.
fn delete_question(page: PostsState) -> AnyView {
    let driver = use_app().driver;
    let lang = use_lang();
    let delete = move || {
        if let Some(post) = page.deleting.get_untracked() {
            driver.command(PostsCommand::Delete { post });
        }
        page.asking.set(false);
        // The button that opened the dialog disappears with the post.
        browser::focus(COMPOSER_ID);
    };
    let texts = Question {
        id: "delete",
        title: text(move || DELETE_QUESTION.of(lang.get()).to_owned()),
        warning: DELETE_WARNING.now(),
        keep: CANCEL.now(),
        act: DELETE.now(),
    };
    question(page.asking, texts, || ().into_any(), delete)
}
