use madang_identity::passkeys::{
    AssertionAnswer, PasskeyChallenge, PasskeyError, PasskeyOwner, RegistrationAnswer,
    RelyingParty, StoredPasskey,
};

use crate::authenticator::{Authenticator, VERIFIED, new_key};

fn chat() -> RelyingParty {
    RelyingParty::of_origin(true, "chat.example", None).unwrap()
}

fn challenge() -> PasskeyChallenge {
    PasskeyChallenge([7; 32])
}

fn answer_to<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn register(authenticator: &Authenticator) -> RegistrationAnswer {
    answer_to(authenticator.registration(challenge()))
}

fn register_key(authenticator: &Authenticator, key: &[u8]) -> RegistrationAnswer {
    answer_to(authenticator.registration_of(challenge(), key))
}

fn sign_in(authenticator: &Authenticator) -> AssertionAnswer {
    answer_to(authenticator.assertion(challenge()))
}

/// The passkey of an authenticator, as the server stores it.
fn stored(authenticator: &Authenticator) -> StoredPasskey {
    let new = chat().registered(challenge(), &register(authenticator)).unwrap();
    StoredPasskey {
        public_key: new.public_key,
        counter: new.counter,
        user_handle: b"handle".to_vec(),
    }
}

#[test]
fn a_registered_passkey_signs_in() {
    let mut authenticator = Authenticator::new();
    let answer = register(&authenticator);
    let new = chat().registered(challenge(), &answer).unwrap();
    assert_eq!((new.credential_id.as_slice(), new.counter), (&b"id 1"[..], 1));
    let passkey = stored(&authenticator);
    authenticator.counter = 2;
    let answer = sign_in(&authenticator);
    assert_eq!(answer.credential_id().as_deref(), Some(&b"id 1"[..]));
    assert_eq!(chat().signed_in(challenge(), &passkey, &answer), Ok(2));
    // Browsers may leave the handle out.
    authenticator.user_handle = None;
    assert_eq!(chat().signed_in(challenge(), &passkey, &sign_in(&authenticator)), Ok(2));
}

/// A lie of an authenticator, with the error that it causes.
type Lie = (&'static str, fn(&mut Authenticator), PasskeyError);

const LIES: [Lie; 9] = [
    ("origin", |it| it.origin = "https://evil.example", PasskeyError::Origin),
    ("port", |it| it.origin = "https://chat.example:8443", PasskeyError::Origin),
    ("plain", |it| it.origin = "http://chat.example", PasskeyError::Origin),
    ("frame", |it| it.cross_origin = true, PasskeyError::Origin),
    ("relying party", |it| it.relying_party = "evil.example", PasskeyError::RelyingParty),
    ("parent", |it| it.relying_party = "example", PasskeyError::RelyingParty),
    ("not verified", |it| it.flags = 0b001, PasskeyError::NotVerified),
    ("not present", |it| it.flags = 0b100, PasskeyError::NotVerified),
    ("operation", |it| it.operation = Some("payment.get"), PasskeyError::Operation),
];

#[test]
fn a_lie_in_a_registration_is_refused() {
    for (lie, tell, error) in LIES {
        let mut authenticator = Authenticator::new();
        tell(&mut authenticator);
        let answer = register(&authenticator);
        assert_eq!(chat().registered(challenge(), &answer), Err(error), "{lie}");
    }
    let answer = answer_to(Authenticator::new().registration(PasskeyChallenge([8; 32])));
    assert_eq!(chat().registered(challenge(), &answer), Err(PasskeyError::Challenge));
}

#[test]
fn a_lie_in_a_sign_in_is_refused() {
    let more: [Lie; 3] = [
        ("signature", |it| it.signs = false, PasskeyError::Signature),
        ("key", |it| it.key = new_key(), PasskeyError::Signature),
        ("person", |it| it.user_handle = Some(b"other".to_vec()), PasskeyError::Signature),
    ];
    for (lie, tell, error) in LIES.into_iter().chain(more) {
        let mut authenticator = Authenticator::new();
        let passkey = stored(&authenticator);
        authenticator.counter = 2;
        tell(&mut authenticator);
        let answer = sign_in(&authenticator);
        assert_eq!(chat().signed_in(challenge(), &passkey, &answer), Err(error), "{lie}");
    }
    let authenticator = Authenticator { counter: 2, ..Authenticator::new() };
    let passkey = StoredPasskey { counter: 1, ..stored(&authenticator) };
    let replayed = answer_to(authenticator.assertion(PasskeyChallenge([8; 32])));
    assert_eq!(chat().signed_in(challenge(), &passkey, &replayed), Err(PasskeyError::Challenge));
}

#[test]
fn a_counter_that_does_not_grow_is_a_copy() {
    let mut authenticator = Authenticator::new();
    let mut passkey = stored(&authenticator);
    let mut check = |before, now| {
        passkey.counter = before;
        authenticator.counter = now;
        chat().signed_in(challenge(), &passkey, &sign_in(&authenticator))
    };
    assert_eq!(check(0, 0), Ok(0), "this authenticator does not count");
    assert_eq!(check(0, 5), Ok(5));
    assert_eq!(check(5, 6), Ok(6));
    for (before, now) in [(5, 5), (5, 4), (5, 0)] {
        assert_eq!(check(before, now), Err(PasskeyError::Counter), "{before} {now}");
    }
}

#[test]
fn only_supported_keys_are_registered() {
    let authenticator = Authenticator { flags: VERIFIED, ..Authenticator::new() };
    let ed25519 = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &[9; 32]].concat();
    let short = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 31][..], &[9; 31]].concat();
    let p384 = [&[0xa4, 1, 2, 3, 0x38, 0x22, 0x20, 2, 0x21, 0x58, 48][..], &[9; 48]].concat();
    // A symmetric key.
    let hmac = [&[0xa3, 1, 4, 3, 5, 0x20, 0x58, 32][..], &[9; 32]].concat();
    let register =
        |key: &[u8]| chat().registered(challenge(), &register_key(&authenticator, key)).map(drop);
    assert_eq!(register(&ed25519), Ok(()));
    for key in [short, p384, hmac] {
        assert_eq!(register(&key), Err(PasskeyError::PublicKey));
    }
    for key in [&[][..], &[0xa1], &[0xff; 40]] {
        assert_eq!(register(key), Err(PasskeyError::Malformed));
    }
}

#[test]
fn a_relying_party_is_a_name_over_https_or_localhost() {
    let origin = |https, host, port| RelyingParty::of_origin(https, host, port).is_some();
    assert!(origin(true, "chat.example", None) && origin(true, "Chat.Example", Some(443)));
    assert!(origin(false, "localhost", Some(5001)) && origin(false, "a.localhost", None));
    assert!(!origin(false, "chat.example", None), "browsers refuse plain HTTP");
    for address in ["192.168.0.7", "[::1]", "::1", ""] {
        assert!(!origin(true, address, None), "{address}");
    }
    assert_eq!(
        RelyingParty::of_origin(true, "chat.example", Some(443)),
        RelyingParty::of_origin(true, "CHAT.example", None)
    );
}

#[test]
fn the_options_require_a_discoverable_passkey_that_verifies_its_user() {
    let owner = PasskeyOwner { handle: b"handle", name: "민아" };
    let options = chat().registration_options(challenge(), "우리 팀", owner, &[b"id 1".to_vec()]);
    assert_eq!(options["rp"]["id"], "chat.example");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"][0]["id"], "aWQgMQ");
    let options = chat().sign_in_options(challenge());
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"].as_array().map(Vec::len), Some(0));
}
