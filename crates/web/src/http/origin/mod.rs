//! The origins whose pages may use the server.
//!
//! A browser lets any page open a WebSocket to any server and sends the cookies along, so the server itself
//! refuses foreign origins in the handshake. The same rule guards every request that changes something.
//! Programs other than browsers send no `Origin` and pass: they have no browser's cookies.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use thiserror::Error;

use crate::http::client_info::ClientInfo;
use crate::http::host::{HostPort, Scheme};

/// Scheme, host and port of a page, compared as parts: `https://chat.example` equals `https://CHAT.example:443`, and
/// `https://마당.kr` equals `https://xn--ok1b32k.kr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: HostPort,
}

impl Origin {
    /// Parses `scheme://host` or `scheme://host:port`.
    ///
    /// # Errors
    /// If the text is not an origin.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = |reason| InvalidOrigin { origin: text.to_owned(), reason };
        let (scheme, host) = text.split_once("://").ok_or_else(|| {
            invalid("write scheme://host or scheme://host:port, such as https://chat.example")
        })?;
        let scheme =
            Scheme::parse(scheme).ok_or_else(|| invalid("its scheme must be http or https"))?;
        if host.contains(['/', '?', '#', '\\']) {
            return Err(invalid("leave out everything after host and port, the final / too"));
        }
        if host.contains('@') {
            return Err(invalid("leave out the user name before the @"));
        }
        if host.contains('*') {
            return Err(invalid("there are no wildcards; write each host"));
        }
        let host = HostPort::parse(host).ok_or_else(|| {
            invalid(
                "its host is not a valid name or address, or its port is not a number up to 65535",
            )
        })?;
        // The default port is left out, so that origins with and without it are equal.
        let host = host.without_default_port(scheme);
        Ok(Self { scheme, host })
    }

    /// The origin of the page that sent a request. None if the request names no origin, an error if it names another
    /// thing, such as `null`, or several.
    pub fn of_request(headers: &HeaderMap) -> Option<Result<Self, ForeignOrigin>> {
        let mut lines = headers.get_all(ORIGIN).iter();
        let line = lines.next()?;
        let origin = line.to_str().ok().filter(|_| lines.next().is_none());
        Some(origin.and_then(|origin| Self::parse(origin).ok()).ok_or(ForeignOrigin))
    }

    /// Whether the page came from the requested host and port.
    ///
    /// The scheme of the request is not compared, except that a request over HTTPS needs a page of HTTPS. A page of
    /// HTTPS may send a request that looks plain, because TLS may end in a proxy that is not configured as trusted.
    fn is_requested(&self, client_info: &ClientInfo) -> bool {
        let is_secure_enough = !client_info.https || self.scheme == Scheme::Https;
        let host = client_info.host.as_ref();
        is_secure_enough
            && host.is_some_and(|host| host.clone().without_default_port(self.scheme) == self.host)
    }
}

/// A request names an origin that cannot be one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignOrigin;

/// The access of the page that sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAccess {
    /// One of our own pages, a page of a configured origin, or a program, which sends no origin.
    Full,
    /// A page of this machine, from another port, on a server that listens on loopback: most often that of a
    /// development server. It may do what a program on this machine may do, with a token of its own. It may run code of
    /// other people, so the browser's cookies are removed from its requests, and its answers set none.
    Cookieless,
    /// Another page. It may change nothing, and reads no answer.
    Foreign,
}

impl PageAccess {
    /// The access that the middleware has recorded.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::Foreign)
    }
}

impl<S: Sync> FromRequestParts<S> for PageAccess {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

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
    allowed: Vec<Origin>,
    loopback_only: bool,
}

/// A configured entry is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{origin:?} is not an origin: {reason}")]
pub struct InvalidOrigin {
    /// The entry.
    pub origin: String,
    /// The mistake, and how to correct it.
    pub reason: &'static str,
}

impl Origins {
    /// Allows these origins besides our own. Each is `scheme://host` or `scheme://host:port`.
    ///
    /// # Errors
    /// The first entry that is not an origin.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Result<Self, InvalidOrigin> {
        let origins = allowed.into_iter().map(|origin| Origin::parse(origin.trim()));
        Ok(Self { allowed: origins.collect::<Result<_, _>>()?, loopback_only: false })
    }

    /// The same origins, for a server that listens on this address.
    #[must_use]
    pub fn listening_on(mut self, address: IpAddr) -> Self {
        self.loopback_only = address.is_loopback();
        self
    }

    /// The access of a request with these headers.
    pub fn access(&self, headers: &HeaderMap, client_info: &ClientInfo) -> PageAccess {
        match Origin::of_request(headers) {
            None => PageAccess::Full,
            Some(Ok(origin)) if self.allowed.contains(&origin) => PageAccess::Full,
            Some(Ok(origin)) if self.is_own(&origin, client_info) => PageAccess::Full,
            Some(Ok(origin)) if self.loopback_only && origin.host.is_this_machine() => {
                PageAccess::Cookieless
            }
            Some(Ok(_) | Err(ForeignOrigin)) => PageAccess::Foreign,
        }
    }

    /// Whether a request may pass that is answered without cookies and without a session.
    pub fn allow_guests(&self, headers: &HeaderMap, client_info: &ClientInfo) -> bool {
        self.access(headers, client_info) != PageAccess::Foreign
    }

    fn is_own(&self, origin: &Origin, client_info: &ClientInfo) -> bool {
        origin.is_requested(client_info) && (!self.loopback_only || origin.host.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Whether a request may act for a user.
    fn allow(origins: &Origins, headers: &HeaderMap, client_info: &ClientInfo) -> bool {
        origins.access(headers, client_info) == PageAccess::Full
    }

    fn at(host: &str, https: bool) -> ClientInfo {
        ClientInfo { host: Some(HostPort::parse(host).unwrap()), https, client: None }
    }

    fn from(origin: &str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_str(origin).unwrap())])
    }

    fn check(origin: Option<&str>, host: &str, expected: bool) {
        let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
        let headers = origin.map(from).unwrap_or_default();
        assert_eq!(allow(&origins, &headers, &at(host, false)), expected, "{origin:?} at {host}");
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
                allow(&network, &from(origin), &at(host, true)),
                expected,
                "{origin} at {host}"
            );
        }
        assert!(allow(&loopback_only, &from("https://localhost:5001"), &at(loopback, true)));
        assert!(!allow(&loopback_only, &from("http://localhost:5001"), &at(loopback, true)));
        assert!(!allow(&loopback_only, &from("https://chat.example"), &at("chat.example", true)));
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
            assert_eq!(allow(&loopback_only, &headers, &client_info), expected, "{host}");
            assert!(allow(&network, &headers, &client_info), "{host}");
            let headers = from("https://chat.example");
            assert!(allow(&loopback_only, &headers, &client_info), "behind a proxy: {host}");
        }
    }

    #[test]
    fn pages_of_this_machine_have_cookieless_access_to_a_server_on_loopback() {
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
            assert!(!allow(&loopback_only, &headers, &client_info), "with a session: {origin}");
            assert!(!network.allow_guests(&headers, &client_info), "on the network: {origin}");
        }
    }

    #[test]
    fn origins_are_compared_as_scheme_host_and_port() {
        let listed = |origin: &str| Origins::new([origin.to_owned()]).unwrap();
        for (entry, origin) in [
            ("https://chat.example:443", "https://chat.example"),
            ("https://chat.example", "https://chat.example:443"),
            ("http://chat.example:80", "http://CHAT.example"),
            ("HTTPS://Chat.Example", "https://chat.example"),
            ("wss://chat.example", "https://chat.example"),
            (" https://chat.example ", "https://chat.example"),
            ("https://마당.kr", "https://xn--ok1b32k.kr"),
            ("https://xn--OK1B32K.kr:443", "https://xn--ok1b32k.kr"),
            ("http://[0::1]:3000", "http://[::1]:3000"),
        ] {
            let allowed = allow(&listed(entry), &from(origin), &at("other.example", true));
            assert!(allowed, "{entry} and {origin}");
        }
        for (entry, origin) in [
            ("https://chat.example", "http://chat.example"),
            ("https://chat.example", "https://chat.example:8443"),
            ("http://chat.example", "http://chat.example:443"),
            ("https://chat.example", "https://chat.example."),
            ("https://chat.example", "https://a.chat.example"),
            ("https://chat.example", "https://chat.example.evil.example"),
            ("https://chat.example", "https://chat.example@evil.example"),
            ("https://chat.example", "https://evil.example https://chat.example"),
        ] {
            let allowed = allow(&listed(entry), &from(origin), &at("other.example", true));
            assert!(!allowed, "{entry} and {origin}");
        }
    }

    #[test]
    fn one_of_several_origins_does_not_pass() {
        let mut headers = from("http://localhost:5001");
        assert!(allow(&Origins::default(), &headers, &at("localhost:5001", false)));
        headers.append(ORIGIN, HeaderValue::from_static("http://localhost:5001"));
        assert!(!allow(&Origins::default(), &headers, &at("localhost:5001", false)));
    }

    #[test]
    fn invalid_origins_are_refused_with_the_reason() {
        for (wrong, reason) in [
            ("*", "write scheme://host"),
            ("null", "write scheme://host"),
            ("localhost:3000", "write scheme://host"),
            ("//chat.example", "write scheme://host"),
            ("ftp://a", "must be http or https"),
            ("http://", "not a valid name"),
            ("http://a/b", "leave out everything after"),
            ("https://chat.example/", "leave out everything after"),
            ("https://chat.example?x", "leave out everything after"),
            ("https:///chat.example", "leave out everything after"),
            ("http://u@a", "leave out the user name"),
            ("https://*.chat.example", "no wildcards"),
            ("https://chat example", "not a valid name"),
            ("https://chat.example:https", "port"),
            ("https://chat.example:65536", "port"),
            ("https://[::1", "not a valid name"),
            ("https://1.2.3.400", "not a valid name"),
            ("https://마당..kr", "not a valid name"),
        ] {
            let error = Origins::new([wrong.to_owned()]).unwrap_err();
            assert_eq!(error.origin, wrong);
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
