//! The access token of a client. With it, the client acts as the user of the token; without it, as a guest, where guests
//! may come.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::Query;
use madang_hub::access_watch::AccessWatch;
use madang_hub::policy::access::RequestKind;
use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::{Identity, StoreError};
use madang_shared::{ErrorCode, Failure, RoomId, Topic};
use serde::Deserialize;
use serde_json::Value;
use socketioxide::extract::SocketRef;

use crate::http::problem::Problem;
use crate::http::session_token::Credential;
use crate::state::AppState;
use crate::ws::open_sessions::OpenSession;

/// A client with a token.
pub(super) struct TokenClient {
    pub(super) identity: Identity,
    /// Ends when the token ends.
    pub(super) open: OpenSession,
}

/// Identifies a client; `guests` tells whether it may come without a token. It sends the token as
/// `auth.token`, or, in versions without `auth`, as `token` in the query. None for a guest.
///
/// # Errors
/// `unauthenticated` for a token that has ended or never existed, and for a guest where no guests may come.
pub(super) async fn identify(
    state: &AppState,
    guests: bool,
    socket: &SocketRef,
    auth: Option<&Value>,
) -> Result<Option<Arc<TokenClient>>, Failure> {
    let Some(token) = token_of(socket, auth) else {
        return if guests {
            Ok(None)
        } else {
            let message = "This server needs an access token of Socket.IO clients; send it as `auth.token`, or in the \
                query as `token`.";
            Err(Failure::new(ErrorCode::Unauthenticated, message))
        };
    };
    let credential = Credential::new(&token);
    // Before the store is asked, so that an end in between is not missed.
    let open = state.open_sessions.open(credential.hash());
    let identity = match credential {
        Credential::AccessToken(_) => {
            let (store, now) = (state.store.as_ref(), state.clock.now());
            credential.identity(store, now).await.map_err(|error| Problem::from(error).failure)?
        }
        // A page could read the session of its visitor from another place and send it here.
        Credential::Session(_) => None,
    };
    let identity = identity.ok_or_else(|| {
        let message = "This access token is unknown, or has ended; make a new one in the settings of your account.";
        Failure::new(ErrorCode::Unauthenticated, message)
    })?;
    // The end of the account is the end of the token's connections.
    open.belongs_to(identity.user.id);
    Ok(Some(Arc::new(TokenClient { identity, open })))
}

fn token_of(socket: &SocketRef, auth: Option<&Value>) -> Option<String> {
    #[derive(Deserialize)]
    struct TokenQuery {
        token: Option<String>,
    }
    let in_auth = auth.and_then(|auth| auth.get("token")?.as_str());
    in_auth.map(str::to_owned).or_else(|| {
        let query = Query::<TokenQuery>::try_from_uri(&socket.req_parts().uri).ok();
        query.and_then(|Query(query)| query.token)
    })
}

impl TokenClient {
    /// Watches the access to topics.
    pub(super) fn watch(&self, state: &AppState, topics: BTreeSet<Topic>) -> AccessWatch {
        AccessWatch::new(Arc::clone(&state.hub), self.identity.user.id, topics)
    }

    /// Checks that the client may follow a topic.
    ///
    /// # Errors
    /// The refusal; [`StoreError::Unavailable`].
    pub(super) async fn check_topic(
        &self,
        state: &AppState,
        topic: Topic,
    ) -> Result<(), StoreError> {
        let Identity { user, access } = &self.identity;
        let checked = access.check(RequestKind::Read, Need::of_topic(topic));
        checked.map_err(StoreError::Refused)?;
        state.store.check_access(user.id, topic).await
    }

    /// Checks that the client may write in a room.
    ///
    /// # Errors
    /// The refusal.
    pub(super) async fn check_writing(
        &self,
        state: &AppState,
        room: RoomId,
    ) -> Result<(), Failure> {
        let (Identity { user, access }, need) =
            (&self.identity, Need::Room(room, RoomRight::Write));
        access.check(RequestKind::Change, need)?;
        let checked = async {
            state.store.check_need(user.id, need).await?;
            state.store.check_speech(user.id, room, state.clock.now()).await
        };
        checked.await.map_err(|error| Problem::from(error).failure)
    }
}
