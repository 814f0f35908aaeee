//! The opening handshake, the server's side (RFC 6455 section 4.2). Whether a page of this origin may
//! open a socket, and whose it is, is the caller's to ask.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ALLOW, CONNECTION, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use sha1::{Digest, Sha1};
use thiserror::Error;

use crate::negotiate::{NegotiatedCompression, is_token};
use crate::upgrade::PendingUpgrade;

/// What the accept key is made with (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The one version (section 4.1).
const VERSION: &str = "13";
/// Bytes of a key, before base64 (section 4.1).
const KEY_BYTES: usize = 16;

/// Why a request opens no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// Only GET does.
    #[error("a WebSocket is opened with GET")]
    Method,
    /// Only HTTP/1.1 does, here.
    #[error("a WebSocket is opened with HTTP/1.1")]
    Http,
    /// It asks for something else.
    #[error("this is for WebSockets: `Upgrade: websocket` and `Connection: Upgrade` are missing")]
    NoUpgrade,
    /// It has no host.
    #[error("`Host` is missing")]
    NoHost,
    /// Only 13 is spoken.
    #[error("`Sec-WebSocket-Version` is not 13")]
    Version,
    /// Sixteen bytes in base64 are expected, once.
    #[error("`Sec-WebSocket-Key` is not 16 bytes in base64")]
    Key,
    /// The connection is none that can become something else.
    #[error("this connection cannot be upgraded")]
    NotUpgradable,
}

impl HandshakeError {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Http | Self::NoUpgrade | Self::NoHost | Self::Key => StatusCode::BAD_REQUEST,
            // Section 4.4.
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::NotUpgradable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the answer's head says besides, if anything.
    pub fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Method => Some((ALLOW, HeaderValue::from_static("GET"))),
            Self::Version => Some((SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION))),
            _ => None,
        }
    }

    /// The answer, in words.
    pub fn response(self) -> Response<String> {
        let mut response = Response::new(self.to_string());
        *response.status_mut() = self.status();
        response.headers_mut().extend(self.header());
        response
    }
}

/// A request that may open a WebSocket.
#[derive(Debug)]
pub struct Handshake {
    accept: HeaderValue,
    offers: Vec<String>,
    agreed: Option<NegotiatedCompression>,
    on_upgrade: OnUpgrade,
}

impl Handshake {
    /// Looks at a request, and takes what hyper left in it for the upgrade.
    ///
    /// # Errors
    /// Why it opens none.
    pub fn of(request: &mut Parts) -> Result<Self, HandshakeError> {
        let key = check(&request.method, request.version, &request.headers)?;
        let accept = accept_of(key)?;
        let upgrade = request.extensions.remove::<OnUpgrade>();
        let on_upgrade = upgrade.ok_or(HandshakeError::NotUpgradable)?;
        let headers = &request.headers;
        let offers = tokens(headers, &SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        let agreed = NegotiatedCompression::negotiate(values(headers, &SEC_WEBSOCKET_EXTENSIONS));
        Ok(Self { accept, offers, agreed, on_upgrade })
    }

    /// The subprotocols that the client offers, the one it likes best first.
    pub fn offers(&self) -> impl Iterator<Item = &str> {
        self.offers.iter().map(String::as_str)
    }

    /// Goes on without compression, whatever is offered.
    pub fn without_compression(&mut self) {
        self.agreed = None;
    }

    /// The answer, and the socket that there will be once it is sent. `protocol` is one of the
    /// [offers](Self::offers), or none; one that was not offered is left out, for the client would
    /// refuse it.
    pub fn accept(self, protocol: Option<&str>) -> (Response<()>, PendingUpgrade) {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        let protocol = self.offers.iter().find(|offer| Some(offer.as_str()) == protocol);
        let texts = [
            (SEC_WEBSOCKET_PROTOCOL, protocol.cloned()),
            (SEC_WEBSOCKET_EXTENSIONS, self.agreed.map(NegotiatedCompression::answer)),
        ];
        for (name, text) in texts {
            // Of tokens only, each of which came as a header or stands in this crate.
            if let Some(Ok(value)) = text.map(HeaderValue::try_from) {
                headers.insert(name, value);
            }
        }
        (response, PendingUpgrade::new(self.on_upgrade, self.agreed.map(|agreed| agreed.window)))
    }
}

/// Section 4.2.1; answers the key.
fn check<'a>(
    method: &Method,
    version: Version,
    headers: &'a HeaderMap,
) -> Result<&'a HeaderValue, HandshakeError> {
    if method != Method::GET {
        return Err(HandshakeError::Method);
    }
    if version != Version::HTTP_11 {
        return Err(HandshakeError::Http);
    }
    let has = |name, token: &str| tokens(headers, name).any(|it| it.eq_ignore_ascii_case(token));
    if !has(&UPGRADE, "websocket") || !has(&CONNECTION, "upgrade") {
        return Err(HandshakeError::NoUpgrade);
    }
    if !headers.contains_key(HOST) {
        return Err(HandshakeError::NoHost);
    }
    if only(headers, &SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
        return Err(HandshakeError::Version);
    }
    only(headers, &SEC_WEBSOCKET_KEY).ok_or(HandshakeError::Key)
}

/// What proves that the key was understood (section 4.2.2, item 5.4).
fn accept_of(key: &HeaderValue) -> Result<HeaderValue, HandshakeError> {
    let decoded = STANDARD.decode(key).map_err(|_| HandshakeError::Key)?;
    if decoded.len() != KEY_BYTES {
        return Err(HandshakeError::Key);
    }
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(digest)).map_err(|_| HandshakeError::Key)
}

/// The value of a header that may be there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let parts = values(headers, name).flat_map(|value| value.split(','));
    parts.map(str::trim_ascii).filter(|part| is_token(part))
}
