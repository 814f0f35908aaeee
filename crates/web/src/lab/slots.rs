//! Slots for the connections of a lab page, which need no session. One holder has at most a share of them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use madang_hub::budgets::network::Network;
use madang_shared::lab::SLOT_SHARES;
use madang_shared::{ErrorCode, UserId};
use parking_lot::Mutex;

use crate::http::client_info::{ClientAddress, ClientInfo};
use crate::http::extract::AuthUser;
use crate::http::problem::Problem;
use crate::http::session_token::candidates;
use crate::state::AppState;

/// The holder of a slot: a signed-in user, from any address, or the visitors without a session of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SlotHolder {
    User(UserId),
    Network(Network),
}

impl FromRequestParts<AppState> for SlotHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let has_token = !candidates(&parts.headers, &ClientInfo::of(&parts.extensions)).is_empty();
        if has_token && let Ok(user) = AuthUser::from_request_parts(parts, state).await {
            return Ok(Self::User(user.anybody()));
        }
        // The page works without a session, and without the store.
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        Ok(Self::Network(Network::of(address)))
    }
}

/// The slots of a page. Clones share them.
#[derive(Clone)]
pub(super) struct LabSlots {
    capacity: usize,
    slots_by_holder: Arc<Mutex<HashMap<SlotHolder, usize>>>,
}

/// A slot, which is free again when it is dropped.
pub(super) struct LabSlot {
    slots: LabSlots,
    holder: SlotHolder,
}

impl LabSlots {
    /// A number of free slots.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, slots_by_holder: Arc::default() }
    }

    /// Takes a slot.
    ///
    /// # Errors
    /// `unavailable`, if all slots or those of the holder are taken.
    pub(super) fn take(&self, holder: SlotHolder) -> Result<LabSlot, Problem> {
        let mut slots_by_holder = self.slots_by_holder.lock();
        let taken: usize = slots_by_holder.values().sum();
        let of_holder = slots_by_holder.get(&holder).copied().unwrap_or_default();
        if of_holder >= self.capacity / SLOT_SHARES {
            let message = match holder {
                SlotHolder::User(_) => {
                    "You have too many connections to this page; close one and try again."
                }
                SlotHolder::Network(_) => {
                    "Your network has too many connections to this page; close one, or sign in and try again."
                }
            };
            return Err(Problem::new(ErrorCode::Unavailable, message));
        }
        if taken >= self.capacity {
            let message = "All connections of this page are in use; try again later.";
            return Err(Problem::new(ErrorCode::Unavailable, message));
        }
        *slots_by_holder.entry(holder).or_default() += 1;
        drop(slots_by_holder);
        Ok(LabSlot { slots: self.clone(), holder })
    }
}

impl Drop for LabSlot {
    fn drop(&mut self) {
        let mut slots_by_holder = self.slots.slots_by_holder.lock();
        if let Some(count) = slots_by_holder.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                slots_by_holder.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_has_a_share_and_all_have_the_capacity() {
        let slots = LabSlots::new(2 * SLOT_SHARES);
        let network = |address: &str| SlotHolder::Network(Network::of(address.parse().unwrap()));
        let take = |holder| slots.take(holder).ok();
        let first: Vec<_> = (0..9).filter_map(|_| take(network("2001:db8::1"))).collect();
        assert_eq!(first.len(), 2);
        assert!(take(network("2001:db8::2")).is_none(), "the same network");
        let users: Vec<_> =
            (0..9).flat_map(|it| [take(SlotHolder::User(UserId(it))), None]).flatten().collect();
        assert_eq!(users.len(), 2 * SLOT_SHARES - 2, "the capacity");
        drop(first);
        assert!(take(network("2001:db8::2")).is_some());
        drop(users);
        assert!(slots.slots_by_holder.lock().is_empty());
    }
}
