//! Decisions that need nothing but their arguments.

use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::validate::is_joiner;
use madang_shared::{Position, Topic, UserId};
use unicode_normalization::UnicodeNormalization;

/// What two names have in common when people would call them the same: compatibility
/// decomposition, full case folding, composition (Unicode 3.13, D147). `한글` typed on a Mac (as
/// separate letters) and on Windows, `Ｊａｎｅ` and `jane`, get one key. Characters that only join others
/// do not count: a name with one at its end looks the same.
pub fn name_key(name: &str) -> String {
    let folded = caseless::default_case_fold_str(&name.nfkd().collect::<String>());
    let key = caseless::default_case_fold_str(&folded.nfkd().collect::<String>());
    key.nfkc().filter(|c| !is_joiner(*c)).collect()
}

/// Whether a reader who knows everything up to `from` can be given the events that follow, when the
/// topic stands at `head`; otherwise the reader needs the state anew.
pub fn resumes(from: Position, head: Position) -> bool {
    from.epoch == head.epoch
        && from.seq <= head.seq
        && head.seq.since(from.seq) <= MAX_RECOVERED_EVENTS
}

/// Whether the topic is closed to this reader, which can be told without a look at the store.
pub fn is_private_to_other(topic: Topic, subscriber: UserId) -> bool {
    matches!(topic, Topic::Memberships(owner) | Topic::Inbox(owner) if owner != subscriber)
}
