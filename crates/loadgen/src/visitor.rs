//! Signing up over HTTP.

use std::net::SocketAddr;

use madang_shared::session::{SessionInfo, SignUp};
use madang_shared::{Failure, User};
use thiserror::Error;

/// A user with a session on one server.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Where the server is.
    pub server: SocketAddr,
    /// Who it is.
    pub user: User,
    /// Proves it.
    pub token: String,
}

/// Why there is no session.
#[derive(Debug, Error)]
pub enum SignUpError {
    /// The server was not reached, or its answer could not be read.
    #[error("cannot sign up: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The server does not want to.
    #[error("the server refuses to sign up {name:?}: {failure}")]
    Refused {
        /// The name that was asked for.
        name: String,
        /// Why not.
        failure: Failure,
    },
    /// A token was asked for, and none came.
    #[error("the server gave {0:?} no token")]
    NoToken(String),
}

impl Visitor {
    /// Signs up under a name that nobody has yet.
    ///
    /// # Errors
    /// Why there is no session.
    pub async fn sign_up(
        http: &reqwest::Client,
        server: SocketAddr,
        name: &str,
    ) -> Result<Self, SignUpError> {
        Self::sign_up_over(http, "http", server, name).await
    }

    /// The same, over `http` or `https`.
    ///
    /// # Errors
    /// Why there is no session.
    pub async fn sign_up_over(
        http: &reqwest::Client,
        scheme: &str,
        server: SocketAddr,
        name: &str,
    ) -> Result<Self, SignUpError> {
        let body = SignUp { name: name.to_owned(), bearer: true };
        let url = format!("{scheme}://{server}/api/session");
        let answer = http.post(url).json(&body).send().await?;
        if !answer.status().is_success() {
            let failure = answer.json().await?;
            return Err(SignUpError::Refused { name: name.to_owned(), failure });
        }
        let SessionInfo { user, token } = answer.json().await?;
        let token = token.ok_or_else(|| SignUpError::NoToken(name.to_owned()))?;
        Ok(Self { server, user, token })
    }
}
