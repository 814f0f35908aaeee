//! Loading the pages over HTTP, and sending acts.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::administration::{ACTS_PATH, ActAnswer, AdministrationAct, RequestedAct};
use madang_shared::{Failure, compact};
use serde::de::DeserializeOwned;

use super::try_again;
use crate::i18n::use_lang;
use crate::ui::erased::memo::Memo;
use crate::ui::erased::reactive::{effect, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::skeleton::{Shape, skeleton};
use crate::{http, session};

/// The number of the newest entry of the audit log. The lists are loaded again when it changes.
#[derive(Clone, Copy)]
pub(super) struct News(pub(super) Memo<Option<u64>>);

/// The number of the last pulse of the server's state, which is read again when it changes.
#[derive(Clone, Copy)]
pub(super) struct Pulse(pub(super) Memo<Option<u64>>);

/// A page; none until the first answer.
pub(super) type Loaded<T> = State<Option<Result<T, Failure>>>;

/// Loads the page at a path, and again when the path or the audit log has changed.
pub(super) fn load<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    path: impl Fn() -> String + 'static,
) -> Loaded<T> {
    let News(news) = expect_context();
    load_on(news, path)
}

/// Loads the page at a path, and again when the path or the number has changed.
pub(super) fn load_on<T, P>(news: Memo<Option<u64>>, path: P) -> Loaded<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
    P: Fn() -> String + 'static,
{
    let loaded: Loaded<T> = state(None);
    effect(move || {
        news.get();
        let path = path();
        spawn_local(async move {
            let page = get(&path).await;
            // A page that was known stays while the network is away.
            let is_worse = page.is_err() && matches!(loaded.try_get_untracked(), Some(Some(Ok(_))));
            if !is_worse {
                loaded.try_set(Some(page));
            }
        });
    });
    loaded
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    let answer = http::get(path, None).await.map_err(session::unreachable_server)?;
    if !answer.ok() {
        return Err(session::failure(&answer));
    }
    compact::from_text(&answer.text).map_err(|_| session::unexpected_answer())
}

/// Draws a page, its skeleton, or its refusal.
pub(super) fn draw_loaded<T: Clone + Send + Sync + 'static>(
    loaded: Loaded<T>,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    part(move || match loaded.get() {
        None => skeleton(Shape::Rows),
        Some(Ok(page)) => draw(page),
        Some(Err(failure)) => failed(failure),
    })
}

fn failed(failure: Failure) -> AnyView {
    let lang = use_lang();
    let sentence = text(move || lang.get().refusal(&failure));
    view! {
        <div role="alert" data-testid="admin-failed">
            <p class="error">{sentence}</p>
            {try_again(crate::browser::reload)}
        </div>
    }
    .into_any()
}

/// The last act of this page.
#[derive(Clone, Copy)]
pub(super) struct ActState {
    failure: State<Option<Failure>>,
    busy: State<bool>,
}

impl ActState {
    pub(super) fn new() -> Self {
        Self { failure: state(None), busy: state(false) }
    }

    pub(super) fn clear(self) {
        self.failure.set(None);
    }

    /// Sends an act, one at a time. `done` gets its answer.
    pub(super) fn send(
        self,
        act: AdministrationAct,
        reason: String,
        done: impl FnOnce(ActAnswer) + 'static,
    ) {
        self.run(async move { post(&RequestedAct { act, reason }).await }, done);
    }

    /// Runs a request, one at a time. `done` gets its answer.
    pub(super) fn run<T: 'static>(
        self,
        request: impl Future<Output = Result<T, Failure>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answered = request.await;
            if !self.busy.try_set(false) {
                return;
            }
            match answered {
                Ok(answer) => done(answer),
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }
}

async fn post(request: &RequestedAct) -> Result<ActAnswer, Failure> {
    let answer = http::post(ACTS_PATH, &compact::to_text(request)).await;
    let answer = answer.map_err(session::unreachable_server)?;
    if !answer.ok() {
        return Err(session::failure(&answer));
    }
    compact::from_text(&answer.text).map_err(|_| session::unexpected_answer())
}

/// The refusal of the last act.
pub(super) fn refusal_of_act(act: ActState) -> AnyView {
    let lang = use_lang();
    let sentence = text(move || {
        act.failure.with(|it| it.as_ref().map(|it| lang.get().refusal(it)).unwrap_or_default())
    });
    view! { <p class="error" role="alert" data-testid="admin-refused">{sentence}</p> }.into_any()
}

/// The button that shows the next page.
pub(super) fn more_button(shown: bool, next: impl Fn() + 'static) -> AnyView {
    if !shown {
        return ().into_any();
    }
    view! {
        <button class="button admin-more" data-testid="admin-more" on:click=crate::ui::erased::events::click(move |_| next())>
            {super::strings::NEXT_PAGE.now()}
        </button>
    }
    .into_any()
}
