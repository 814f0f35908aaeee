//! Hosts and schemes, compared as parts: a name in any case and script, an address in any notation, a port or its
//! default.

use std::fmt;
use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::uri::Uri;
use axum::http::{HeaderMap, HeaderValue, Version};
use thiserror::Error;
use url::Host;

/// The scheme of a page or a request. A WebSocket has the scheme of the HTTP request that opens it: proxies name it
/// `wss` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http`, or `ws`.
    Http,
    /// `https`, or `wss`.
    Https,
}

impl Scheme {
    /// Parses a scheme, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let is_any = |names: [&str; 2]| names.iter().any(|name| name.eq_ignore_ascii_case(text));
        match () {
            () if is_any(["http", "ws"]) => Some(Self::Http),
            () if is_any(["https", "wss"]) => Some(Self::Https),
            () => None,
        }
    }

    /// The port of an address that names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host and its port, as in `Host` and in an origin. Equal names and addresses compare equal in every notation:
/// names are in the form of UTS 46, in ASCII and lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    host: Host,
    port: Option<u16>,
}

/// The requested host of a request is missing, repeated or malformed (RFC 9112 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidHost {
    /// HTTP/1.1 requires the header.
    #[error("The request has no `Host`; send one.")]
    Missing,
    /// More than one header.
    #[error("The request has several `Host` headers; send one.")]
    Repeated,
    /// Neither a name nor an address, or a port that is no number.
    #[error("`Host`, or the host in the target, is malformed; send `name` or `name:port`.")]
    Malformed,
}

impl HostPort {
    /// Parses `host` or `host:port`. The host is a name of letters, digits, `-`, `_` and `.`, an IPv4 address, or an
    /// IPv6 address in brackets. An empty port is the default port (RFC 3986 section 3.2.3).
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(']').map_or_else(|| text.find(':'), |bracket| Some(bracket + 1));
        let (host, port) = text.split_at_checked(end.unwrap_or(text.len()))?;
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            None | Some(_) => return None,
        };
        // The parser would decode these escapes, which clients never send.
        let host = Host::parse(host).ok().filter(|_| !host.contains('%'))?;
        is_plain(&host).then_some(Self { host, port })
    }

    /// Parses the value of a header, which is ASCII.
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        Self::parse(value.to_str().ok()?)
    }

    /// The name or address.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, if it is named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The same host, without a port that is the default of the scheme.
    #[must_use]
    pub fn without_default_port(self, scheme: Scheme) -> Self {
        Self { port: self.port.filter(|port| *port != scheme.default_port()), ..self }
    }

    /// Whether it is a loopback name or address. `localhost` and the names below it are reserved for loopback
    /// (RFC 6761 section 6.3).
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => IpAddr::from(*address).to_canonical().is_loopback(),
        }
    }

    /// Whether it is an address. A name leads to the machine that its owner chooses; an address leads to one machine.
    pub fn is_address(&self) -> bool {
        !matches!(self.host, Host::Domain(_))
    }

    /// Whether both are the same name or address, with any ports. The final dot of a name does not count.
    pub fn is_same_host(&self, other: &Self) -> bool {
        match (&self.host, &other.host) {
            (Host::Domain(one), Host::Domain(other)) => {
                one.strip_suffix('.').unwrap_or(one) == other.strip_suffix('.').unwrap_or(other)
            }
            (one, other) => one == other,
        }
    }

    /// Whether it always means this machine. So does the unspecified address `0.0.0.0`, which tutorials use.
    pub fn is_this_machine(&self) -> bool {
        self.is_loopback()
            || match &self.host {
                Host::Domain(_) => false,
                Host::Ipv4(address) => address.is_unspecified(),
                Host::Ipv6(address) => IpAddr::from(*address).to_canonical().is_unspecified(),
            }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match port {
            None => write!(f, "{host}"),
            Some(port) => write!(f, "{host}:{port}"),
        }
    }
}

/// Whether a name has the characters of host names, and no empty label except that of the root.
fn is_plain(host: &Host) -> bool {
    let Host::Domain(name) = host else { return true };
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(is_plain)
    };
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

/// The requested host (RFC 9112 section 3.2): that of an absolute target, or else `Host`. None for HTTP/1.0 without
/// `Host`.
///
/// # Errors
/// [`InvalidHost`], to be answered with 400.
pub fn requested_host(
    version: Version,
    target: &Uri,
    headers: &HeaderMap,
) -> Result<Option<HostPort>, InvalidHost> {
    let mut lines = headers.get_all(HOST).iter();
    let in_header = match (lines.next(), lines.next()) {
        (None, _) if version <= Version::HTTP_10 => None,
        (None, _) => return Err(InvalidHost::Missing),
        (Some(_), Some(_)) => return Err(InvalidHost::Repeated),
        (Some(line), None) => Some(HostPort::from_header(line).ok_or(InvalidHost::Malformed)?),
    };
    match target.authority() {
        None => Ok(in_header),
        // A host alone is a target of CONNECT only, which the server does not have.
        Some(_) if target.scheme().is_none() => Err(InvalidHost::Malformed),
        Some(target) => HostPort::parse(target.as_str()).map(Some).ok_or(InvalidHost::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hosts_compare_equal_in_every_notation() {
        for (one, other) in [
            ("chat.example", "CHAT.Example"),
            ("chat.example", "chat.example:"),
            ("마당.kr:8443", "xn--ok1b32k.kr:8443"),
            ("마당.kr", "\u{1106}\u{1161}\u{1103}\u{1161}\u{11bc}.KR"),
            ("chat.example", "ｃｈａｔ。example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("[::1]", "[0:0:0:0:0:0:0:1]"),
            ("[::ffff:127.0.0.1]", "[::FFFF:7f00:1]"),
            ("127.0.0.1", "127.1"),
        ] {
            assert_eq!(HostPort::parse(one), HostPort::parse(other), "{one} and {other}");
            assert!(HostPort::parse(one).is_some(), "{one}");
        }
        for (one, other) in [
            ("chat.example", "chat.example."),
            ("chat.example", "chat.example:8080"),
            ("chat.example", "chat-example"),
            ("[::1]", "127.0.0.1"),
            ("paypal.example", "pаypal.example"),
        ] {
            assert_ne!(HostPort::parse(one), HostPort::parse(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_malformed_host_is_refused() {
        for wrong in [
            "",
            " ",
            ":",
            ":80",
            "a b",
            "a:b",
            "a:-1",
            "a:65536",
            "a:1:2",
            "::1",
            "[::1",
            "[::1]1",
            "[::1%25eth0]",
            "u@a",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "*.a",
            "a,b",
            "a..b",
            ".",
            ".a",
            "%61",
            "[a]",
            "]",
            "[]",
            "1.2.3.256",
            "xn--a",
        ] {
            assert_eq!(HostPort::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_notation() {
        let host = |text: &str| HostPort::parse(text).unwrap();
        for loopback in [
            "localhost",
            "LOCALHOST.:1",
            "app.localhost",
            "127.8.9.1",
            "127.1",
            "[::1]:5001",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(host(loopback).is_loopback() && host(loopback).is_this_machine(), "{loopback}");
        }
        for unspecified in ["0.0.0.0", "0", "[::]:5001", "[::ffff:0.0.0.0]"] {
            assert!(host(unspecified).is_this_machine(), "{unspecified}");
            assert!(!host(unspecified).is_loopback(), "{unspecified}");
        }
        for other in ["localhost.example", "notlocalhost", "192.168.0.7", "128.0.0.1", "[fe80::1]"]
        {
            assert!(!host(other).is_this_machine(), "{other}");
        }
    }

    #[test]
    fn a_host_is_the_same_with_any_port_and_with_a_final_dot() {
        let host = |text: &str| HostPort::parse(text).unwrap();
        for (one, other, expected) in [
            ("chat.example", "CHAT.example.:5001", true),
            ("[::1]:1", "[0:0::1]", true),
            ("chat.example", "chat.example.evil.example", false),
            ("chat.example", "evilchat.example", false),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "[::ffff:127.0.0.1]", false),
        ] {
            assert_eq!(host(one).is_same_host(&host(other)), expected, "{one} and {other}");
        }
        assert!(host("127.1").is_address() && host("[::1]:80").is_address());
        assert!(!host("localhost").is_address() && !host("1.chat.example").is_address());
        assert_eq!(host("Chat.example:80").to_string(), "chat.example:80");
        assert_eq!(host("[0::1]").to_string(), "[::1]");
    }

    #[test]
    fn a_socket_has_the_scheme_of_its_page() {
        for (text, expected) in [
            ("http", Some(Scheme::Http)),
            ("WS", Some(Scheme::Http)),
            ("Https", Some(Scheme::Https)),
            ("wss", Some(Scheme::Https)),
            ("", None),
            ("on", None),
            ("https,http", None),
        ] {
            assert_eq!(Scheme::parse(text), expected, "{text:?}");
        }
    }
}
