//! Budgets: the costs that a user, a network, and the strangers of a network may cause, in all of their connections
//! together, over every protocol.
//!
//! - [`resource`]: the table of resources with their rates.
//! - [`rate`]: a rate limit, and the level of a bucket under it.
//! - [`network`]: the part of an address that its holder cannot choose.
//! - `payer`: the levels of one user or network.
//! - [`account`]: the payers of one client, which are charged together.
//! - `totals`: the parts that all accounts share.

pub mod account;
pub mod network;
mod payer;
pub mod rate;
pub mod resource;
mod totals;

use std::sync::Arc;

use madang_shared::{Timestamp, UserId};
use parking_lot::Mutex;

use self::account::Account;
use self::network::Network;
use self::payer::PayerTable;
pub use self::payer::{MAX_WAITING_BYTES_PER_NETWORK, MAX_WAITING_BYTES_PER_USER};
use self::resource::{BudgetRates, PayerKind, Resource};
pub use self::totals::MAX_WAITING_BYTES;
use self::totals::Totals;
pub(crate) use self::totals::{CacheMemory, ReservedMemory};

/// The budgets of a server.
#[derive(Debug)]
pub struct Budgets {
    totals: Arc<Totals>,
    users: Mutex<PayerTable<UserId>>,
    networks: Mutex<PayerTable<Network>>,
    strangers: Mutex<PayerTable<Network>>,
}

impl Default for Budgets {
    fn default() -> Self {
        Self::new(Box::default())
    }
}

impl Budgets {
    /// Budgets with these rates.
    pub fn new(rates: Box<BudgetRates>) -> Self {
        Self {
            totals: Arc::new(Totals::new(rates)),
            users: Mutex::new(PayerTable::new(PayerKind::User)),
            networks: Mutex::new(PayerTable::new(PayerKind::Network)),
            strangers: Mutex::new(PayerTable::new(PayerKind::Stranger)),
        }
    }

    /// The account of a signed-in user who is connected from a network. Connections within the process have no
    /// network.
    pub fn account(&self, user: UserId, network: Option<Network>, now: Timestamp) -> Account {
        let rates = &self.totals.rates;
        let user = self.users.lock().payer(user, rates, now);
        let networks = network.into_iter().flat_map(Network::with_site);
        let networks = networks.map(|network| self.networks.lock().payer(network, rates, now));
        let payers = std::iter::once(user).chain(networks).collect();
        Account::new(Arc::clone(&self.totals), payers, network)
    }

    /// The account of a client without a user.
    pub fn stranger(&self, network: Network, now: Timestamp) -> Account {
        let networks = network.with_site();
        let rates = &self.totals.rates;
        let payers = networks.map(|network| self.strangers.lock().payer(network, rates, now));
        Account::new(Arc::clone(&self.totals), payers.collect(), Some(network))
    }

    /// The memory for cached values, which is a part of that for unwritten answers.
    pub(crate) fn cache_memory(&self) -> CacheMemory {
        CacheMemory::of(&self.totals)
    }

    /// Forgets the payers that no client holds and that have all of their budget again, and gives their memory back.
    pub fn forget_idle_payers(&self, now: Timestamp) {
        let rates = &self.totals.rates;
        self.users.lock().forget_idle(rates, now);
        self.networks.lock().forget_idle(rates, now);
        self.strangers.lock().forget_idle(rates, now);
    }

    /// The number of refusals for each resource since the start.
    pub fn refusals(&self) -> impl Iterator<Item = (Resource, u64)> {
        self.totals.refusals()
    }
}
