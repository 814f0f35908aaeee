//! How a request came: over TLS or not, under which host, and from whom.
//!
//! The listener knows the connection. A proxy before us knows more, and says so in `X-Forwarded-For`,
//! `-Proto` and `-Host`. Anybody can write those, so that they are believed from the addresses of
//! [`TrustedProxies`] alone, and of a list only what such a proxy has written itself: the end of it. (The header
//! `Forwarded` of RFC 7239 is not read: a proxy that sets one kind passes the other on as a client wrote it.)

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use madang_shared::ErrorCode;

use crate::problem::Problem;
use crate::state::AppState;
use crate::trusted_proxies::TrustedProxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What the listener knows of a connection; it puts this among the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Who is at the other end of it.
    pub peer: SocketAddr,
    /// Whether it is TLS, and ours.
    pub over_tls: bool,
}

/// How a request came, as far as it is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Whether the client speaks TLS: with us, or with a proxy that is trusted.
    pub https: bool,
    /// The host, and the port unless it is the scheme's own, that the client asked.
    pub host: Option<HeaderValue>,
    /// The client's address; none if the listener did not say whose the connection is.
    pub client: Option<IpAddr>,
}

impl ClientInfo {
    /// Puts together what the connection and the headers say.
    pub fn new(
        proxies: &TrustedProxies,
        connected: Option<Connected>,
        headers: &HeaderMap,
    ) -> Self {
        let https = connected.is_some_and(|connected| connected.over_tls);
        let host = headers.get(HOST).cloned();
        let client = connected.map(|connected| connected.peer.ip().to_canonical());
        let Some(proxy) = client.filter(|address| proxies.trust(*address)) else {
            return Self { https, host, client };
        };
        let forwarded_host = last_of(headers, &FORWARDED_HOST).filter(|host| is_host(host));
        Self {
            https: last_of(headers, &FORWARDED_PROTO)
                .map_or(https, |scheme| scheme.eq_ignore_ascii_case("https")),
            host: forwarded_host.and_then(|host| HeaderValue::from_str(host).ok()).or(host),
            client: Some(client_behind(proxies, proxy, headers)),
        }
    }

    /// Of a request that [`note`] has seen; a plain one from nobody in particular otherwise.
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

/// Whose machine a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        ClientInfo::of(&parts.extensions).client.map(Self).ok_or_else(|| {
            tracing::error!("a request without the address that it comes from");
            Problem::new(ErrorCode::Internal, "The server has a defect; it was noted.")
        })
    }
}

/// Finds out how a request came, before anything else looks at it.
pub async fn note(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let connected = request.extensions().get().copied();
    let client_info = ClientInfo::new(&state.proxies, connected, request.headers());
    request.extensions_mut().insert(client_info);
    next.run(request).await
}

/// Who stands behind a trusted proxy. Each proxy adds whom it heard from at the end, so the list is read
/// from there for as long as those named are proxies of ours: what stands before the first stranger is
/// that stranger's word.
fn client_behind(proxies: &TrustedProxies, proxy: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut client = proxy;
    for said in list(headers, &FORWARDED_FOR).rev() {
        let Some(address) = address(said) else { break };
        client = address;
        if !proxies.trust(client) {
            break;
        }
    }
    client
}

/// An address as proxies write it: with a port or without, an IPv6 one in brackets or not.
fn address(said: &str) -> Option<IpAddr> {
    let with_port = || said.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || said.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = said.parse().ok().or_else(with_port).or_else(in_brackets);
    address.map(|address: IpAddr| address.to_canonical())
}

fn is_host(said: &str) -> bool {
    !said.contains('@') && said.parse::<Authority>().is_ok_and(|it| !it.host().is_empty())
}

fn last_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    list(headers, name).next_back().filter(|last| !last.is_empty())
}

/// What stands in all headers of a name, in their order. One that is no text counts as empty.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'a str> {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    let lines = values.into_iter().map(|value| value.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1:4000";

    /// How a request came that has these headers, over a plain connection from there.
    fn client_info(peer: &str, headers: &[(&'static str, &'static str)]) -> ClientInfo {
        let proxies = TrustedProxies::new(["10.0.0.0/8", "::1"]).unwrap();
        let connected = Connected { peer: peer.parse().unwrap(), over_tls: false };
        let mut map = HeaderMap::new();
        map.insert(HOST, HeaderValue::from_static("here:5001"));
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        ClientInfo::new(&proxies, Some(connected), &map)
    }

    fn check_client(peer: &str, forwarded_for: &[&'static str], expected: &str) {
        let headers: Vec<_> = forwarded_for.iter().map(|it| ("x-forwarded-for", *it)).collect();
        let client = client_info(peer, &headers).client.unwrap().to_string();
        assert_eq!(client, expected, "{forwarded_for:?} from {peer}");
    }

    #[test]
    fn a_trusted_proxy_says_how_the_client_came() {
        let headers = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "chat.example"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        let client = Some("203.0.113.7".parse().unwrap());
        let host = Some(HeaderValue::from_static("chat.example"));
        assert_eq!(client_info(PROXY, &headers), ClientInfo { https: true, host, client });
    }

    #[test]
    fn whoever_is_no_trusted_proxy_is_not_believed() {
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
            assert!(!plain.https && plain.host.is_some_and(|host| host == "here:5001"));
        }
    }

    #[test]
    fn the_client_is_the_first_stranger_from_the_right() {
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
    fn of_a_list_the_last_entry_is_the_proxys_own() {
        let last = |headers: &[_]| client_info(PROXY, headers);
        assert!(!last(&[("x-forwarded-proto", "https, http")]).https);
        assert!(last(&[("x-forwarded-proto", "http"), ("x-forwarded-proto", "HTTPS")]).https);
        let host = |headers: &[_]| last(headers).host.unwrap();
        assert_eq!(
            host(&[("x-forwarded-host", "evil.example, chat.example:8443")]),
            "chat.example:8443"
        );
        for wrong in ["", "a b", "u@chat.example", "chat.example/path", ":443", "é"] {
            assert_eq!(host(&[("x-forwarded-host", wrong)]), "here:5001", "{wrong:?}");
        }
    }
}
