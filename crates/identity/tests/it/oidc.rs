use std::time::Duration;

use madang_identity::oidc::{
    CallbackQuery, ClaimsError, ClientSecret, OidcError, Provider, ProviderIdentity,
    ProviderSettings, ProviderTiming, SignInStart,
};
use serde_json::json;

use crate::provider::{CLIENT_ID, CLIENT_SECRET, Signing, TestProvider, TokenEndpoint};

/// The time of every test, in seconds since 1970.
const NOW: u64 = 1_700_000_000;
const NOW_MS: u64 = NOW * 1_000;
const CALLBACK: &str = "http://localhost:5001/api/session/oidc/test/callback";

async fn start() -> (TestProvider, Provider) {
    let test_provider = TestProvider::start(NOW).await;
    let provider = Provider::new(settings(test_provider.issuer())).unwrap();
    (test_provider, provider)
}

fn settings(issuer: &str) -> ProviderSettings {
    ProviderSettings {
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(ClientSecret(CLIENT_SECRET.to_owned())),
        scopes: vec!["profile".to_owned(), "openid".to_owned()],
        groups_claim: "groups".to_owned(),
        authorities: Vec::new(),
        timing: ProviderTiming::default(),
    }
}

/// The browser: goes to the provider, and returns the parameters with which it comes back.
async fn visit(start: &SignInStart) -> CallbackQuery {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = client.build().unwrap().get(&start.location).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    let (before, _) = location.split_once('?').unwrap();
    assert_eq!(before, CALLBACK);
    let url = url::Url::parse(location).unwrap();
    let of = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    CallbackQuery { code: of("code"), state: of("state"), iss: None, error: None }
}

async fn sign_in(provider: &Provider) -> Result<ProviderIdentity, OidcError> {
    let start = provider.begin(CALLBACK, NOW_MS).await?;
    let callback = visit(&start).await;
    provider.finish(start.pending, callback, NOW_MS).await
}

#[tokio::test]
async fn a_person_signs_in_with_names_and_groups() {
    let (test_provider, provider) = start().await;
    test_provider.change(|behaviour| {
        behaviour.person = json!({
            "sub": "7", "preferred_username": "mina", "name": "김민아", "email": "", "sid": "s 1",
            "groups": ["team", 3, "admins"],
        });
    });
    let identity = sign_in(&provider).await.unwrap();
    assert_eq!(
        identity,
        ProviderIdentity {
            issuer: test_provider.issuer().to_owned(),
            subject: "7".to_owned(),
            provider_session: Some("s 1".to_owned()),
            verified_address: None,
            names: vec!["mina".to_owned(), "김민아".to_owned()],
            groups: vec!["team".to_owned(), "admins".to_owned()],
        }
    );
    for (verified, address) in [(json!(true), Some("mina@chat.example")), (json!(false), None)] {
        test_provider.lie(move |claims| {
            claims["email"] = json!("mina@chat.example");
            claims["email_verified"] = verified.clone();
        });
        let identity = sign_in(&provider).await.unwrap();
        assert_eq!(identity.verified_address.as_deref(), address);
    }
    test_provider.lie(|claims| claims["groups"] = json!("team"));
    assert_eq!(sign_in(&provider).await.unwrap().groups, ["team"]);
}

/// A lie of the claims, with the error that it causes.
type Lie = (&'static str, fn(&mut serde_json::Value), ClaimsError);

const LIES: [Lie; 19] = [
    ("issuer", |it| it["iss"] = json!("https://evil.example"), ClaimsError::Issuer),
    (
        "slash",
        |it| it["iss"] = json!(format!("{}/", it["iss"].as_str().unwrap())),
        ClaimsError::Issuer,
    ),
    ("no issuer", |it| drop(it.as_object_mut().unwrap().remove("iss")), ClaimsError::Issuer),
    ("audience", |it| it["aud"] = json!("another"), ClaimsError::Audience),
    ("no audience", |it| drop(it.as_object_mut().unwrap().remove("aud")), ClaimsError::Audience),
    ("audiences", |it| it["aud"] = json!(["another"]), ClaimsError::Audience),
    ("two audiences", |it| it["aud"] = json!([CLIENT_ID, "another"]), ClaimsError::Audience),
    ("authorized", |it| it["azp"] = json!("another"), ClaimsError::Audience),
    ("nonce", |it| it["nonce"] = json!("another"), ClaimsError::Nonce),
    ("no nonce", |it| drop(it.as_object_mut().unwrap().remove("nonce")), ClaimsError::Nonce),
    ("expired", |it| it["exp"] = json!(NOW - 121), ClaimsError::Expired),
    ("never expires", |it| drop(it.as_object_mut().unwrap().remove("exp")), ClaimsError::Expired),
    ("text expires", |it| it["exp"] = json!("never"), ClaimsError::Expired),
    ("not yet", |it| it["nbf"] = json!(NOW + 121), ClaimsError::NotYetValid),
    ("made later", |it| it["iat"] = json!(NOW + 121), ClaimsError::NotYetValid),
    ("no subject", |it| drop(it.as_object_mut().unwrap().remove("sub")), ClaimsError::Subject),
    ("empty subject", |it| it["sub"] = json!(""), ClaimsError::Subject),
    ("number", |it| it["sub"] = json!(7), ClaimsError::Subject),
    ("long subject", |it| it["sub"] = json!("x".repeat(256)), ClaimsError::Subject),
];

#[tokio::test]
async fn a_lie_in_the_claims_is_refused() {
    let (test_provider, provider) = start().await;
    for (lie, tell, error) in LIES {
        test_provider.lie(tell);
        assert_eq!(sign_in(&provider).await, Err(OidcError::Claims(error)), "{lie}");
    }
    test_provider.lie(|claims| {
        // The clocks differ a little, and the token is for several programs, but made for this one.
        *claims = json!({
            "iss": claims["iss"], "aud": [CLIENT_ID, "another"], "azp": CLIENT_ID, "sub": "1",
            "nonce": claims["nonce"], "exp": NOW - 100, "iat": NOW + 100, "nbf": (NOW + 100),
        });
    });
    assert_eq!(sign_in(&provider).await.unwrap().subject, "1");
}

#[tokio::test]
async fn a_token_counts_with_the_signature_of_a_published_key_only() {
    let (test_provider, provider) = start().await;
    sign_in(&provider).await.unwrap();
    let refused = [
        (Signing::Unsigned, "not a signature"),
        (Signing::WithSecret, "not a signature"),
        (Signing::WithPublicKey, "not a signature"),
        (Signing::OtherKey, "signature is wrong"),
        (Signing::OtherClaims, "signature is wrong"),
        (Signing::UnknownKey, "no published key"),
    ];
    for (signing, error) in refused {
        test_provider.change(|behaviour| behaviour.signing = signing);
        let refused = sign_in(&provider).await.unwrap_err();
        assert!(matches!(&refused, OidcError::Token(text) if text.contains(error)), "{refused}");
    }
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_requested() {
    let (test_provider, provider) = start().await;
    sign_in(&provider).await.unwrap();
    test_provider.change(|behaviour| behaviour.key_id = "key 2");
    assert!(sign_in(&provider).await.is_err(), "the keys were requested a moment ago");
    let start = provider.begin(CALLBACK, NOW_MS).await.unwrap();
    let callback = visit(&start).await;
    let later = provider.finish(start.pending, callback, NOW_MS + 31_000).await;
    assert_eq!(later.unwrap().subject, "subject 1");
}

#[tokio::test]
async fn a_callback_belongs_to_one_sign_in() {
    let (_test_provider, provider) = start().await;
    let [first, second] = [
        provider.begin(CALLBACK, NOW_MS).await.unwrap(),
        provider.begin(CALLBACK, NOW_MS).await.unwrap(),
    ];
    let (one, two) = (visit(&first).await, visit(&second).await);
    // The state of another sign-in, and none.
    for state in [two.state.clone(), None] {
        let callback = CallbackQuery { state, ..one.clone() };
        let refused = provider.finish(first.pending.clone(), callback, NOW_MS).await;
        assert_eq!(refused, Err(OidcError::State));
    }
    // The code of another sign-in: its verifier is another one.
    let callback = CallbackQuery { code: two.code, ..one.clone() };
    let refused = provider.finish(first.pending.clone(), callback, NOW_MS).await;
    assert_eq!(refused, Err(OidcError::Status(400)));
    let callback = CallbackQuery { iss: Some("https://evil.example".to_owned()), ..one.clone() };
    let refused = provider.finish(first.pending.clone(), callback, NOW_MS).await;
    assert_eq!(refused, Err(OidcError::Claims(ClaimsError::Issuer)));
    let signed_in = provider.finish(first.pending.clone(), one.clone(), NOW_MS).await;
    assert!(signed_in.is_ok());
    // The code was used.
    let replayed = provider.finish(first.pending, one, NOW_MS).await;
    assert_eq!(replayed, Err(OidcError::Status(400)));
}

#[tokio::test]
async fn a_refusal_of_the_provider_is_told() {
    let (_test_provider, provider) = start().await;
    let start = provider.begin(CALLBACK, NOW_MS).await.unwrap();
    let state = visit(&start).await.state;
    let error = Some("access_denied\n<script>".to_owned());
    let callback = CallbackQuery { state, error, ..CallbackQuery::default() };
    let refused = provider.finish(start.pending, callback, NOW_MS).await;
    assert_eq!(refused, Err(OidcError::Answer("it refuses: access_denied<script>".to_owned())));
}

#[tokio::test]
async fn a_broken_token_endpoint_is_bounded() {
    let test_provider = TestProvider::start(NOW).await;
    let timing =
        ProviderTiming { request_within: Duration::from_millis(500), ..ProviderTiming::default() };
    let settings = ProviderSettings { timing, ..settings(test_provider.issuer()) };
    let provider = Provider::new(settings).unwrap();
    let cases = [
        (TokenEndpoint::Hangs, "takes too long"),
        (TokenEndpoint::IsHuge, "larger than the limit"),
        (TokenEndpoint::Redirects, "status 307"),
        (TokenEndpoint::Fails, "status 500"),
        (TokenEndpoint::SendsNoJson, "cannot be used"),
        (TokenEndpoint::SendsNoIdToken, "no id token"),
    ];
    for (endpoint, error) in cases {
        test_provider.change(|behaviour| behaviour.token_endpoint = endpoint);
        let refused = sign_in(&provider).await.unwrap_err().to_string();
        assert!(refused.contains(error), "{endpoint:?}: {refused}");
    }
}

#[tokio::test]
async fn a_description_of_another_provider_is_refused() {
    for (name, value) in [
        ("issuer", "https://evil.example"),
        ("token_endpoint", "http://evil.example/token"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("jwks_uri", "file:///etc/passwd"),
        ("token_endpoint", "nonsense"),
    ] {
        let (test_provider, provider) = start().await;
        test_provider.change(|behaviour| {
            behaviour.metadata = std::sync::Arc::new(move |metadata| metadata[name] = json!(value));
        });
        let refused = provider.begin(CALLBACK, NOW_MS).await.unwrap_err();
        assert!(matches!(refused, OidcError::Metadata(_) | OidcError::Answer(_)), "{refused}");
    }
    for issuer in ["http://provider.example", "provider.example", "https://a.example/?x", ""] {
        assert!(matches!(Provider::new(settings(issuer)), Err(OidcError::Setup(_))), "{issuer}");
    }
}

#[tokio::test]
async fn a_logout_token_names_a_person_or_a_session() {
    let (test_provider, provider) = start().await;
    let logout = async |change: fn(&mut serde_json::Value)| {
        provider.logout(&test_provider.logout_token(change), NOW_MS).await
    };
    let of_person = logout(|_| ()).await.unwrap();
    assert_eq!(of_person.subject.as_deref(), Some("subject 1"));
    assert_eq!((of_person.provider_session, of_person.made_at_seconds), (None, NOW));
    let of_session = logout(|it| {
        it["sub"].take();
        it.as_object_mut().unwrap().remove("sub");
        it["sid"] = json!("s 1");
    });
    let of_session = of_session.await.unwrap();
    assert_eq!((of_session.subject, of_session.provider_session.as_deref()), (None, Some("s 1")));
    let lies: [Lie; 8] = [
        ("issuer", |it| it["iss"] = json!("https://evil.example"), ClaimsError::Issuer),
        ("audience", |it| it["aud"] = json!("another"), ClaimsError::Audience),
        ("expired", |it| it["exp"] = json!(NOW - 121), ClaimsError::Expired),
        ("old", |it| it["iat"] = json!(NOW - 601), ClaimsError::Expired),
        ("later", |it| it["iat"] = json!(NOW + 121), ClaimsError::NotYetValid),
        ("no event", |it| it["events"] = json!({}), ClaimsError::NotALogout),
        ("an id token", |it| it["nonce"] = json!("x"), ClaimsError::NotALogout),
        ("nobody", |it| drop(it.as_object_mut().unwrap().remove("sub")), ClaimsError::Subject),
    ];
    for (lie, tell, error) in lies {
        assert_eq!(logout(tell).await, Err(OidcError::Claims(error)), "{lie}");
    }
    for signing in [Signing::Unsigned, Signing::WithSecret, Signing::OtherKey] {
        test_provider.change(|behaviour| behaviour.signing = signing);
        assert!(matches!(logout(|_| ()).await, Err(OidcError::Token(_))), "{signing:?}");
    }
    for text in ["", "a.b", "a.b.c", "....", "{}"] {
        assert!(provider.logout(text, NOW_MS).await.is_err(), "{text:?}");
    }
}
