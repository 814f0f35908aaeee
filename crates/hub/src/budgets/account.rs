//! The account of one client: its payers, which are charged together.

use std::sync::Arc;

use madang_shared::{ErrorCode, Failure, Timestamp};
use tokio::sync::OwnedSemaphorePermit;

use super::network::Network;
use super::payer::{Payer, permits};
use super::resource::Resource;
use super::totals::Totals;

/// The shortest wait that a refusal names, in milliseconds. A client with many commands gets a part of its budget back
/// meanwhile, instead of one command.
pub const MIN_RETRY_WAIT_MS: u64 = 200;
/// The longest wait after which a client repeats a refused command by itself, in milliseconds.
pub const MAX_RETRY_WAIT_MS: u64 = 60_000;

/// The account of one client. Copies charge the same payers, and so do the accounts of all other connections of the
/// user.
#[derive(Clone, Debug)]
pub struct Account {
    totals: Arc<Totals>,
    /// The user first, or the network of a stranger.
    payers: Box<[Arc<Payer>]>,
    network: Option<Network>,
}

/// The cost of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The resource.
    pub resource: Resource,
    /// In the units of the resource.
    pub units: u64,
}

/// The memory that is reserved for one answer until it is written. Dropping it frees the memory.
#[derive(Debug)]
pub struct AnswerMemory {
    _permits: Vec<OwnedSemaphorePermit>,
}

impl Account {
    pub(super) fn new(
        totals: Arc<Totals>,
        payers: Box<[Arc<Payer>]>,
        network: Option<Network>,
    ) -> Self {
        Self { totals, payers, network }
    }

    /// The network of the client; none for a connection within the process.
    pub fn network(&self) -> Option<Network> {
        self.network
    }

    /// Charges a cost to all payers, unless one of them has spent its budget.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait; nothing is charged.
    pub fn charge(&self, cost: Cost, now: Timestamp) -> Result<(), Failure> {
        if cost.units == 0 {
            return Ok(());
        }
        self.check(cost.resource, now)?;
        self.spend(cost, now);
        Ok(())
    }

    /// Charges one unit of a resource; see [`Self::charge`].
    ///
    /// # Errors
    /// As [`Self::charge`].
    pub fn charge_one(&self, resource: Resource, now: Timestamp) -> Result<(), Failure> {
        self.charge(Cost { resource, units: 1 }, now)
    }

    /// Checks that no payer has spent its budget.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait. A client does not repeat a command by itself after a wait of more than
    /// [`MAX_RETRY_WAIT_MS`], because its later commands would wait as long.
    pub fn check(&self, resource: Resource, now: Timestamp) -> Result<(), Failure> {
        let Some(wait) = self.wait(resource, now) else { return Ok(()) };
        self.count_refusal(resource, now);
        let message = format!("{}; try again in {}.", resource.refusal(), in_words(wait));
        let mut failure =
            Failure::new(ErrorCode::RateLimited, message).after(wait.max(MIN_RETRY_WAIT_MS));
        failure.retry = wait <= MAX_RETRY_WAIT_MS;
        Err(failure)
    }

    /// Counts a refused request. Above the budget of refusals, the client is to be disconnected.
    pub fn count_refusal(&self, resource: Resource, now: Timestamp) {
        self.totals.count_refusal(resource);
        if let Some(payer) = self.payers.first() {
            self.spend_of(payer, Cost { resource: Resource::Refusals, units: 1 }, now);
        }
    }

    /// Whether the client has spent its budget of refusals, so that it is to be disconnected.
    pub fn is_abusive(&self, now: Timestamp) -> bool {
        self.payers
            .first()
            .is_some_and(|payer| self.wait_of(payer, Resource::Refusals, now).is_some())
    }

    /// The milliseconds until every payer can pay again; `None` if all can pay now.
    pub fn wait(&self, resource: Resource, now: Timestamp) -> Option<u64> {
        self.payers.iter().filter_map(|payer| self.wait_of(payer, resource, now)).max()
    }

    /// Charges a cost that has arisen already. A payer may get into debt.
    pub fn spend(&self, cost: Cost, now: Timestamp) {
        for payer in &self.payers {
            self.spend_of(payer, cost, now);
        }
    }

    /// Returns a cost that was charged in advance and did not arise.
    pub fn refund(&self, Cost { resource, units }: Cost, now: Timestamp) {
        for payer in &self.payers {
            let rate = self.totals.rates.rate(payer.kind(), resource);
            payer.with_level(resource, |level| level.refund(rate, units, now));
        }
    }

    fn wait_of(&self, payer: &Payer, resource: Resource, now: Timestamp) -> Option<u64> {
        let rate = self.totals.rates.rate(payer.kind(), resource);
        payer.with_level(resource, |level| level.check(rate, now).err()).flatten()
    }

    fn spend_of(&self, payer: &Payer, Cost { resource, units }: Cost, now: Timestamp) {
        let rate = self.totals.rates.rate(payer.kind(), resource);
        payer.with_level(resource, |level| level.spend(rate, units, now));
    }

    /// Reserves memory for an answer of this many bytes; waits until there is enough.
    pub async fn reserve_answer_memory(&self, bytes: usize) -> AnswerMemory {
        let permits = u32::try_from(permits(bytes)).unwrap_or(u32::MAX);
        let mut taken = Vec::with_capacity(self.payers.len() + 1);
        // One order for all accounts, the shared memory last: no account holds a part of it while it waits for a
        // user who does not read.
        let semaphores = self.payers.iter().map(|payer| payer.waiting());
        for semaphore in semaphores.chain([&self.totals.waiting]) {
            // The semaphores are never closed.
            taken.extend(Arc::clone(semaphore).acquire_many_owned(permits).await.ok());
        }
        AnswerMemory { _permits: taken }
    }
}

/// A wait for people: whole seconds, minutes or hours, rounded up.
fn in_words(millis: u64) -> String {
    match millis.div_ceil(1_000) {
        0..=1 => "a second".to_owned(),
        seconds @ 2..=99 => format!("{seconds} seconds"),
        seconds @ 100..=5_999 => format!("{} minutes", seconds.div_ceil(60)),
        seconds => format!("{} hours", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures_util::FutureExt;
    use madang_shared::UserId;

    use super::*;
    use crate::budgets::network::Network;
    use crate::budgets::resource::BudgetRates;
    use crate::budgets::{Budgets, MAX_WAITING_BYTES, MAX_WAITING_BYTES_PER_USER};

    const START: Timestamp = Timestamp(1_000_000);

    fn network(text: &str) -> Network {
        Network::of(text.parse::<IpAddr>().unwrap())
    }

    fn spent(account: &Account, resource: Resource) -> u64 {
        let fits = |_: &u64| account.charge_one(resource, START).is_ok();
        (0..1_000_000).take_while(fits).count() as u64
    }

    #[test]
    fn all_connections_of_a_user_share_one_budget() {
        let rates = BudgetRates::default();
        let budgets = Budgets::new(Box::new(rates));
        let [first, second] = ["127.0.0.1", "127.0.0.2"]
            .map(|from| budgets.account(UserId(1), Some(network(from)), START));
        assert_eq!(spent(&first, Resource::Commands), rates.user.commands.burst);
        let refused = second.charge_one(Resource::Commands, START).unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(200)));
        let other = budgets.account(UserId(2), Some(network("127.0.0.1")), START);
        assert_eq!(spent(&other, Resource::Commands), rates.user.commands.burst);
        assert_eq!(budgets.refusals().next(), Some((Resource::Commands, 3)));
    }

    #[test]
    fn all_users_of_a_network_share_one_budget_and_other_networks_are_not_affected() {
        let rates = BudgetRates::default();
        let budgets = Budgets::new(Box::new(rates));
        let of = |user, from: &str| budgets.account(UserId(user), Some(network(from)), START);
        let spent: u64 =
            (1..100).map(|user| spent(&of(user, "203.0.113.7"), Resource::Commands)).sum();
        assert_eq!(spent, rates.network.commands.burst);
        assert!(of(200, "203.0.113.7").charge_one(Resource::Commands, START).is_err());
        assert!(of(200, "203.0.113.8").charge_one(Resource::Commands, START).is_ok());
        assert!(
            budgets
                .stranger(network("203.0.113.7"), START)
                .charge_one(Resource::Commands, START)
                .is_ok(),
            "strangers have budgets of their own"
        );
    }

    #[test]
    fn a_refused_cost_is_charged_to_nobody() {
        let budgets = Budgets::default();
        let account = budgets.account(UserId(1), Some(network("203.0.113.7")), START);
        spent(&account, Resource::Commands);
        for _ in 0..10_000 {
            account.charge_one(Resource::Commands, START).unwrap_err();
        }
        let other = budgets.account(UserId(2), Some(network("203.0.113.7")), START);
        assert!(other.charge_one(Resource::Commands, START).is_ok());
    }

    #[test]
    fn a_cost_that_did_not_arise_is_returned() {
        let rates = BudgetRates::default();
        let account = Budgets::new(Box::new(rates)).stranger(network("203.0.113.7"), START);
        let one = Cost { resource: Resource::SignUps, units: 1 };
        assert_eq!(spent(&account, Resource::SignUps), rates.stranger.sign_ups.burst);
        account.refund(one, START);
        assert_eq!(spent(&account, Resource::SignUps), 1);
        // A refund never fills a bucket beyond its burst.
        let later = START.plus(24 * 3_600_000);
        account.refund(one, later);
        let fits = |_: &u64| account.charge(one, later).is_ok();
        assert_eq!((0..1_000).take_while(fits).count() as u64, rates.stranger.sign_ups.burst);
    }

    #[test]
    fn a_long_wait_is_no_retry_and_a_flood_of_refusals_is_abuse() {
        let rates = BudgetRates::default();
        let account = Budgets::new(Box::new(rates)).account(UserId(1), None, START);
        assert_eq!(spent(&account, Resource::NewRooms), rates.user.new_rooms.burst);
        let refused = account.charge_one(Resource::NewRooms, START).unwrap_err();
        assert!(
            !refused.retry && refused.message.ends_with("try again in 72 minutes."),
            "{refused}"
        );
        assert!(!account.is_abusive(START));
        for _ in 0..rates.user.refusals.burst {
            account.charge_one(Resource::NewRooms, START).unwrap_err();
        }
        assert!(account.is_abusive(START));
        assert!(!account.is_abusive(START.plus(60_000)));
    }

    #[test]
    fn unread_answers_leave_memory_for_other_users() {
        let budgets = Budgets::default();
        let account = |user| budgets.account(UserId(user), None, START);
        let [not_reading, other] = [account(1), account(2)];
        let mut reserved = Vec::new();
        while let Some(memory) = not_reading.reserve_answer_memory(64 * 1024).now_or_never() {
            reserved.push(memory);
        }
        assert_eq!(reserved.len(), MAX_WAITING_BYTES_PER_USER / (64 * 1024));
        assert!(other.reserve_answer_memory(64 * 1024).now_or_never().is_some());
        drop(reserved);
        assert_eq!(not_reading.totals.waiting.available_permits(), permits(MAX_WAITING_BYTES));
    }
}
