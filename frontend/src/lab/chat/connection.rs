//! The page's own connection, and the messages on it.

use std::collections::VecDeque;

use leptos::prelude::*;
use madang_client::VecSet;
use madang_shared::lab::chat::{LabChatMessage, PATH};
use madang_shared::{ConnectionId, Failure, compact};

use crate::i18n::Lang;
use crate::ui::erased::signal::{State, state};
use crate::websocket::{PlainSocket, SocketEvent, meaning};

/// Lines that stay on the page.
const MAX_LINES: usize = 200;

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChatState {
    Off,
    Opening,
    /// Open, with the connection id and the number of connections.
    On {
        me: ConnectionId,
        here: usize,
    },
}

/// A line on the page.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) key: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Joined {
        id: ConnectionId,
        me: bool,
    },
    Left(ConnectionId),
    Data {
        id: ConnectionId,
        me: bool,
        data: String,
    },
    Refused(Failure),
    /// The connection ended with this code.
    Ended(u16),
}

/// The chat. Copies are the same chat.
#[derive(Clone, Copy)]
pub(super) struct Chat {
    pub(super) state: State<ChatState>,
    pub(super) lines: State<VecDeque<Line>>,
    socket: StoredValue<Option<PlainSocket>, LocalStorage>,
    here: StoredValue<VecSet<ConnectionId>>,
    next_key: StoredValue<u64>,
}

impl Chat {
    pub(super) fn new() -> Self {
        Self {
            state: state(ChatState::Off),
            lines: state(VecDeque::new()),
            socket: StoredValue::new_local(None),
            here: StoredValue::new(VecSet::default()),
            next_key: StoredValue::new(0),
        }
    }

    pub(super) fn turn_on(self) {
        self.state.set(ChatState::Opening);
        let socket = PlainSocket::open(PATH, move |heard| self.on_socket(heard));
        if socket.is_none() {
            self.ended(1006);
        }
        self.socket.set_value(socket);
    }

    /// Starts the closing handshake.
    pub(super) fn turn_off(self) {
        self.socket.with_value(|socket| {
            if let Some(socket) = socket {
                socket.close();
            }
        });
    }

    /// Drops the connection, for a page that is left.
    pub(super) fn leave(self) {
        self.socket.try_update_value(|socket| *socket = None);
    }

    /// Sends a text to everybody; answers whether it was sent. It shows when the server relays it back.
    pub(super) fn send(self, text: &str) -> bool {
        !text.trim().is_empty()
            && self.socket.with_value(|socket| socket.as_ref().is_some_and(|it| it.send_text(text)))
    }

    fn on_socket(self, heard: SocketEvent) {
        match heard {
            // The first message contains the connection id.
            SocketEvent::Opened | SocketEvent::Bytes(_) => {}
            // A newer server may send messages that this page does not know.
            SocketEvent::Text(text) => {
                if let Ok(said) = compact::from_text(&text) {
                    self.on_said(said);
                }
            }
            SocketEvent::Closed { code, .. } => self.ended(code),
        }
    }

    fn on_said(self, said: LabChatMessage) {
        let me = match (&said, self.state.get_untracked()) {
            (LabChatMessage::You { id, .. }, _) => *id,
            (_, ChatState::On { me, .. }) => me,
            _ => return,
        };
        match said {
            LabChatMessage::You { connected, .. } => {
                self.here.set_value(connected.into_iter().collect())
            }
            LabChatMessage::Connect { id } => {
                self.here.update_value(|here| here.insert(id));
                self.add(What::Joined { id, me: id == me });
            }
            LabChatMessage::Disconnect { id } => {
                self.here.update_value(|here| here.remove(&id));
                self.add(What::Left(id));
            }
            LabChatMessage::Data { data, id } => self.add(What::Data { id, me: id == me, data }),
            LabChatMessage::Refused(failure) => self.add(What::Refused(failure)),
        }
        let here = self.here.with_value(VecSet::len);
        self.state.set(ChatState::On { me, here });
    }

    fn ended(self, code: u16) {
        self.socket.try_update_value(|socket| *socket = None);
        self.state.set(ChatState::Off);
        self.add(What::Ended(code));
    }

    fn add(self, what: What) {
        let key = self.next_key.get_value();
        self.next_key.set_value(key + 1);
        self.lines.update(|lines| {
            lines.push_back(Line { key, what });
            if lines.len() > MAX_LINES {
                lines.pop_front();
            }
        });
    }
}

impl Line {
    /// The kind of the line, for the style sheet.
    pub(super) fn kind(&self) -> &'static str {
        match &self.what {
            What::Joined { .. } | What::Left(_) | What::Ended(_) => "moved",
            What::Data { me: true, .. } => "mine",
            What::Data { .. } => "said",
            What::Refused(_) => "refused",
        }
    }

    pub(super) fn sentence(&self, lang: Lang) -> String {
        match (lang, &self.what) {
            (Lang::Ko, What::Joined { id, me: true }) => format!("#{id} 연결됨 (나)"),
            (Lang::En, What::Joined { id, me: true }) => format!("#{id} connected (that is you)"),
            (Lang::Ko, What::Joined { id, .. }) => format!("#{id} 연결됨"),
            (Lang::En, What::Joined { id, .. }) => format!("#{id} connected"),
            (Lang::Ko, What::Left(id)) => format!("#{id} 연결 끊김"),
            (Lang::En, What::Left(id)) => format!("#{id} disconnected"),
            (Lang::Ko, What::Data { id, me: true, data }) => format!("#{id} (나): {data}"),
            (Lang::En, What::Data { id, me: true, data }) => format!("#{id} (you): {data}"),
            (_, What::Data { id, data, .. }) => format!("#{id}: {data}"),
            (_, What::Refused(failure)) => lang.refusal(failure),
            (Lang::Ko, What::Ended(code)) => {
                format!("내 연결이 닫힘: {code}, {}", meaning(*code).of(lang))
            }
            (Lang::En, What::Ended(code)) => {
                format!("Your connection is closed: {code}, {}", meaning(*code).of(lang))
            }
        }
    }
}

/// The line with the connection id and the number of connections.
pub(super) fn state_line(lang: Lang, me: ConnectionId, here: usize) -> String {
    match lang {
        Lang::Ko => format!("켜져 있습니다. 내 연결은 #{me}, 연결된 곳은 {here}개입니다."),
        Lang::En if here == 1 => format!("It is on. You are connection #{me}, the only one."),
        Lang::En => format!("It is on. You are connection #{me}, one of {here}."),
    }
}
