//! The erasure of accounts: the parts of a person in the events of the log, and the list by which a restored copy of the
//! database is erased again.

use std::fmt::Write;

use madang_shared::chat::{ChatEvent, MessageEdit};
use madang_shared::counter::CounterEvent;
use madang_shared::details::DetailsEvent;
use madang_shared::erasure::ErasureEvent;
use madang_shared::membership::{MembershipEvent, Removal};
use madang_shared::notices::{InboxEvent, NoticesEvent, OrderNoticesEvent, PostNoticesEvent};
use madang_shared::orders::{OrdersEvent, OwnOrdersEvent};
use madang_shared::posts::PostsEvent;
use madang_shared::profile::Profile;
use madang_shared::reactions::ReactionChange;
use madang_shared::{ErrorCode, Event, Failure, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::log::LogEntry;
use crate::names;

/// An erased account, as the list beside the database names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRecord {
    /// The user.
    pub user: UserId,
    /// The time at which the user signed up. A restored copy may have given the id to somebody else.
    pub made_at: Timestamp,
    /// The hashes of the name and of its skeletons; see [`name_hashes`].
    pub names: Vec<NameHash>,
    /// The receipt as JSON.
    pub receipt: String,
}

/// The hash of a name that was erased, as hexadecimal digits.
pub type NameHash = String;

/// The hashes by which an erased name stays taken: of its key, and of its skeletons.
pub fn name_hashes(name: &str, name_key: &str) -> Vec<NameHash> {
    let [as_seen, as_read] = names::skeletons(name);
    let mut hashes: Vec<NameHash> = [name_key, &as_seen, &as_read].map(hash).into();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn hash(text: &str) -> NameHash {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut digits = NameHash::new();
    for byte in digest {
        // Writing to a text cannot fail.
        write!(digits, "{byte:02x}").ok();
    }
    digits
}

/// Whether the event erases earlier ones of its topic.
pub(crate) fn is_redaction(entry: &LogEntry) -> bool {
    // Cheaper than decoding: every event of every topic is asked.
    entry.content.starts_with(r#"{"erasure":"#)
}

/// The refusal of an erasure whose typed name is another one.
pub fn other_name() -> Failure {
    let message = "Type the name of the account exactly; nothing was erased.";
    Failure::new(ErrorCode::Invalid, message)
}

/// The event without what belongs to a user; `None` if it holds nothing of the user. The event keeps its position.
pub fn redact(event: Event, user: UserId) -> Option<Event> {
    let mut eraser = Eraser { user, has_erased: false };
    let event = eraser.event(event);
    eraser.has_erased.then_some(event)
}

struct Eraser {
    user: UserId,
    has_erased: bool,
}

impl Eraser {
    fn event(&mut self, event: Event) -> Event {
        match event {
            Event::Chat(event) => self.chat(event),
            Event::Details(event) => self.details(event).into(),
            Event::Membership(event) => self.membership(event).into(),
            Event::Posts(event) => self.posts(event).into(),
            Event::Orders(event) => self.orders(event).into(),
            Event::OwnOrders(OwnOrdersEvent(event)) => OwnOrdersEvent(self.orders(event)).into(),
            Event::Notices(event) => self.notices(event),
            Event::OrderNotices(OrderNoticesEvent(ref notice))
            | Event::PostNotices(PostNoticesEvent(ref notice))
                if is_by(notice.what.by(), self.user) =>
            {
                self.erased()
            }
            Event::Inbox(event) => self.inbox(event),
            Event::Counter(CounterEvent::Added { by, amount, value, command }) => {
                CounterEvent::Added { by: self.name(by), amount, value, command }.into()
            }
            // They hold no text and no name of others. The own topics of a user are erased as a whole.
            other @ (Event::Administration(_)
            | Event::Erasure(_)
            | Event::Health(_)
            | Event::Later(_)
            | Event::Menu(_)
            | Event::OrderNotices(_)
            | Event::PostNotices(_)
            | Event::Presence(_)
            | Event::Price(_)) => other,
        }
    }

    fn name(&mut self, mut user: User) -> User {
        self.rename(&mut user);
        user
    }

    fn rename(&mut self, user: &mut User) {
        self.has_erased |= user.erase(self.user);
    }

    /// The event that stands for one of which nothing is left.
    fn erased(&mut self) -> Event {
        self.has_erased = true;
        ErasureEvent::Erased { user: self.user }.into()
    }

    fn chat(&mut self, event: ChatEvent) -> Event {
        let event = match event {
            ChatEvent::Posted(mut message) => {
                self.has_erased |= message.erase(self.user);
                ChatEvent::Posted(message)
            }
            ChatEvent::MessageEdited(MessageEdit { by, .. })
            | ChatEvent::Reacted(ReactionChange { by, .. })
                if by.id == self.user =>
            {
                return self.erased();
            }
            ChatEvent::RoomChanged { mut room, by } => {
                room.people.iter_mut().for_each(|person| self.rename(person));
                ChatEvent::RoomChanged { room, by: self.name(by) }
            }
            ChatEvent::Pinned { mut pin, is_on } => {
                self.rename(&mut pin.by);
                ChatEvent::Pinned { pin, is_on }
            }
            other @ (ChatEvent::MessageEdited(_)
            | ChatEvent::Reacted(_)
            | ChatEvent::MessageDeleted { .. }
            | ChatEvent::Deleted) => other,
        };
        event.into()
    }

    fn details(&mut self, event: DetailsEvent) -> DetailsEvent {
        match event {
            DetailsEvent::Described { description, by } => {
                DetailsEvent::Described { description, by: self.name(by) }
            }
            DetailsEvent::Joined { mut member, after } => {
                self.rename(&mut member.user);
                DetailsEvent::Joined { member, after }
            }
            DetailsEvent::ProfileChanged(profile) if profile.user == self.user => {
                let blank = Profile::blank(self.user);
                self.has_erased |= profile != blank;
                DetailsEvent::ProfileChanged(blank)
            }
            other @ (DetailsEvent::ProfileChanged(_)
            | DetailsEvent::Left { .. }
            | DetailsEvent::RoleChanged { .. }
            | DetailsEvent::Deleted) => other,
        }
    }

    fn membership(&mut self, event: MembershipEvent) -> MembershipEvent {
        match event {
            MembershipEvent::Left { room, removal, reason } => {
                let removal = removal.map(|removal| match removal {
                    Removal::Removed(by) => Removal::Removed(self.name(by)),
                    Removal::Deleted(by) => Removal::Deleted(self.name(by)),
                });
                MembershipEvent::Left { room, removal, reason }
            }
            other @ (MembershipEvent::Joined(_)
            | MembershipEvent::Read(_)
            | MembershipEvent::Muted { .. }
            | MembershipEvent::Silenced { .. }) => other,
        }
    }

    fn posts(&mut self, event: PostsEvent) -> PostsEvent {
        match event {
            PostsEvent::Created { post, command } | PostsEvent::Edited { post, command }
                if post.author.id == self.user =>
            {
                self.has_erased = true;
                PostsEvent::Redacted { post: post.id, by: self.name(post.author), command }
            }
            PostsEvent::Deleted { post, by, command } => {
                PostsEvent::Deleted { post, by: self.name(by), command }
            }
            PostsEvent::Greeted { by, others_only, command } => {
                PostsEvent::Greeted { by: self.name(by), others_only, command }
            }
            PostsEvent::Redacted { post, by, command } => {
                PostsEvent::Redacted { post, by: self.name(by), command }
            }
            other @ (PostsEvent::Created { .. } | PostsEvent::Edited { .. }) => other,
        }
    }

    fn orders(&mut self, event: OrdersEvent) -> OrdersEvent {
        match event {
            OrdersEvent::Changed { at, was, mut order } => {
                self.has_erased |= order.erase(self.user);
                OrdersEvent::Changed { at, was, order }
            }
            other @ (OrdersEvent::Removed { .. }
            | OrdersEvent::Offered(_)
            | OrdersEvent::Withdrawn { .. }) => other,
        }
    }

    fn notices(&mut self, event: NoticesEvent) -> Event {
        match event {
            NoticesEvent::Told(notice) if is_by(notice.what.by(), self.user) => self.erased(),
            NoticesEvent::DemoStarted(mut demo) => {
                self.rename(&mut demo.by);
                NoticesEvent::DemoStarted(demo).into()
            }
            other @ (NoticesEvent::Told(_) | NoticesEvent::DemoEnded { .. }) => other.into(),
        }
    }

    fn inbox(&mut self, event: InboxEvent) -> Event {
        match event {
            InboxEvent::Told(notice) if is_by(notice.what.by(), self.user) => self.erased(),
            other @ (InboxEvent::Told(_)
            | InboxEvent::Read(_)
            | InboxEvent::Muted { .. }
            | InboxEvent::QuietHours(_)
            | InboxEvent::RoomDeleted(_)
            | InboxEvent::MessageDeleted { .. }
            | InboxEvent::ReportClosed(_)) => other.into(),
        }
    }
}

fn is_by(by: Option<&User>, user: UserId) -> bool {
    by.is_some_and(|by| by.id == user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_name_stays_taken_with_its_look_alikes() {
        let hashes = name_hashes("Alice", &crate::policy::name_key("Alice"));
        let look_alike = name_hashes("AIice", &crate::policy::name_key("AIice"));
        assert!(hashes.iter().any(|hash| look_alike.contains(hash)));
        let other = name_hashes("Bob", &crate::policy::name_key("Bob"));
        assert!(hashes.iter().all(|hash| hash.len() == 64 && !other.contains(hash)));
    }
}
