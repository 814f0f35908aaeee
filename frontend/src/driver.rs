//! The driver: executes the outputs of the client with the browser's sockets, timers and storage, and passes
//! inputs to the client with the time and random bits. It notifies views of changes at most once per
//! animation frame.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use madang_client::{Action, Client, Input, NewLazyViews, Output, PendingCommand, Slice, VecSet};
use madang_shared::{Command, CommandId, Timestamp, User};

use crate::browser;
use crate::client_store::ClientStore;
use crate::draft;
use crate::frame_log::FrameLog;
use crate::offline_cache;
use crate::outbox_storage::{ABANDONED_MS, OutboxStorage, RENEW_MS};
use crate::router;
use crate::session;
use crate::socket::{ConnectionEvent, Socket};
use crate::ui::erased::signal::{State, state};

/// A hidden tab draws no animation frames. Its views are notified after this time instead, in milliseconds,
/// because its title must be right.
const HIDDEN_FRAME_MS: u64 = 250;
/// The close code when the user leaves the page (RFC 6455 section 7.4.1).
const GOING_AWAY: u16 = 1001;
/// The close code of a connection that ended without a close frame (RFC 6455 section 7.4.1).
const ABNORMAL_CLOSURE: u16 = 1006;
const PROGRAM: &str = concat!("app/", env!("CARGO_PKG_VERSION"));

/// The driver of one session. Copies share one driver; after the session they do nothing.
#[derive(Clone, Copy)]
pub(crate) struct Driver {
    store: ClientStore,
    resources: StoredValue<Resources, LocalStorage>,
    storage: StoredValue<OutboxStorage>,
    frame_log: FrameLog,
    /// Whether the server has ended the session.
    pub(crate) signed_out: State<bool>,
    /// Whether the browser refuses to store the outbox. A reload would lose it then.
    pub(crate) outbox_unsaved: State<bool>,
}

#[derive(Default)]
struct Resources {
    socket: Option<Socket>,
    /// Whether the present socket was ever open.
    was_open: bool,
    /// The timer, and its deadline.
    timer: Option<(Timestamp, TimeoutHandle)>,
    changed: VecSet<Slice>,
    frame_requested: bool,
    /// When the outbox was last renewed.
    renewed_at: Option<Timestamp>,
}

impl Driver {
    /// Starts a session's client in the current reactive owner. When the owner is disposed, the session ends.
    pub(crate) fn start(me: User) -> Self {
        let storage = OutboxStorage::new(me.id);
        let cached = offline_cache::load(me.id);
        let mut client = Client::new(me, PROGRAM, storage.adopt_all());
        if let Some(cached) = cached {
            client = client.with_offline_cache(cached, browser::now());
        }
        let driver = Self {
            store: ClientStore::new(client),
            resources: StoredValue::new_local(Resources::default()),
            storage: StoredValue::new(storage),
            frame_log: FrameLog::new(),
            signed_out: state(false),
            outbox_unsaved: state(false),
        };
        driver.listen();
        driver.input(Input::Connect);
        if !browser::is_online() {
            driver.input(Input::Offline);
        }
        driver
    }

    /// The client, for views to read.
    pub(crate) fn store(self) -> ClientStore {
        self.store
    }

    /// The log of the last frames.
    pub(crate) fn frame_log(self) -> FrameLog {
        self.frame_log
    }

    /// Performs an action of the user.
    pub(crate) fn act(self, action: Action) {
        self.input(Input::Act(action));
    }

    /// Sends a command.
    pub(crate) fn command(self, command: impl Into<Command>) {
        self.input(Input::Command(command.into()));
    }

    /// Sends a failed command again.
    pub(crate) fn retry(self, id: CommandId) {
        self.input(Input::Retry(id));
    }

    /// Discards a failed command.
    pub(crate) fn discard(self, id: CommandId) {
        self.input(Input::Discard(id));
    }

    /// Undoes [`Self::discard`].
    pub(crate) fn restore(self, command: PendingCommand) {
        self.input(Input::Adopt(vec![command]));
    }

    /// Gives the lazy views to the client, when their code is loaded.
    pub(crate) fn load_views(self, views: NewLazyViews) {
        self.input(Input::LazyViews(views));
    }

    /// Connects now, instead of after the backoff.
    pub(crate) fn connect_now(self) {
        self.input(Input::Connect);
    }

    /// Returns a function that deletes everything that the session stored on this device. The function also
    /// works after the driver is gone, because the server may close the socket before it answers that the
    /// session has ended.
    pub(crate) fn cleanup(self) -> impl FnOnce() + 'static {
        let storage = self.storage.get_value();
        move || {
            self.input(Input::SignOut);
            storage.clear();
            draft::delete_all();
        }
    }

    fn input(self, input: Input) {
        let context = browser::input_context();
        let Some(outputs) = self.store.change(|client| client.handle(context, input)) else {
            return;
        };
        for output in outputs {
            self.execute(output);
        }
        self.set_timer();
    }

    fn execute(self, output: Output) {
        match output {
            Output::OpenSocket => self.open(),
            Output::Send(text) => {
                self.frame_log.record(true, &text);
                self.resources.try_with_value(|resources| {
                    if let Some(socket) = &resources.socket {
                        socket.send(&text);
                    }
                });
            }
            Output::CloseSocket => {
                self.resources.try_update_value(|resources| resources.socket = None);
            }
            Output::Changed(slice) => self.changed(slice),
            Output::PersistOutbox => self.save_outbox(),
        }
    }

    fn open(self) {
        let socket = Socket::open(move |event| self.on_socket(event));
        let refused = socket.is_none();
        self.resources.try_update_value(|resources| {
            resources.socket = socket;
            resources.was_open = false;
        });
        if refused {
            set_timeout(
                move || self.on_socket(ConnectionEvent::Closed(ABNORMAL_CLOSURE)),
                Duration::ZERO,
            );
        }
    }

    /// Closes the socket when the user leaves the page. A browser that keeps the page for its back button
    /// would keep the connection too, and others would see the user in the room until the server's next ping.
    /// `pageshow` connects again.
    fn close_on_leave(self) {
        let connected =
            self.resources.try_update_value(|resources| resources.socket.take().is_some());
        if connected == Some(true) {
            self.input(Input::SocketClosed { code: GOING_AWAY });
        }
    }

    fn on_socket(self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Opened => {
                self.resources.try_update_value(|resources| resources.was_open = true);
                self.input(Input::SocketOpened);
            }
            ConnectionEvent::Frame(text) => {
                self.frame_log.record(false, &text);
                self.input(Input::Frame(text));
            }
            ConnectionEvent::Closed(code) => {
                let was_open = self.resources.try_update_value(|resources| {
                    resources.socket = None;
                    resources.was_open
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

    /// Requests the session after a socket that never opened. A browser does not report the reason. If the
    /// session has ended, connecting again is useless.
    fn check_session(self) {
        leptos::task::spawn_local(async move {
            if session::current().await.is_ok_and(|session| session.user.is_none()) {
                self.signed_out.try_set(true);
            }
        });
    }

    /// Sets the timer for the client's deadline. A timer that is too early stays, and is set again when it
    /// has fired, because most deadlines move with every frame.
    fn set_timer(self) {
        let deadline = self.store.change(|client| client.deadline()).flatten();
        let Some(deadline) = deadline else { return };
        self.resources.try_update_value(|resources| {
            if let Some((at, timer)) = resources.timer.take() {
                if at <= deadline {
                    resources.timer = Some((at, timer));
                    return;
                }
                timer.clear();
            }
            let wait = Duration::from_millis(deadline.since(browser::now()).max(1));
            let wake = move || {
                self.resources.try_update_value(|resources| resources.timer = None);
                self.input(Input::Wake);
            };
            let timer = set_timeout_with_handle(wake, wait).ok();
            resources.timer = timer.map(|timer| (deadline, timer));
        });
    }

    fn save_outbox(self) {
        self.store.peek(|client| {
            let items = client.outbox_to_persist();
            let saved = self.storage.with_value(|storage| storage.save(items));
            if self.outbox_unsaved.get_untracked() == saved {
                self.outbox_unsaved.set(!saved);
            }
        });
    }

    /// Saves the offline cache, with the timeline of the room that was open last.
    fn save_offline_cache(self) {
        let room = router::last_room();
        let cached = self.store.change(|client| {
            let room = client.features().open_room_id().or(room);
            client.cached_state(room).map(|cached| (client.features().me().id, cached))
        });
        if let Some((user, cached)) = cached.flatten() {
            offline_cache::save(user, &cached);
        }
    }

    /// Renews this tab's outbox, so that no other tab adopts it. Then adopts abandoned outboxes, so that this
    /// tab sends the messages of a tab that crashed.
    fn renew(self) {
        // The timer of a deadline may have stood still while the device slept.
        self.input(Input::Wake);
        self.save_outbox();
        self.save_offline_cache();
        let now = browser::now();
        let renewed_at = self.resources.try_update_value(|it| it.renewed_at.replace(now)).flatten();
        // After a sleep, the other tabs look abandoned until they have renewed their outboxes.
        if renewed_at.is_some_and(|last| now.since(last) > 2 * ABANDONED_MS) {
            return;
        }
        let (items, keys) = self.storage.with_value(OutboxStorage::abandoned);
        if !items.is_empty() {
            self.input(Input::Adopt(items));
            if !self.outbox_unsaved.get_untracked() {
                OutboxStorage::remove(&keys);
            }
        }
    }

    fn changed(self, slice: Slice) {
        let request = self.resources.try_update_value(|resources| {
            resources.changed.insert(slice);
            !std::mem::replace(&mut resources.frame_requested, true)
        });
        if request != Some(true) {
            return;
        }
        if browser::is_hidden() {
            set_timeout(move || self.frame(), Duration::from_millis(HIDDEN_FRAME_MS));
        } else {
            request_animation_frame(move || self.frame());
        }
    }

    fn frame(self) {
        let changed = self.resources.try_update_value(|resources| {
            resources.frame_requested = false;
            std::mem::take(&mut resources.changed)
        });
        if let Some(changed) = changed {
            self.store.notify(&changed);
            self.frame_log.notify();
        }
    }

    /// The device lost its network. A dead socket may look open for half a minute, so it is replaced. If no
    /// new one can be opened, the client is offline. (A server on the same machine can still be reached.)
    fn on_network_lost(self) {
        let had_socket =
            self.resources.try_update_value(|resources| resources.socket.take().is_some());
        if had_socket == Some(true) {
            self.input(Input::SocketClosed { code: ABNORMAL_CLOSURE });
            self.input(Input::Connect);
        } else {
            self.input(Input::Offline);
        }
    }

    /// The user is back. While the device slept, timers stood still, so a deadline may have passed; and a waiting
    /// client connects at once.
    fn resume(self) {
        self.input(Input::Wake);
        self.input(Input::Connect);
    }

    fn listen(self) {
        let on = |name: &'static str, react: fn(Self)| {
            let listener = window_event_listener_untyped(name, move |_| react(self));
            on_cleanup(move || listener.remove());
        };
        on("online", |driver| driver.input(Input::Connect));
        on("offline", Self::on_network_lost);
        on("pageshow", |driver| {
            OutboxStorage::claim_tab();
            driver.resume();
        });
        on("visibilitychange", |driver| {
            if browser::is_hidden() {
                // A hidden page draws no frame that was requested before.
                driver.frame();
                driver.save_offline_cache();
            } else {
                driver.act(Action::MarkStartOfNew);
                driver.resume();
            }
        });
        // The browser had frozen the page.
        on("resume", Self::resume);
        on("pagehide", |driver| {
            driver.storage.with_value(OutboxStorage::release_tab);
            driver.save_offline_cache();
            driver.close_on_leave();
        });
        let renew = Duration::from_millis(RENEW_MS);
        if let Ok(timer) = set_interval_with_handle(move || self.renew(), renew) {
            on_cleanup(move || timer.clear());
        }
        on_cleanup(move || {
            self.resources.try_update_value(|resources| {
                resources.socket = None;
                if let Some((_, timer)) = resources.timer.take() {
                    timer.clear();
                }
            });
        });
    }
}
