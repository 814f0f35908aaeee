//! The part of the app that is no part of signing in and chatting: a module of its own, loaded after the
//! first view, and at the latest when it is needed.
//!
//! [`Apart`] lists the ways into it. Whatever can be reached only through these, code and texts, is cut out of
//! the app by `scripts/wasm/split.mjs` after it was compiled as one program, so that views need not know. The feature
//! `apart` says that this will happen; without it (`just dev`, tests) everything stays in one module.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::RoomId;
#[cfg(feature = "apart")]
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::browser;
use crate::features::courtyard::Skeleton;
use crate::features::delivery::{self, Inspected};
use crate::features::inspector;
use crate::features::pages::Page;
use crate::i18n::tr;
use crate::ui::events;
use crate::ui::reactive::part;
use crate::ui::state::{State, state};

/// So long after the gate the part is fetched unasked.
const FIRST_VIEW: Duration = Duration::from_millis(500);

/// The ways into what was loaded.
#[derive(Clone, Copy)]
pub(crate) struct Apart {
    pub(crate) page: fn(Page) -> AnyView,
    pub(crate) inspector: fn(State<bool>) -> AnyView,
    pub(crate) delivery: fn(RoomId, Inspected) -> AnyView,
}

impl Apart {
    fn here() -> Self {
        Self { page: Page::draw, inspector: inspector::content, delivery: delivery::content }
    }
}

/// It did not come: there is no network, or the server has another version by now.
struct Lost;

#[cfg(feature = "apart")]
impl From<SplitLoaderError> for Lost {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

#[cfg(feature = "apart")]
#[wasm_split(pages, fallible)]
fn load() -> Result<Apart, Lost> {
    Ok(Apart::here())
}

#[cfg(not(feature = "apart"))]
#[expect(clippy::unused_async, reason = "what is loaded apart is waited for")]
async fn load() -> Result<Apart, Lost> {
    Ok(Apart::here())
}

#[derive(Clone, Copy)]
enum Stands {
    Unasked,
    Coming,
    Here(Apart),
    Lost,
}

/// Where the part stands.
#[derive(Clone, Copy)]
pub(crate) struct Loader(State<Stands>);

impl Loader {
    /// Fetches the part soon, when nothing of the first view waits for the network any more.
    pub(crate) fn start() -> Self {
        let loader = Self(state(Stands::Unasked));
        let load = move || {
            if matches!(loader.0.try_get_untracked(), Some(Stands::Unasked)) {
                loader.load();
            }
        };
        set_timeout(load, FIRST_VIEW);
        loader
    }

    fn load(self) {
        self.0.set(Stands::Coming);
        spawn_local(async move {
            let stands = load().await.map_or_else(|Lost| Stands::Lost, Stands::Here);
            // The session may be over by now.
            self.0.try_set(stands);
        });
    }

    /// Draws something of the part as soon as it is here. A part that did not come is asked for once more:
    /// whoever went on without a network may have one again.
    pub(crate) fn draw(self, draw: impl Fn(Apart) -> AnyView + Send + Sync + 'static) -> AnyView {
        if matches!(self.0.get_untracked(), Stands::Unasked | Stands::Lost) {
            self.load();
        }
        part(move || match self.0.get() {
            Stands::Unasked | Stands::Coming => view! { <Skeleton /> }.into_any(),
            Stands::Here(apart) => draw(apart),
            Stands::Lost => self.lost(),
        })
    }

    fn lost(self) -> AnyView {
        view! {
            <div class="quiet" role="alert" data-testid="apart-lost">
                <h2>{tr(|t| t.not_loaded)}</h2>
                <p>{tr(|t| t.not_loaded_hint)}</p>
                <p class="quiet-tools">
                    <button class="button button-strong" data-testid="apart-again" on:click=events::click(move |_| self.load())>{tr(|t| t.try_again)}</button>
                    <button class="button" on:click=events::click(move |_| browser::reload())>{tr(|t| t.reload)}</button>
                </p>
            </div>
        }
        .into_any()
    }
}
