//! Signing in with a provider of OpenID Connect: the code flow with PKCE (RFC 7636), state and nonce, and logout over the
//! back channel.
//!
//! The server sends the browser to the provider ([`Provider::begin`]) and keeps a [`PendingSignIn`]. The provider sends the
//! browser back with a code. The server exchanges the code for an id token and checks it ([`Provider::finish`]).

mod claims;
mod http;
mod metadata;

use reqwest::Client;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use url::Url;

use self::claims::Expected;
use self::metadata::{Cache, Metadata};
use crate::encoding::base64url;
use crate::signed_token::{TokenError, VerifiedToken};
use crate::{NoRandomness, random};

pub use self::claims::{ClaimsError, ProviderIdentity, ProviderLogout};
pub use self::http::ProviderTiming;

/// Limit for a code, a state and the other parameters of a callback, in bytes.
const MAX_PARAMETER_BYTES: usize = 4 * 1024;
/// The scope that every request has.
const OPENID: &str = "openid";

/// The settings of a provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The issuer, exactly as the provider writes it in its tokens.
    pub issuer: String,
    /// Our name at the provider.
    pub client_id: String,
    /// Our secret at the provider; none for a public client.
    pub client_secret: Option<ClientSecret>,
    /// The scopes beside `openid`.
    pub scopes: Vec<String>,
    /// The claim with the groups of a person.
    pub groups_claim: String,
    /// Certificate authorities that are trusted beside those of Mozilla.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The limits on the time of a request.
    pub timing: ProviderTiming,
}

/// Our secret at a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(pub String);

/// Hides the secret.
impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// The reason why a provider signs nobody in. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OidcError {
    /// The client of the provider cannot be made, or a setting is wrong.
    #[error("the provider cannot be used: {0}")]
    Setup(String),
    /// No connection, or no answer in time.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// The provider refuses, or redirects to another place.
    #[error("the provider answers with status {0}")]
    Status(u16),
    /// The answer of the provider cannot be read.
    #[error("the provider's answer cannot be used: {0}")]
    Answer(String),
    /// The provider describes another issuer, or endpoints that are not safe.
    #[error("the provider's description is wrong: {0}")]
    Metadata(&'static str),
    /// A token of the provider is forged, or cannot be verified.
    #[error("the provider's token does not count: {0}")]
    Token(String),
    /// A token of the provider was made for another purpose.
    #[error("the provider's token does not count: {0}")]
    Claims(#[from] ClaimsError),
    /// The callback does not belong to the sign-in that began.
    #[error("the callback belongs to another sign-in")]
    State,
    /// No random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<TokenError> for OidcError {
    fn from(error: TokenError) -> Self {
        Self::Token(error.to_string())
    }
}

/// A sign-in between its beginning and its end. The server keeps it, bound to the browser, and uses it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignIn {
    state: String,
    nonce: String,
    verifier: String,
    redirect: String,
}

/// The beginning of a sign-in.
#[derive(Clone, Debug)]
pub struct SignInStart {
    /// The address to which the browser goes.
    pub location: String,
    /// The sign-in, to be kept until the browser comes back.
    pub pending: PendingSignIn,
}

/// The parameters with which a provider sends the browser back.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CallbackQuery {
    /// The code, if the person agreed.
    pub code: Option<String>,
    /// The state of [`PendingSignIn`].
    pub state: Option<String>,
    /// The issuer (RFC 9207).
    pub iss: Option<String>,
    /// The refusal, if the person or the provider did not agree.
    pub error: Option<String>,
}

/// A provider of OpenID Connect.
#[derive(Debug)]
pub struct Provider {
    settings: ProviderSettings,
    client: Client,
    cache: Cache,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<String>,
}

impl Provider {
    /// A provider. Nothing is requested yet.
    ///
    /// # Errors
    /// [`OidcError::Setup`], if the issuer is not an address of HTTPS, or of HTTP on this machine.
    pub fn new(settings: ProviderSettings) -> Result<Self, OidcError> {
        let issuer = Url::parse(&settings.issuer).ok();
        if !issuer.is_some_and(|url| metadata::is_safe(&url) && url.query().is_none()) {
            let message = format!("the issuer {:?} must begin with https://", settings.issuer);
            return Err(OidcError::Setup(message));
        }
        let client = http::client(&settings.authorities, settings.timing)?;
        Ok(Self { settings, client, cache: Cache::default() })
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Begins a sign-in. The provider sends the browser back to `redirect`.
    ///
    /// # Errors
    /// If the provider's description cannot be read, or is wrong.
    pub async fn begin(&self, redirect: &str, now_ms: u64) -> Result<SignInStart, OidcError> {
        let metadata = self.metadata(now_ms).await?;
        let [state, nonce, verifier] = [random_text()?, random_text()?, random_text()?];
        let mut location = metadata.authorization_endpoint.clone();
        let scope = std::iter::once(OPENID)
            .chain(self.settings.scopes.iter().map(String::as_str).filter(|it| *it != OPENID))
            .collect::<Vec<_>>()
            .join(" ");
        location
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", &scope)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &base64url(Sha256::digest(verifier.as_bytes())))
            .append_pair("code_challenge_method", "S256");
        let pending = PendingSignIn { state, nonce, verifier, redirect: redirect.to_owned() };
        Ok(SignInStart { location: location.into(), pending })
    }

    /// Ends a sign-in: exchanges the code, and checks the id token.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub async fn finish(
        &self,
        pending: PendingSignIn,
        callback: CallbackQuery,
        now_ms: u64,
    ) -> Result<ProviderIdentity, OidcError> {
        if callback.state.as_deref() != Some(pending.state.as_str()) {
            return Err(OidcError::State);
        }
        if callback.iss.is_some_and(|issuer| issuer != self.settings.issuer) {
            return Err(ClaimsError::Issuer.into());
        }
        if let Some(error) = callback.error {
            let error: String = error.chars().filter(char::is_ascii_graphic).take(40).collect();
            return Err(OidcError::Answer(format!("it refuses: {error}")));
        }
        let code = callback.code.filter(|code| code.len() <= MAX_PARAMETER_BYTES);
        let code = code.ok_or_else(|| OidcError::Answer("it sends no code".to_owned()))?;
        let metadata = self.metadata(now_ms).await?;
        let answer = self.exchange(&metadata, &pending, &code).await?;
        let token = answer.id_token;
        let token = token.ok_or_else(|| OidcError::Answer("it sends no id token".to_owned()))?;
        let token = self.verify(&token, now_ms).await?;
        let groups = &self.settings.groups_claim;
        Ok(self.expected(now_ms).identity(&token, &pending.nonce, groups)?)
    }

    /// The request of a logout token.
    ///
    /// # Errors
    /// If the token does not count.
    pub async fn logout(&self, token: &str, now_ms: u64) -> Result<ProviderLogout, OidcError> {
        let token = self.verify(token, now_ms).await?;
        Ok(self.expected(now_ms).logout(&token)?)
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        pending: &PendingSignIn,
        code: &str,
    ) -> Result<TokenAnswer, OidcError> {
        let client_id = &self.settings.client_id;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &pending.redirect),
            ("code_verifier", &pending.verifier),
        ];
        let mut request = self.client.post(metadata.token_endpoint.clone());
        match &self.settings.client_secret {
            Some(ClientSecret(secret)) if metadata.takes_secret_in_header() => {
                // RFC 6749 section 2.3.1: both are encoded as in a form first.
                request = request.basic_auth(form_encode(client_id), Some(form_encode(secret)));
            }
            Some(ClientSecret(secret)) => {
                form.extend([("client_id", client_id.as_str()), ("client_secret", secret)]);
            }
            None => form.push(("client_id", client_id)),
        }
        http::json(request.form(&form)).await
    }

    /// The verified token. A key that is not known yet may be new, so the keys are requested once more.
    async fn verify(&self, token: &str, now_ms: u64) -> Result<VerifiedToken, OidcError> {
        let keys = self.cache.keys(&self.client, self.issuer(), now_ms).await?;
        match keys.verify(token) {
            Err(TokenError::UnknownKey) => {
                let keys = self.cache.newer_keys(&self.client, self.issuer(), now_ms).await?;
                Ok(keys.verify(token)?)
            }
            verified => Ok(verified?),
        }
    }

    async fn metadata(&self, now_ms: u64) -> Result<Metadata, OidcError> {
        self.cache.metadata(&self.client, self.issuer(), now_ms).await
    }

    fn expected(&self, now_ms: u64) -> Expected<'_> {
        Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            now_seconds: now_ms / 1_000,
        }
    }
}

fn random_text() -> Result<String, NoRandomness> {
    Ok(base64url(random::<32>()?))
}

fn form_encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
