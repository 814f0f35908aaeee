//! An authenticator whose answers a test can falsify.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use madang_identity::passkeys::PasskeyChallenge;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// The answers of an authenticator. A test changes one field for one lie.
pub(crate) struct Authenticator {
    pub(crate) origin: &'static str,
    pub(crate) relying_party: &'static str,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) operation: Option<&'static str>,
    pub(crate) cross_origin: bool,
    pub(crate) user_handle: Option<Vec<u8>>,
    pub(crate) key: EcdsaKeyPair,
    pub(crate) signs: bool,
}

/// User present and verified.
pub(crate) const VERIFIED: u8 = 0b101;
const HAS_CREDENTIAL: u8 = 1 << 6;

impl Authenticator {
    pub(crate) fn new() -> Self {
        Self {
            origin: "https://chat.example",
            relying_party: "chat.example",
            flags: VERIFIED,
            counter: 1,
            operation: None,
            cross_origin: false,
            user_handle: Some(b"handle".to_vec()),
            key: new_key(),
            signs: true,
        }
    }

    fn client_data(&self, operation: &str, challenge: PasskeyChallenge) -> Vec<u8> {
        let operation = self.operation.unwrap_or(operation);
        json!({
            "type": operation,
            "challenge": encode(challenge.0),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        })
        .to_string()
        .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let hash = digest(&SHA256, self.relying_party.as_bytes());
        let mut data = hash.as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key in COSE.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 32]);
        key.extend(&point[33..]);
        key
    }

    /// The answer to a registration.
    pub(crate) fn registration(&self, challenge: PasskeyChallenge) -> Value {
        self.registration_of(challenge, &self.public_key())
    }

    /// Registers another key than that of the authenticator.
    pub(crate) fn registration_of(&self, challenge: PasskeyChallenge, public_key: &[u8]) -> Value {
        let mut data = self.data(self.flags | HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend([0, 4]);
        data.extend(b"id 1");
        data.extend(public_key);
        let mut object = vec![0xa3];
        object.extend([0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e']);
        object.extend([0x67, b'a', b't', b't', b'S', b't', b'm', b't', 0xa0]);
        object.extend([0x68, b'a', b'u', b't', b'h', b'D', b'a', b't', b'a', 0x59]);
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        json!({
            "id": encode(b"id 1"),
            "rawId": encode(b"id 1"),
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(self.client_data("webauthn.create", challenge)),
                "attestationObject": encode(object),
            },
        })
    }

    /// The answer to a sign-in.
    pub(crate) fn assertion(&self, challenge: PasskeyChallenge) -> Value {
        let client_data = self.client_data("webauthn.get", challenge);
        let data = self.data(self.flags);
        let mut signed = data.clone();
        if self.signs {
            signed.extend(digest(&SHA256, &client_data).as_ref());
        }
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": encode(b"id 1"),
            "rawId": encode(b"id 1"),
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(client_data),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": self.user_handle.as_ref().map(encode),
            },
        })
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn new_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}
