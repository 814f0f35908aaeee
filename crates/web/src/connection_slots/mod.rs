//! Slots for all open connections, for HTTP and for the app's sockets, plain and over TLS.
//!
//! A connection takes a slot when it is accepted. The slot is evictable until the connection belongs to a signed-in
//! user. When all slots are taken, a new connection evicts the oldest evictable slot of the network that holds the most
//! evictable slots. So neither one address nor many silent connections lock others out. Reading order: [`table`], which
//! decides, and this module, which tells the connections.

mod table;

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use madang_hub::budgets::network::Network;
use madang_shared::UserId;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

pub use self::table::{MAX_EVICTABLE_CONNECTIONS, MAX_PROTECTED_PER_USER};
use self::table::{Peer, SlotLimits, SlotTable};
use crate::middleware::trusted_proxies::TrustedProxies;

/// Evicted connections that may still hold their file descriptor; at more, the listener waits.
pub const MAX_CLOSING_CONNECTIONS: usize = 64;
/// Limit for that wait. An evicted connection ends within microseconds.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);

/// The slots of all connections. Clones share them.
#[derive(Clone)]
pub struct ConnectionSlots(Arc<Shared>);

struct Shared {
    proxies: TrustedProxies,
    table: Mutex<SlotTable<Weak<Inner>>>,
    /// Notified when a slot is freed.
    freed: Notify,
}

/// The slot of one connection. Clones are the same slot, which is free again when the last one is dropped. The default
/// has no table: it is never evicted.
#[derive(Clone, Default)]
pub struct ConnectionSlot(Option<Arc<Inner>>);

struct Inner {
    slots: ConnectionSlots,
    /// The age: each request gets a new number.
    number: AtomicU64,
    peer: Peer,
    is_evicted: AtomicBool,
    evicted: Notify,
    /// Whether the table protects the slot. Saves the lock for the requests of connections that are not protected.
    is_protected: AtomicBool,
}

impl ConnectionSlots {
    /// A number of free slots. Connections of `proxies` are those of many clients.
    pub fn new(capacity: usize, proxies: TrustedProxies) -> Self {
        let table = Mutex::new(SlotTable::new(SlotLimits::new(capacity)));
        Self(Arc::new(Shared { proxies, table, freed: Notify::new() }))
    }

    /// Takes a slot for a connection from this address. If all are taken, the slot of another connection is evicted;
    /// none if all connections are protected.
    pub fn take(&self, address: IpAddr) -> Option<ConnectionSlot> {
        let address = address.to_canonical();
        let peer = Peer { network: Network::of(address), is_proxy: self.0.proxies.trust(address) };
        let mut table = self.0.table.lock();
        let evicted = if table.is_full() { Some(table.evict()?) } else { None };
        let number = table.next_number();
        let inner = Arc::new(Inner {
            slots: self.clone(),
            number: AtomicU64::new(number),
            peer,
            is_evicted: AtomicBool::new(false),
            evicted: Notify::new(),
            is_protected: AtomicBool::new(false),
        });
        table.insert(number, peer.network, Arc::downgrade(&inner));
        drop(table);
        notify(evicted.as_ref());
        Some(ConnectionSlot(Some(inner)))
    }

    /// Evicts a slot, for example because the system has no file descriptors left. Returns whether there was one.
    pub fn evict(&self) -> bool {
        let evicted = self.0.table.lock().evict();
        notify(evicted.as_ref());
        evicted.is_some()
    }

    /// Completes at once, or when enough of the evicted connections have ended.
    pub async fn closing(&self) {
        let wait = async {
            loop {
                let freed = self.0.freed.notified();
                if self.0.table.lock().closing() < MAX_CLOSING_CONNECTIONS {
                    return;
                }
                freed.await;
            }
        };
        if timeout(CLOSING_TIMEOUT, wait).await.is_err() {
            tracing::debug!("evicted connections have not ended in time");
        }
    }

    /// Completes when the next connection has ended.
    pub async fn freed(&self) {
        self.0.freed.notified().await;
    }
}

/// Notifies an evicted connection. Called without the lock, which the drop of the last handle takes.
fn notify(evicted: Option<&Weak<Inner>>) {
    if let Some(slot) = evicted.and_then(Weak::upgrade) {
        slot.is_evicted.store(true, Ordering::Release);
        slot.evicted.notify_waiters();
    }
}

impl fmt::Debug for ConnectionSlots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSlots").finish_non_exhaustive()
    }
}

impl ConnectionSlot {
    /// Protects the connection from eviction, because it belongs to this user. Returns false if the user or the network
    /// has its share of protected connections; the connection then stays evictable.
    pub fn protect(&self, user: UserId) -> bool {
        let Some(inner) = &self.0 else { return true };
        if inner.is_protected.load(Ordering::Acquire) {
            return true;
        }
        let number = inner.number.load(Ordering::Acquire);
        let is_protected = inner.slots.0.table.lock().protect(number, inner.peer, user);
        inner.is_protected.store(is_protected, Ordering::Release);
        is_protected
    }

    /// Begins a request: the slot is evictable until the request shows its session, and it is the youngest again. As the
    /// oldest, the connection of a user could not reach the check of its session.
    pub fn begin_request(&self) {
        let Some(inner) = &self.0 else { return };
        inner.is_protected.store(false, Ordering::Release);
        let slot = Arc::downgrade(inner);
        let number = inner.number.load(Ordering::Acquire);
        let number = inner.slots.0.table.lock().renew(number, inner.peer.network, slot);
        if let Some(number) = number {
            inner.number.store(number, Ordering::Release);
        }
    }

    /// Completes when the slot is evicted. Cancel-safe.
    pub async fn evicted(&self) {
        let Some(inner) = &self.0 else { return std::future::pending().await };
        // Made before the check, so that an eviction in between is not missed.
        let notified = inner.evicted.notified();
        if !inner.is_evicted.load(Ordering::Acquire) {
            notified.await;
        }
    }

    /// Runs a future until it completes or the slot is evicted; none after an eviction.
    pub async fn until_evicted<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            output = future => Some(output),
            () = self.evicted() => {
                tracing::debug!("a connection was evicted by a newer one");
                None
            }
        }
    }
}

impl fmt::Debug for ConnectionSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.as_ref().map(|inner| inner.number.load(Ordering::Relaxed));
        f.debug_tuple("ConnectionSlot").field(&number).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let number = *self.number.get_mut();
        self.slots.0.table.lock().remove(number, self.peer.network);
        self.slots.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Waker};

    use super::*;

    fn is_evicted(slot: &ConnectionSlot) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        std::pin::pin!(slot.evicted()).poll(&mut context).is_ready()
    }

    fn slots(capacity: usize) -> impl Fn(&str) -> Option<ConnectionSlot> {
        let proxies = TrustedProxies::new(["10.0.0.1"]).unwrap();
        let slots = ConnectionSlots::new(capacity, proxies);
        move |address| slots.take(address.parse().unwrap())
    }

    #[test]
    fn the_oldest_connection_of_the_largest_network_is_evicted() {
        let take = slots(5);
        let honest = take("192.0.2.1").unwrap();
        let flood: Vec<_> = (0..4).map(|_| take("192.0.2.2").unwrap()).collect();
        let second = take("192.0.2.3").unwrap();
        assert!(!is_evicted(&honest) && !is_evicted(&second));
        assert_eq!(flood.iter().map(is_evicted).collect::<Vec<_>>(), [true, false, false, false]);
        // With networks of one size, the oldest connection of all.
        let (third, fourth) = (take("192.0.2.4").unwrap(), take("192.0.2.5").unwrap());
        assert!(is_evicted(&flood[2]) && !is_evicted(&flood[3]) && !is_evicted(&honest));
        let fifth = take("192.0.2.6").unwrap();
        assert!(
            is_evicted(&honest) && [&second, &third, &fourth, &fifth].map(is_evicted) == [false; 4]
        );
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_network() {
        let take = slots(3);
        let other = take("2001:db8:0:1::1").unwrap();
        let (first, second) = (take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap());
        let third = take("2001:db8::3").unwrap();
        assert_eq!([&other, &first, &second, &third].map(is_evicted), [false, true, false, false]);
    }

    #[test]
    fn protected_connections_are_not_evicted_until_their_protection_ends() {
        let take = slots(3);
        let user = take("192.0.2.1").unwrap();
        assert!(user.protect(UserId(1)) && user.protect(UserId(1)));
        let strangers: Vec<_> = (0..9).map(|_| take("192.0.2.1").unwrap()).collect();
        assert!(!is_evicted(&user));
        assert_eq!(strangers.iter().filter(|slot| is_evicted(slot)).count(), 7);
        user.begin_request();
        let last = [(); 2].map(|()| take("192.0.2.1").unwrap());
        assert!(!is_evicted(&user), "its request made it the youngest");
        let more = take("192.0.2.1").unwrap();
        assert!(is_evicted(&user) && !is_evicted(&more) && !is_evicted(&last[1]));
        drop(strangers);
        drop((user, last, more));
        assert!(["192.0.2.7"; 3].iter().map(|it| take(it)).all(|it| it.is_some()));
    }

    #[test]
    fn an_evicted_connection_cannot_be_protected() {
        let take = slots(1);
        let first = take("192.0.2.1").unwrap();
        let second = take("192.0.2.2").unwrap();
        assert!(is_evicted(&first) && !first.protect(UserId(1)));
        first.begin_request();
        assert!(!is_evicted(&second));
    }

    #[test]
    fn a_user_a_network_and_all_users_have_shares_of_the_protection() {
        let capacity = 4 * MAX_PROTECTED_PER_USER;
        let take = slots(capacity);
        let mut all = Vec::new();
        let mut protected = |address: &str, users: std::ops::Range<u64>| {
            let before = all.len();
            all.extend(
                users.filter_map(|user| take(address).filter(|it| it.protect(UserId(user)))),
            );
            all.len() - before
        };
        assert_eq!(protected("192.0.2.1", 0..1_000), capacity / 2, "a network has a half");
        // Connections of a proxy are those of many networks.
        assert_eq!(protected("10.0.0.1", 1_000..2_000), capacity / 2 - capacity / 8);
        assert_eq!(
            protected("192.0.2.2", 2_000..2_010),
            0,
            "an eighth is left for new connections"
        );
        drop(all);
        let one: Vec<_> = (0..capacity).map(|_| take("10.0.0.1").unwrap()).collect();
        let protected = one.iter().filter(|it| it.protect(UserId(7))).count();
        assert_eq!(protected, MAX_PROTECTED_PER_USER);
    }
}
