//! The bans of networks on this node. `AuditFollower` reads them again after each change, so that a request needs no
//! query.

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use madang_hub::budgets::network::Network;
use madang_hub::moderation::parse_network;
use madang_hub::policy::restrictions::is_in_force;
use madang_hub::ports::Clock;
use madang_shared::Timestamp;
use madang_shared::moderation::AddressBan;
use tokio::sync::watch;

/// The bans of networks. Clones share them.
#[derive(Clone)]
pub struct AddressBans(Arc<watch::Sender<Arc<[ParsedBan]>>>);

/// A ban with its network.
struct ParsedBan {
    network: IpNet,
    ban: AddressBan,
}

impl Default for AddressBans {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Arc::from([]))))
    }
}

impl AddressBans {
    /// Replaces the bans.
    pub fn set(&self, bans: &[AddressBan]) {
        let parsed = bans.iter().filter_map(|ban| {
            let network = parse_network(&ban.network);
            if network.is_none() {
                // Another program may have written it.
                tracing::warn!(network = ban.network, "the network of a ban is unreadable");
            }
            Some(ParsedBan { network: network?, ban: ban.clone() })
        });
        self.0.send_replace(parsed.collect());
    }

    /// The ban of a network that is in force.
    pub fn find(&self, network: Network, now: Timestamp) -> Option<AddressBan> {
        let bans = self.0.borrow();
        let mut of_network = bans.iter().filter(|it| it.network.contains(&network.address()));
        of_network.find(|it| is_in_force(it.ban.until, now)).map(|it| it.ban.clone())
    }

    /// Completes when a client's network is banned; never for a connection without an address. Cancel-safe.
    pub async fn until_banned(&self, network: Option<Network>, clock: &dyn Clock) {
        let Some(network) = network else { return std::future::pending().await };
        let mut bans = self.0.subscribe();
        while self.find(network, clock.now()).is_none() {
            if bans.changed().await.is_err() {
                // The server has ended.
                return std::future::pending().await;
            }
        }
    }
}

impl fmt::Debug for AddressBans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressBans").field("bans", &self.0.borrow().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(network: &str, until: Option<u64>) -> AddressBan {
        let until = until.map(Timestamp);
        AddressBan { network: network.into(), until, reason: "spam".into(), at: Timestamp(0) }
    }

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn a_ban_covers_its_network_until_its_end() {
        let bans = AddressBans::default();
        bans.set(&[ban("203.0.113.0/24", Some(10)), ban("2001:db8::/64", None), ban("?", None)]);
        let is_banned = |address, now| bans.find(network(address), Timestamp(now)).is_some();
        assert!(is_banned("203.0.113.7", 9) && is_banned("::ffff:203.0.113.7", 9));
        assert!(!is_banned("203.0.113.7", 10), "it has ended");
        assert!(!is_banned("203.0.114.7", 9));
        assert!(is_banned("2001:db8::99", u64::MAX) && !is_banned("2001:db8:0:1::1", 9));
        bans.set(&[]);
        assert!(!is_banned("203.0.113.7", 9));
    }
}
