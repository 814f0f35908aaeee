//! The rules for the claims of a provider's tokens: OpenID Connect Core section 3.1.3.7, and Back-Channel Logout section 2.6.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::signed_token::VerifiedToken;

/// The difference of two clocks that is no lie, in seconds.
const LEEWAY_SECONDS: i64 = 120;
/// The greatest age of a logout token, in seconds. It is short, because a token can be sent again.
const MAX_LOGOUT_AGE_SECONDS: i64 = 600;
/// The event of a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Limit for a subject, in bytes (OpenID Connect Core section 2).
const MAX_SUBJECT_BYTES: usize = 255;
/// Limit for the groups of a person that are read.
const MAX_GROUPS: usize = 1_000;

/// The reason why the claims of a token do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClaimsError {
    /// The claim `iss`.
    #[error("it is from another issuer")]
    Issuer,
    /// The claims `aud` and `azp`.
    #[error("it is for another audience")]
    Audience,
    /// The claim `nonce`.
    #[error("it belongs to another sign-in")]
    Nonce,
    /// The claim `exp`.
    #[error("it has expired, or does not say when it expires")]
    Expired,
    /// The claims `nbf` and `iat`.
    #[error("it is not valid yet, or does not say when it was made")]
    NotYetValid,
    /// The claim `sub`.
    #[error("it names no subject")]
    Subject,
    /// The claim `events`, or the type of the token.
    #[error("it is no logout token")]
    NotALogout,
}

/// A person as a provider describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// The provider's issuer. It and the subject are the identity.
    pub issuer: String,
    /// The provider's permanent name for the person.
    pub subject: String,
    /// The provider's name for the session, if it has one.
    pub provider_session: Option<String>,
    /// The address of the person, if the provider has verified it. It is no identity.
    pub verified_address: Option<String>,
    /// The names of the person, the best one first.
    pub names: Vec<String>,
    /// The groups of the person.
    pub groups: Vec<String>,
}

/// The request of a provider to end sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderLogout {
    /// The provider's issuer.
    pub issuer: String,
    /// The person whose sessions end; none if the token names a session only.
    pub subject: Option<String>,
    /// The provider's name for the session that ends; none for all sessions of the person.
    pub provider_session: Option<String>,
    /// The time at which the provider made the request, in seconds since 1970. Later sessions continue.
    pub made_at_seconds: u64,
}

/// The expectations of a provider's tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) now_seconds: u64,
}

impl Expected<'_> {
    /// The person of an id token.
    pub(super) fn identity(
        &self,
        token: &VerifiedToken,
        nonce: &str,
        groups_claim: &str,
    ) -> Result<ProviderIdentity, ClaimsError> {
        let claims = &token.claims;
        self.check(claims)?;
        if text(claims, "nonce") != Some(nonce) {
            return Err(ClaimsError::Nonce);
        }
        let names = ["preferred_username", "nickname", "name", "given_name", "email"];
        let names = names.into_iter().filter_map(|name| text(claims, name));
        let groups = match claims.get(groups_claim) {
            Some(Value::Array(groups)) => groups
                .iter()
                .take(MAX_GROUPS)
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(group)) => vec![group.clone()],
            _ => Vec::new(),
        };
        Ok(ProviderIdentity {
            issuer: self.issuer.to_owned(),
            subject: subject(claims)?.ok_or(ClaimsError::Subject)?,
            provider_session: session(claims),
            verified_address: verified_address(claims),
            names: names.map(str::to_owned).collect(),
            groups,
        })
    }

    /// The request of a logout token.
    pub(super) fn logout(&self, token: &VerifiedToken) -> Result<ProviderLogout, ClaimsError> {
        let claims = &token.claims;
        self.check(claims)?;
        let is_typed = token.header.typ.as_deref().is_none_or(|typ| {
            ["JWT", "logout+jwt", "application/logout+jwt"]
                .iter()
                .any(|it| typ.eq_ignore_ascii_case(it))
        });
        let event = claims.get("events").and_then(|events| events.get(LOGOUT_EVENT));
        // An id token has a nonce, and must not end a session.
        if !is_typed || !event.is_some_and(Value::is_object) || claims.contains_key("nonce") {
            return Err(ClaimsError::NotALogout);
        }
        let made_at = time(claims, "iat").ok_or(ClaimsError::NotYetValid)?;
        if made_at < self.now() - MAX_LOGOUT_AGE_SECONDS {
            return Err(ClaimsError::Expired);
        }
        let (subject, provider_session) = (subject(claims)?, session(claims));
        if subject.is_none() && provider_session.is_none() {
            return Err(ClaimsError::Subject);
        }
        let made_at_seconds = u64::try_from(made_at).unwrap_or(0);
        Ok(ProviderLogout {
            issuer: self.issuer.to_owned(),
            subject,
            provider_session,
            made_at_seconds,
        })
    }

    fn check(&self, claims: &Map<String, Value>) -> Result<(), ClaimsError> {
        if text(claims, "iss") != Some(self.issuer) {
            return Err(ClaimsError::Issuer);
        }
        if !self.is_audience(claims) {
            return Err(ClaimsError::Audience);
        }
        let now = self.now();
        if time(claims, "exp").is_none_or(|end| end <= now - LEEWAY_SECONDS) {
            return Err(ClaimsError::Expired);
        }
        let has_begun = |claim: i64| claim <= now + LEEWAY_SECONDS;
        let begins = claims.get("nbf").map(|_| time(claims, "nbf"));
        let is_made = time(claims, "iat").is_some_and(has_begun);
        if !is_made || begins.is_some_and(|begin| !begin.is_some_and(has_begun)) {
            return Err(ClaimsError::NotYetValid);
        }
        Ok(())
    }

    fn is_audience(&self, claims: &Map<String, Value>) -> bool {
        let (is_named, others) = match claims.get("aud") {
            Some(Value::String(audience)) => (audience == self.client_id, false),
            Some(Value::Array(all)) => {
                (all.iter().any(|it| it.as_str() == Some(self.client_id)), all.len() > 1)
            }
            _ => (false, false),
        };
        let authorized = claims.get("azp");
        // With several audiences, the token has to say that it was made for us.
        let is_authorized = authorized.map_or(!others, |it| it.as_str() == Some(self.client_id));
        is_named && is_authorized
    }

    fn now(&self) -> i64 {
        i64::try_from(self.now_seconds).unwrap_or(i64::MAX / 2)
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A time in seconds since 1970. Providers may write a fraction.
fn time(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let number = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second does not matter")]
    number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))
}

fn subject(claims: &Map<String, Value>) -> Result<Option<String>, ClaimsError> {
    match claims.get("sub") {
        None => Ok(None),
        Some(Value::String(subject)) if (1..=MAX_SUBJECT_BYTES).contains(&subject.len()) => {
            Ok(Some(subject.clone()))
        }
        Some(_) => Err(ClaimsError::Subject),
    }
}

/// Providers write the truth as a text too.
fn verified_address(claims: &Map<String, Value>) -> Option<String> {
    let is_verified = match claims.get("email_verified") {
        Some(Value::Bool(is_verified)) => *is_verified,
        Some(Value::String(text)) => text == "true",
        _ => false,
    };
    text(claims, "email").filter(|_| is_verified).map(str::to_owned)
}

fn session(claims: &Map<String, Value>) -> Option<String> {
    text(claims, "sid").filter(|session| session.len() <= MAX_SUBJECT_BYTES).map(str::to_owned)
}
