//! Passkeys (Web Authentication, level 3): their registration, and signing in with them.
//!
//! A passkey is discoverable, so that nobody types a name, and verifies its user by a PIN or a fingerprint, so that it needs
//! no second factor. Attestations are not requested and not read: every authenticator may be used.

mod authenticator_data;
mod cbor;
mod public_key;

use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use self::authenticator_data::AuthenticatorData;
use self::cbor::Cbor;
use self::public_key::{ALGORITHMS, CoseKey};
use crate::encoding::{base64url, from_base64url};
use crate::{NoRandomness, random};

/// Limit for the id of a passkey, in bytes (Web Authentication, section 4).
pub const MAX_CREDENTIAL_ID_BYTES: usize = 1_023;
/// The bytes of a user handle.
pub const USER_HANDLE_BYTES: usize = 32;
/// The time that a browser gives a person, in milliseconds.
const TIMEOUT_MS: u32 = 300_000;
const CHALLENGE_BYTES: usize = 32;

/// The reason why a passkey does not count. The texts are for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasskeyError {
    /// The browser's answer cannot be read.
    #[error("the browser's answer cannot be read")]
    Malformed,
    /// The answer is for another operation.
    #[error("the browser's answer is for another operation")]
    Operation,
    /// The answer is for another challenge.
    #[error("the browser's answer is for another challenge")]
    Challenge,
    /// The answer comes from a page of another origin, or from a frame.
    #[error("the browser's answer comes from a page of another origin")]
    Origin,
    /// The answer is for another relying party.
    #[error("the passkey belongs to another server")]
    RelyingParty,
    /// The authenticator has not verified its user.
    #[error("the authenticator has not verified its user")]
    NotVerified,
    /// The key is of a kind that is not supported.
    #[error("the passkey has a kind of key that is not supported")]
    PublicKey,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The counter went back: there are two copies of the passkey.
    #[error("the counter of the passkey went back: there may be a copy of it")]
    Counter,
}

/// The server as passkeys know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

/// A challenge: random bytes that an authenticator signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyChallenge(pub [u8; CHALLENGE_BYTES]);

impl PasskeyChallenge {
    /// Makes a random challenge.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn random() -> Result<Self, NoRandomness> {
        Ok(Self(random()?))
    }
}

/// The person for whom a passkey is made.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyOwner<'a> {
    /// Random bytes that stand for the person; the same for all passkeys of the person.
    pub handle: &'a [u8],
    /// The name.
    pub name: &'a str,
}

/// The browser's answer to a registration, in the form of `PublicKeyCredential.toJSON()`.
#[derive(Clone, Debug, Deserialize)]
pub struct RegistrationAnswer {
    response: RegistrationResponse,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: String,
}

/// The browser's answer to a sign-in, in the form of `PublicKeyCredential.toJSON()`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionAnswer {
    raw_id: String,
    response: AssertionResponse,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

/// A passkey to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    /// The id of the passkey.
    pub credential_id: Vec<u8>,
    /// The public key, in the form of [`StoredPasskey::public_key`].
    pub public_key: Vec<u8>,
    /// The number of its signatures.
    pub counter: u32,
}

/// A stored passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The public key, as the authenticator wrote it (COSE).
    pub public_key: Vec<u8>,
    /// The number of its signatures at the last sign-in.
    pub counter: u32,
    /// The handle of the person.
    pub user_handle: Vec<u8>,
}

/// The browser's own part of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

impl RelyingParty {
    /// The server at an origin; `host` is its name. None for an address, or a plain name beyond this machine: browsers make
    /// passkeys for names over HTTPS and for `localhost` only.
    pub fn of_origin(is_https: bool, host: &str, port: Option<u16>) -> Option<Self> {
        let id = host.to_ascii_lowercase();
        let is_localhost = id == "localhost" || id.ends_with(".localhost");
        let is_name =
            !id.is_empty() && !id.starts_with('[') && id.parse::<std::net::IpAddr>().is_err();
        if !is_name || !(is_https || is_localhost) {
            return None;
        }
        let (scheme, default_port) = if is_https { ("https", 443) } else { ("http", 80) };
        let origin = match port.filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{id}:{port}"),
            None => format!("{scheme}://{id}"),
        };
        Some(Self { id, origin })
    }

    /// The options of `navigator.credentials.create`, with bytes as base64url. The authenticators of `existing` passkeys make
    /// no second one.
    pub fn registration_options(
        &self,
        challenge: PasskeyChallenge,
        server: &str,
        owner: PasskeyOwner<'_>,
        existing: &[Vec<u8>],
    ) -> Value {
        let algorithms: Vec<_> =
            ALGORITHMS.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
        json!({
            "rp": { "id": self.id, "name": server },
            "user": { "id": base64url(owner.handle), "name": owner.name, "displayName": owner.name },
            "challenge": base64url(challenge.0),
            "pubKeyCredParams": algorithms,
            "timeout": TIMEOUT_MS,
            "excludeCredentials": descriptors(existing),
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
        })
    }

    /// The options of `navigator.credentials.get`, with bytes as base64url.
    pub fn sign_in_options(&self, challenge: PasskeyChallenge) -> Value {
        json!({
            "rpId": self.id,
            "challenge": base64url(challenge.0),
            "timeout": TIMEOUT_MS,
            "userVerification": "required",
            "allowCredentials": [],
        })
    }

    /// The passkey of a registration.
    ///
    /// # Errors
    /// If the answer does not belong to the challenge, or the passkey cannot be used.
    pub fn registered(
        &self,
        challenge: PasskeyChallenge,
        answer: &RegistrationAnswer,
    ) -> Result<NewPasskey, PasskeyError> {
        self.check_client_data("webauthn.create", challenge, &answer.response.client_data)?;
        let attestation = bytes(&answer.response.attestation_object)?;
        let (attestation, _) = Cbor::read(&attestation).ok_or(PasskeyError::Malformed)?;
        let data = attestation.bytes_of("authData").ok_or(PasskeyError::Malformed)?;
        let data = AuthenticatorData::parse(data, &self.id)?;
        let (id, key) = data.credential.ok_or(PasskeyError::Malformed)?;
        CoseKey::parse(key)?;
        Ok(NewPasskey {
            credential_id: id.to_vec(),
            public_key: key.to_vec(),
            counter: data.counter,
        })
    }

    /// Checks the signature of a sign-in. Returns the new counter.
    ///
    /// # Errors
    /// If the answer does not belong to the challenge, or the passkey did not sign it.
    pub fn signed_in(
        &self,
        challenge: PasskeyChallenge,
        passkey: &StoredPasskey,
        answer: &AssertionAnswer,
    ) -> Result<u32, PasskeyError> {
        let response = &answer.response;
        let client_data =
            self.check_client_data("webauthn.get", challenge, &response.client_data)?;
        let data = bytes(&response.authenticator_data)?;
        let AuthenticatorData { counter, .. } = AuthenticatorData::parse(&data, &self.id)?;
        if let Some(handle) = &response.user_handle
            && bytes(handle)? != passkey.user_handle
        {
            return Err(PasskeyError::Signature);
        }
        let signed = [&data, digest(&SHA256, &client_data).as_ref()].concat();
        CoseKey::parse(&passkey.public_key)?.verify(&signed, &bytes(&response.signature)?)?;
        let counts = counter > 0 || passkey.counter > 0;
        if counts && counter <= passkey.counter {
            return Err(PasskeyError::Counter);
        }
        Ok(counter)
    }

    /// Checks the browser's part of an answer, and returns its bytes.
    fn check_client_data(
        &self,
        operation: &str,
        PasskeyChallenge(challenge): PasskeyChallenge,
        text: &str,
    ) -> Result<Vec<u8>, PasskeyError> {
        let client_data = bytes(text)?;
        let parsed: ClientData =
            serde_json::from_slice(&client_data).map_err(|_| PasskeyError::Malformed)?;
        if parsed.r#type != operation {
            return Err(PasskeyError::Operation);
        }
        if from_base64url(&parsed.challenge).as_deref() != Some(challenge.as_slice()) {
            return Err(PasskeyError::Challenge);
        }
        if parsed.origin != self.origin || parsed.cross_origin {
            return Err(PasskeyError::Origin);
        }
        Ok(client_data)
    }
}

impl AssertionAnswer {
    /// The id of the passkey; none if it cannot be read.
    pub fn credential_id(&self) -> Option<Vec<u8>> {
        let id = from_base64url(&self.raw_id)?;
        (1..=MAX_CREDENTIAL_ID_BYTES).contains(&id.len()).then_some(id)
    }
}

/// Makes a random handle for a person.
///
/// # Errors
/// [`NoRandomness`].
pub fn random_user_handle() -> Result<[u8; USER_HANDLE_BYTES], NoRandomness> {
    random()
}

fn descriptors(existing: &[Vec<u8>]) -> Vec<Value> {
    existing.iter().map(|id| json!({ "type": "public-key", "id": base64url(id) })).collect()
}

fn bytes(text: &str) -> Result<Vec<u8>, PasskeyError> {
    from_base64url(text).ok_or(PasskeyError::Malformed)
}
