//! Slots for all open connections, for HTTP and for the app's sockets, plain and over TLS.
//!
//! A connection takes a slot when it is accepted. The slot is evictable until the connection belongs to a signed-in
//! user. When all slots are taken, a new connection evicts the oldest evictable slot of the network that holds the most
//! evictable slots. So neither one address nor many silent connections lock others out. A slot has a short grace first,
//! so that even a fast flood from many networks evicts no connection during its handshake: new connections wait instead,
//! in the backlog of the listener. Reading order: `table`, which decides, and this module, which tells the connections.

mod evictable;
mod grace;
mod peer;
mod table;

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use madang_hub::budgets::network::Network;
use madang_shared::UserId;
use madang_websocket::ResetFlag;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use self::peer::Peer;
pub use self::table::{GRACE, GRACE_INTERVAL, MAX_EVICTABLE_CONNECTIONS, MAX_PROTECTED_PER_USER};
use self::table::{SlotLimits, SlotTable, Vacancy};
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
    /// Notified when a slot is freed, and with it a descriptor.
    freed: Notify,
    /// Notified when a slot is freed or protected: there may be one for a new connection.
    vacated: Notify,
}

/// The slot of one connection. Clones are the same slot, which is free again when the last one is dropped. The default
/// has no table: it is never evicted.
#[derive(Clone, Default)]
pub struct ConnectionSlot(Option<Arc<Inner>>);

struct Inner {
    slots: ConnectionSlots,
    peer: Peer,
    is_evicted: AtomicBool,
    evicted: Notify,
    reset_flag: ResetFlag,
    /// Locked before the table.
    state: Mutex<SlotState>,
}

/// The number and the protection of a slot, as in the table.
struct SlotState {
    /// The age: a request gets a new number.
    number: u64,
    /// The user that the table protects the slot for.
    user: Option<UserId>,
    /// Whether the request under way has shown a session.
    shows_session: bool,
    /// From this time on, a request begins a grace.
    next_grace: Instant,
}

impl ConnectionSlots {
    /// A number of free slots. Connections of `proxies` are those of many clients.
    pub fn new(capacity: usize, proxies: TrustedProxies) -> Self {
        let table = Mutex::new(SlotTable::new(SlotLimits::new(capacity)));
        Self(Arc::new(Shared { proxies, table, freed: Notify::new(), vacated: Notify::new() }))
    }

    /// Takes a slot for a connection from this address. If all are taken, the slot of another connection is evicted;
    /// none if all connections are protected.
    pub fn take(&self, address: IpAddr) -> Option<ConnectionSlot> {
        self.take_at(address, Instant::now())
    }

    fn take_at(&self, address: IpAddr, now: Instant) -> Option<ConnectionSlot> {
        let address = address.to_canonical();
        let peer = Peer { network: Network::of(address), is_proxy: self.0.proxies.trust(address) };
        let mut table = self.0.table.lock();
        let evicted = if table.is_full() { Some(table.evict(now)?) } else { None };
        let number = table.next_number();
        let inner = Arc::new(Inner {
            slots: self.clone(),
            peer,
            is_evicted: AtomicBool::new(false),
            evicted: Notify::new(),
            reset_flag: ResetFlag::default(),
            state: Mutex::new(SlotState {
                number,
                user: None,
                shows_session: false,
                next_grace: now,
            }),
        });
        table.insert(number, peer, now, Arc::downgrade(&inner));
        drop(table);
        notify(evicted.as_ref());
        Some(ConnectionSlot(Some(inner)))
    }

    /// Evicts a slot, for example because the system has no file descriptors left. Returns whether there was one.
    pub fn evict(&self) -> bool {
        let evicted = self.0.table.lock().evict(Instant::now());
        notify(evicted.as_ref());
        evicted.is_some()
    }

    /// Completes when there is a slot for a new connection: at once, or when a grace or an evicted connection has ended.
    pub async fn vacancy(&self) {
        loop {
            let vacated = self.0.vacated.notified();
            let (is_closing, vacancy) = {
                let mut table = self.0.table.lock();
                (table.closing() >= MAX_CLOSING_CONNECTIONS, table.vacancy(Instant::now()))
            };
            match vacancy {
                Vacancy::Now if !is_closing => return,
                Vacancy::Now => {
                    if timeout(CLOSING_TIMEOUT, vacated).await.is_err() {
                        tracing::debug!("evicted connections have not ended in time");
                        return;
                    }
                }
                // At the end of the time, the grace has ended too.
                Vacancy::At(end) => drop(timeout_at(end, vacated).await),
            }
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
        slot.reset_flag.set();
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
        let mut state = inner.state.lock();
        state.shows_session = true;
        if state.user != Some(user) {
            inner.unprotect(&mut state);
            let is_protected = inner.shared().table.lock().protect(state.number, inner.peer, user);
            state.user = is_protected.then_some(user);
            inner.shared().vacated.notify_waiters();
        }
        state.user.is_some()
    }

    /// Begins a request. The slot of a user stays protected until [`Self::end_request`]. Another one is the youngest again,
    /// and gets a grace if it had none for [`GRACE_INTERVAL`]: as the oldest, it could not reach the check of its session.
    pub fn begin_request(&self) {
        self.begin_request_at(Instant::now());
    }

    fn begin_request_at(&self, now: Instant) {
        let Some(inner) = &self.0 else { return };
        let mut state = inner.state.lock();
        state.shows_session = false;
        if state.user.is_some() {
            return;
        }
        let mut table = inner.shared().table.lock();
        let number = if now >= state.next_grace {
            state.next_grace = now + GRACE_INTERVAL;
            table.begin_grace(state.number, inner.peer, now)
        } else {
            table.renew(state.number, inner.peer.network)
        };
        state.number = number.unwrap_or(state.number);
    }

    /// Ends a request, when its answer begins. Without a session in the request, the slot is evictable afterwards.
    pub fn end_request(&self) {
        let Some(inner) = &self.0 else { return };
        let mut state = inner.state.lock();
        if !state.shows_session {
            inner.unprotect(&mut state);
        }
    }

    /// The flag that resets the connection at its end. An eviction sets it.
    pub fn reset_flag(&self) -> ResetFlag {
        self.0.as_ref().map_or_else(ResetFlag::default, |inner| inner.reset_flag.clone())
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
        let number = self.0.as_ref().map(|inner| inner.state.lock().number);
        f.debug_tuple("ConnectionSlot").field(&number).finish()
    }
}

impl Inner {
    fn shared(&self) -> &Shared {
        &self.slots.0
    }

    fn unprotect(self: &Arc<Self>, state: &mut SlotState) {
        if state.user.take().is_some() {
            let (slot, network) = (Arc::downgrade(self), self.peer.network);
            let number = self.shared().table.lock().unprotect(state.number, network, slot);
            state.number = number.unwrap_or(state.number);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let number = self.state.get_mut().number;
        let shared = &self.slots.0;
        shared.table.lock().remove(number, self.peer.network);
        shared.freed.notify_waiters();
        shared.vacated.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
