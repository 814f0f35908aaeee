//! The state of the toolbar and of the menu of a message.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Seq;
use web_sys::Element;

use super::editor::EarlierDialog;
use super::moderation::ModerationTools;
use super::reactions::ReactionDialogs;
use crate::browser::set_length;
use crate::clipboard::copy;
use crate::context::{AppContext, use_app};
use crate::features::chat::mentions::known_users;
use crate::features::chat::message::{MessageContent, RowContext};
use crate::features::chat::rows::Row;
use crate::features::later::LaterTools;
use crate::features::room_access::AccessQuestion;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::undo_bar::{UndoBar, use_undo_bar};

/// The state of toolbar and menu. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct MessageTools {
    /// Behind a handle, because the tools are copied into every listener.
    pub(super) app: StoredValue<AppContext>,
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
    pub(super) undo_bar: UndoBar,
    pub(super) lang: State<Lang>,
    pub(super) later: StoredValue<LaterTools>,
}

/// The message of a row.
pub(super) struct SelectedMessage {
    pub(super) content: MessageContent,
    /// None until the message is stored.
    pub(super) seq: Option<Seq>,
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
            later: StoredValue::new(LaterTools::new()),
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

    /// Copies a text, and shows the result at the action.
    pub(super) fn copy(self, id: &'static str, text: String) {
        spawn_local(async move {
            let done = copy(&text).await;
            // The room may be closed by now.
            self.copied.try_set(Some((id, done)));
        });
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
