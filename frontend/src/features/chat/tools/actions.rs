//! The actions of a message, one row each. The toolbar has the quick ones, and the menu, which the toolbar, the keyboard or a
//! long press opens, has all; see [`super::toolbar`].

use leptos::prelude::*;
use madang_client::Action;
use madang_shared::Seq;

use super::editor;
use super::later::later_rows;
use super::message_tools::{MessageAction, MessageTools, SelectedMessage};
use super::moderation::MessageAct;
use super::pins::pin_row;
use super::reactions::ReactionDialogs;
use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::features::chat::message::RowContext;
use crate::features::room_access::WHO_CAN_SEE;
use crate::i18n::Words;
use crate::route::Route;
use crate::ui::icon::Icon;

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
pub(super) const KEYS: &str = "+eEㄷrRㄱpPㅔuUㅕlLㅣ";

/// The actions of a message, in their order in the toolbar and in the menu. A new action is a row here.
pub(super) fn actions(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let text = message.content.text.clone();
    let mut rows = reaction_rows(message, tools);
    rows.extend(reply_row(message, tools));
    rows.extend(text_rows(message, tools));
    rows.extend(pin_row(message, tools));
    rows.extend(later_rows(message, tools));
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

/// Runs the action of a letter, if the message has it.
pub(super) fn press(tools: MessageTools, key: u64, letter: char) {
    let Some(message) = tools.find(key) else { return };
    let rows = actions(&message, tools);
    if let Some(row) = rows.into_iter().find(|row| row.keys.contains(letter)) {
        (row.run)();
    }
}
