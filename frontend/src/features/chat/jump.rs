//! Jumps to the message that the address names, or to the first new message: loads older messages until it is
//! there, scrolls to it and marks it; or reports that it does not exist.

use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use madang_client::{Action, Client, Slice};
use madang_shared::{RoomId, Seq};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::rows::Row;
use crate::browser;
use crate::context::AppContext;
use crate::i18n::{Words, use_lang};
use crate::route::Route;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, part};
use crate::ui::erased::signal::{State, state};
use crate::ui::virtual_list::VirtualList;

const SEARCHING: Words = Words::new("그 메시지를 찾는 중…", "Looking for that message…");
const NOT_FOUND: Words =
    Words::new("그 메시지는 이제 없습니다.", "That message is not here any more.");

/// The state of the jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JumpState {
    /// There is no jump, or it has ended at the message.
    Idle,
    Searching,
    /// There is no such message.
    NotFound,
}

/// The result of looking for a message in the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookup {
    /// The room has not arrived yet, or older messages are loading.
    Pending,
    /// The message is older than the loaded ones, which begin here.
    Older(Seq),
    Found,
    Missing,
}

/// The target of a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Message(Seq),
    FirstNew,
}

impl Target {
    fn look_up(self, client: &Client, room: RoomId) -> Lookup {
        let features = client.features();
        let Some(timeline) = features.timeline(room).filter(|timeline| timeline.is_known()) else {
            return Lookup::Pending;
        };
        let messages = timeline.messages();
        let (is_found, is_older) = match self {
            Self::Message(seq) => (
                messages.binary_search_by_key(&seq, |message| message.seq).is_ok(),
                messages.front().is_some_and(|first| seq < first.seq),
            ),
            Self::FirstNew => match timeline.new_after() {
                Some(mark) => (timeline.reaches_back_to(mark), true),
                None => (false, false),
            },
        };
        match messages.front() {
            _ if is_found => Lookup::Found,
            Some(_) if is_older && timeline.is_loading_older() => Lookup::Pending,
            Some(first) if is_older && timeline.has_older() => Lookup::Older(first.seq),
            // Messages after the cached ones have not arrived yet.
            _ if timeline.is_cached() => Lookup::Pending,
            _ => Lookup::Missing,
        }
    }

    fn is(self, row: &Row) -> bool {
        match (self, row) {
            (Self::Message(message), Row::Message(row)) => row.seq == Some(message),
            (Self::FirstNew, row) => matches!(row, Row::New { .. }),
            _ => false,
        }
    }
}

/// A room's jumps. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Jump {
    state: State<JumpState>,
    first_new: State<bool>,
}

impl Jump {
    /// `names_message` tells whether the address names a message: nothing else counts as shown before it is found.
    pub(super) fn new(names_message: bool) -> Self {
        let start = if names_message { JumpState::Searching } else { JumpState::Idle };
        Self { state: state(start), first_new: state(false) }
    }

    /// Jumps to the first new message.
    pub(super) fn to_first_new(self) {
        self.first_new.set(true);
    }

    /// Whether the target is still being looked for.
    pub(super) fn is_searching(self) -> bool {
        self.state.get_untracked() == JumpState::Searching
    }

    /// Jumps to the message that the address names, now and whenever it names another; draws the state of the jump.
    pub(super) fn run(self, app: AppContext, room: RoomId, list: VirtualList<Row>) -> AnyView {
        let store = app.driver.store();
        let named = memo(move || match app.router.get() {
            Route::Message(of, message) if of == room => Some(Target::Message(message)),
            _ => None,
        });
        let arrived = StoredValue::new(None::<Target>);
        // The target, and the first loaded message at the last request.
        let requested = StoredValue::new(None::<(Target, Seq)>);
        effect(move || {
            let named = named.get();
            if arrived.get_value() != named {
                arrived.set_value(None);
            }
            let wanted = if self.first_new.get() { Some(Target::FirstNew) } else { named };
            let found = store.read(Slice::Timeline, |client| {
                wanted.map(|target| (target, target.look_up(client, room)))
            });
            let now = match found {
                None => {
                    requested.set_value(None);
                    JumpState::Idle
                }
                Some((target, _)) if arrived.get_value() == Some(target) => JumpState::Idle,
                // The last request loaded no older message, so another one is useless.
                Some((target, Lookup::Older(first)))
                    if requested.get_value() == Some((target, first)) =>
                {
                    JumpState::NotFound
                }
                Some((target, Lookup::Older(first))) => {
                    requested.set_value(Some((target, first)));
                    app.driver.act(Action::LoadOlder(room));
                    JumpState::Searching
                }
                Some((target, Lookup::Found)) if list.show(|row| target.is(row)) => {
                    match target {
                        Target::Message(message) => {
                            arrived.set_value(Some(target));
                            mark(message);
                        }
                        Target::FirstNew => self.first_new.set(false),
                    }
                    JumpState::Idle
                }
                Some((_, Lookup::Pending)) => JumpState::Searching,
                Some((_, Lookup::Found)) => {
                    // The list has no row of it yet.
                    list.moved.track();
                    JumpState::Searching
                }
                Some((_, Lookup::Missing)) => JumpState::NotFound,
            };
            if self.state.get_untracked() != now {
                self.state.set(now);
            }
        });
        let lang = use_lang();
        part(move || match self.state.get() {
            JumpState::Idle => ().into_any(),
            JumpState::Searching => status_line("message-seeking", SEARCHING.of(lang.get())),
            JumpState::NotFound => status_line("message-gone", NOT_FOUND.of(lang.get())),
        })
    }
}

fn status_line(id: &'static str, sentence: &'static str) -> AnyView {
    view! { <p class="chat-status" role="status" data-testid=id>{sentence}</p> }.into_any()
}

/// Marks the message and moves the focus to it, once it is drawn.
fn mark(message: Seq) {
    spawn_local(async move {
        tick().await;
        let selector = format!(".timeline [data-seq=\"{}\"]", message.0);
        let found = document().query_selector(&selector).ok().flatten();
        let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        // Fails only for a malformed name.
        element.set_attribute("data-found", "true").ok();
        browser::focus_on(&element);
    });
}
