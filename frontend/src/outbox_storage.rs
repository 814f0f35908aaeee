//! The outbox outlives a reload: each tab keeps its own in `localStorage`, under a name that the tab
//! finds again. What a tab left behind for good, another adopts when it starts. Adopting twice does
//! no harm: a command sent again keeps its id, and takes effect once.

use madang_client::PendingCommand;
use madang_shared::{Timestamp, UserId, compact};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use crate::browser;

const TAB_KEY: &str = "madang.tab";
/// How often a tab says that its outbox is not abandoned, in milliseconds.
pub(crate) const RENEW_MS: u64 = 20_000;
/// An outbox that was not renewed for this long is abandoned, in milliseconds.
const ABANDONED_MS: u64 = 60_000;

/// An outbox as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    renewed: Timestamp,
    items: Vec<PendingCommand>,
}

/// Where this tab keeps its outbox.
#[derive(Clone, Debug)]
pub(crate) struct OutboxStorage {
    prefix: String,
    key: String,
}

impl OutboxStorage {
    /// This tab's place. The tab's id is taken out of the tab's storage while the page lives, and put
    /// back when it goes: a duplicated tab, which copies that storage, gets an id of its own.
    pub(crate) fn new(me: UserId) -> Self {
        let storage = browser::session_storage();
        let left = storage.as_ref().and_then(|storage| storage.get_item(TAB_KEY).ok().flatten());
        if let Some(storage) = storage {
            drop(storage.remove_item(TAB_KEY));
        }
        let tab = left.unwrap_or_else(|| format!("{:032x}", browser::random()));
        let prefix = format!("madang.outbox.{me}.");
        let key = format!("{prefix}{tab}");
        Self { prefix, key }
    }

    /// The page goes: lets the next one in this tab find the outbox.
    pub(crate) fn page_goes(&self) {
        let tab = self.key.strip_prefix(&self.prefix).unwrap_or_default();
        if let Some(storage) = browser::session_storage() {
            drop(storage.set_item(TAB_KEY, tab));
        }
    }

    /// The page is back, from where the browser kept it.
    pub(crate) fn page_is_back() {
        if let Some(storage) = browser::session_storage() {
            drop(storage.remove_item(TAB_KEY));
        }
    }

    /// Takes up what this tab left, and what abandoned tabs did.
    pub(crate) fn take_up(&self) -> Vec<PendingCommand> {
        let Some(storage) = browser::local_storage() else {
            return Vec::new();
        };
        let found = self.find(&storage);
        let (items, taken) = adopt(&self.key, found, browser::now());
        // Kept under the new name first: a crash in between costs nothing.
        if self.keep(&items) {
            for key in taken.iter().filter(|key| **key != self.key) {
                drop(storage.remove_item(key));
            }
        }
        items
    }

    /// What tabs left that have been gone for a while, and where it lies; to be [let go
    /// of](Self::let_go) once it is kept here.
    pub(crate) fn abandoned(&self) -> (Vec<PendingCommand>, Vec<String>) {
        let Some(storage) = browser::local_storage() else {
            return (Vec::new(), Vec::new());
        };
        let mut found = self.find(&storage);
        found.retain(|(key, _)| *key != self.key);
        adopt(&self.key, found, browser::now())
    }

    pub(crate) fn let_go(keys: &[String]) {
        for key in keys {
            browser::forget(key);
        }
    }

    /// Keeps these commands; they replace what was kept before. Answers whether they are kept: a
    /// browser may forbid it, or be full.
    pub(crate) fn keep(&self, items: &[PendingCommand]) -> bool {
        let Some(storage) = browser::local_storage() else {
            return items.is_empty();
        };
        if items.is_empty() {
            drop(storage.remove_item(&self.key));
            return true;
        }
        let kept = Kept { renewed: browser::now(), items: items.to_vec() };
        storage.set_item(&self.key, &compact::to_text(&kept)).is_ok()
    }

    /// Forgets everything of this user that was not sent: the session is over.
    pub(crate) fn forget(&self) {
        let Some(storage) = browser::local_storage() else {
            return;
        };
        for (key, _) in self.find(&storage) {
            drop(storage.remove_item(&key));
        }
    }

    fn find(&self, storage: &Storage) -> Vec<(String, Option<Kept>)> {
        let keys = (0..storage.length().unwrap_or(0))
            .filter_map(|index| storage.key(index).ok().flatten())
            .filter(|key| key.starts_with(&self.prefix));
        keys.map(|key| {
            let text = storage.get_item(&key).ok().flatten();
            let kept = text.and_then(|text| compact::from_text(&text).ok());
            (key, kept)
        })
        .collect()
    }
}

/// Which commands to take up, in the order in which they were given, and which keys they came from.
/// An outbox that cannot be read (a newer version wrote it) stays where it is.
fn adopt(
    own: &str,
    found: Vec<(String, Option<Kept>)>,
    now: Timestamp,
) -> (Vec<PendingCommand>, Vec<String>) {
    let mut items: Vec<PendingCommand> = Vec::new();
    let mut taken = Vec::new();
    for (key, kept) in found {
        let Some(kept) = kept else { continue };
        if key != own && now.since(kept.renewed) < ABANDONED_MS {
            continue;
        }
        taken.push(key);
        for item in kept.items {
            if items.iter().all(|known| known.id != item.id) {
                let place = items.partition_point(|known| known.at <= item.at);
                items.insert(place, item);
            }
        }
    }
    (items, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use madang_client::PendingState;
    use madang_shared::chat::ChatCommand;
    use madang_shared::{CommandId, RoomId};

    fn pending(at: u64) -> PendingCommand {
        PendingCommand {
            id: CommandId::new(Timestamp(at), u128::from(at) << 64),
            command: ChatCommand::Post { room: RoomId(1), text: at.to_string() }.into(),
            at: Timestamp(at),
            state: PendingState::Waiting,
        }
    }

    fn kept(renewed: u64, items: &[u64]) -> Kept {
        let items = items.iter().copied().map(pending).collect();
        Kept { renewed: Timestamp(renewed), items }
    }

    #[test]
    fn a_reload_finds_what_its_tab_left_however_fresh() {
        let found = vec![("me".to_owned(), Some(kept(99_999, &[1, 2])))];
        let (items, _) = adopt("me", found, Timestamp(100_000));
        assert_eq!(items, [pending(1), pending(2)]);
    }

    #[test]
    fn a_tab_that_still_renews_keeps_its_own() {
        let found = vec![("other".to_owned(), Some(kept(50_000, &[1])))];
        let (items, taken) = adopt("me", found, Timestamp(100_000));
        assert_eq!((items, taken), (vec![], vec![]));
    }

    #[test]
    fn abandoned_outboxes_are_adopted_in_the_order_of_writing_and_once() {
        let found = vec![
            ("a".to_owned(), Some(kept(1, &[3, 5]))),
            ("me".to_owned(), Some(kept(1, &[4]))),
            ("b".to_owned(), Some(kept(1, &[3, 2]))),
        ];
        let (items, taken) = adopt("me", found, Timestamp(100_000));
        assert_eq!(items, [2, 3, 4, 5].map(pending));
        assert_eq!(taken, ["a", "me", "b"]);
    }

    #[test]
    fn what_cannot_be_read_is_left_alone() {
        let (items, taken) = adopt("me", vec![("a".to_owned(), None)], Timestamp(100_000));
        assert_eq!((items, taken), (vec![], vec![]));
    }
}
