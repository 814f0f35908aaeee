//! Fetches the catalogue of emoji when a view first needs it.

use std::cell::RefCell;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::catalogue::Catalogue;
use crate::browser;
use crate::http;
use crate::i18n::{Words, tr};
use crate::ui::erased::events;
use crate::ui::erased::signal::{State, state};

const LOADING: Words = Words::new("이모지를 불러오는 중…", "Loading the emoji…");
const FAILED: Words = Words::new("이모지를 불러오지 못했습니다.", "The emoji could not be loaded.");
/// The attribute of the page's root element with the path of the file. Its name changes with its content.
const PATH_ATTRIBUTE: &str = "data-emoji";

thread_local! {
    /// Fetched and read once for all views.
    static FETCHED: RefCell<Option<Arc<Catalogue>>> = const { RefCell::new(None) };
}

/// The catalogue, or the state of its loading.
#[derive(Clone)]
pub(crate) enum LoadedEmoji {
    NotRequested,
    Loading,
    Failed,
    Ready(Arc<Catalogue>),
}

/// Two states are the same if they show the same.
impl PartialEq for LoadedEmoji {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ready(one), Self::Ready(other)) => Arc::ptr_eq(one, other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// Loads the catalogue for one view. Copies are the same loader.
#[derive(Clone, Copy)]
pub(crate) struct EmojiLoader(State<LoadedEmoji>);

impl EmojiLoader {
    pub(crate) fn new() -> Self {
        let fetched = FETCHED.with_borrow(Clone::clone);
        Self(state(fetched.map_or(LoadedEmoji::NotRequested, LoadedEmoji::Ready)))
    }

    /// The catalogue or its state now, and again when it has changed.
    pub(crate) fn get(self) -> LoadedEmoji {
        self.0.get()
    }

    /// Fetches the catalogue, unless it is there or on its way.
    pub(crate) fn load(self) {
        if matches!(self.0.get_untracked(), LoadedEmoji::Loading | LoadedEmoji::Ready(_)) {
            return;
        }
        self.0.set(LoadedEmoji::Loading);
        spawn_local(async move {
            let loaded = fetch().await.map_or(LoadedEmoji::Failed, LoadedEmoji::Ready);
            // The view may be gone by now.
            self.0.try_set(loaded);
        });
    }
}

/// None without a network, and for a page whose server has another version by now.
async fn fetch() -> Option<Arc<Catalogue>> {
    // Another view may have fetched it.
    if let Some(fetched) = FETCHED.with_borrow(Clone::clone) {
        return Some(fetched);
    }
    let path = browser::root()?.get_attribute(PATH_ATTRIBUTE)?;
    let answer = http::get(&path, None).await.ok().filter(http::Answer::ok)?;
    let catalogue = Arc::new(Catalogue::parse(&answer.text)?);
    FETCHED.set(Some(Arc::clone(&catalogue)));
    Some(catalogue)
}

/// Shown instead of emoji: that they are loading, or that they could not be loaded, with a button that tries again.
pub(crate) fn not_ready(loader: EmojiLoader, state: &LoadedEmoji) -> AnyView {
    match state {
        LoadedEmoji::NotRequested | LoadedEmoji::Ready(_) => ().into_any(),
        LoadedEmoji::Loading => view! {
            <p class="emoji-status" role="status" data-testid="emoji-loading"><span class="spinner"></span>{LOADING.now()}</p>
        }
        .into_any(),
        LoadedEmoji::Failed => view! {
            <p class="emoji-status" role="alert" data-testid="emoji-failed">
                {FAILED.now()}
                <button type="button" class="button" data-testid="emoji-retry" on:click=events::click(move |_| loader.load())>{tr(|t| t.try_again)}</button>
            </p>
        }
        .into_any(),
    }
}
