//! Session tokens: made, carried, hashed.

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use madang_hub::ports::TokenHash;
use sha2::{Digest, Sha256};

use crate::client_info::ClientInfo;

/// The cookie that holds the session token, over plain HTTP.
pub const COOKIE_NAME: &str = "madang_session";
/// The same over HTTPS. Browsers take a cookie of such a name over HTTPS only, and from this very host
/// (RFC 6265bis section 4.1.3.2): nobody on the way, and no neighbouring host, can put one there. So over
/// HTTPS the other one is not looked at.
pub const SECURE_COOKIE_NAME: &str = "__Host-madang_session";
/// How long a browser keeps the cookie, in seconds: 400 days, the most that browsers allow (RFC
/// 6265bis section 5.5).
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// A session token: 256 random bits, opaque. The server keeps its hash only.
pub struct Token(String);

impl Token {
    /// Draws a new one.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token as it travels.
    pub fn into_text(self) -> String {
        self.0
    }

    /// What the store knows of it.
    pub fn hash(&self) -> TokenHash {
        hash(&self.0)
    }

    /// The `Set-Cookie` header that hands it to a browser.
    pub fn to_cookie(&self, client_info: &ClientInfo) -> Option<HeaderValue> {
        cookie(client_info, &self.0, COOKIE_SECONDS)
    }
}

/// The `Set-Cookie` header that takes the token back.
pub fn no_cookie(client_info: &ClientInfo) -> Option<HeaderValue> {
    cookie(client_info, "", 0)
}

/// What the store knows of a token. A plain hash suffices: there is nothing to guess in 256 random
/// bits.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The token that came with a request: a bearer token, or the cookie.
pub fn token_of<'a>(headers: &'a HeaderMap, client_info: &ClientInfo) -> Option<&'a str> {
    let bearer =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
    bearer.or_else(|| {
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == name_for(client_info)).map(|(_, token)| token)
    })
}

fn name_for(client_info: &ClientInfo) -> &'static str {
    if client_info.https { SECURE_COOKIE_NAME } else { COOKIE_NAME }
}

fn cookie(client_info: &ClientInfo, token: &str, seconds: u32) -> Option<HeaderValue> {
    // Lax, so that a link to a room finds its reader signed in; requests that change something are
    // guarded by their Origin besides.
    let name = name_for(client_info);
    let secure = if client_info.https { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}
