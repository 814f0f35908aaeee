//! The connection of the page, and what was heard on it.

use std::collections::VecDeque;

use leptos::prelude::*;
use madang_client::VecSet;
use madang_shared::lab::chat::{LabChatMessage, PATH};
use madang_shared::{ConnectionId, Failure, compact};

use crate::i18n::Lang;
use crate::plain_socket::{Heard, PlainSocket, meaning};
use crate::ui::state::{State, state};

/// Lines that stay on the page.
const KEPT: usize = 200;

/// How the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Off,
    Opening,
    /// Open: under which id, and how many are connected.
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
    Came {
        id: ConnectionId,
        me: bool,
    },
    Went(ConnectionId),
    Data {
        id: ConnectionId,
        me: bool,
        data: String,
    },
    Refused(Failure),
    /// One's own connection ended, with this code.
    Ended(u16),
}

/// The chat. Copies are the same chat.
#[derive(Clone, Copy)]
pub(super) struct Chat {
    pub(super) state: State<Standing>,
    pub(super) lines: State<VecDeque<Line>>,
    socket: StoredValue<Option<PlainSocket>, LocalStorage>,
    here: StoredValue<VecSet<ConnectionId>>,
    next_key: StoredValue<u64>,
}

impl Chat {
    pub(super) fn new() -> Self {
        Self {
            state: state(Standing::Off),
            lines: state(VecDeque::new()),
            socket: StoredValue::new_local(None),
            here: StoredValue::new(VecSet::default()),
            next_key: StoredValue::new(0),
        }
    }

    pub(super) fn turn_on(self) {
        self.state.set(Standing::Opening);
        let socket = PlainSocket::open(PATH, move |heard| self.on_socket(heard));
        if socket.is_none() {
            self.ended(1006);
        }
        self.socket.set_value(socket);
    }

    /// Says goodbye, and hears it said back.
    pub(super) fn turn_off(self) {
        self.socket.with_value(|socket| {
            if let Some(socket) = socket {
                socket.close();
            }
        });
    }

    /// The page is being left.
    pub(super) fn leave(self) {
        self.socket.try_update_value(|socket| *socket = None);
    }

    /// Says something to everybody; whether it went out. It shows when it comes back.
    pub(super) fn say(self, text: &str) -> bool {
        !text.trim().is_empty()
            && self.socket.with_value(|socket| socket.as_ref().is_some_and(|it| it.send_text(text)))
    }

    fn on_socket(self, heard: Heard) {
        match heard {
            // Its first word says under which id.
            Heard::Opened | Heard::Bytes(_) => {}
            // A newer server may have words that this page does not know.
            Heard::Text(text) => {
                if let Ok(said) = compact::from_text(&text) {
                    self.on_said(said);
                }
            }
            Heard::Closed { code, .. } => self.ended(code),
        }
    }

    fn on_said(self, said: LabChatMessage) {
        let me = match (&said, self.state.get_untracked()) {
            (LabChatMessage::Welcome { id, .. }, _) => *id,
            (_, Standing::On { me, .. }) => me,
            _ => return,
        };
        match said {
            LabChatMessage::Welcome { connected, .. } => {
                self.here.set_value(connected.into_iter().collect())
            }
            LabChatMessage::Connect { id } => {
                self.here.update_value(|here| here.insert(id));
                self.add(What::Came { id, me: id == me });
            }
            LabChatMessage::Disconnect { id } => {
                self.here.update_value(|here| here.remove(&id));
                self.add(What::Went(id));
            }
            LabChatMessage::Data { data, id } => self.add(What::Data { id, me: id == me, data }),
            LabChatMessage::Error(failure) => self.add(What::Refused(failure)),
        }
        let here = self.here.with_value(VecSet::len);
        self.state.set(Standing::On { me, here });
    }

    fn ended(self, code: u16) {
        self.socket.try_update_value(|socket| *socket = None);
        self.state.set(Standing::Off);
        self.add(What::Ended(code));
    }

    fn add(self, what: What) {
        let key = self.next_key.get_value();
        self.next_key.set_value(key + 1);
        self.lines.update(|lines| {
            lines.push_back(Line { key, what });
            if lines.len() > KEPT {
                lines.pop_front();
            }
        });
    }
}

impl Line {
    /// For the style sheet.
    pub(super) fn kind(&self) -> &'static str {
        match &self.what {
            What::Came { .. } | What::Went(_) | What::Ended(_) => "moved",
            What::Data { me: true, .. } => "mine",
            What::Data { .. } => "said",
            What::Refused(_) => "refused",
        }
    }

    pub(super) fn sentence(&self, lang: Lang) -> String {
        match (lang, &self.what) {
            (Lang::Ko, What::Came { id, me: true }) => format!("#{id} 연결됨 (나)"),
            (Lang::En, What::Came { id, me: true }) => format!("#{id} connected (that is you)"),
            (Lang::Ko, What::Came { id, .. }) => format!("#{id} 연결됨"),
            (Lang::En, What::Came { id, .. }) => format!("#{id} connected"),
            (Lang::Ko, What::Went(id)) => format!("#{id} 연결 끊김"),
            (Lang::En, What::Went(id)) => format!("#{id} disconnected"),
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

/// Under which id one is connected, and with how many.
pub(super) fn standing(lang: Lang, me: ConnectionId, here: usize) -> String {
    match lang {
        Lang::Ko => format!("켜져 있습니다. 내 연결은 #{me}, 연결된 곳은 {here}개입니다."),
        Lang::En if here == 1 => format!("It is on. You are connection #{me}, the only one."),
        Lang::En => format!("It is on. You are connection #{me}, one of {here}."),
    }
}
