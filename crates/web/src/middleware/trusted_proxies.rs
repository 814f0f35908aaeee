//! Proxies whose `X-Forwarded-*` headers are trusted.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// Addresses of trusted proxies; see [`crate::http::client_info`]. None by default.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// A configured entry is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is neither an address nor a network: write 10.0.0.7, 10.0.0.0/8 or fd00::/8")]
pub struct InvalidNetwork(pub String);

impl TrustedProxies {
    /// Trusts these addresses and networks (CIDR).
    ///
    /// # Errors
    /// The first entry that is neither an address nor a network.
    pub fn new(entries: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, InvalidNetwork> {
        let network = |entry: &str| {
            let one = || entry.parse::<IpAddr>().map(|it| IpNet::from(it.to_canonical()));
            entry.parse().or_else(|_| one()).map_err(|_| InvalidNetwork(entry.to_owned()))
        };
        let networks = entries.into_iter().map(|entry| network(entry.as_ref().trim()));
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    /// Whether no proxy is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this address is a trusted proxy. The address must be canonical: see [`IpAddr::to_canonical`].
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_configured_addresses_and_networks_are_trusted() {
        let proxies =
            TrustedProxies::new(["127.0.0.1", "10.1.0.0/16", "fd00::/8", " ::1 "]).unwrap();
        for (address, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("fd12::1", true),
            ("::1", true),
            ("fe80::1", false),
        ] {
            assert_eq!(proxies.trust(address.parse().unwrap()), expected, "{address}");
        }
        assert!(!TrustedProxies::default().trust([127, 0, 0, 1].into()));
    }

    #[test]
    fn invalid_networks_are_refused() {
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0", "*", ""] {
            assert_eq!(TrustedProxies::new([wrong]).unwrap_err(), InvalidNetwork(wrong.to_owned()));
        }
    }
}
