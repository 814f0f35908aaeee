//! Limits on the mails of a node: per user and per address, so that nobody can fill a foreign mailbox.

use std::collections::HashMap;

use madang_shared::{ErrorCode, Failure, Timestamp, UserId};
use parking_lot::Mutex;

/// The mails for a user, and those to an address, in [`WINDOW_MS`].
pub const MAX_MAILS: u32 = 5;
/// See [`MAX_MAILS`]; an hour, in milliseconds.
pub const WINDOW_MS: u64 = 60 * 60 * 1_000;
/// Limit for the entries; above it, the older half goes.
const MAX_ENTRIES: usize = 50_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum LimitKey {
    User(UserId),
    Address(String),
}

/// The mails since the beginning of a window.
#[derive(Clone, Copy, Debug)]
struct Window {
    begins_at: Timestamp,
    mails: u32,
}

/// The limits. They are in memory, and start again with the node.
#[derive(Debug, Default)]
pub struct MailLimits {
    windows: Mutex<HashMap<LimitKey, Window>>,
}

impl MailLimits {
    /// Counts a mail for a user to an address, by its key.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn count(&self, user: UserId, address_key: &str, now: Timestamp) -> Result<(), Failure> {
        let keys = [LimitKey::User(user), LimitKey::Address(address_key.to_owned())];
        let mut windows = self.windows.lock();
        for key in &keys {
            let open = windows.get(key).filter(|it| !it.begins_at.has_passed(WINDOW_MS, now));
            if let Some(window) = open.filter(|window| window.mails >= MAX_MAILS) {
                let wait = WINDOW_MS - now.since(window.begins_at);
                let minutes = wait.div_ceil(60_000);
                let message = format!("Too many mails; try again in {minutes} minutes.");
                return Err(Failure::new(ErrorCode::RateLimited, message).after(wait));
            }
        }
        for key in keys {
            if windows.len() >= MAX_ENTRIES && !windows.contains_key(&key) {
                make_room(&mut windows, now);
            }
            let window = windows.entry(key).or_insert(Window { begins_at: now, mails: 0 });
            if window.begins_at.has_passed(WINDOW_MS, now) {
                *window = Window { begins_at: now, mails: 0 };
            }
            window.mails += 1;
        }
        Ok(())
    }
}

fn make_room(windows: &mut HashMap<LimitKey, Window>, now: Timestamp) {
    windows.retain(|_, window| !window.begins_at.has_passed(WINDOW_MS, now));
    if windows.len() < MAX_ENTRIES {
        return;
    }
    // Half of them at once, so that a full table does not cost a search for each mail.
    let mut begins: Vec<Timestamp> = windows.values().map(|window| window.begins_at).collect();
    let mut surplus = begins.len() / 2;
    let (_, median, _) = begins.select_nth_unstable(surplus);
    windows.retain(|_, window| {
        let stays = window.begins_at > *median || surplus == 0;
        surplus -= usize::from(!stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000_000);

    #[test]
    fn a_user_and_an_address_get_a_few_mails_an_hour() {
        let limits = MailLimits::default();
        for number in 0..u64::from(MAX_MAILS) {
            limits.count(UserId(1), &format!("{number}@x.kr"), START.plus(number)).unwrap();
        }
        let late = START.plus(60_000);
        let refused = limits.count(UserId(1), "new@x.kr", late).unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(3_540_000)));
        limits.count(UserId(2), "new@x.kr", late).unwrap();
        for number in 0..u64::from(MAX_MAILS) - 1 {
            limits.count(UserId(10 + number), "new@x.kr", late).unwrap();
        }
        assert!(limits.count(UserId(20), "new@x.kr", late).is_err(), "many users, one address");
        limits.count(UserId(20), "other@x.kr", late).unwrap();
        limits.count(UserId(1), "new@x.kr", late.plus(WINDOW_MS)).unwrap();
    }

    #[test]
    fn a_refused_mail_is_not_counted() {
        let limits = MailLimits::default();
        for _ in 0..MAX_MAILS {
            limits.count(UserId(1), "a@x.kr", START).unwrap();
        }
        for _ in 0..MAX_MAILS {
            assert!(limits.count(UserId(1), "b@x.kr", START).is_err());
        }
        limits.count(UserId(2), "b@x.kr", START).unwrap();
    }

    #[test]
    fn the_entries_are_bounded() {
        let limits = MailLimits::default();
        let last = MAX_ENTRIES as u64;
        for number in 0..=last {
            limits.count(UserId(number), &format!("{number}@x.kr"), START.plus(number)).unwrap();
            assert!(limits.windows.lock().len() <= MAX_ENTRIES);
        }
        let windows = limits.windows.lock();
        let has = |user| windows.contains_key(&LimitKey::User(UserId(user)));
        assert!(has(last) && has(last - 1) && !has(0), "the newest ones stay");
    }
}
