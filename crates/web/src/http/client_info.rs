//! The client info of a request: whether it came over TLS, for which host, from which address.
//!
//! The listener knows the connection. A proxy before the server knows the original request, and
//! adds `X-Forwarded-For`, `-Proto` and `-Host`. Every client can send these headers, so they are
//! used only when the connection comes from one of [`TrustedProxies`], and only the entry that such
//! a proxy has added itself: the last one. The header `Forwarded` (RFC 7239) is not used: a proxy
//! that sets `X-Forwarded-*` passes on a `Forwarded` header that the client has forged.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};

use crate::http::host::{HostPort, Scheme};
use crate::http::problem::Problem;
use crate::middleware::trusted_proxies::TrustedProxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The listener's knowledge of a connection, which it adds to the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The address of the other end.
    pub peer: SocketAddr,
    /// Whether our own listener ends the TLS of the connection.
    pub over_tls: bool,
}

/// Scheme, host and client address of a request, determined once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Whether the client speaks TLS, with us or with a trusted proxy.
    pub https: bool,
    /// The requested host.
    pub host: Option<HostPort>,
    /// The client's address; none if the listener did not provide one.
    pub client: Option<IpAddr>,
    /// Whether our own TLS ends the client's connection. A browser has then found the host in our certificate.
    pub has_our_certificate: bool,
}

impl ClientInfo {
    /// Combines the connection, the requested host and the headers of trusted proxies.
    pub fn new(
        proxies: &TrustedProxies,
        connection: Option<ConnectionInfo>,
        host: Option<HostPort>,
        headers: &HeaderMap,
    ) -> Self {
        let https = connection.is_some_and(|connection| connection.over_tls);
        let client = connection.map(|connection| connection.peer.ip().to_canonical());
        let Some(proxy) = client.filter(|address| proxies.trust(*address)) else {
            return Self { https, host, client, has_our_certificate: https };
        };
        let scheme = last_entry(headers, &FORWARDED_PROTO).and_then(Scheme::parse);
        let forwarded_host = last_entry(headers, &FORWARDED_HOST).and_then(HostPort::parse);
        Self {
            https: scheme.map_or(https, |scheme| scheme == Scheme::Https),
            host: forwarded_host.or(host),
            client: Some(client_behind(proxies, proxy, headers)),
            has_our_certificate: false,
        }
    }

    /// The client info that the middleware has recorded; otherwise a plain request without an address.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// The client's address. A request without one is a defect of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        ClientInfo::of(&parts.extensions)
            .client
            .map(Self)
            .ok_or_else(|| Problem::defect("a request has no client address"))
    }
}

/// The client behind a trusted proxy. Each proxy appends the address of its own peer, so the list is read
/// from its end while the addresses are trusted proxies. The first other address is the client; the entries
/// before it come from the client itself.
fn client_behind(proxies: &TrustedProxies, proxy: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut client = proxy;
    for entry in entries(headers, &FORWARDED_FOR).rev() {
        let Some(address) = parse_address(entry) else { break };
        client = address;
        if !proxies.trust(client) {
            break;
        }
    }
    client
}

/// An address as proxies write it: with or without a port, an IPv6 address with or without brackets.
fn parse_address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = entry.parse().ok().or_else(with_port).or_else(in_brackets);
    address.map(|address: IpAddr| address.to_canonical())
}

fn last_entry<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    entries(headers, name).next_back().filter(|last| !last.is_empty())
}

/// The entries of all headers of a name, in order. A header that is not text counts as one empty entry.
fn entries<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl DoubleEndedIterator<Item = &'a str> {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    let lines = values.into_iter().map(|value| value.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1:4000";

    /// The client info of a request with these headers, over a plain connection from `peer`.
    fn client_info(peer: &str, headers: &[(&'static str, &'static str)]) -> ClientInfo {
        let proxies = TrustedProxies::new(["10.0.0.0/8", "::1"]).unwrap();
        let connection = ConnectionInfo { peer: peer.parse().unwrap(), over_tls: false };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        ClientInfo::new(&proxies, Some(connection), HostPort::parse("server:5001"), &map)
    }

    fn check_client(peer: &str, forwarded_for: &[&'static str], expected: &str) {
        let headers: Vec<_> = forwarded_for.iter().map(|it| ("x-forwarded-for", *it)).collect();
        let client = client_info(peer, &headers).client.unwrap().to_string();
        assert_eq!(client, expected, "{forwarded_for:?} from {peer}");
    }

    #[test]
    fn headers_of_a_trusted_proxy_are_used() {
        let headers = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "chat.example"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        let client = Some("203.0.113.7".parse().unwrap());
        let host = HostPort::parse("chat.example");
        let expected = ClientInfo { https: true, host, client, has_our_certificate: false };
        assert_eq!(client_info(PROXY, &headers), expected);
    }

    #[test]
    fn headers_of_other_peers_are_ignored() {
        let headers = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "chat.example"),
            ("x-forwarded-for", "127.0.0.1"),
        ];
        for peer in ["203.0.113.7:4000", "[2001:db8::1]:4000", "127.0.0.1:4000"] {
            let plain = client_info(peer, &[]);
            assert_eq!(client_info(peer, &headers), plain);
            assert_eq!(
                plain.client.map(|it| it.to_string()),
                peer.parse().ok().map(|it: SocketAddr| it.ip().to_string())
            );
            assert!(!plain.https && plain.host == HostPort::parse("server:5001"));
        }
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_trusted_proxy() {
        check_client(PROXY, &[], "10.0.0.1");
        check_client(PROXY, &["203.0.113.7"], "203.0.113.7");
        check_client(PROXY, &["127.0.0.1, 203.0.113.7"], "203.0.113.7");
        check_client(PROXY, &["1.1.1.1, 203.0.113.7 ,10.0.0.2"], "203.0.113.7");
        check_client(PROXY, &["1.1.1.1", "203.0.113.7", "10.0.0.2"], "203.0.113.7");
        check_client(PROXY, &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
        check_client(PROXY, &["1.1.1.1, unknown, 10.0.0.2"], "10.0.0.2");
        check_client(PROXY, &["1.1.1.1, é"], "10.0.0.1");
        check_client(PROXY, &["203.0.113.7:1234"], "203.0.113.7");
        check_client(PROXY, &["[2001:db8::1]:1234"], "2001:db8::1");
        check_client(PROXY, &["2001:db8::1"], "2001:db8::1");
        check_client("[::1]:4000", &["[2001:db8::1]"], "2001:db8::1");
        check_client("[::ffff:10.0.0.1]:4000", &["::ffff:203.0.113.7"], "203.0.113.7");
    }

    #[test]
    fn only_the_last_entry_of_a_list_is_used() {
        let last = |headers: &[_]| client_info(PROXY, headers);
        assert!(!last(&[("x-forwarded-proto", "https, http")]).https);
        assert!(last(&[("x-forwarded-proto", "http"), ("x-forwarded-proto", "HTTPS")]).https);
        let https = |scheme| last(&[("x-forwarded-proto", scheme)]).https;
        assert!(https("wss") && https("WSS") && https("ws, wss"));
        assert!(!https("ws") && !https("wss, ws") && !https("on") && !https(""));
        let host = |headers: &[_]| last(headers).host;
        assert_eq!(
            host(&[("x-forwarded-host", "evil.example, chat.example:8443")]),
            HostPort::parse("chat.example:8443")
        );
        for wrong in ["", "a b", "u@chat.example", "chat.example/path", ":443", "é", "a:x", "::1"]
        {
            let expected = HostPort::parse("server:5001");
            assert_eq!(host(&[("x-forwarded-host", wrong)]), expected, "{wrong:?}");
        }
    }
}
