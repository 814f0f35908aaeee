//! Session tokens: random bytes, sent as a cookie or as a bearer token, stored as hashes.

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie::Cookie;
use madang_hub::ports::TokenHash;
use sha2::{Digest, Sha256};

use crate::http::client_info::ClientInfo;

/// The name of the session cookie over plain HTTP.
pub const COOKIE_NAME: &str = "madang_session";
/// The name of the session cookie over HTTPS. Browsers accept a cookie with this prefix over HTTPS
/// only, and only from the host itself (RFC 6265bis section 4.1.3.2), so that neither an attacker
/// in the network nor another host of the same domain can set it. Over HTTPS the other cookie is
/// ignored.
pub const SECURE_COOKIE_NAME: &str = "__Host-madang_session";
/// The lifetime of the cookie in a browser, in seconds: 400 days, the browsers' limit (RFC 6265bis section 5.5).
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// A session token: 256 random bits, opaque. The server stores only its hash.
pub struct Token(String);

impl Token {
    /// Makes a random token.
    ///
    /// # Errors
    /// If the system provides no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token as clients send it.
    pub fn into_text(self) -> String {
        self.0
    }

    /// The token as the store knows it.
    pub fn hash(&self) -> TokenHash {
        hash(&self.0)
    }

    /// The `Set-Cookie` header that gives the token to a browser.
    pub fn to_cookie(&self, client_info: &ClientInfo) -> Option<HeaderValue> {
        set_cookie(client_info, &self.0, COOKIE_SECONDS)
    }
}

/// The `Set-Cookie` header that removes the token from a browser.
pub fn removal_cookie(client_info: &ClientInfo) -> Option<HeaderValue> {
    set_cookie(client_info, "", 0)
}

/// The hash of a token. A fast hash suffices, because 256 random bits cannot be guessed.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The token of a request: the bearer token, or else the cookie.
pub fn token_of(headers: &HeaderMap, client_info: &ClientInfo) -> Option<String> {
    let bearer =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
    bearer.or_else(|| {
        let headers = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut cookies = headers.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let cookie = cookies.find(|cookie| cookie.name() == cookie_name(client_info))?;
        Some(cookie.value().to_owned())
    })
}

fn cookie_name(client_info: &ClientInfo) -> &'static str {
    if client_info.https { SECURE_COOKIE_NAME } else { COOKIE_NAME }
}

fn set_cookie(client_info: &ClientInfo, token: &str, seconds: u32) -> Option<HeaderValue> {
    // Lax, so that a visitor who follows a link to a room is signed in. The origin check guards requests that
    // change something.
    let name = cookie_name(client_info);
    let secure = if client_info.https { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}
