//! The four transports: real requests, a real event stream, a real socket.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::compact;
use madang_shared::lab::transports::{PATH, PollAnswer, ServerTime, StreamStart, Tick};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    AbortController, EventSource, MessageEvent, PerformanceObserver, PerformanceObserverEntryList,
    PerformanceObserverInit, PerformanceResourceTiming,
};

use super::tally::{Tally, TransportState, framed, offset};
use crate::browser;
use crate::http::{self, Answer};
use crate::websocket::{PlainSocket, SocketEvent};

/// The requests whose round trips are used to compare the clocks.
const CLOCK_TRIPS: usize = 8;
/// The wait before a broken transport is opened again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// One of the four transports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransportKind {
    Poll,
    LongPoll,
    Events,
    Socket,
}

impl TransportKind {
    pub(super) const ALL: [Self; 4] = [Self::Poll, Self::LongPoll, Self::Events, Self::Socket];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::LongPoll => "long-poll",
            Self::Events => "events",
            Self::Socket => "socket",
        }
    }
}

/// The numbers of all four transports.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    pub(super) poll: Tally,
    pub(super) long_poll: Tally,
    pub(super) events: Tally,
    pub(super) socket: Tally,
    /// The server's clock minus the browser's, and the uncertainty of it, in milliseconds.
    pub(super) clock: Option<(f64, f64)>,
    /// The time of these numbers, by the server's clock.
    pub(super) now: f64,
}

impl Numbers {
    /// The numbers as they are at this moment.
    pub(super) fn at_present(&self) -> Self {
        Self {
            now: browser::fine_clock() + self.clock.map_or(0.0, |clock| clock.0),
            ..self.clone()
        }
    }

    pub(super) fn of(&self, kind: TransportKind) -> &Tally {
        match kind {
            TransportKind::Poll => &self.poll,
            TransportKind::LongPoll => &self.long_poll,
            TransportKind::Events => &self.events,
            TransportKind::Socket => &self.socket,
        }
    }

    fn of_mut(&mut self, kind: TransportKind) -> &mut Tally {
        match kind {
            TransportKind::Poll => &mut self.poll,
            TransportKind::LongPoll => &mut self.long_poll,
            TransportKind::Events => &mut self.events,
            TransportKind::Socket => &mut self.socket,
        }
    }
}

/// A run. Dropping it stops all transports.
pub(super) struct Run(Rc<Shared>);

struct Shared {
    rate: u32,
    interval: Duration,
    numbers: Rc<RefCell<Numbers>>,
    wanted: Cell<bool>,
    polling: Cell<bool>,
    abort: Option<AbortController>,
    open: RefCell<Vec<Box<dyn FnOnce()>>>,
    socket: RefCell<Option<PlainSocket>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        let shared = &self.0;
        shared.wanted.set(false);
        if let Some(abort) = &shared.abort {
            abort.abort();
        }
        for close in shared.open.take() {
            close();
        }
        shared.socket.take();
    }
}

impl Run {
    /// Starts all transports at the same event.
    pub(super) fn start(rate: u32, interval: Duration, numbers: Rc<RefCell<Numbers>>) -> Self {
        let shared = Rc::new(Shared {
            rate,
            interval,
            numbers,
            wanted: Cell::new(true),
            polling: Cell::new(false),
            abort: AbortController::new().ok(),
            open: RefCell::default(),
            socket: RefCell::default(),
        });
        spawn_local(begin(shared.clone()));
        Self(shared)
    }
}

impl Shared {
    fn path(&self, kind: TransportKind, after: u64) -> String {
        format!("{PATH}/{}?rate={}&after={after}", kind.name(), self.rate)
    }

    fn count(&self, kind: TransportKind, count: impl FnOnce(&mut Tally)) {
        if self.wanted.get() {
            count(self.numbers.borrow_mut().of_mut(kind));
        }
    }

    fn last(&self, kind: TransportKind) -> u64 {
        self.numbers.borrow().of(kind).last
    }

    /// The time by the server's clock.
    fn now(&self) -> f64 {
        browser::fine_clock() + self.numbers.borrow().clock.map_or(0.0, |clock| clock.0)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let signal = self.abort.as_ref().map(AbortController::signal);
        let answer = http::get(path, signal.as_ref()).await.ok().filter(Answer::ok)?;
        compact::from_text(&answer.text).ok()
    }

    fn answered(&self, kind: TransportKind, answer: Option<PollAnswer>) -> bool {
        let now = self.now();
        let joined = answer.is_some();
        self.count(kind, |tally| match answer {
            Some(answer) => {
                tally.sent += u64::from(answer.request_bytes);
                tally.state = TransportState::Connected;
                for tick in answer.events {
                    tally.arrived(tick, now);
                }
                // Also without an event, because a restarted server counts from the start.
                tally.last = answer.next;
            }
            None => tally.failed(),
        });
        joined
    }
}

async fn begin(run: Rc<Shared>) {
    let mut trips = Vec::new();
    for _ in 0..CLOCK_TRIPS {
        let sent = browser::fine_clock();
        if let Some(ServerTime { now }) = run.get(&format!("{PATH}/time")).await {
            trips.push((sent, now, browser::fine_clock()));
        }
    }
    let start: Option<PollAnswer> = run.get(&format!("{PATH}/poll?rate={}", run.rate)).await;
    if !run.wanted.get() {
        return;
    }
    let (Some(start), Some(clock)) = (start, offset(&trips)) else {
        for kind in TransportKind::ALL {
            run.count(kind, Tally::failed);
        }
        return again(&run, |run| spawn_local(begin(run.clone())));
    };
    {
        let mut numbers = run.numbers.borrow_mut();
        numbers.clock = Some(clock);
        for kind in TransportKind::ALL {
            *numbers.of_mut(kind) = Tally::after(start.next);
        }
    }
    measure(&run);
    poll(&run);
    long_poll(&run);
    listen(&run);
    connect(&run);
}

/// Counts the bytes that the browser measured for each complete answer.
fn measure(run: &Rc<Shared>) {
    let shared = run.clone();
    let react = Closure::<dyn Fn(PerformanceObserverEntryList)>::new(
        move |list: PerformanceObserverEntryList| {
            for entry in list.get_entries().iter() {
                let Ok(entry) = entry.dyn_into::<PerformanceResourceTiming>() else { continue };
                for kind in [TransportKind::Poll, TransportKind::LongPoll] {
                    if entry.name().contains(&format!(
                        "{PATH}/{}?rate={}&after",
                        kind.name(),
                        shared.rate
                    )) {
                        shared.count(kind, |tally| tally.received += bytes(entry.transfer_size()));
                    }
                }
            }
        },
    );
    let Ok(observer) = PerformanceObserver::new(react.as_ref().unchecked_ref()) else { return };
    observer.observe(&PerformanceObserverInit::new(&js_sys::Array::of1(&"resource".into())));
    run.open.borrow_mut().push(Box::new(move || {
        observer.disconnect();
        drop(react);
    }));
}

fn poll(run: &Rc<Shared>) {
    let shared = run.clone();
    let timer = set_interval_with_handle(
        move || {
            // One request at a time: a slow one is not repeated meanwhile.
            if shared.polling.replace(true) {
                return;
            }
            let run = shared.clone();
            spawn_local(async move {
                run.count(TransportKind::Poll, |tally| tally.requests += 1);
                let answer =
                    run.get(&run.path(TransportKind::Poll, run.last(TransportKind::Poll))).await;
                run.answered(TransportKind::Poll, answer);
                run.polling.set(false);
            });
        },
        run.interval,
    );
    if let Ok(timer) = timer {
        run.open.borrow_mut().push(Box::new(move || timer.clear()));
    }
}

fn long_poll(run: &Rc<Shared>) {
    let run = run.clone();
    spawn_local(async move {
        while run.wanted.get() {
            run.count(TransportKind::LongPoll, |tally| tally.requests += 1);
            let answer = run
                .get(&run.path(TransportKind::LongPoll, run.last(TransportKind::LongPoll)))
                .await;
            if !run.answered(TransportKind::LongPoll, answer) {
                return again(&run, long_poll);
            }
        }
    });
}

fn listen(run: &Rc<Shared>) {
    let path = run.path(TransportKind::Events, run.last(TransportKind::Events));
    let Ok(source) = EventSource::new(&path) else {
        run.count(TransportKind::Events, Tally::failed);
        return again(run, listen);
    };
    let on = |name: &str, react: fn(&Rc<Shared>, Option<&MessageEvent>)| {
        let shared = run.clone();
        let react = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            react(&shared, event.dyn_ref());
        });
        // Fails for no name of an event.
        source.add_event_listener_with_callback(name, react.as_ref().unchecked_ref()).ok();
        react
    };
    let (shared, failed) = (run.clone(), source.clone());
    let on_error = Closure::<dyn Fn()>::new(move || {
        shared.count(TransportKind::Events, Tally::failed);
        // The browser reopens a broken stream by itself and continues after the last event, but not a refused one.
        if failed.ready_state() == EventSource::CLOSED {
            again(&shared, listen);
        }
    });
    // As above.
    source.add_event_listener_with_callback("error", on_error.as_ref().unchecked_ref()).ok();
    let listeners = [
        on("open", |run, _| {
            run.count(TransportKind::Events, |tally| {
                tally.requests += 1;
                tally.state = TransportState::Connected;
            });
        }),
        on("start", |run, message| {
            let Some(head) = message.and_then(|it| it.data().as_string()) else { return };
            run.count(TransportKind::Events, |tally| {
                tally.received += ("event: start\ndata: \n\n".len() + head.len()) as u64;
                tally.sent += head.parse().unwrap_or(0);
            });
        }),
        on("message", |run, message| {
            let Some(message) = message else { return };
            let (id, data) =
                (message.last_event_id(), message.data().as_string().unwrap_or_default());
            let now = run.now();
            run.count(TransportKind::Events, |tally| {
                tally.received += ("id: \ndata: \n\n".len() + id.len() + data.len()) as u64;
                if let Ok(tick) = compact::from_text(&data) {
                    tally.arrived(tick, now);
                }
            });
        }),
    ];
    run.open.borrow_mut().push(Box::new(move || {
        source.close();
        drop((listeners, on_error));
    }));
}

fn connect(run: &Rc<Shared>) {
    run.count(TransportKind::Socket, |tally| tally.requests += 1);
    let shared = Rc::downgrade(run);
    let path = run.path(TransportKind::Socket, run.last(TransportKind::Socket));
    let socket = PlainSocket::open(&path, move |event| {
        if let Some(run) = shared.upgrade() {
            on_socket(&run, event);
        }
    });
    if socket.is_none() {
        run.count(TransportKind::Socket, Tally::failed);
        again(run, connect);
    }
    *run.socket.borrow_mut() = socket;
}

fn on_socket(run: &Rc<Shared>, event: SocketEvent) {
    match event {
        SocketEvent::Opened => {
            run.count(TransportKind::Socket, |tally| tally.state = TransportState::Connected);
        }
        SocketEvent::Bytes(_) => {}
        SocketEvent::Text(text) => {
            let now = run.now();
            run.count(TransportKind::Socket, |tally| {
                tally.received += framed(text.len());
                if let Ok(tick) = compact::from_text::<Tick>(&text) {
                    tally.arrived(tick, now);
                } else if let Ok(StreamStart { request_bytes }) = compact::from_text(&text) {
                    tally.sent += u64::from(request_bytes);
                }
            });
        }
        SocketEvent::Closed { .. } => {
            run.count(TransportKind::Socket, Tally::failed);
            again(run, connect);
        }
    }
}

/// Opens a broken transport again, unless the run has ended by then.
fn again(run: &Rc<Shared>, open: fn(&Rc<Shared>)) {
    let run = run.clone();
    let open = move || {
        if run.wanted.get() {
            open(&run);
        }
    };
    set_timeout(open, RETRY_DELAY);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the browser counts whole bytes"
)]
fn bytes(size: f64) -> u64 {
    size as u64
}
