//! Passkeys, one-time passwords and identity providers over HTTP.

mod codes;
mod passkeys;
mod providers;

pub(crate) use codes::secret_of;

use reqwest::Response;
use serde_json::Value;

use crate::test_server::TestServer;

impl TestServer {
    async fn post_as(&self, token: &str, path: &str, body: Value) -> Response {
        let request = self.http.post(self.url(path)).bearer_auth(token).json(&body);
        request.send().await.unwrap()
    }

    async fn sign_in_json(&self, path: &str, body: Value) -> Response {
        self.http.post(self.url(path)).json(&body).send().await.unwrap()
    }

    async fn factors(&self, token: &str) -> Value {
        let request = self.http.get(self.url("/api/account/factors")).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn user_of(&self, token: &str) -> Option<String> {
        let request = self.http.get(self.url("/api/session")).bearer_auth(token);
        let session: Value = request.send().await.unwrap().json().await.unwrap();
        session["user"]["name"].as_str().map(str::to_owned)
    }
}

async fn body(response: Response, status: u16) -> Value {
    let found = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
