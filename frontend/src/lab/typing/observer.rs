//! A second connection of the page to the server. It follows the presence of the room, as the app of another user does.

use std::collections::VecDeque;
use std::time::Duration;

use leptos::prelude::*;
use madang_shared::codec;
use madang_shared::frames::{ClientFrame, Hello, ServerFrame, Subscription};
use madang_shared::limits::{PROTOCOL_PARAMETER, SOCKET_PATH, SUBPROTOCOL};
use madang_shared::presence::PresenceEvent;
use madang_shared::{ConnectionId, Event, RoomId, Snapshot, Topic, User};

use super::SHOWN;
use crate::ui::erased::signal::{State, state};
use crate::websocket::{PlainSocket, SocketEvent};

/// The wait before a broken connection is opened again.
const RETRY_DELAY: Duration = Duration::from_secs(1);
const PROGRAM: &str = concat!("lab/", env!("CARGO_PKG_VERSION"));

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObserverState {
    Opening,
    Live(ConnectionId),
    Broken,
}

/// A received frame about typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReceivedFrame {
    pub(super) number: u64,
    pub(super) text: String,
}

/// The connection. Copies are the same connection; the page that opened it closes it.
#[derive(Clone, Copy)]
pub(super) struct Observer {
    room: RoomId,
    pub(super) state: State<ObserverState>,
    pub(super) typing: State<Vec<User>>,
    /// Newest last.
    pub(super) frames: State<VecDeque<ReceivedFrame>>,
    socket: StoredValue<Option<PlainSocket>, LocalStorage>,
}

impl Observer {
    /// Opens the connection in the current reactive owner, which also closes it.
    pub(super) fn start(room: RoomId) -> Self {
        let observer = Self {
            room,
            state: state(ObserverState::Opening),
            typing: state(Vec::new()),
            frames: state(VecDeque::new()),
            socket: StoredValue::new_local(None),
        };
        on_cleanup(move || {
            observer.socket.try_update_value(|socket| *socket = None);
        });
        observer.open();
        observer
    }

    fn open(self) {
        let path = format!("{SOCKET_PATH}?{PROTOCOL_PARAMETER}={SUBPROTOCOL}");
        let socket = PlainSocket::open(&path, move |event| self.on_socket(event));
        if socket.is_none() {
            self.broken();
        }
        self.socket.try_update_value(|it| *it = socket);
    }

    fn on_socket(self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => self.send(&ClientFrame::Hello(Hello {
                token: None,
                client: PROGRAM.to_owned(),
                topics: vec![Subscription { topic: Topic::Presence(self.room), from: None }],
            })),
            SocketEvent::Text(text) => self.on_frame(text),
            SocketEvent::Bytes(_) => {}
            SocketEvent::Closed { .. } => self.broken(),
        }
    }

    fn on_frame(self, text: String) {
        // A newer server may send frames that this page does not know.
        let Ok(frame) = codec::decode_server(&text) else { return };
        match &frame {
            ServerFrame::Welcome(welcome) => {
                self.state.set(ObserverState::Live(welcome.connection));
            }
            ServerFrame::Ping { nonce } => self.send(&ClientFrame::Pong { nonce: *nonce }),
            _ => {}
        }
        let before = self.typing.get_untracked();
        let mut typing = before.clone();
        let is_about_typing = apply(&mut typing, frame);
        if typing != before {
            self.typing.set(typing);
        }
        if is_about_typing {
            self.frames.update(|frames| {
                let number = frames.back().map_or(0, |last| last.number + 1);
                frames.push_back(ReceivedFrame { number, text });
                if frames.len() > SHOWN {
                    frames.pop_front();
                }
            });
        }
    }

    fn send(self, frame: &ClientFrame) {
        let text = codec::encode_client(frame);
        self.socket.with_value(|socket| {
            if let Some(socket) = socket {
                socket.send_text(&text);
            }
        });
    }

    /// Says so, and connects again.
    fn broken(self) {
        self.state.set(ObserverState::Broken);
        self.typing.set(Vec::new());
        let again = move || {
            // The page may be gone by then.
            if self.state.try_set(ObserverState::Opening) {
                self.open();
            }
        };
        set_timeout(again, RETRY_DELAY);
    }
}

/// Applies a frame to the users who are typing; returns whether it was about typing.
fn apply(typing: &mut Vec<User>, frame: ServerFrame) -> bool {
    match frame {
        ServerFrame::Snapshot(topic) | ServerFrame::Reset(topic) => {
            let Snapshot::Presence(presence) = topic.snapshot else { return false };
            *typing = presence.present;
            typing.retain(|user| presence.typing.contains(&user.id));
            !typing.is_empty()
        }
        ServerFrame::Event {
            event: Event::Presence(PresenceEvent::Changed { left, .. }), ..
        } => {
            typing.retain(|user| !left.contains(&user.id));
            false
        }
        ServerFrame::Event {
            event: Event::Presence(PresenceEvent::Typing { user, typing: is_typing }),
            ..
        } => {
            typing.retain(|it| it.id != user.id);
            if is_typing {
                typing.push(user);
            }
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::{Seq, UserId};

    use super::*;

    fn event(event: PresenceEvent) -> ServerFrame {
        ServerFrame::Event { topic: Topic::Presence(RoomId(1)), seq: Seq(1), event: event.into() }
    }

    #[test]
    fn a_user_types_from_the_first_signal_to_the_last_or_until_leaving() {
        let user = User { id: UserId(7), name: "Jane".into() };
        let signal = |typing| event(PresenceEvent::Typing { user: user.clone(), typing });
        let mut typing = Vec::new();
        assert!(apply(&mut typing, signal(true)) && apply(&mut typing, signal(true)));
        assert_eq!(typing, std::slice::from_ref(&user));
        assert!(apply(&mut typing, signal(false)));
        assert!(typing.is_empty());
        apply(&mut typing, signal(true));
        let left = PresenceEvent::Changed { joined: vec![], left: vec![user.id] };
        assert!(!apply(&mut typing, event(left)));
        assert!(typing.is_empty());
        assert!(!apply(&mut typing, ServerFrame::Ping { nonce: 1 }));
    }
}
