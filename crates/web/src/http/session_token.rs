//! Session tokens: random bytes, sent as a cookie or as a bearer token, stored as hashes. Access tokens of programs are
//! bearer tokens with a prefix. A probe cookie shows whether
//! a browser sends cookies back.

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie::Cookie;
use madang_hub::access_tokens::TokenUser;
use madang_hub::policy::access::CredentialAccess;
use madang_hub::ports::{Identity, Store, StoreError, TokenHash};
use madang_shared::Timestamp;
use madang_shared::access_tokens::ACCESS_TOKEN_PREFIX;
use sha2::{Digest, Sha256};

use crate::http::client_info::ClientInfo;

/// The name of the session cookie over plain HTTP.
const SESSION: &str = "madang_session";
/// The name of the probe cookie over plain HTTP.
const PROBE: &str = "madang_probe";
/// The name of the cookie by which an account knows a device, over plain HTTP.
const DEVICE: &str = "madang_device";
/// The name of the cookie of a sign-in with an identity provider over plain HTTP.
const PROVIDER: &str = "madang_provider";
/// The lifetime of that cookie, in seconds: that of the challenge.
const PROVIDER_SECONDS: u32 = 10 * 60;
/// The prefix of the cookie names over HTTPS. Browsers accept a cookie with this prefix over HTTPS only, and only from the
/// host itself (RFC 6265bis section 4.1.3.2), so that neither an attacker in the network nor another host of the same
/// domain can set it. Over HTTPS the other cookies are ignored.
const SECURE_PREFIX: &str = "__Host-";
/// The lifetime of the session cookie in a browser, in seconds: 400 days, the browsers' limit (RFC 6265bis section 5.5).
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;
/// The random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// Limit for the tokens of one request that are tried, because each costs a query to the store.
const MAX_CANDIDATES: usize = 16;

/// A session token: 256 random bits, opaque. The server stores only its hash.
pub struct Token(String);

impl Token {
    /// Makes a random token.
    ///
    /// # Errors
    /// If the system provides no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Makes a random access token.
    ///
    /// # Errors
    /// If the system provides no random bytes.
    pub fn random_access_token() -> Result<Self, getrandom::Error> {
        Ok(Self(format!("{ACCESS_TOKEN_PREFIX}{}", Self::random()?.0)))
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
        set_cookie(client_info, SESSION, &self.0, Some(COOKIE_SECONDS))
    }
}

/// The `Set-Cookie` header that removes the token from a browser.
pub fn removal_cookie(client_info: &ClientInfo) -> Option<HeaderValue> {
    set_cookie(client_info, SESSION, "", Some(0))
}

/// The `Set-Cookie` header of the probe cookie, which lives until the browser is closed. It has the same attributes as
/// the session cookie, so that a browser keeps both or none.
pub fn probe_cookie(client_info: &ClientInfo) -> Option<HeaderValue> {
    set_cookie(client_info, PROBE, "1", None)
}

/// Whether a request has the probe cookie.
pub fn has_probe(headers: &HeaderMap, client_info: &ClientInfo) -> bool {
    cookies(headers, client_info, PROBE).next().is_some()
}

/// The `Set-Cookie` header with the secret by which accounts know this device. It outlives the session.
pub fn device_cookie(client_info: &ClientInfo, secret: &str) -> Option<HeaderValue> {
    set_cookie(client_info, DEVICE, secret, Some(COOKIE_SECONDS))
}

/// The secret of the device in the cookies of a request.
pub fn device_secret(headers: &HeaderMap, client_info: &ClientInfo) -> Option<String> {
    cookies(headers, client_info, DEVICE).next()
}

/// The `Set-Cookie` header that binds a sign-in with an identity provider to the browser. An empty token removes it.
pub fn provider_cookie(client_info: &ClientInfo, token: &str) -> Option<HeaderValue> {
    let seconds = if token.is_empty() { 0 } else { PROVIDER_SECONDS };
    set_cookie(client_info, PROVIDER, token, Some(seconds))
}

/// The token of a sign-in with an identity provider in the cookies of a request.
pub fn provider_token(headers: &HeaderMap, client_info: &ClientInfo) -> Option<String> {
    cookies(headers, client_info, PROVIDER).next()
}

/// Bytes as a text, in the form of tokens.
pub fn to_text(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text; none if it has another form or length.
pub fn from_text<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The hash of a token. A fast hash suffices, because 256 random bits cannot be guessed.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// A token of a request, as the store knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A session token.
    Session(TokenHash),
    /// An access token.
    AccessToken(TokenHash),
}

impl Credential {
    /// The credential with this text; see [`ACCESS_TOKEN_PREFIX`].
    pub fn new(text: &str) -> Self {
        if text.starts_with(ACCESS_TOKEN_PREFIX) {
            Self::AccessToken(hash(text))
        } else {
            Self::Session(hash(text))
        }
    }

    /// Its hash.
    pub fn hash(self) -> TokenHash {
        let (Self::Session(hash) | Self::AccessToken(hash)) = self;
        hash
    }

    /// The user of the credential, and its access; none if it has ended, or never existed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn identity(
        self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Option<Identity>, StoreError> {
        Ok(match self {
            Self::Session(hash) => store.session(hash, now).await?.map(Identity::from),
            Self::AccessToken(hash) => {
                let found = store.token_user(hash, now).await?;
                found.map(|TokenUser { user, access }| Identity {
                    user,
                    access: CredentialAccess::Token(access),
                })
            }
        })
    }
}

/// The tokens of a request that may be ours: bearer tokens, then cookies. There may be several, and others before ours: a
/// proxy with single sign-on adds an `Authorization` of its own, and another program at the same host may set a cookie of
/// the same name.
pub fn candidates(headers: &HeaderMap, client_info: &ClientInfo) -> Vec<Credential> {
    let lines = headers.get_all(AUTHORIZATION).into_iter().filter_map(|line| line.to_str().ok());
    let bearer = lines.filter_map(|line| {
        let (scheme, token) = line.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    distinct(bearer.chain(cookies(headers, client_info, SESSION)))
}

/// The sessions in the cookies of a request that may be ours.
pub fn candidates_in_cookies(headers: &HeaderMap, client_info: &ClientInfo) -> Vec<TokenHash> {
    sessions(&distinct(cookies(headers, client_info, SESSION)))
}

/// The sessions among credentials.
pub fn sessions(credentials: &[Credential]) -> Vec<TokenHash> {
    let sessions = credentials.iter().filter_map(|credential| match credential {
        Credential::Session(hash) => Some(*hash),
        Credential::AccessToken(_) => None,
    });
    sessions.collect()
}

fn distinct(tokens: impl Iterator<Item = String>) -> Vec<Credential> {
    let mut candidates = Vec::new();
    for token in tokens {
        if candidates.len() == MAX_CANDIDATES {
            break;
        }
        let candidate = Credential::new(&token);
        if has_form_of_ours(&token) && !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    }
    candidates
}

/// The identity of the first candidate that has not ended.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn authenticate(
    store: &dyn Store,
    candidates: &[Credential],
    now: Timestamp,
) -> Result<Option<Identity>, StoreError> {
    for candidate in candidates {
        if let Some(identity) = candidate.identity(store, now).await? {
            return Ok(Some(identity));
        }
    }
    Ok(None)
}

fn has_form_of_ours(token: &str) -> bool {
    let secret = token.strip_prefix(ACCESS_TOKEN_PREFIX).unwrap_or(token);
    BASE64_URL_SAFE_NO_PAD.decode(secret).is_ok_and(|bytes| bytes.len() == TOKEN_BYTES)
}

/// The values of all cookies of this name.
fn cookies(
    headers: &HeaderMap,
    client_info: &ClientInfo,
    name: &str,
) -> impl Iterator<Item = String> {
    let name = name_of(client_info, name);
    // By bytes: a cookie of another program may hold any, and must not hide ours.
    let pairs = headers
        .get_all(COOKIE)
        .into_iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let cookies =
        pairs.filter_map(|pair| Cookie::parse(std::str::from_utf8(pair).ok()?.trim()).ok());
    cookies
        .filter(move |cookie| cookie.name() == name)
        .map(|cookie| cookie.value_trimmed().to_owned())
}

fn name_of(client_info: &ClientInfo, name: &str) -> String {
    format!("{}{name}", if client_info.https { SECURE_PREFIX } else { "" })
}

fn set_cookie(
    client_info: &ClientInfo,
    name: &str,
    value: &str,
    seconds: Option<u32>,
) -> Option<HeaderValue> {
    // Lax, so that a visitor who follows a link to a room is signed in. The origin check guards requests that
    // change something.
    let name = name_of(client_info, name);
    let lifetime = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if client_info.https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/{lifetime}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}
