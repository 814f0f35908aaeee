//! The contents that the core reads: the envelopes of shared, without the features whose views are
//! lazy.

use madang_shared::chat::{ChatAnswer, ChatEvent, ChatSnapshot};
use madang_shared::details::{DetailsEvent, DetailsSnapshot};
use madang_shared::erasure::ErasureEvent;
use madang_shared::membership::{MembershipEvent, MembershipSnapshot};
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, NoticesEvent, NoticesSnapshot, OrderNoticesEvent,
    OrderNoticesSnapshot, PostNoticesEvent, PostNoticesSnapshot,
};
use madang_shared::presence::{PresenceEvent, PresenceSnapshot};
use serde::Deserialize;

/// See [`madang_shared::Event`].
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CoreEvent {
    Membership(MembershipEvent),
    Chat(ChatEvent),
    Presence(PresenceEvent),
    Details(DetailsEvent),
    Notices(NoticesEvent),
    Inbox(InboxEvent),
    OrderNotices(OrderNoticesEvent),
    PostNotices(PostNoticesEvent),
    Erasure(ErasureEvent),
}

/// See [`madang_shared::Snapshot`].
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CoreSnapshot {
    Membership(MembershipSnapshot),
    Chat(ChatSnapshot),
    Presence(PresenceSnapshot),
    Details(DetailsSnapshot),
    Notices(NoticesSnapshot),
    Inbox(InboxSnapshot),
    OrderNotices(OrderNoticesSnapshot),
    PostNotices(PostNoticesSnapshot),
}

/// See [`madang_shared::Answer`].
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CoreAnswer {
    Chat(ChatAnswer),
}
