//! The description of a provider (OpenID Connect Discovery) and its keys, requested seldom.

use std::sync::Arc;

use reqwest::Client;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::{Host, Url};

use super::{OidcError, http};
use crate::signed_token::KeySet;

/// A description or a set of keys is requested again after this time, in milliseconds.
const LIFETIME_MS: u64 = 60 * 60 * 1_000;
/// Keys are not requested more often than this because of unknown keys, in milliseconds.
const KEYS_INTERVAL_MS: u64 = 30 * 1_000;
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// The description of a provider.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    jwks_uri: Url,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// Whether the secret goes into a header, which is the default, and not into the body.
    pub(super) fn takes_secret_in_header(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| {
            let has = |name: &str| methods.iter().any(|method| method == name);
            has("client_secret_basic") || !has("client_secret_post")
        })
    }
}

#[derive(Clone, Debug)]
struct Dated<T> {
    value: T,
    at_ms: u64,
}

impl<T> Dated<T> {
    fn is_younger_than(&self, age_ms: u64, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.at_ms) < age_ms
    }
}

/// The last answers of a provider. A waiting request uses the answer of the one before it.
#[derive(Debug, Default)]
pub(super) struct Cache {
    metadata: Mutex<Option<Dated<Metadata>>>,
    keys: Mutex<Option<Dated<Arc<KeySet>>>>,
}

impl Cache {
    pub(super) async fn metadata(
        &self,
        client: &Client,
        issuer: &str,
        now_ms: u64,
    ) -> Result<Metadata, OidcError> {
        let mut cached = self.metadata.lock().await;
        if let Some(metadata) = cached.as_ref().filter(|it| it.is_younger_than(LIFETIME_MS, now_ms))
        {
            return Ok(metadata.value.clone());
        }
        let address = format!("{}{DISCOVERY_PATH}", issuer.trim_end_matches('/'));
        let metadata: Metadata = http::json(client.get(address)).await?;
        if metadata.issuer != issuer {
            return Err(OidcError::Metadata("it is that of another issuer"));
        }
        let endpoints =
            [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        if !endpoints.into_iter().all(is_safe) {
            return Err(OidcError::Metadata("an endpoint is not an address of HTTPS"));
        }
        *cached = Some(Dated { value: metadata.clone(), at_ms: now_ms });
        Ok(metadata)
    }

    pub(super) async fn keys(
        &self,
        client: &Client,
        issuer: &str,
        now_ms: u64,
    ) -> Result<Arc<KeySet>, OidcError> {
        self.keys_younger_than(LIFETIME_MS, client, issuer, now_ms).await
    }

    /// The keys, after a token named a key that is not among them.
    pub(super) async fn newer_keys(
        &self,
        client: &Client,
        issuer: &str,
        now_ms: u64,
    ) -> Result<Arc<KeySet>, OidcError> {
        self.keys_younger_than(KEYS_INTERVAL_MS, client, issuer, now_ms).await
    }

    async fn keys_younger_than(
        &self,
        age_ms: u64,
        client: &Client,
        issuer: &str,
        now_ms: u64,
    ) -> Result<Arc<KeySet>, OidcError> {
        let metadata = self.metadata(client, issuer, now_ms).await?;
        let mut cached = self.keys.lock().await;
        if let Some(keys) = cached.as_ref().filter(|it| it.is_younger_than(age_ms, now_ms)) {
            return Ok(keys.value.clone());
        }
        let keys: Arc<KeySet> = Arc::new(http::json(client.get(metadata.jwks_uri)).await?);
        *cached = Some(Dated { value: keys.clone(), at_ms: now_ms });
        Ok(keys)
    }
}

/// Whether nobody between us and the address can read or change its answers: HTTPS, or this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
