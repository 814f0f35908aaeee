//! Which web pages may speak to the server.
//!
//! A browser lets any page open a WebSocket to any server and sends the cookies along, so the
//! handshake itself has to refuse strangers; the same rule guards every request that changes
//! something. Programs that are no browser send no `Origin` and pass: they have no cookies that
//! somebody else could use.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use thiserror::Error;

/// The allowed origins: our own, and those on the list.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: Vec<String>,
}

/// An entry of the list is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not an origin: write scheme://host or scheme://host:port, with nothing after it")]
pub struct NotAnOrigin(pub String);

impl Origins {
    /// Allows these besides our own. Each is `scheme://host` or `scheme://host:port`.
    ///
    /// # Errors
    /// The first entry that is something else.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Result<Self, NotAnOrigin> {
        let checked = allowed.into_iter().map(|origin| match authority(&origin) {
            Some(authority)
                if !authority.is_empty() && !authority.contains(['/', '?', '#', '@', ' ']) =>
            {
                Ok(origin.to_ascii_lowercase())
            }
            _ => Err(NotAnOrigin(origin)),
        });
        Ok(Self { allowed: checked.collect::<Result<_, _>>()? })
    }

    /// Whether a request with these headers may pass.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else {
            return false;
        };
        if self.allowed.contains(&origin) {
            return true;
        }
        // Same origin: the page came from the very host and port that it now speaks to. The scheme
        // may differ, for TLS may end before us.
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| {
            authority(&origin).is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        })
    }
}

fn authority(origin: &str) -> Option<&str> {
    let (scheme, authority) = origin.split_once("://")?;
    (scheme == "http" || scheme == "https").then_some(authority)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(origin: Option<&str>, host: &str, expected: bool) {
        let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        assert_eq!(origins.allow(&headers), expected, "{origin:?} at {host}");
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
    fn entries_that_are_no_origins_are_refused() {
        for wrong in ["*", "localhost:3000", "http://", "http://a/b", "ftp://a", "http://u@a"] {
            assert_eq!(
                Origins::new([wrong.to_owned()]).unwrap_err(),
                NotAnOrigin(wrong.to_owned())
            );
        }
    }
}
