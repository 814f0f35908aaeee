use std::time::Duration;

use madang_identity::oidc::{ClientSecret, Provider, ProviderSettings, ProviderTiming};
use madang_shared::limits::SUBPROTOCOL;
use madang_shared::roles::Role;
use madang_web::{Admission, SignInProvider, SignInProviders};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::provider::{CLIENT_ID, CLIENT_SECRET, Signing, TestProvider, TokenEndpoint};
use crate::test_server::{START, TestServer, TestSettings};

/// A server with a provider.
async fn with_provider(change: impl FnOnce(&mut SignInProvider)) -> (TestServer, TestProvider) {
    let test_provider = TestProvider::start(START / 1_000).await;
    let settings = ProviderSettings {
        issuer: test_provider.issuer().to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(ClientSecret(CLIENT_SECRET.to_owned())),
        scopes: Vec::new(),
        groups_claim: "groups".to_owned(),
        authorities: Vec::new(),
        timing: ProviderTiming {
            request_within: Duration::from_secs(1),
            ..ProviderTiming::default()
        },
    };
    let mut provider = SignInProvider {
        id: "company".to_owned(),
        name: "Company".to_owned(),
        provider: Provider::new(settings).unwrap(),
        roles: vec![("admins".to_owned(), Role::Administrator)],
        other_role: None,
        admission: Admission::Everybody,
    };
    change(&mut provider);
    let providers = SignInProviders::new(vec![provider]);
    let server =
        TestServer::with_settings(TestSettings { providers, ..TestSettings::default() }).await;
    (server, test_provider)
}

/// A browser that follows no redirect by itself.
struct Browser {
    http: reqwest::Client,
    cookies: Vec<String>,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), cookies: Vec::new() }
    }

    /// Opens an address. Returns the address to which the answer leads.
    async fn open(&mut self, address: &str) -> String {
        let request = self.http.get(address).header("cookie", self.cookies.join("; "));
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            let name = pair.split('=').next().unwrap().to_owned();
            self.cookies.retain(|it| !it.starts_with(&format!("{name}=")));
            self.cookies.push(pair);
        }
        answer.headers().get("location").map_or_else(
            || format!("status {}", answer.status()),
            |location| location.to_str().unwrap().to_owned(),
        )
    }

    /// Begins a sign-in. Returns the address to which the provider sends the browser back.
    async fn visit_provider(&mut self, server: &TestServer) -> String {
        let at_provider = self.open(&server.url("/api/session/oidc/company")).await;
        Browser::new().open(&at_provider).await
    }

    async fn sign_in(&mut self, server: &TestServer) -> String {
        let callback = self.visit_provider(server).await;
        self.open(&callback).await
    }

    async fn user(&self, server: &TestServer) -> Option<String> {
        let request = self.http.get(server.url("/api/session"));
        let request = request.header("cookie", self.cookies.join("; "));
        let session: Value = request.send().await.unwrap().json().await.unwrap();
        session["user"]["name"].as_str().map(str::to_owned)
    }
}

#[tokio::test]
async fn a_provider_signs_a_person_in_with_a_cookie() {
    let (server, test_provider) = with_provider(|_| ()).await;
    let mut browser = Browser::new();
    assert_eq!(browser.sign_in(&server).await, "/");
    assert_eq!(browser.user(&server).await.as_deref(), Some("Mina"));
    assert!(browser.cookies.iter().any(|it| it == "madang_provider="), "{:?}", browser.cookies);
    // The same person in another browser, and another person of the same name.
    let mut second = Browser::new();
    second.sign_in(&server).await;
    assert_eq!(second.user(&server).await.as_deref(), Some("Mina"));
    test_provider.change(|it| it.person = json!({ "sub": "2", "preferred_username": "Mina" }));
    let mut other = Browser::new();
    other.sign_in(&server).await;
    assert_eq!(other.user(&server).await.as_deref(), Some("Mina 2"));
    assert_eq!(
        Browser::new().open(&server.url("/api/session/oidc/nobody")).await,
        "status 404 Not Found"
    );
    let methods = server.http.get(server.url("/api/session/methods")).send().await.unwrap();
    let methods: Value = methods.json().await.unwrap();
    assert_eq!(methods["providers"], json!([{ "id": "company", "name": "Company" }]));
}

#[tokio::test]
async fn a_callback_counts_once_and_in_the_browser_that_began_it() {
    let (server, _test_provider) = with_provider(|_| ()).await;
    let (mut mina, mut thief) = (Browser::new(), Browser::new());
    let callback = mina.visit_provider(&server).await;
    let expired = "/sign-in#provider=expired";
    assert_eq!(thief.open(&callback).await, expired, "without the cookie");
    thief.visit_provider(&server).await;
    assert_eq!(
        thief.open(&callback).await,
        "/sign-in#provider=failed",
        "with the cookie of another one"
    );
    assert_eq!(thief.user(&server).await, None);
    assert_eq!(mina.open(&callback).await, "/");
    let mut again = Browser { http: mina.http.clone(), cookies: mina.cookies.clone() };
    assert_eq!(again.open(&callback).await, expired, "replayed");
    let mut stale = Browser::new();
    let callback = stale.visit_provider(&server).await;
    let forged = callback.replace("state=", "state=x");
    assert_eq!(stale.open(&forged).await, "/sign-in#provider=failed");
    assert_eq!(stale.open(&callback).await, expired, "a failed attempt uses the sign-in up");
    for query in ["", "?code=1&code=2", "?error=access_denied"] {
        let mut browser = Browser::new();
        browser.visit_provider(&server).await;
        let address = server.url("/api/session/oidc/company/callback") + query;
        assert!(browser.open(&address).await.starts_with("/sign-in#provider="), "{query}");
        assert_eq!(browser.user(&server).await, None);
    }
}

#[tokio::test]
async fn a_lie_of_the_provider_signs_nobody_in() {
    let (server, test_provider) = with_provider(|_| ()).await;
    let refused = async |what: &str| {
        let mut browser = Browser::new();
        assert_eq!(browser.sign_in(&server).await, "/sign-in#provider=failed", "{what}");
        assert_eq!(browser.user(&server).await, None, "{what}");
    };
    test_provider.lie(|claims| claims["aud"] = json!("another"));
    refused("audience").await;
    test_provider.lie(|_| ());
    let signings = [
        Signing::Unsigned,
        Signing::WithSecret,
        Signing::WithPublicKey,
        Signing::OtherKey,
        Signing::OtherClaims,
        Signing::UnknownKey,
    ];
    for signing in signings {
        test_provider.change(|behaviour| behaviour.signing = signing);
        refused(&format!("{signing:?}")).await;
    }
    test_provider.change(|behaviour| behaviour.signing = Signing::Right);
    let endpoints = [
        TokenEndpoint::Fails,
        TokenEndpoint::IsHuge,
        TokenEndpoint::Redirects,
        TokenEndpoint::SendsNoJson,
        TokenEndpoint::SendsNoIdToken,
        TokenEndpoint::Hangs,
    ];
    for endpoint in endpoints {
        test_provider.change(|behaviour| behaviour.token_endpoint = endpoint);
        refused(&format!("{endpoint:?}")).await;
    }
}

#[tokio::test]
async fn only_admitted_persons_get_an_account() {
    let addresses = ["@team.example", "guest@other.example"].map(str::to_owned).to_vec();
    let (server, test_provider) =
        with_provider(|provider| provider.admission = Admission::Addresses(addresses)).await;
    let sign_in = async |subject: &str, address: &str, is_verified: bool| {
        let person = json!({
            "sub": subject, "name": "Mina", "email": address, "email_verified": is_verified,
        });
        test_provider.change(|behaviour| behaviour.person = person);
        Browser::new().sign_in(&server).await
    };
    let refused = "/sign-in#provider=refused";
    assert_eq!(sign_in("1", "mina@evil.example", true).await, refused);
    assert_eq!(sign_in("1", "mina@team.example", false).await, refused, "not verified");
    assert_eq!(sign_in("1", "mina@team.example.evil", true).await, refused);
    assert_eq!(sign_in("1", "mina@sub.team.example", true).await, refused);
    assert_eq!(sign_in("1", "Mina@Team.Example", true).await, "/");
    assert_eq!(sign_in("2", "guest@other.example", true).await, "/");
    assert_eq!(sign_in("3", "else@other.example", true).await, refused);
    // The identity is the subject: the account stays after the address has changed.
    assert_eq!(sign_in("1", "mina@evil.example", false).await, "/");
}

#[tokio::test]
async fn a_logout_token_ends_the_sessions_and_their_connections() {
    let (server, test_provider) = with_provider(|_| ()).await;
    let mut browser = Browser::new();
    browser.sign_in(&server).await;
    let cookie = browser.cookies.join("; ");
    let request =
        server.socket_request(&[("sec-websocket-protocol", SUBPROTOCOL), ("cookie", &cookie)]);
    let mut socket = server.connect(request).await.unwrap();
    socket.send_text(r#"{"hello":{"client":"test"}}"#).await;
    socket.receive_frame().await;
    let logout = async |token: String, content_type: &str| {
        let form = format!("logout_token={token}");
        let request = server.http.post(server.url("/api/session/oidc/company/logout"));
        request.header("content-type", content_type).body(form).send().await.unwrap().status()
    };
    let form = "application/x-www-form-urlencoded";
    let forged = test_provider.logout_token(|claims| claims["iss"] = json!("https://evil"));
    assert_eq!(logout(forged, form).await, StatusCode::BAD_REQUEST);
    assert_eq!(logout(String::new(), form).await, StatusCode::BAD_REQUEST);
    let token = test_provider.logout_token(|_| ());
    assert_eq!(logout(token.clone(), "text/plain").await, StatusCode::BAD_REQUEST);
    assert_eq!(browser.user(&server).await.as_deref(), Some("Mina"));
    assert_eq!(logout(token, form).await, StatusCode::OK);
    assert_eq!(browser.user(&server).await, None);
    socket.close_code().await;
}

impl Browser {
    /// Begins to link the account at the provider. Returns the address to which the provider sends the browser back.
    async fn begin_link(&mut self, server: &TestServer) -> String {
        let request = self.http.post(server.url("/api/account/providers/company"));
        let request = request.header("cookie", self.cookies.join("; ")).json(&json!({}));
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            self.cookies.retain(|it| !it.starts_with("madang_provider="));
            self.cookies.push(pair);
        }
        let start: Value = answer.json().await.unwrap();
        Browser::new().open(start["location"].as_str().unwrap()).await
    }

    /// A browser whose user has signed up by a name.
    async fn of_user(server: &TestServer, name: &str) -> Self {
        let token = server.sign_up(name).await;
        let mut browser = Self::new();
        browser.cookies.push(format!("madang_session={token}"));
        browser
    }
}

#[tokio::test]
async fn a_user_links_a_person_of_a_provider_who_belongs_to_nobody_else() {
    let (server, test_provider) = with_provider(|it| it.admission = Admission::Nobody).await;
    let mut mina = Browser::of_user(&server, "Mina").await;
    let callback = mina.begin_link(&server).await;
    assert_eq!(mina.open(&callback).await, "/settings/account");
    assert_eq!(mina.open(&callback).await, "/sign-in#provider=expired", "it counts once");
    // The provider signs in now, although it lets nobody new in.
    let mut second = Browser::new();
    assert_eq!(second.sign_in(&server).await, "/");
    assert_eq!(second.user(&server).await.as_deref(), Some("Mina"));

    let mut theo = Browser::of_user(&server, "Theo").await;
    let callback = theo.begin_link(&server).await;
    assert_eq!(theo.open(&callback).await, "/settings/account#provider=taken");
    assert_eq!(theo.user(&server).await.as_deref(), Some("Theo"));
    // Another user of the same browser gets nothing into the account.
    test_provider.change(|it| it.person = json!({ "sub": "2", "preferred_username": "Eve" }));
    let callback = theo.begin_link(&server).await;
    let mut eve = Browser::of_user(&server, "Eve").await;
    eve.cookies
        .extend(theo.cookies.iter().filter(|it| it.starts_with("madang_provider=")).cloned());
    assert_eq!(eve.open(&callback).await, "/settings/account#provider=expired");
    assert_eq!(
        Browser::new().sign_in(&server).await,
        "/sign-in#provider=refused",
        "linked to nobody"
    );
}

#[tokio::test]
async fn the_last_way_to_sign_in_is_not_unlinked() {
    let (server, _test_provider) = with_provider(|_| ()).await;
    let token = server.sign_up("Mina").await;
    let mut mina = Browser::new();
    mina.cookies.push(format!("madang_session={token}"));
    let callback = mina.begin_link(&server).await;
    mina.open(&callback).await;
    let expected = json!([{ "id": "company", "name": "Company", "linked": true }]);
    assert_eq!(server.factors(&token).await["providers"], expected);
    let unlink = || {
        let request = server.http.delete(server.url("/api/account/providers/company"));
        request.bearer_auth(&token).send()
    };
    assert_eq!(unlink().await.unwrap().status(), StatusCode::FORBIDDEN);
    let password = json!({ "password": "correct horse" });
    server.post_as(&token, "/api/account/password", password).await;
    assert_eq!(unlink().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(unlink().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(server.factors(&token).await["providers"][0]["linked"], false);
}
