//! The page's own connection, and the messages on it.

use std::collections::VecDeque;

use leptos::prelude::*;
use madang_client::VecSet;
use madang_shared::lab::chat::{LabChatMessage, PATH};
use madang_shared::{ConnectionId, Failure, compact};

use crate::i18n::{Lang, isolated};
use crate::ui::erased::signal::{State, state};
use crate::websocket::{PlainSocket, SocketEvent, meaning};

/// Lines that stay on the page.
const MAX_LINES: usize = 200;

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChatState {
    Off,
    Opening,
    /// The closing handshake has started.
    Closing,
    /// Open, with the connection id and the number of connections.
    On {
        me: ConnectionId,
        connected: usize,
    },
}

/// A line on the page.
#[derive(Clone, Debug)]
pub(super) struct LogLine {
    pub(super) key: u64,
    what: LineContent,
}

#[derive(Clone, Debug)]
enum LineContent {
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
    pub(super) lines: State<VecDeque<LogLine>>,
    socket: StoredValue<Option<PlainSocket>, LocalStorage>,
    connected: StoredValue<VecSet<ConnectionId>>,
    next_key: StoredValue<u64>,
}

impl Chat {
    pub(super) fn new() -> Self {
        Self {
            state: state(ChatState::Off),
            lines: state(VecDeque::new()),
            socket: StoredValue::new_local(None),
            connected: StoredValue::new(VecSet::default()),
            next_key: StoredValue::new(0),
        }
    }

    pub(super) fn turn_on(self) {
        self.state.set(ChatState::Opening);
        let socket = PlainSocket::open(PATH, move |event| self.on_socket(event));
        if socket.is_none() {
            self.ended(1006);
        }
        self.socket.set_value(socket);
    }

    /// Starts the closing handshake.
    pub(super) fn turn_off(self) {
        self.state.set(ChatState::Closing);
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

    /// Sends a text to everybody; returns whether it was sent. It shows when the server relays it back.
    pub(super) fn send(self, text: &str) -> bool {
        !text.trim().is_empty()
            && self.socket.with_value(|socket| socket.as_ref().is_some_and(|it| it.send_text(text)))
    }

    fn on_socket(self, event: SocketEvent) {
        match event {
            // The first message contains the connection id.
            SocketEvent::Opened | SocketEvent::Bytes(_) => {}
            // A newer server may send messages that this page does not know.
            SocketEvent::Text(text) => {
                if let Ok(message) = compact::from_text(&text) {
                    self.on_message(message);
                }
            }
            SocketEvent::Closed { code, .. } => self.ended(code),
        }
    }

    fn on_message(self, message: LabChatMessage) {
        let me = match (&message, self.state.get_untracked()) {
            (LabChatMessage::Welcome { id, .. }, _) => *id,
            (_, ChatState::On { me, .. }) => me,
            _ => return,
        };
        match message {
            LabChatMessage::Welcome { connected, .. } => {
                self.connected.set_value(connected.into_iter().collect());
            }
            LabChatMessage::Connect { id } => {
                self.connected.update_value(|connected| connected.insert(id));
                self.add(LineContent::Joined { id, me: id == me });
            }
            LabChatMessage::Disconnect { id } => {
                self.connected.update_value(|connected| connected.remove(&id));
                self.add(LineContent::Left(id));
            }
            LabChatMessage::Data { data, id } => {
                self.add(LineContent::Data { id, me: id == me, data });
            }
            LabChatMessage::Error(failure) => self.add(LineContent::Refused(failure)),
        }
        if self.state.get_untracked() == ChatState::Closing {
            return;
        }
        let connected = self.connected.with_value(VecSet::len);
        self.state.set(ChatState::On { me, connected });
    }

    fn ended(self, code: u16) {
        self.socket.try_update_value(|socket| *socket = None);
        self.state.set(ChatState::Off);
        self.add(LineContent::Ended(code));
    }

    fn add(self, what: LineContent) {
        let key = self.next_key.get_value();
        self.next_key.set_value(key + 1);
        self.lines.update(|lines| {
            lines.push_back(LogLine { key, what });
            if lines.len() > MAX_LINES {
                lines.pop_front();
            }
        });
    }
}

impl LogLine {
    /// The kind of the line, for the style sheet.
    pub(super) fn kind(&self) -> &'static str {
        match &self.what {
            LineContent::Joined { .. } | LineContent::Left(_) | LineContent::Ended(_) => "moved",
            LineContent::Data { me: true, .. } => "mine",
            LineContent::Data { .. } => "said",
            LineContent::Refused(_) => "refused",
        }
    }

    /// Whether this page sent the message of the line; none for a line that is no message.
    pub(super) fn is_mine(&self) -> Option<bool> {
        match self.what {
            LineContent::Data { me, .. } => Some(me),
            _ => None,
        }
    }

    pub(super) fn sentence(&self, lang: Lang) -> String {
        match (lang, &self.what) {
            (Lang::Ko, LineContent::Joined { id, me: true }) => format!("#{id} 연결됨 (나)"),
            (Lang::En, LineContent::Joined { id, me: true }) => {
                format!("#{id} connected (that is you)")
            }
            (Lang::Ko, LineContent::Joined { id, .. }) => format!("#{id} 연결됨"),
            (Lang::En, LineContent::Joined { id, .. }) => format!("#{id} connected"),
            (Lang::Ko, LineContent::Left(id)) => format!("#{id} 연결 끊김"),
            (Lang::En, LineContent::Left(id)) => format!("#{id} disconnected"),
            (Lang::Ko, LineContent::Data { id, me: true, data }) => {
                format!("#{id} (나): {}", isolated(data))
            }
            (Lang::En, LineContent::Data { id, me: true, data }) => {
                format!("#{id} (you): {}", isolated(data))
            }
            (_, LineContent::Data { id, data, .. }) => format!("#{id}: {}", isolated(data)),
            (_, LineContent::Refused(failure)) => lang.refusal(failure),
            (Lang::Ko, LineContent::Ended(code)) => {
                format!("내 연결이 닫힘: {code}, {}", meaning(*code).of(lang))
            }
            (Lang::En, LineContent::Ended(code)) => {
                format!("Your connection is closed: {code}, {}", meaning(*code).of(lang))
            }
        }
    }
}

/// The line with the connection id and the number of connections.
pub(super) fn state_line(lang: Lang, me: ConnectionId, connected: usize) -> String {
    match lang {
        Lang::Ko => format!("켜져 있습니다. 내 연결은 #{me}, 연결된 곳은 {connected}개입니다."),
        Lang::En if connected == 1 => format!("It is on. You are connection #{me}, the only one."),
        Lang::En => format!("It is on. You are connection #{me}, one of {connected}."),
    }
}
