//! The dialog that sets the reminder of a message, and the acts that save and remove one.

use leptos::prelude::*;
use madang_client::views::later::Later;
use madang_client::{Client, Slice};
use madang_shared::later::{LaterCommand, SavedMessage};
use madang_shared::{RoomId, Seq};

use super::moments::moments;
use crate::client_store::ClientStore;
use crate::context::{AppContext, use_app};
use crate::i18n::{CANCEL, Lang, Words, use_lang};
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::signal::{State, state};
use crate::ui::undo_bar::{UndoBar, use_undo_bar};

const TITLE: Words = Words::new("언제 알려 드릴까요?", "When shall we remind you?");
const NEVER: Words = Words::new("알림 없애기", "Remove the reminder");
const SAVED: Words = Words::new("나중에 볼 메시지에 담았습니다.", "Saved for later.");
const REMOVED: Words = Words::new("나중에 볼 메시지에서 뺐습니다.", "Removed from Later.");
const SET: Words = Words::new("알림을 정했습니다.", "The reminder is set.");

/// Reads the saved messages now, and again when they or the commands about them have changed.
pub(super) fn read<T>(store: ClientStore, read: impl FnOnce(&Client, &Later) -> T) -> T {
    store.read(Slice::Outbox, |_| ());
    store.read(Slice::Later, |client| read(client, client.features().later()))
}

/// The saved message, if the message is saved.
pub(crate) fn find_saved(store: ClientStore, of: (RoomId, Seq)) -> Option<SavedMessage> {
    read(store, |client, later| later.find(client.outbox(), of))
}

/// Saves and removes messages, and sets their reminders. Copies are the same.
#[derive(Clone, Copy)]
pub(crate) struct LaterTools {
    /// Behind a handle, because the tools are copied into every listener.
    app: StoredValue<AppContext>,
    undo: UndoBar,
    lang: State<Lang>,
    of: State<Option<(RoomId, Seq)>>,
    is_open: State<bool>,
}

impl LaterTools {
    pub(crate) fn new() -> Self {
        Self {
            app: StoredValue::new(use_app()),
            undo: use_undo_bar(),
            lang: use_lang(),
            of: state(None),
            is_open: state(false),
        }
    }

    fn words(self, words: Words) -> String {
        words.of(self.lang.get_untracked()).to_owned()
    }

    fn command(self, command: LaterCommand) {
        self.app.with_value(|app| app.driver.command(command));
    }

    /// Whether the message is saved.
    pub(crate) fn has(self, of: (RoomId, Seq)) -> bool {
        find_saved(self.app.with_value(|app| app.driver.store()), of).is_some()
    }

    pub(crate) fn save(self, (room, message): (RoomId, Seq)) {
        self.command(LaterCommand::Save { room, message, since: None });
        let undo = move || self.command(LaterCommand::Unsave { room, message });
        self.undo.offer(self.words(SAVED), undo);
    }

    /// Removes a saved message, and offers to undo it.
    pub(crate) fn remove(self, of: (RoomId, Seq)) {
        let store = self.app.with_value(|app| app.driver.store());
        let found = store.peek(|client| client.features().later().find(client.outbox(), of));
        let Some(SavedMessage { room, message, saved_at, reminder }) = found else { return };
        self.command(LaterCommand::Unsave { room, message });
        self.undo.offer(self.words(REMOVED), move || {
            self.command(LaterCommand::Save { room, message, since: Some(saved_at) });
            // A reminder that was sent is over.
            if let Some(reminder) = reminder.filter(|reminder| !reminder.is_due) {
                self.command(LaterCommand::Remind { room, message, at: Some(reminder.at) });
            }
        });
    }

    /// Asks when the user wants to be reminded of a message.
    pub(crate) fn ask(self, of: (RoomId, Seq)) {
        self.of.set(Some(of));
        self.is_open.set(true);
    }

    /// The dialog.
    pub(crate) fn draw(self) -> AnyView {
        dialog(self.is_open, "reminder-title", move || self.content())
    }

    fn content(self) -> AnyView {
        let Some(of) = self.of.get_untracked() else { return ().into_any() };
        let store = self.app.with_value(|app| app.driver.store());
        let before = store.peek(|client| client.features().later().find(client.outbox(), of));
        let was_saved = before.is_some();
        let before = before.and_then(|saved| saved.reminder);
        let remind = move |at| {
            let (room, message) = of;
            self.is_open.set(false);
            self.command(LaterCommand::Remind { room, message, at });
        };
        let choose = move |at| {
            remind(Some(at));
            // A reminder that was sent is over.
            let undone = before.filter(|reminder| !reminder.is_due).map(|reminder| reminder.at);
            self.undo.offer(self.words(SET), move || {
                if was_saved {
                    remind(undone);
                } else {
                    self.command(LaterCommand::Unsave { room: of.0, message: of.1 });
                }
            });
        };
        let never = before.is_some().then(|| {
            view! {
                <button type="button" class="button" data-testid="remind-never" on:click=events::click_once(move |_| remind(None))>{NEVER.now()}</button>
            }
        });
        view! {
            <h2 id="reminder-title" class="dialog-title">{TITLE.now()}</h2>
            {moments(before.map(|reminder| reminder.at), choose)}
            <div class="dialog-actions">
                {never}
                <button type="button" class="button" data-testid="remind-cancel" on:click=events::click(move |_| self.is_open.set(false))>{CANCEL.now()}</button>
            </div>
        }
        .into_any()
    }
}
