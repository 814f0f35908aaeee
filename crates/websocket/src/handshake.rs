//! The opening handshake, server side (RFC 6455 section 4.2). The caller checks the origin and the
//! user.

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

/// The constant in the computation of the accept key (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The only version (section 4.1).
const VERSION: &str = "13";
/// Length of a decoded key in bytes (section 4.1).
const KEY_BYTES: usize = 16;

/// Why a request opens no WebSocket. The text is the body of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// The method is not GET.
    #[error("a WebSocket is opened with the method GET")]
    Method,
    /// The version of HTTP is not 1.1.
    #[error("a WebSocket is opened with HTTP/1.1")]
    Http,
    /// The headers that request a WebSocket are missing.
    #[error(
        "this address serves WebSockets only; send `Upgrade: websocket` and `Connection: Upgrade`"
    )]
    NoUpgrade,
    /// The `Host` header is missing.
    #[error("the header `Host` is missing")]
    NoHost,
    /// The client requests a version other than 13.
    #[error("`Sec-WebSocket-Version` must be 13")]
    Version,
    /// The key is missing, repeated, or not 16 bytes in base64.
    #[error("`Sec-WebSocket-Key` must be 16 bytes in base64, once")]
    Key,
    /// hyper cannot hand over this connection.
    #[error("this connection cannot be upgraded")]
    NotUpgradable,
}

impl HandshakeError {
    /// The status of the response.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Http | Self::NoUpgrade | Self::NoHost | Self::Key => StatusCode::BAD_REQUEST,
            // Section 4.4.
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::NotUpgradable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The header that the status requires, if any.
    pub fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Method => Some((ALLOW, HeaderValue::from_static("GET"))),
            Self::Version => Some((SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION))),
            _ => None,
        }
    }

    /// The complete response, with the reason as its body.
    pub fn response(self) -> Response<String> {
        let mut response = Response::new(self.to_string());
        *response.status_mut() = self.status();
        response.headers_mut().extend(self.header());
        response
    }
}

/// A valid request for a WebSocket, not yet answered.
#[derive(Debug)]
pub struct Handshake {
    accept: HeaderValue,
    offers: Vec<String>,
    compression: Option<NegotiatedCompression>,
    on_upgrade: OnUpgrade,
}

impl Handshake {
    /// Validates a request, and takes from it what hyper needs for the upgrade.
    ///
    /// # Errors
    /// If the request opens no WebSocket; the error makes the response.
    pub fn of(request: &mut Parts) -> Result<Self, HandshakeError> {
        let key = check(&request.method, request.version, &request.headers)?;
        let accept = accept_of(key)?;
        let upgrade = request.extensions.remove::<OnUpgrade>();
        let on_upgrade = upgrade.ok_or(HandshakeError::NotUpgradable)?;
        let headers = &request.headers;
        let offers = tokens(headers, &SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        let compression =
            NegotiatedCompression::negotiate(values(headers, &SEC_WEBSOCKET_EXTENSIONS));
        Ok(Self { accept, offers, compression, on_upgrade })
    }

    /// The subprotocols that the client offers, in the client's order of preference.
    pub fn offers(&self) -> impl Iterator<Item = &str> {
        self.offers.iter().map(String::as_str)
    }

    /// Turns compression off, whatever the client offers.
    pub fn without_compression(&mut self) {
        self.compression = None;
    }

    /// Makes the response, and the socket that opens once it is sent. `protocol` is one of the
    /// [offers](Self::offers), or none. A subprotocol that was not offered is left out, because the
    /// client would refuse it.
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
            (SEC_WEBSOCKET_EXTENSIONS, self.compression.map(NegotiatedCompression::answer)),
        ];
        for (name, text) in texts {
            // Both consist of tokens, from a header or from this crate, so the conversion succeeds.
            if let Some(Ok(value)) = text.map(HeaderValue::try_from) {
                headers.insert(name, value);
            }
        }
        (
            response,
            PendingUpgrade::new(
                self.on_upgrade,
                self.compression.map(|compression| compression.window),
            ),
        )
    }
}

/// Checks the request (section 4.2.1), and returns its key.
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
    let has_token =
        |name, token: &str| tokens(headers, name).any(|it| it.eq_ignore_ascii_case(token));
    if !has_token(&UPGRADE, "websocket") || !has_token(&CONNECTION, "upgrade") {
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

/// The proof that the server understood the key (section 4.2.2, item 5.4).
fn accept_of(key: &HeaderValue) -> Result<HeaderValue, HandshakeError> {
    let decoded = STANDARD.decode(key).map_err(|_| HandshakeError::Key)?;
    if decoded.len() != KEY_BYTES {
        return Err(HandshakeError::Key);
    }
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(digest)).map_err(|_| HandshakeError::Key)
}

/// The value of a header that must not repeat.
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
