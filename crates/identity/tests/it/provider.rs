//! A provider of OpenID Connect in the process of a test. It signs everybody in at once, checks what a provider has to check,
//! and lies on request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const CLIENT_ID: &str = "madang";
pub(crate) const CLIENT_SECRET: &str = "s3cret & more";

/// The signature of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signing {
    #[default]
    Right,
    /// The algorithm `none`.
    Unsigned,
    /// `HS256` with the client's secret.
    WithSecret,
    /// `HS256` with the published key as the secret.
    WithPublicKey,
    /// Another key under the right id.
    OtherKey,
    /// A key that is not published.
    UnknownKey,
    /// A right signature of other claims.
    OtherClaims,
}

/// The behaviour of the token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TokenEndpoint {
    #[default]
    Right,
    Hangs,
    IsHuge,
    Redirects,
    Fails,
    SendsNoJson,
    SendsNoIdToken,
}

/// A change of the claims of a token.
type ClaimsLie = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// The person that the provider signs in, and its lies.
#[derive(Clone)]
pub(crate) struct Behaviour {
    pub(crate) person: Value,
    pub(crate) claims: ClaimsLie,
    pub(crate) signing: Signing,
    pub(crate) token_endpoint: TokenEndpoint,
    pub(crate) metadata: ClaimsLie,
    /// The time of the provider, in seconds since 1970.
    pub(crate) now_seconds: u64,
    /// The key id of the present key. Another one is another key.
    pub(crate) key_id: &'static str,
}

struct Inner {
    issuer: String,
    behaviour: Mutex<Behaviour>,
    /// The nonce, the PKCE challenge and the redirect of each code.
    codes: Mutex<HashMap<String, (String, String, String)>>,
    keys: Mutex<HashMap<&'static str, Arc<EcdsaKeyPair>>>,
    other_key: EcdsaKeyPair,
}

/// A provider that listens on this machine.
#[derive(Clone)]
pub(crate) struct TestProvider(Arc<Inner>);

impl TestProvider {
    pub(crate) async fn start(now_seconds: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self(Arc::new(Inner {
            issuer,
            behaviour: Mutex::new(Behaviour {
                person: json!({ "sub": "subject 1", "preferred_username": "Mina" }),
                claims: Arc::new(|_| ()),
                signing: Signing::Right,
                token_endpoint: TokenEndpoint::Right,
                metadata: Arc::new(|_| ()),
                now_seconds,
                key_id: "key 1",
            }),
            codes: Mutex::default(),
            keys: Mutex::default(),
            other_key: new_key(),
        }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.0.behaviour.lock().unwrap());
    }

    /// Changes the claims of the next tokens.
    pub(crate) fn lie(&self, lie: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.change(|behaviour| behaviour.claims = Arc::new(lie));
    }

    fn behaviour(&self) -> Behaviour {
        self.0.behaviour.lock().unwrap().clone()
    }

    fn key(&self) -> (&'static str, Arc<EcdsaKeyPair>) {
        let id = self.behaviour().key_id;
        let mut keys = self.0.keys.lock().unwrap();
        (id, keys.entry(id).or_insert_with(|| Arc::new(new_key())).clone())
    }

    /// A logout token for the person.
    pub(crate) fn logout_token(&self, change: impl Fn(&mut Value)) -> String {
        let behaviour = self.behaviour();
        let now = behaviour.now_seconds;
        let mut claims = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": "1",
            "sub": behaviour.person["sub"],
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        change(&mut claims);
        self.sign(&claims, "logout+jwt")
    }

    fn id_token(&self, nonce: &str) -> String {
        let behaviour = self.behaviour();
        let now = behaviour.now_seconds;
        let mut claims = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce,
        });
        for (name, value) in behaviour.person.as_object().unwrap() {
            claims[name] = value.clone();
        }
        (behaviour.claims)(&mut claims);
        self.sign(&claims, "JWT")
    }

    fn sign(&self, claims: &Value, typ: &str) -> String {
        let signing = self.behaviour().signing;
        let (id, key) = self.key();
        let algorithm = match signing {
            Signing::Unsigned => "none",
            Signing::WithSecret | Signing::WithPublicKey => "HS256",
            _ => "ES256",
        };
        let id = if signing == Signing::UnknownKey { "another key" } else { id };
        let header = json!({ "alg": algorithm, "kid": id, "typ": typ });
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let ecdsa = |key: &EcdsaKeyPair, text: &str| {
            key.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec()
        };
        let with_secret = |secret: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
        };
        let signature = match signing {
            Signing::Right | Signing::UnknownKey => ecdsa(&key, &signed),
            Signing::Unsigned => Vec::new(),
            Signing::WithSecret => with_secret(CLIENT_SECRET.as_bytes()),
            Signing::WithPublicKey => with_secret(key.public_key().as_ref()),
            Signing::OtherKey => ecdsa(&self.0.other_key, &signed),
            Signing::OtherClaims => ecdsa(&key, &format!("{signed}x")),
        };
        format!("{signed}.{}", encode(signature))
    }
}

async fn metadata(State(provider): State<TestProvider>) -> Json<Value> {
    let issuer = provider.issuer();
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
    });
    (provider.behaviour().metadata)(&mut metadata);
    Json(metadata)
}

async fn keys(State(provider): State<TestProvider>) -> Json<Value> {
    let (id, key) = provider.key();
    let point = key.public_key().as_ref();
    let key = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id,
        "x": encode(&point[1..33]), "y": encode(&point[33..]),
    });
    // Keys of other kinds and uses stand beside it.
    let symmetric = json!({ "kty": "oct", "kid": id, "k": encode(CLIENT_SECRET) });
    Json(json!({ "keys": [symmetric, 7, { "kty": "EC", "use": "enc", "kid": id }, key] }))
}

async fn authorize(
    State(provider): State<TestProvider>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let of = |name: &str| query.get(name).cloned().unwrap_or_default();
    let is_right = of("client_id") == CLIENT_ID
        && of("response_type") == "code"
        && of("scope").split(' ').any(|scope| scope == "openid")
        && of("code_challenge_method") == "S256";
    if !is_right {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).unwrap();
    let code = encode(random);
    let redirect = of("redirect_uri");
    let entry = (of("nonce"), of("code_challenge"), redirect.clone());
    provider.0.codes.lock().unwrap().insert(code.clone(), entry);
    let location = format!("{redirect}?code={code}&state={}", of("state"));
    (StatusCode::FOUND, [(LOCATION, location)]).into_response()
}

async fn token(State(provider): State<TestProvider>, headers: HeaderMap, form: String) -> Response {
    match provider.behaviour().token_endpoint {
        TokenEndpoint::Right => {}
        TokenEndpoint::Hangs => std::future::pending().await,
        TokenEndpoint::IsHuge => return vec![b' '; 2_000_000].into_response(),
        TokenEndpoint::Redirects => {
            let elsewhere = format!("{}/keys", provider.issuer());
            return (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, elsewhere)]).into_response();
        }
        TokenEndpoint::Fails => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        TokenEndpoint::SendsNoJson => return "<html>".into_response(),
        TokenEndpoint::SendsNoIdToken => {
            return Json(json!({ "access_token": "x" })).into_response();
        }
    }
    let form: HashMap<_, _> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let of = |name: &str| form.get(name).cloned().unwrap_or_default();
    let secret: String = "s3cret+%26+more".to_owned();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT_ID}:{secret}")));
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    // A code counts once.
    let entry = provider.0.codes.lock().unwrap().remove(&of("code"));
    let Some((nonce, challenge, redirect)) = entry.filter(|_| authorization == Some(&basic)) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
            .into_response();
    };
    let verifier = encode(digest(&SHA256, of("code_verifier").as_bytes()));
    if verifier != challenge || redirect != of("redirect_uri") {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
            .into_response();
    }
    let id_token = provider.id_token(&nonce);
    Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": id_token }))
        .into_response()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn new_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}
