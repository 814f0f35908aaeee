//! Test users, signed up over HTTP.

use std::net::SocketAddr;

use madang_shared::User;
use madang_shared::session::{SessionInfo, SignUp};

use crate::error::LoadgenError;

/// A user with a session on one server.
#[derive(Clone, Debug)]
pub struct TestUser {
    /// The server's address.
    pub server: SocketAddr,
    /// The user's id and name.
    pub user: User,
    /// The session token.
    pub token: String,
}

impl TestUser {
    /// Signs up over plain HTTP. The name must be free.
    ///
    /// # Errors
    /// [`LoadgenError`], if the request fails or the server refuses it.
    pub async fn sign_up(
        http: &reqwest::Client,
        server: SocketAddr,
        name: &str,
    ) -> Result<Self, LoadgenError> {
        Self::sign_up_over(http, "http", server, name).await
    }

    /// Signs up over the scheme `http` or `https`. The name must be free.
    ///
    /// # Errors
    /// [`LoadgenError`], if the request fails or the server refuses it.
    pub async fn sign_up_over(
        http: &reqwest::Client,
        scheme: &str,
        server: SocketAddr,
        name: &str,
    ) -> Result<Self, LoadgenError> {
        let failed = |source| LoadgenError::SignUp { name: name.to_owned(), source };
        let body = SignUp { name: name.to_owned(), bearer: true, needs_cookie: false };
        let url = format!("{scheme}://{server}/api/session");
        let response = http.post(url).json(&body).send().await.map_err(failed)?;
        if !response.status().is_success() {
            let failure = response.json().await.map_err(failed)?;
            return Err(LoadgenError::SignUpRefused { name: name.to_owned(), failure });
        }
        let SessionInfo { user, token } = response.json().await.map_err(failed)?;
        let token = token.ok_or_else(|| LoadgenError::NoToken(name.to_owned()))?;
        Ok(Self { server, user, token })
    }
}
