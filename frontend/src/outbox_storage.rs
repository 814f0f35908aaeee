//! Stores the outbox across reloads: each tab has its own in `localStorage`, under the tab's id. Another tab
//! adopts the outbox of a tab that is gone. Two tabs may adopt one outbox: a command that is sent twice keeps
//! its id, and takes effect once.

use madang_client::PendingCommand;
use madang_shared::{Timestamp, UserId, compact};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use crate::browser;

const TAB_KEY: &str = "madang.tab";
/// The interval at which a tab renews its outbox, in milliseconds.
pub(crate) const RENEW_MS: u64 = 20_000;
/// An outbox that was not renewed for this long is abandoned, in milliseconds.
pub(crate) const ABANDONED_MS: u64 = 60_000;

/// The stored form of an outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredOutbox {
    renewed: Timestamp,
    items: Vec<PendingCommand>,
}

/// The storage of this tab's outbox.
#[derive(Clone, Debug)]
pub(crate) struct OutboxStorage {
    prefix: String,
    key: String,
}

impl OutboxStorage {
    /// The storage of this tab. The tab's id is removed from the tab's storage while the page lives, and put
    /// back when the page is left: a duplicated tab, which copies that storage, gets its own id.
    pub(crate) fn new(me: UserId) -> Self {
        let storage = browser::session_storage();
        let left = storage.as_ref().and_then(|storage| storage.get_item(TAB_KEY).ok().flatten());
        if let Some(storage) = storage {
            browser::remove_item(&storage, TAB_KEY);
        }
        let tab = left.unwrap_or_else(|| format!("{:032x}", browser::random()));
        let prefix = format!("madang.outbox.{me}.");
        let key = format!("{prefix}{tab}");
        Self { prefix, key }
    }

    /// Lets the next page in this tab find the outbox. For a page that is left.
    pub(crate) fn release_tab(&self) {
        let tab = self.key.strip_prefix(&self.prefix).unwrap_or_default();
        if let Some(storage) = browser::session_storage() {
            // Without it the next page is a new tab, which adopts this outbox a minute later.
            browser::set_item(&storage, TAB_KEY, tab);
        }
    }

    /// Undoes [`Self::release_tab`]. For a page that the browser's back button restored.
    pub(crate) fn claim_tab() {
        if let Some(storage) = browser::session_storage() {
            browser::remove_item(&storage, TAB_KEY);
        }
    }

    /// The commands of this tab before its reload, and of abandoned tabs, which this tab adopts.
    pub(crate) fn adopt_all(&self) -> Vec<PendingCommand> {
        let Some(storage) = browser::local_storage() else {
            return Vec::new();
        };
        let found = self.find(&storage);
        let (items, taken) = adopt(&self.key, found, browser::now());
        // Saved under the new key first: a crash in between loses nothing.
        if self.save(&items) {
            for key in taken.iter().filter(|key| **key != self.key) {
                browser::remove_item(&storage, key);
            }
        }
        items
    }

    /// The commands of abandoned tabs, and their keys, to be [removed](Self::remove) once the commands are saved
    /// here.
    pub(crate) fn abandoned(&self) -> (Vec<PendingCommand>, Vec<String>) {
        let Some(storage) = browser::local_storage() else {
            return (Vec::new(), Vec::new());
        };
        let mut found = self.find(&storage);
        found.retain(|(key, _)| *key != self.key);
        adopt(&self.key, found, browser::now())
    }

    /// Removes the outboxes under these keys.
    pub(crate) fn remove(keys: &[String]) {
        for key in keys {
            browser::forget(key);
        }
    }

    /// Saves these commands in place of the saved ones. Returns whether it succeeded: a browser may forbid it,
    /// or be full.
    pub(crate) fn save(&self, items: &[PendingCommand]) -> bool {
        let Some(storage) = browser::local_storage() else {
            return items.is_empty();
        };
        if items.is_empty() {
            browser::remove_item(&storage, &self.key);
            return true;
        }
        let outbox = StoredOutbox { renewed: browser::now(), items: items.to_vec() };
        browser::set_item(&storage, &self.key, &compact::to_text(&outbox))
    }

    /// Deletes all outboxes of this user. For the end of the session.
    pub(crate) fn clear(&self) {
        let Some(storage) = browser::local_storage() else {
            return;
        };
        for (key, _) in self.find(&storage) {
            browser::remove_item(&storage, &key);
        }
    }

    fn find(&self, storage: &Storage) -> Vec<(String, Option<StoredOutbox>)> {
        let read = |key: String| {
            let text = storage.get_item(&key).ok().flatten();
            let outbox = text.and_then(|text| compact::from_text(&text).ok());
            (key, outbox)
        };
        browser::keys(storage, &self.prefix).into_iter().map(read).collect()
    }
}

/// The commands to adopt, oldest first, and the keys of their outboxes. An outbox that cannot be read (a newer
/// version wrote it) is left alone.
fn adopt(
    own: &str,
    found: Vec<(String, Option<StoredOutbox>)>,
    now: Timestamp,
) -> (Vec<PendingCommand>, Vec<String>) {
    let mut items: Vec<PendingCommand> = Vec::new();
    let mut taken = Vec::new();
    for (key, outbox) in found {
        let Some(outbox) = outbox else { continue };
        if key != own && !is_abandoned(outbox.renewed, now) {
            continue;
        }
        taken.push(key);
        for item in outbox.items {
            if items.iter().all(|known| known.id != item.id) {
                let place = items.partition_point(|known| known.at <= item.at);
                items.insert(place, item);
            }
        }
    }
    (items, taken)
}

/// Whether no tab renews an outbox any more. A tab whose clock was wrong leaves a time in the future, which
/// would otherwise keep the outbox from being adopted until then.
fn is_abandoned(renewed: Timestamp, now: Timestamp) -> bool {
    now.since(renewed).max(renewed.since(now)) >= ABANDONED_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use madang_client::{PendingState, QueuedCommand};
    use madang_shared::chat::ChatCommand;
    use madang_shared::{CommandId, RoomId};

    fn pending(at: u64) -> PendingCommand {
        PendingCommand {
            id: CommandId::new(Timestamp(at), u128::from(at) << 64),
            command: QueuedCommand::Read(ChatCommand::post(RoomId(1), at.to_string()).into()),
            at: Timestamp(at),
            state: PendingState::Waiting,
        }
    }

    fn outbox(renewed: u64, items: &[u64]) -> StoredOutbox {
        let items = items.iter().copied().map(pending).collect();
        StoredOutbox { renewed: Timestamp(renewed), items }
    }

    #[test]
    fn a_reload_finds_the_outbox_of_its_tab_however_fresh() {
        let found = vec![("me".to_owned(), Some(outbox(99_999, &[1, 2])))];
        let (items, _) = adopt("me", found, Timestamp(100_000));
        assert_eq!(items, [pending(1), pending(2)]);
    }

    #[test]
    fn the_outbox_of_a_tab_that_renews_it_is_not_adopted() {
        let found = vec![("other".to_owned(), Some(outbox(50_000, &[1])))];
        let (items, taken) = adopt("me", found, Timestamp(100_000));
        assert_eq!((items, taken), (vec![], vec![]));
    }

    #[test]
    fn abandoned_outboxes_are_adopted_once_and_oldest_first() {
        let found = vec![
            ("a".to_owned(), Some(outbox(1, &[3, 5]))),
            ("me".to_owned(), Some(outbox(1, &[4]))),
            ("b".to_owned(), Some(outbox(1, &[3, 2]))),
        ];
        let (items, taken) = adopt("me", found, Timestamp(100_000));
        assert_eq!(items, [2, 3, 4, 5].map(pending));
        assert_eq!(taken, ["a", "me", "b"]);
    }

    #[test]
    fn an_outbox_from_a_clock_that_was_ahead_is_adopted() {
        let soon = vec![("other".to_owned(), Some(outbox(100_900, &[1])))];
        assert_eq!(
            adopt("me", soon, Timestamp(100_000)).1,
            [""; 0],
            "clocks of tabs differ a little"
        );
        let ahead = vec![("other".to_owned(), Some(outbox(900_000, &[1])))];
        assert_eq!(adopt("me", ahead, Timestamp(100_000)).1, ["other"]);
    }

    #[test]
    fn an_unreadable_outbox_is_left_alone() {
        let (items, taken) = adopt("me", vec![("a".to_owned(), None)], Timestamp(100_000));
        assert_eq!((items, taken), (vec![], vec![]));
    }
}
