//! Networks: the part of an address that its holder cannot choose.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The bits of an IPv6 address that name a network: a host chooses the other 64 (RFC 4291, section 2.5.4).
const NETWORK_BITS: u32 = 64;
/// The bits of an IPv6 address that name a site. A site may hold 65,536 networks (RFC 6177).
const SITE_BITS: u32 = 48;

/// An IPv4 address, or the first bits of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self::prefix(address, NETWORK_BITS),
            address @ IpAddr::V4(_) => Self { address, bits: 32 },
        }
    }

    /// The first address of the network.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Whether the network is a site: the larger part of an IPv6 address.
    pub fn is_site(self) -> bool {
        self.bits == SITE_BITS
    }

    /// The network, and for IPv6 its site. A holder of a site could otherwise spend 65,536 budgets.
    pub(super) fn with_site(self) -> impl Iterator<Item = Self> {
        let site = match self.address {
            IpAddr::V6(address) => Some(Self::prefix(address, SITE_BITS)),
            IpAddr::V4(_) => None,
        };
        std::iter::once(self).chain(site)
    }

    fn prefix(address: Ipv6Addr, bits: u32) -> Self {
        let rest = Ipv6Addr::BITS - bits;
        Self { address: Ipv6Addr::from_bits(address.to_bits() >> rest << rest).into(), bits }
    }
}

/// The address, with the number of bits of an IPv6 network: `2001:db8::/64`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "{address}/{}", self.bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_the_part_of_an_address_that_its_holder_cannot_choose() {
        let network = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("203.0.113.7"), network("203.0.113.8"));
        assert_eq!(network("::ffff:203.0.113.7"), network("203.0.113.7"));
        assert_eq!(network("203.0.113.7").to_string(), "203.0.113.7");
        assert_eq!(network("2001:db8::1").to_string(), "2001:db8::/64");
        let sites = |text: &str| network(text).with_site().collect::<Vec<_>>();
        assert_eq!(network("203.0.113.7").to_string(), "203.0.113.7");
        assert_eq!(network("2001:db8::1").to_string(), "2001:db8::/64");
        assert_eq!(sites("203.0.113.7").len(), 1);
        assert_eq!(sites("2001:db8::1").len(), 2);
        assert_ne!(sites("2001:db8::1")[0], sites("2001:db8::1")[1]);
        assert_eq!(sites("2001:db8::1")[1], sites("2001:db8:0:1::1")[1]);
    }
}
