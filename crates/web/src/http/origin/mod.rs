//! The origins whose pages may use the server.
//!
//! A browser lets any page open a WebSocket to any server and sends the cookies along, so the server itself
//! refuses foreign origins in the handshake. The same rule guards every request that changes something.
//! Programs other than browsers send no `Origin` and pass: they have no browser's cookies.

#[cfg(test)]
mod tests;

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
        // The origin of a page, never that of a socket.
        let scheme = Scheme::parse(scheme)
            .filter(|_| !scheme.to_ascii_lowercase().starts_with("ws"))
            .ok_or_else(|| invalid("its scheme must be http or https"))?;
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
        if host.port() == Some(0) {
            return Err(invalid("its port must be from 1 to 65535"));
        }
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
/// A foreign page can let any name of its own resolve to this server (DNS rebinding), and so appear to be of the same
/// origin. The server therefore answers only to hosts that no foreign page can have: addresses, names of loopback, the
/// hosts of configured origins, and over our own TLS the names in the certificate, which the browser has compared. A
/// server that listens on loopback accepts only loopback names as its own origin: the pages of all other hosts must be
/// configured.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    configured: Vec<Origin>,
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
    pub fn new(configured: impl IntoIterator<Item = String>) -> Result<Self, InvalidOrigin> {
        Self::default().and(configured)
    }

    /// Allows these origins too.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn and(mut self, further: impl IntoIterator<Item = String>) -> Result<Self, InvalidOrigin> {
        for origin in further {
            self.configured.push(Origin::parse(origin.trim())?);
        }
        Ok(self)
    }

    /// The same origins, for a server that listens on this address.
    #[must_use]
    pub fn listening_on(mut self, address: IpAddr) -> Self {
        self.loopback_only = address.is_loopback();
        self
    }

    /// Whether all configured origins always mean this machine.
    pub fn are_of_this_machine(&self) -> bool {
        self.configured.iter().all(|origin| origin.host.is_this_machine())
    }

    /// Whether the browser of a request speaks HTTPS: with us, with a trusted proxy, or because the requested host is that of a
    /// configured origin of HTTPS, whose proxy is not configured.
    pub fn is_https(&self, client_info: &ClientInfo) -> bool {
        let is_host = |origin: &Origin, host: &HostPort| {
            origin.scheme == Scheme::Https
                && host.clone().without_default_port(Scheme::Https) == origin.host
        };
        let host = client_info.host.as_ref();
        client_info.https
            || host.is_some_and(|host| self.configured.iter().any(|origin| is_host(origin, host)))
    }

    /// The first configured origin, as text.
    pub fn first(&self) -> Option<String> {
        let Origin { scheme, host } = self.configured.first()?;
        let scheme = if *scheme == Scheme::Https { "https" } else { "http" };
        Some(format!("{scheme}://{host}"))
    }

    /// The hosts of the configured origins.
    pub fn hosts(&self) -> impl Iterator<Item = &HostPort> {
        self.configured.iter().map(|origin| &origin.host)
    }

    /// Whether the server answers to the host of a request.
    ///
    /// A server on loopback answers to every host, as its proxy may send any. The origins of its pages are checked in
    /// any case. A program may send no host; a browser always sends one.
    pub fn answer_to(&self, client_info: &ClientInfo) -> bool {
        let Some(host) = &client_info.host else { return true };
        self.loopback_only
            || client_info.has_our_certificate
            || host.is_address()
            || host.is_loopback()
            || self.hosts().any(|configured| configured.is_same_host(host))
    }

    /// The access of a request with these headers.
    pub fn access(&self, headers: &HeaderMap, client_info: &ClientInfo) -> PageAccess {
        match Origin::of_request(headers) {
            None => PageAccess::Full,
            Some(Ok(origin)) if self.configured.contains(&origin) => PageAccess::Full,
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
        origin.is_requested(client_info)
            && self.answer_to(client_info)
            && (!self.loopback_only || origin.host.is_loopback())
    }
}
