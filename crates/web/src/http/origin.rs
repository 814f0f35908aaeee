//! The origins whose pages may use the server.
//!
//! A browser lets any page open a WebSocket to any server and sends the cookies along, so the server itself
//! refuses foreign origins in the handshake. The same rule guards every request that changes something.
//! Programs other than browsers send no `Origin` and pass: they have no browser's cookies.

use std::net::IpAddr;

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue};
use thiserror::Error;

use crate::http::client_info::ClientInfo;

/// The allowed origins: our own, and the configured ones.
///
/// The requested host tells our own origin (`Host`, or the header of a trusted proxy). Over HTTPS the page must
/// be of HTTPS too, because an attacker in the network can replace a page of plain HTTP.
///
/// A foreign page can let any name resolve to this machine (DNS rebinding), and so appear to be of the same
/// origin as a server that listens on loopback. Such a server therefore accepts only loopback names as its own.
/// Other names, for example those of a proxy, must be configured: a rebinding page can forge a proxy's headers.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: Vec<String>,
    loopback_only: bool,
}

/// A configured entry is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not an origin: write scheme://host or scheme://host:port, with nothing after it")]
pub struct InvalidOrigin(pub String);

impl Origins {
    /// Allows these origins besides our own. Each is `scheme://host` or `scheme://host:port`.
    ///
    /// # Errors
    /// The first entry that is not an origin.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Result<Self, InvalidOrigin> {
        let checked = allowed.into_iter().map(|origin| match authority(&origin) {
            Some(authority)
                if !authority.is_empty() && !authority.contains(['/', '?', '#', '@', ' ']) =>
            {
                Ok(origin.to_ascii_lowercase())
            }
            _ => Err(InvalidOrigin(origin)),
        });
        Ok(Self { allowed: checked.collect::<Result<_, _>>()?, loopback_only: false })
    }

    /// The same origins, for a server that listens on this address.
    #[must_use]
    pub fn listening_on(mut self, address: IpAddr) -> Self {
        self.loopback_only = address.is_loopback();
        self
    }

    /// Whether a guest's request may pass: one that is answered without cookie or session.
    ///
    /// A server that listens on loopback also admits the pages of this machine, on any port, because developers
    /// run their pages there. A guest can do no more than a program on this machine. Such a page may run code
    /// of strangers, so this rule must not guard a request that acts for a user.
    pub fn allow_guests(&self, headers: &HeaderMap, client_info: &ClientInfo) -> bool {
        let of_this_machine = |origin: &HeaderValue| {
            let authority = origin.to_str().ok().and_then(authority);
            authority.is_some_and(is_this_machine)
        };
        self.allow(headers, client_info)
            || (self.loopback_only && headers.get(ORIGIN).is_some_and(of_this_machine))
    }

    /// Whether a request with these headers may pass.
    pub fn allow(&self, headers: &HeaderMap, client_info: &ClientInfo) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else {
            return false;
        };
        if self.allowed.contains(&origin) {
            return true;
        }
        // Same origin: the page came from the requested host and port. A page of HTTPS may send a request that
        // looks plain, because TLS may end in a proxy that is not configured as trusted.
        if client_info.https && !origin.starts_with("https://") {
            return false;
        }
        let host = client_info.host.as_ref().and_then(|host| host.to_str().ok());
        host.is_some_and(|host| {
            authority(&origin).is_some_and(|authority| authority.eq_ignore_ascii_case(host))
                && (!self.loopback_only || is_loopback(host))
        })
    }
}

/// Whether a host, with or without a port, always means this machine. So does the unspecified address
/// `0.0.0.0`, which tutorials use.
pub(crate) fn is_this_machine(host: &str) -> bool {
    is_loopback(host) || name_of(host).parse::<IpAddr>().is_ok_and(|it| it.is_unspecified())
}

/// Whether a host, with or without a port, is a loopback name or address.
fn is_loopback(host: &str) -> bool {
    let name = name_of(host);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The name or address in a host, without its port.
fn name_of(host: &str) -> &str {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    name.trim_start_matches('[').trim_end_matches(']')
}

fn authority(origin: &str) -> Option<&str> {
    let (scheme, authority) = origin.split_once("://")?;
    (scheme == "http" || scheme == "https").then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, https: bool) -> ClientInfo {
        ClientInfo { host: HeaderValue::from_str(host).ok(), https, client: None }
    }

    fn from(origin: &str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_str(origin).unwrap())])
    }

    fn check(origin: Option<&str>, host: &str, expected: bool) {
        let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
        let headers = origin.map(from).unwrap_or_default();
        assert_eq!(origins.allow(&headers, &at(host, false)), expected, "{origin:?} at {host}");
    }

    #[test]
    fn over_https_a_page_of_plain_http_is_foreign() {
        let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
        let network = origins.clone().listening_on([0, 0, 0, 0].into());
        let loopback_only = origins.listening_on([127, 0, 0, 1].into());
        let loopback = "localhost:5001";
        for (origin, host, expected) in [
            ("https://chat.example", "chat.example", true),
            ("https://chat.example:8443", "chat.example:8443", true),
            ("http://chat.example", "chat.example", false),
            ("https://chat.example:8443", "chat.example", false),
            ("http://localhost:3000", "chat.example", true),
        ] {
            assert_eq!(
                network.allow(&from(origin), &at(host, true)),
                expected,
                "{origin} at {host}"
            );
        }
        assert!(loopback_only.allow(&from("https://localhost:5001"), &at(loopback, true)));
        assert!(!loopback_only.allow(&from("http://localhost:5001"), &at(loopback, true)));
        assert!(!loopback_only.allow(&from("https://chat.example"), &at("chat.example", true)));
    }

    #[test]
    fn our_own_and_configured_origins_pass_and_others_do_not() {
        check(None, "127.0.0.1:5001", true);
        check(Some("http://127.0.0.1:5001"), "127.0.0.1:5001", true);
        check(Some("https://chat.example"), "chat.example", true);
        check(Some("http://localhost:3000"), "127.0.0.1:5001", true);
        check(Some("http://LOCALHOST:3000"), "127.0.0.1:5001", true);
        check(Some("http://127.0.0.1:3000"), "127.0.0.1:5001", false);
        check(Some("http://127.0.0.1"), "127.0.0.1:5001", false);
        check(Some("https://evil.example"), "127.0.0.1:5001", false);
        check(Some("null"), "127.0.0.1:5001", false);
        check(Some("file://127.0.0.1:5001"), "127.0.0.1:5001", false);
    }

    #[test]
    fn a_server_on_loopback_accepts_only_loopback_names() {
        let listed = || Origins::new(["https://chat.example".to_owned()]).unwrap();
        let loopback_only = listed().listening_on([127, 0, 0, 1].into());
        let network = listed().listening_on([0, 0, 0, 0].into());
        for (host, expected) in [
            ("127.0.0.1:5001", true),
            ("LOCALHOST:5001", true),
            ("localhost", true),
            ("[::1]:5001", true),
            ("127.8.9.1", true),
            ("evil.example:5001", false),
            ("localhost.evil.example", false),
            ("192.168.0.7:5001", false),
        ] {
            let (headers, client_info) = (from(&format!("http://{host}")), at(host, false));
            assert_eq!(loopback_only.allow(&headers, &client_info), expected, "{host}");
            assert!(network.allow(&headers, &client_info), "{host}");
            let headers = from("https://chat.example");
            assert!(loopback_only.allow(&headers, &client_info), "behind a proxy: {host}");
        }
    }

    #[test]
    fn pages_of_this_machine_are_guests_of_a_server_on_loopback() {
        let loopback_only = Origins::default().listening_on([127, 0, 0, 1].into());
        let network = Origins::default().listening_on([192, 168, 0, 7].into());
        for (origin, expected) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:3000", true),
            ("http://0.0.0.0:5001", true),
            ("https://localhost", true),
            ("http://localhost.evil.example", false),
            ("http://evil.example:3000", false),
            ("http://192.168.0.7:3000", false),
            ("null", false),
            ("file://localhost", false),
        ] {
            let (headers, client_info) = (from(origin), at("localhost:5001", false));
            assert_eq!(loopback_only.allow_guests(&headers, &client_info), expected, "{origin}");
            assert!(!loopback_only.allow(&headers, &client_info), "with a session: {origin}");
            assert!(!network.allow_guests(&headers, &client_info), "on the network: {origin}");
        }
    }

    #[test]
    fn invalid_origins_are_refused() {
        for wrong in ["*", "localhost:3000", "http://", "http://a/b", "ftp://a", "http://u@a"] {
            assert_eq!(
                Origins::new([wrong.to_owned()]).unwrap_err(),
                InvalidOrigin(wrong.to_owned())
            );
        }
    }
}
