//! Carries out what the client asks for: sockets, timers, storage. Gives it the time, randomness and
//! whatever happens, and rings for what changed once per animation frame, however much arrives.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use madang_client::{Action, Client, Input, Output, Slice, VecSet};
use madang_shared::{Command, CommandId, Timestamp, User};

use crate::browser;
use crate::draft;
use crate::kept;
use crate::outbox_storage::{OutboxStorage, RENEW_MS};
use crate::route;
use crate::session;
use crate::socket::{Happened, Socket};
use crate::store::Store;
use crate::ui::state::{State, state};
use crate::wire::Wire;

/// Frames are not drawn in a hidden tab; its title is still kept right, this often, in milliseconds.
const HIDDEN_FRAME_MS: u64 = 250;
/// The close code of a page that goes (RFC 6455 section 7.4.1).
const GOING_AWAY: u16 = 1001;
const PROGRAM: &str = concat!("app/", env!("CARGO_PKG_VERSION"));

/// The driver of one session. Copies are the same driver; after the session they do nothing.
#[derive(Clone, Copy)]
pub(crate) struct Driver {
    store: Store,
    parts: StoredValue<Parts, LocalStorage>,
    storage: StoredValue<OutboxStorage>,
    wire: Wire,
    /// The server does not know the session any more.
    pub(crate) signed_out: State<bool>,
    /// The browser does not keep what was not sent: a reload would lose it.
    pub(crate) unkept: State<bool>,
}

#[derive(Default)]
struct Parts {
    socket: Option<Socket>,
    /// Whether the present socket was ever open.
    was_open: bool,
    /// The timer, and when it rings.
    alarm: Option<(Timestamp, TimeoutHandle)>,
    changed: VecSet<Slice>,
    frame_asked_for: bool,
}

impl Driver {
    /// Starts a session's client, within the reactive owner whose end is the session's end.
    pub(crate) fn start(me: User) -> Self {
        let storage = OutboxStorage::new(me.id);
        let kept = kept::take(me.id);
        let mut client = Client::new(me, PROGRAM, storage.take_up());
        if let Some(kept) = kept {
            client = client.with_offline_cache(kept, browser::now());
        }
        let driver = Self {
            store: Store::new(client),
            parts: StoredValue::new_local(Parts::default()),
            storage: StoredValue::new(storage),
            wire: Wire::new(),
            signed_out: state(false),
            unkept: state(false),
        };
        driver.listen();
        driver.input(Input::Connect);
        if !browser::is_online() {
            driver.input(Input::Offline);
        }
        driver
    }

    /// What views read.
    pub(crate) fn store(self) -> Store {
        self.store
    }

    /// The last frames.
    pub(crate) fn wire(self) -> Wire {
        self.wire
    }

    /// The user does something.
    pub(crate) fn act(self, action: Action) {
        self.input(Input::Act(action));
    }

    /// The user asks for a change.
    pub(crate) fn command(self, command: impl Into<Command>) {
        self.input(Input::Command(command.into()));
    }

    /// The user tries a failed command again.
    pub(crate) fn retry(self, id: CommandId) {
        self.input(Input::Retry(id));
    }

    /// The user lets a failed command go.
    pub(crate) fn discard(self, id: CommandId) {
        self.input(Input::Discard(id));
    }

    /// The user does not want to wait for the next try.
    pub(crate) fn connect_now(self) {
        self.input(Input::Connect);
    }

    /// What is to be done once the session is over: nothing of it is kept. Can be done when the driver is
    /// gone, for the server may close its socket before it answers that the session has ended.
    pub(crate) fn forgetting(self) -> impl FnOnce() + 'static {
        let storage = self.storage.get_value();
        move || {
            self.input(Input::SignOut);
            storage.forget();
            draft::forget_all();
        }
    }

    fn input(self, input: Input) {
        let moment = browser::moment();
        let Some(outputs) = self.store.change(|client| client.handle(moment, input)) else {
            return;
        };
        for output in outputs {
            self.carry_out(output);
        }
        self.set_alarm();
    }

    fn carry_out(self, output: Output) {
        match output {
            Output::OpenSocket => self.open(),
            Output::Send(text) => {
                self.wire.note(true, &text);
                self.parts.try_with_value(|parts| {
                    if let Some(socket) = &parts.socket {
                        socket.send(&text);
                    }
                });
            }
            Output::CloseSocket => {
                self.parts.try_update_value(|parts| parts.socket = None);
            }
            Output::Changed(part) => self.changed(part),
            Output::PersistOutbox => self.keep(),
        }
    }

    fn open(self) {
        let socket = Socket::open(move |happened| self.on_socket(happened));
        let refused = socket.is_none();
        self.parts.try_update_value(|parts| {
            parts.socket = socket;
            parts.was_open = false;
        });
        if refused {
            set_timeout(move || self.on_socket(Happened::Closed(1006)), Duration::ZERO);
        }
    }

    /// The page goes. A browser that keeps it for the way back would keep its connection too, and
    /// others would see the user here until the server's next ping; `pageshow` connects again.
    fn hang_up(self) {
        let connected = self.parts.try_update_value(|parts| parts.socket.take().is_some());
        if connected == Some(true) {
            self.input(Input::SocketClosed { code: GOING_AWAY });
        }
    }

    fn on_socket(self, happened: Happened) {
        match happened {
            Happened::Opened => {
                self.parts.try_update_value(|parts| parts.was_open = true);
                self.input(Input::SocketOpened);
            }
            Happened::Frame(text) => {
                self.wire.note(false, &text);
                self.input(Input::Frame(text));
            }
            Happened::Closed(code) => {
                let was_open = self.parts.try_update_value(|parts| {
                    parts.socket = None;
                    parts.was_open
                });
                self.input(Input::SocketClosed { code });
                if !browser::is_online() {
                    self.input(Input::Offline);
                }
                if was_open == Some(false) {
                    self.check_session();
                }
            }
        }
    }

    /// A browser does not say why a socket could not be opened; an ended session is one reason, and
    /// the only one for which trying again is pointless.
    fn check_session(self) {
        leptos::task::spawn_local(async move {
            if let Ok(None) = session::current().await {
                self.signed_out.try_set(true);
            }
        });
    }

    /// An alarm that rings too early is set again when it has rung, for most deadlines move with every frame
    /// that comes, and never come.
    fn set_alarm(self) {
        let deadline = self.store.change(|client| client.deadline()).flatten();
        let Some(deadline) = deadline else { return };
        self.parts.try_update_value(|parts| {
            if let Some((at, alarm)) = parts.alarm.take() {
                if at <= deadline {
                    parts.alarm = Some((at, alarm));
                    return;
                }
                alarm.clear();
            }
            let wait = Duration::from_millis(deadline.since(browser::now()).max(1));
            let ring = move || {
                self.parts.try_update_value(|parts| parts.alarm = None);
                self.input(Input::Wake);
            };
            let alarm = set_timeout_with_handle(ring, wait).ok();
            parts.alarm = alarm.map(|alarm| (deadline, alarm));
        });
    }

    fn keep(self) {
        self.store.peek(|client| {
            let items = client.outbox_to_persist();
            let kept = self.storage.with_value(|storage| storage.keep(items));
            if self.unkept.get_untracked() == kept {
                self.unkept.set(!kept);
            }
        });
    }

    /// Keeps what is shown for the next visit, with the timeline of the room that was looked at last.
    fn keep_for_later(self) {
        let room = route::last_room();
        let kept = self.store.change(|client| {
            let room = client.features().open().or(room);
            client.cached_state(room).map(|kept| (client.features().me().id, kept))
        });
        if let Some((user, kept)) = kept.flatten() {
            kept::keep(user, &kept);
        }
    }

    /// Says that this tab's outbox is not abandoned, and takes up those that are: whoever closed a
    /// crashed window and opened another at once finds what was written in the first.
    fn renew(self) {
        self.keep();
        self.keep_for_later();
        let (items, keys) = self.storage.with_value(OutboxStorage::abandoned);
        if !items.is_empty() {
            self.input(Input::Adopt(items));
            if !self.unkept.get_untracked() {
                OutboxStorage::let_go(&keys);
            }
        }
    }

    fn changed(self, part: Slice) {
        let ask = self.parts.try_update_value(|parts| {
            parts.changed.insert(part);
            !std::mem::replace(&mut parts.frame_asked_for, true)
        });
        if ask != Some(true) {
            return;
        }
        if browser::is_hidden() {
            set_timeout(move || self.frame(), Duration::from_millis(HIDDEN_FRAME_MS));
        } else {
            request_animation_frame(move || self.frame());
        }
    }

    fn frame(self) {
        let changed = self.parts.try_update_value(|parts| {
            parts.frame_asked_for = false;
            std::mem::take(&mut parts.changed)
        });
        if let Some(changed) = changed {
            self.store.ring(&changed);
            self.wire.ring();
        }
    }

    /// The device lost its network. Its sockets may be dead without knowing it for half a minute, so
    /// the present one is given up; if a new one cannot be opened either, we are offline. (A server on
    /// this very machine can be reached all the same.)
    fn on_network_gone(self) {
        let had = self.parts.try_update_value(|parts| parts.socket.take().is_some());
        if had == Some(true) {
            self.input(Input::SocketClosed { code: 1006 });
            self.input(Input::Connect);
        } else {
            self.input(Input::Offline);
        }
    }

    fn listen(self) {
        let on = |name: &'static str, react: fn(Self)| {
            let listener = window_event_listener_untyped(name, move |_| react(self));
            on_cleanup(move || listener.remove());
        };
        on("online", |driver| driver.input(Input::Connect));
        on("offline", Self::on_network_gone);
        on("pageshow", |driver| {
            OutboxStorage::page_is_back();
            driver.input(Input::Connect);
        });
        on("visibilitychange", |driver| {
            if browser::is_hidden() {
                // A frame that was asked for will not come any more.
                driver.frame();
                driver.keep_for_later();
            } else {
                driver.act(Action::WindowFocused);
                driver.input(Input::Connect);
            }
        });
        on("pagehide", |driver| {
            driver.storage.with_value(OutboxStorage::page_goes);
            driver.keep_for_later();
            driver.hang_up();
        });
        let renew = Duration::from_millis(RENEW_MS);
        if let Ok(timer) = set_interval_with_handle(move || self.renew(), renew) {
            on_cleanup(move || timer.clear());
        }
        on_cleanup(move || {
            self.parts.try_update_value(|parts| {
                parts.socket = None;
                if let Some((_, alarm)) = parts.alarm.take() {
                    alarm.clear();
                }
            });
        });
    }
}
