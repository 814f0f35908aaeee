//! The actions of a message, one row each. The toolbar has the quick ones, and the menu, which the toolbar, the keyboard or a
//! long press opens, has all; see [`super::toolbar`].

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Action;
use madang_shared::Seq;
use web_sys::Element;

use super::editor::{self, EarlierDialog};
use super::moderation::{MessageAct, ModerationTools};
use super::reactions::ReactionDialogs;
use crate::browser::{self, set_length};
use crate::clipboard::copy;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, use_app};
use crate::features::chat::mentions::known_users;
use crate::features::chat::message::{MessageContent, RowContext};
use crate::features::chat::rows::Row;
use crate::features::room_access::{AccessQuestion, WHO_CAN_SEE};
use crate::i18n::{Lang, Words, use_lang};
use crate::route::Route;
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::undo_bar::{UndoBar, use_undo_bar};

const COPY_TEXT: Words = Words::new("텍스트 복사", "Copy text");
const COPY_LINK: Words = Words::new("메시지 링크 복사", "Copy link to message");
const DELIVERY: Words = Words::new("받은 사람 보기", "Who received it");
const AUTHOR: Words = Words::new("쓴 사람 보기", "Show the author");
const REACT: Words = Words::new("반응 남기기", "React");
const REACTIONS: Words = Words::new("반응한 사람 보기", "Show who reacted");
const REPLY: Words = Words::new("답장", "Reply");
const MARK_UNREAD: Words = Words::new("여기부터 안 읽음으로", "Mark unread from here");
const MARKED_UNREAD: Words = Words::new("안 읽음으로 표시했습니다", "Marked as unread");
const EDIT: Words = Words::new("고치기", "Edit");
const EARLIER: Words = Words::new("고치기 전의 글 보기", "Show earlier versions");
const DELETE: Words = Words::new("삭제", "Delete");
const REPORT: Words = Words::new("신고", "Report");

/// The letters of all actions.
pub(super) const KEYS: &str = "+eEㄷrRㄱuUㅕ";

/// The state of toolbar and menu. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct MessageTools {
    /// Behind a handle, because the tools are copied into every listener.
    app: StoredValue<AppContext>,
    pub(super) row_context: RowContext,
    /// The key of the row that has the toolbar.
    pub(super) hovered: State<Option<u64>>,
    /// The key of the row whose menu was opened last.
    pub(super) chosen: State<Option<u64>>,
    pub(super) is_menu_open: State<bool>,
    /// The question who can see a message.
    pub(super) access: AccessQuestion,
    /// The action whose text was copied, or refused to be.
    pub(super) copied: State<Option<(&'static str, bool)>>,
    /// The parent of toolbar and menu.
    pub(super) frame: NodeRef<html::Div>,
    /// Behind a handle too.
    moderation: StoredValue<ModerationTools>,
    pub(super) earlier: EarlierDialog,
    pub(super) reactions: ReactionDialogs,
    undo_bar: UndoBar,
    lang: State<Lang>,
}

/// The message of a row.
pub(super) struct SelectedMessage {
    pub(super) content: MessageContent,
    /// None until the message is stored.
    seq: Option<Seq>,
}

/// An action of a message.
pub(super) struct MessageAction {
    pub(super) id: &'static str,
    pub(super) icon: Icon,
    pub(super) name: Words,
    /// Whether the action is in the toolbar too.
    pub(super) is_quick: bool,
    /// The letters that run it while the message has the focus: of a Latin and of a Korean keyboard.
    pub(super) keys: &'static str,
    pub(super) run: Box<dyn Fn()>,
}

/// The actions of a message, in their order in the toolbar and in the menu. A new action is a row here.
pub(super) fn actions(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let text = message.content.text.clone();
    let mut rows = reaction_rows(message, tools);
    rows.extend(reply_row(message, tools));
    rows.extend(text_rows(message, tools));
    if message.content.deleted.is_none() {
        rows.push(MessageAction {
            id: "copy-text",
            icon: Icon::Copy,
            name: COPY_TEXT,
            is_quick: false,
            keys: "",
            run: Box::new(move || tools.copy("copy-text", text.clone())),
        });
    }
    let RowContext { room, delivery_target, .. } = tools.row_context;
    if let Some(seq) = message.seq {
        let path = Route::Message(room, seq).path();
        let link = move || window().location().origin().unwrap_or_default() + &path;
        rows.push(MessageAction {
            id: "copy-message-link",
            icon: Icon::Link,
            name: COPY_LINK,
            is_quick: false,
            keys: "",
            run: Box::new(move || tools.copy("copy-message-link", link())),
        });
        rows.push(MessageAction {
            id: "inspect",
            icon: Icon::Received,
            name: DELIVERY,
            is_quick: true,
            keys: "",
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                // The menu gives the focus back first, so that the next dialog returns it to the message.
                request_animation_frame(move || delivery_target.show(seq));
            }),
        });
    }
    if let Some(seq) = message.seq {
        rows.push(MessageAction {
            id: "message-access",
            icon: Icon::Lock,
            name: WHO_CAN_SEE,
            is_quick: false,
            keys: "",
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                request_animation_frame(move || tools.access.ask(seq));
            }),
        });
    }
    // A guest is no user.
    if message.content.guest.is_none() {
        let (app, author) = (tools.app.get_value(), message.content.author.clone());
        rows.push(MessageAction {
            id: "show-author",
            icon: Icon::People,
            name: AUTHOR,
            is_quick: false,
            keys: "",
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                let author = author.clone();
                request_animation_frame(move || app.show_card(author));
            }),
        });
    }
    rows.extend(unread_row(message, tools));
    rows.extend(moderation_rows(message, tools));
    rows
}

/// The actions that add a reaction, and show the people behind them.
fn reaction_rows(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let Some(seq) = message.seq.filter(|_| message.content.deleted.is_none()) else {
        return Vec::new();
    };
    let row = |id, icon, name, is_quick, keys, run: fn(ReactionDialogs, Seq)| MessageAction {
        id,
        icon,
        name,
        is_quick,
        keys,
        run: Box::new(move || {
            tools.is_menu_open.set(false);
            request_animation_frame(move || run(tools.reactions, seq));
        }),
    };
    let mut rows = vec![row("react", Icon::React, REACT, true, "+", ReactionDialogs::add)];
    if message.content.has_reactions {
        let show = ReactionDialogs::show_people;
        rows.push(row("show-reactions", Icon::People, REACTIONS, false, "", show));
    }
    rows
}

/// The action that answers a message.
fn reply_row(message: &SelectedMessage, tools: MessageTools) -> Option<MessageAction> {
    let seq = message.seq.filter(|_| message.content.deleted.is_none())?;
    let reply_to = tools.row_context.reply_to;
    Some(MessageAction {
        id: "reply",
        icon: Icon::Reply,
        name: REPLY,
        is_quick: true,
        keys: "rRㄱ",
        run: Box::new(move || {
            tools.is_menu_open.set(false);
            reply_to.set(Some(seq));
            // The menu gives the focus back first.
            request_animation_frame(|| browser::focus(COMPOSER_ID));
        }),
    })
}

/// The action that marks a read message and those after it as unread.
fn unread_row(message: &SelectedMessage, tools: MessageTools) -> Option<MessageAction> {
    let (from, room) = (message.seq?, tools.row_context.room);
    let driver = tools.app.with_value(|app| app.driver);
    let read = move || driver.store().peek(|it| it.features().memberships().read_up_to(room));
    read().filter(|read| from <= *read)?;
    Some(MessageAction {
        id: "mark-unread",
        icon: Icon::Unread,
        name: MARK_UNREAD,
        is_quick: false,
        keys: "uUㅕ",
        run: Box::new(move || {
            tools.is_menu_open.set(false);
            let Some(up_to) = read() else { return };
            driver.act(Action::MarkUnread { room, from });
            let sentence = MARKED_UNREAD.of(tools.lang.get_untracked()).to_owned();
            tools.undo_bar.offer(sentence, move || {
                driver.act(Action::MarkReadAgain { room, up_to });
            });
        }),
    })
}

/// The actions that change the text of a message, and show the earlier ones.
fn text_rows(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let SelectedMessage { content, seq } = message;
    let Some(seq) = seq.filter(|_| content.deleted.is_none() && content.guest.is_none()) else {
        return Vec::new();
    };
    let me = tools.app.with_value(|app| app.driver.store().me().id);
    let is_own = content.author.id == me;
    let mut rows = Vec::new();
    if is_own {
        let (editor, text) = (tools.row_context.editor, content.text.clone());
        rows.push(MessageAction {
            id: "edit-message",
            icon: Icon::Edit,
            name: EDIT,
            is_quick: true,
            keys: "eEㄷ",
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                let text = text.clone();
                // The menu gives the focus back first.
                request_animation_frame(move || editor::open(editor, seq, text));
            }),
        });
    }
    if content.edited_at.is_some() && (is_own || tools.moderation().moderates()) {
        rows.push(MessageAction {
            id: "earlier-texts",
            icon: Icon::History,
            name: EARLIER,
            is_quick: false,
            keys: "",
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                request_animation_frame(move || tools.earlier.ask(seq));
            }),
        });
    }
    rows
}

/// The actions that delete and report a message.
fn moderation_rows(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let Some(seq) = message.seq.filter(|_| message.content.deleted.is_none()) else {
        return Vec::new();
    };
    let me = tools.app.with_value(|app| app.driver.store().me().id);
    let is_own = message.content.author.id == me;
    let row = move |id, icon, name, act| MessageAction {
        id,
        icon,
        name,
        is_quick: false,
        keys: "",
        run: Box::new(move || {
            tools.is_menu_open.set(false);
            // The menu gives the focus back first, so that the dialog returns it to the message.
            request_animation_frame(move || tools.moderation().ask(act));
        }),
    };
    let mut rows = Vec::new();
    if !is_own {
        rows.push(row("report-message", Icon::Flag, REPORT, MessageAct::Report(seq)));
    }
    if is_own || tools.moderation().moderates() {
        let act = MessageAct::Delete { message: seq, is_own };
        rows.push(row("delete-message", Icon::Trash, DELETE, act));
    }
    rows
}

impl MessageTools {
    pub(super) fn new(row_context: RowContext) -> Self {
        Self {
            app: StoredValue::new(use_app()),
            row_context,
            hovered: state(None),
            chosen: state(None),
            is_menu_open: state(false),
            access: AccessQuestion::new(),
            copied: state(None),
            frame: NodeRef::new(),
            moderation: StoredValue::new(ModerationTools::new(use_app(), row_context.room)),
            earlier: EarlierDialog::new(row_context.room),
            reactions: ReactionDialogs::new(row_context.room),
            undo_bar: use_undo_bar(),
            lang: use_lang(),
        }
    }

    pub(super) fn moderation(self) -> ModerationTools {
        self.moderation.get_value()
    }

    /// Opens the card of a message's author.
    pub(super) fn show_author(self, key: u64) {
        let author = self.find(key).filter(|message| message.content.guest.is_none());
        if let Some(message) = author {
            self.app.get_value().show_card(message.content.author);
        }
    }

    /// Opens the card of a mentioned person.
    pub(super) fn show_mentioned(self, id: Option<&str>) {
        let (app, room) = (self.app.get_value(), self.row_context.room);
        let user = app.driver.store().peek(|client| {
            let mut known = known_users(client, room).into_iter();
            known.find(|user| id == Some(&user.id.to_string())).cloned()
        });
        if let Some(user) = user {
            app.show_card(user);
        }
    }

    pub(super) fn find(self, key: u64) -> Option<SelectedMessage> {
        let (Row::Message(row), _) = self.row_context.list.row_of(key)? else { return None };
        let room = self.row_context.room;
        let store = self.app.with_value(|app| app.driver.store());
        let content = store.peek(|client| MessageContent::find(client, room, &row))?;
        Some(SelectedMessage { content, seq: row.seq })
    }

    /// The mouse is over this row, or over none.
    pub(super) fn hover(self, row: Option<u64>) {
        if self.hovered.get_untracked() != row {
            self.copied.set(None);
            self.hovered.set(row);
        }
    }

    fn copy(self, id: &'static str, text: String) {
        spawn_local(async move {
            let done = copy(&text).await;
            // The room may be closed by now.
            self.copied.try_set(Some((id, done)));
        });
    }

    /// Runs the action of a letter, if the message has it.
    pub(super) fn press(self, key: u64, letter: char) {
        let Some(message) = self.find(key) else { return };
        let rows = actions(&message, self);
        if let Some(row) = rows.into_iter().find(|row| row.keys.contains(letter)) {
            (row.run)();
        }
    }

    /// Opens the menu of a row beside the message.
    pub(super) fn open_menu(self, key: u64) {
        let list = self.row_context.list;
        let Some((Row::Message(_), row)) = list.row_of(key) else { return };
        if let (Some(frame), Some(bubble)) = (self.frame.get_untracked(), bubble(&row)) {
            let at = bubble.get_bounding_client_rect();
            set_length(&frame, "--menu-top", at.bottom());
            set_length(&frame, "--menu-left", at.left());
        }
        self.copied.set(None);
        self.chosen.set(Some(key));
        self.is_menu_open.set(true);
    }
}

/// The bubble of a message's row.
pub(super) fn bubble(row: &Element) -> Option<Element> {
    row.query_selector(".chat-bubble").ok()?
}
