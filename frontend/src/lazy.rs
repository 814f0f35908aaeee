//! Loads the part of the app that signing in and chatting do not need: a second module, fetched after the
//! first view, or earlier when a view needs it.
//!
//! [`LazyViews`] lists the entry points of that part; `shell::lazy_views` fills it in. `app-split` moves the
//! code and texts that only these entry points reach from the compiled app into the second module, so views
//! are written as if there were one module. The cargo feature `lazy-part` is set in such a build; without it
//! (development, tests) there is one module.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::moderation::DeletedBy;
use madang_shared::sentiment::Sentiment;
use madang_shared::{CommandId, Failure, RoomId, Seq};
#[cfg(feature = "lazy-part")]
use wasm_split_helpers::SplitLoaderError;

use crate::browser;
use crate::composer::KeyInterceptor;
use crate::draft::DraftField;
use crate::i18n::{Lang, tr};
use crate::route::Page;
use crate::ui::erased::events;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};
use crate::ui::skeleton::{Shape, skeleton};

/// The part is fetched this long after sign-in, unless a view needs it earlier.
const IDLE_DELAY: Duration = Duration::from_millis(500);

/// The entry points of the lazy part.
#[derive(Clone, Copy)]
pub(crate) struct LazyViews {
    pub(crate) page: fn(Page) -> AnyView,
    /// The inspector's content.
    pub(crate) inspector: fn() -> AnyView,
    /// The palette.
    pub(crate) palette: fn() -> AnyView,
    /// The list of keyboard shortcuts.
    pub(crate) shortcuts: fn() -> AnyView,
    /// The tools of the open room: its day, and the actions of a message.
    pub(crate) room_tools: fn() -> AnyView,
    /// The statuses above the messages of the open room.
    pub(crate) room_statuses: fn() -> AnyView,
    /// The users who joined and left a room after a message.
    pub(crate) presence_line: fn(RoomId, Seq) -> AnyView,
    /// The reason why a message was refused, and the choice to send it again.
    pub(crate) message_refusal: fn(CommandId, &Failure) -> AnyView,
    /// The editor of the text of a stored message.
    pub(crate) message_editor: fn(Seq) -> AnyView,
    /// The message that another one answers.
    pub(crate) quote: fn(Seq) -> AnyView,
    /// The bar above the messages with the pinned ones.
    pub(crate) pinned_bar: fn(RoomId) -> AnyView,
    /// The bar above the composer with the message that the composer answers; the state ends that.
    pub(crate) reply_bar: fn(RoomId, Seq, State<Option<Seq>>) -> AnyView,
    /// The completion of mentions and emoji, above the composer.
    pub(crate) completion: fn(RoomId, DraftField, KeyInterceptor) -> AnyView,
    /// The buttons beside the message field: for an emoji, and for sending the text at another time.
    pub(crate) composer_tools: fn(RoomId, DraftField, State<Option<Seq>>) -> AnyView,
    /// The reactions below a message.
    pub(crate) message_reactions: fn(Seq) -> AnyView,
    /// The place of a deleted message.
    pub(crate) deleted_message: fn(DeletedBy) -> AnyView,
    /// The text of a message with its formats. `true` folds it, because it is long.
    pub(crate) formatted_text: fn(RoomId, Seq, bool) -> AnyView,
    /// The user's own menu.
    pub(crate) own_menu: fn() -> AnyView,
    /// The menu of the open room or page.
    pub(crate) view_menu: fn() -> AnyView,
    /// The dialog for a new room; the state closes it.
    pub(crate) new_room: fn(State<bool>) -> AnyView,
    /// The choice of the order of the rooms.
    pub(crate) order_choice: fn() -> AnyView,
    /// Shown instead of the timeline of a room that the user has not joined.
    pub(crate) join_card: fn(RoomId) -> AnyView,
    /// The public rooms that a search finds, without those that the user has joined.
    pub(crate) other_rooms: fn(State<String>) -> AnyView,
    /// The mark of a mood on a message.
    pub(crate) mood: fn(Sentiment, Lang) -> AnyView,
    /// The first steps of a newcomer; the state closes them.
    pub(crate) first_steps: fn(RoomId, State<bool>) -> AnyView,
    /// The line below the name of the open room.
    pub(crate) topic_line: fn() -> AnyView,
    /// The number of members of the open room.
    pub(crate) member_count: fn() -> AnyView,
    /// The read count of one of the user's own messages.
    pub(crate) read_count: fn(Seq) -> AnyView,
    /// The members of a room.
    pub(crate) members: fn(RoomId) -> AnyView,
    /// The bars above the content, the card of a person, and what shows notices outside of the inbox.
    pub(crate) bars: fn() -> AnyView,
    /// The bar that offers to undo the last act.
    pub(crate) undo_bar: fn() -> AnyView,
}

/// The part could not be loaded: no network, or the server has another version by now.
pub(crate) struct LoadError;

#[cfg(feature = "lazy-part")]
impl From<SplitLoaderError> for LoadError {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Fetches the part.
pub(crate) type Load = fn() -> Pin<Box<dyn Future<Output = Result<LazyViews, LoadError>>>>;

/// A view of the part. (`dyn Fn` has three methods, each compiled for each closure.)
pub(crate) trait LazyView: Send + Sync {
    fn draw(&self, views: LazyViews) -> AnyView;

    /// Draws the view without the part.
    fn draw_before(&self) -> AnyView {
        ().into_any()
    }
}

impl<F: Fn(LazyViews) -> AnyView + Send + Sync> LazyView for F {
    fn draw(&self, views: LazyViews) -> AnyView {
        self(views)
    }
}

#[derive(Clone, Copy)]
enum LoadState {
    Idle,
    Loading,
    Loaded(LazyViews),
    Failed,
}

/// Loads the part once. Copies are the same loader.
#[derive(Clone, Copy)]
pub(crate) struct Loader {
    state: State<LoadState>,
    load: Load,
}

impl Loader {
    /// Loads the part soon, when the first view no longer needs the network.
    pub(crate) fn start(load: Load) -> Self {
        let loader = Self { state: state(LoadState::Idle), load };
        let load = move || {
            if matches!(loader.state.try_get_untracked(), Some(LoadState::Idle)) {
                loader.load();
            }
        };
        set_timeout(load, IDLE_DELAY);
        loader
    }

    fn load(self) {
        self.state.set(LoadState::Loading);
        spawn_local(async move {
            let loaded = (self.load)().await;
            // The session may be over by now.
            self.state.try_set(loaded.map_or(LoadState::Failed, LoadState::Loaded));
        });
    }

    /// Draws a view of the part as soon as it is loaded. A failed load is tried once more, because the network
    /// may be back.
    pub(crate) fn draw(
        self,
        shape: Shape,
        draw: impl Fn(LazyViews) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        if matches!(self.state.get_untracked(), LoadState::Idle | LoadState::Failed) {
            self.load();
        }
        self.draw_shared(Some(shape), Box::new(draw))
    }

    /// Draws a view of the part once it is loaded; nothing before.
    pub(crate) fn draw_when_loaded(
        self,
        draw: impl Fn(LazyViews) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        self.draw_shared(None, Box::new(draw))
    }

    /// Draws a view of the part once it is loaded, and what the view has without the part before.
    pub(crate) fn draw_instead(self, view: impl LazyView + 'static) -> AnyView {
        self.draw_shared(None, Box::new(view))
    }

    /// Shows a skeleton of the shape until the view is there.
    #[inline(never)]
    fn draw_shared(self, shape: Option<Shape>, view: Box<dyn LazyView>) -> AnyView {
        part(move || match (self.state.get(), shape) {
            (LoadState::Loaded(views), _) => view.draw(views),
            (_, None) => view.draw_before(),
            (LoadState::Failed, Some(_)) => self.failure(),
            (LoadState::Idle | LoadState::Loading, Some(shape)) => skeleton(shape),
        })
    }

    fn failure(self) -> AnyView {
        view! {
            <div class="content-message" role="alert" data-testid="lazy-part-failed">
                <h2>{tr(|t| t.not_loaded)}</h2>
                <p>{tr(|t| t.not_loaded_hint)}</p>
                <p class="content-message-tools">
                    <button class="button button-strong" data-testid="lazy-part-retry" on:click=events::click(move |_| self.load())>{tr(|t| t.try_again)}</button>
                    <button class="button" on:click=events::click(move |_| browser::reload())>{tr(|t| t.reload)}</button>
                </p>
            </div>
        }
        .into_any()
    }
}
