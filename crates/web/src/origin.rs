//! Which web pages may speak to the server.
//!
//! A browser lets any page open a WebSocket to any server and sends the cookies along, so the
//! handshake itself has to refuse strangers; the same rule guards every request that changes
//! something. Programs that are no browser send no `Origin` and pass: they have no cookies that
//! somebody else could use.

use std::net::IpAddr;

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue};
use thiserror::Error;

use crate::client_info::ClientInfo;

/// The allowed origins: our own, and those on the list.
///
/// What is our own, a request says by its host, be it `Host` or what a trusted proxy makes of it, and over
/// HTTPS the page has to be of HTTPS too: a page of plain HTTP may be of whoever sits in between. A stranger's page can have any name lead to this
/// machine (DNS rebinding), and so be of "the same origin" as a server that only this machine
/// reaches. So a server that listens on loopback only knows itself by loopback names; whatever else
/// it is called, by a proxy before it, has to stand on the list. (No proxy's word helps here: such a page
/// can make the browser send it.)
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: Vec<String>,
    loopback_only: bool,
}

/// An entry of the list is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not an origin: write scheme://host or scheme://host:port, with nothing after it")]
pub struct InvalidOrigin(pub String);

impl Origins {
    /// Allows these besides our own. Each is `scheme://host` or `scheme://host:port`.
    ///
    /// # Errors
    /// The first entry that is something else.
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

    /// The same, for a server that listens there.
    #[must_use]
    pub fn listening_on(mut self, address: IpAddr) -> Self {
        self.loopback_only = address.is_loopback();
        self
    }

    /// Whether a request with these headers may pass that is answered without regard to who asks: no
    /// cookie, no session.
    ///
    /// On a server that listens on loopback only, every page of this machine may besides those that
    /// [`Self::allow`] lets pass: whoever develops has such pages, on whatever port. It costs them
    /// nothing that a program on this machine could not do as well; but such a page may carry what
    /// strangers wrote into it, so nothing that acts for a user may be guarded by this rule.
    pub fn allow_guests(&self, headers: &HeaderMap, client_info: &ClientInfo) -> bool {
        let here = |origin: &HeaderValue| {
            let authority = origin.to_str().ok().and_then(authority);
            authority.is_some_and(is_this_machine)
        };
        self.allow(headers, client_info)
            || (self.loopback_only && headers.get(ORIGIN).is_some_and(here))
    }

    /// Whether a request with these headers may pass that came so.
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
        // Same origin: the page came from the very host and port that it now speaks to. A page of HTTPS
        // may speak over what looks plain, for TLS may end before us, in a proxy that nobody named.
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

/// Whether a host, with or without a port, can be nothing but this machine. The address of none,
/// `0.0.0.0`, leads here as well, and tutorials write it.
pub(crate) fn is_this_machine(host: &str) -> bool {
    is_loopback(host) || name_of(host).parse::<IpAddr>().is_ok_and(|it| it.is_unspecified())
}

/// Whether a host, with or without a port, can be nothing but this machine.
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
    fn over_https_only_pages_of_https_are_our_own() {
        let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
        let open = origins.clone().listening_on([0, 0, 0, 0].into());
        let home = origins.listening_on([127, 0, 0, 1].into());
        let loopback = "localhost:5001";
        for (origin, host, expected) in [
            ("https://chat.example", "chat.example", true),
            ("https://chat.example:8443", "chat.example:8443", true),
            ("http://chat.example", "chat.example", false),
            ("https://chat.example:8443", "chat.example", false),
            ("http://localhost:3000", "chat.example", true),
        ] {
            assert_eq!(open.allow(&from(origin), &at(host, true)), expected, "{origin} at {host}");
        }
        assert!(home.allow(&from("https://localhost:5001"), &at(loopback, true)));
        assert!(!home.allow(&from("http://localhost:5001"), &at(loopback, true)));
        assert!(!home.allow(&from("https://chat.example"), &at("chat.example", true)));
    }

    #[test]
    fn our_own_pages_and_listed_ones_pass_and_others_do_not() {
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
    fn a_server_on_loopback_has_no_name_that_a_stranger_can_choose() {
        let listed = || Origins::new(["https://chat.example".to_owned()]).unwrap();
        let home = listed().listening_on([127, 0, 0, 1].into());
        let open = listed().listening_on([0, 0, 0, 0].into());
        for (host, at_home) in [
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
            assert_eq!(home.allow(&headers, &client_info), at_home, "{host}");
            assert!(open.allow(&headers, &client_info), "{host}");
            let headers = from("https://chat.example");
            assert!(home.allow(&headers, &client_info), "behind a proxy: {host}");
        }
    }

    #[test]
    fn pages_of_this_machine_may_ask_as_guests_where_only_this_machine_is_served() {
        let home = Origins::default().listening_on([127, 0, 0, 1].into());
        let open = Origins::default().listening_on([192, 168, 0, 7].into());
        for (origin, at_home) in [
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
            assert_eq!(home.allow_guests(&headers, &client_info), at_home, "{origin}");
            assert!(!home.allow(&headers, &client_info), "with a session: {origin}");
            assert!(!open.allow_guests(&headers, &client_info), "on the network: {origin}");
        }
    }

    #[test]
    fn entries_that_are_no_origins_are_refused() {
        for wrong in ["*", "localhost:3000", "http://", "http://a/b", "ftp://a", "http://u@a"] {
            assert_eq!(
                Origins::new([wrong.to_owned()]).unwrap_err(),
                InvalidOrigin(wrong.to_owned())
            );
        }
    }
}
