//! The sign-in session of a client: `POST`, `GET` and `DELETE /api/session`.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use madang_hub::accounts::RequestOrigin;
use madang_hub::administration::{InvitedUser, Invitee, needs_invitation};
use madang_hub::budgets::account::Cost;
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::ports::{NewUser, StoreError, TokenHash};
use madang_hub::{names, policy};
use madang_shared::moderation::OwnBan;
use madang_shared::roles::Access;
use madang_shared::session::{CurrentSession, OwnRole, SessionInfo};
use madang_shared::{ErrorCode, Timestamp, User};

use serde::Serialize;

use crate::connection_slots::ConnectionSlot;
use crate::http::accounts::device_words::device_words;
use crate::http::client_info::{ClientAddress, ClientInfo};
use crate::http::json_object::JsonObject;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::http::session_token::{
    Token, authenticate, candidates, candidates_in_cookies, has_probe, hash, probe_cookie,
    removal_cookie, sessions,
};
use crate::state::AppState;

/// Signs a user up and starts a session: with a cookie for browsers, or with a bearer token if requested. The fields of
/// the body are those of [`madang_shared::session::SignUp`]. The new cookie replaces the browser's cookie, so the session
/// of that one ends.
pub async fn sign_up(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    client_info: ClientInfo,
    access: PageAccess,
    headers: HeaderMap,
    slot: Option<Extension<ConnectionSlot>>,
    body: JsonObject,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let account = state.hub.budgets().stranger(Network::of(address), now);
    account.charge_one(Resource::Reads, now)?;
    let invitation = body.optional_string("invitation")?.map(hash);
    let open_to_all = state.hub.workspace().access == Access::Open;
    if invitation.is_none() && !open_to_all {
        return Err(needs_invitation().into());
    }
    let name = body.string("name")?;
    let (bearer, needs_cookie) = (body.flag("bearer")?, body.flag("needs_cookie")?);
    let name = names::user_name(name)?;
    if !bearer && access != PageAccess::Full {
        return Err(Problem::new(
            ErrorCode::Forbidden,
            "A page of a development server gets no cookie; sign up with `bearer`, or add its origin to \
             `allowed_origins` in the configuration.",
        ));
    }
    // Before anything changes: a session that never comes back would use up the name.
    if needs_cookie && !bearer && !has_probe(&headers, &client_info) {
        let problem = Problem::new(
            ErrorCode::Unsupported,
            "The browser sends no cookies back, and signing in needs one; allow cookies, and send the request again.",
        );
        return Ok((set_cookies([probe_cookie(&client_info)]), problem).into_response());
    }
    let token = Token::random().map_err(|error| {
        tracing::error!(%error, "the system provides no random bytes");
        Problem::new(
            ErrorCode::Internal,
            "The server could not make a session token. Nothing was changed; try again later.",
        )
    })?;
    let name_key = policy::name_key(&name);
    let new = NewUser { name, name_key, token: token.hash(), at: now };
    // In advance, because many sign-ups can wait for the store at once.
    let cost = Cost { resource: Resource::SignUps, units: 1 };
    account.charge(cost, now)?;
    let network = Some(Network::of(address));
    let user = match make_user(&state, new, invitation, network).await {
        Ok(user) => user,
        Err(refused) => {
            // A try at a taken name takes no place from the others behind the address.
            account.refund(cost, now);
            return Err(refused.into());
        }
    };
    tracing::info!(user = user.id.0, client = %address, "signed up");
    // The new user is signed up in any case.
    if let Err(error) = record_origin(&state, &[token.hash()], &headers, &client_info).await {
        tracing::warn!(?error, "the origin of a new session was not recorded");
    }
    // The answer brings the session, and must arrive.
    if let Some(Extension(slot)) = slot {
        slot.protect(user.id);
    }
    Ok(if bearer {
        (StatusCode::CREATED, Json(SessionInfo { user, token: Some(token.into_text()) }))
            .into_response()
    } else {
        // The new user is signed up in any case, and an error is logged.
        for replaced in candidates_in_cookies(&headers, &client_info) {
            end_session(&state, replaced).await.ok();
        }
        let cookies = set_cookies([token.to_cookie(&client_info)]);
        (StatusCode::CREATED, cookies, Json(SessionInfo { user, token: None })).into_response()
    })
}

/// Makes a user, by an invitation if there is one.
async fn make_user(
    state: &AppState,
    new: NewUser,
    invitation: Option<TokenHash>,
    network: Option<Network>,
) -> Result<User, StoreError> {
    let Some(invitation) = invitation else { return state.store.sign_up(new).await };
    let (access, at) = (state.hub.workspace().access, new.at);
    let invitee = Invitee::New(new);
    let request = InvitedUser { invitee, invitation, access, at, network };
    state.store.accept_invitation(request).await
}

/// The answer to `GET /api/session`.
#[derive(Serialize)]
struct WithRole {
    #[serde(flatten)]
    session: CurrentSession,
    #[serde(flatten)]
    role: OwnRole,
    #[serde(flatten)]
    ban: OwnBan,
}

/// Answers the facts about the server, and the user of the session. A missing session is not an error, because every
/// new visitor's page sends this request, and browsers log errors to their console. The visitor may sign up next, so the
/// answer brings the probe cookie.
pub async fn current(
    State(state): State<AppState>,
    access: PageAccess,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Response, Problem> {
    if let Some(stranger) = state.stranger(&client_info) {
        stranger.charge_one(Resource::Reads, state.clock.now())?;
    }
    let candidates = candidates(&headers, &client_info);
    let now = state.clock.now();
    let identity = match authenticate(state.store.as_ref(), &candidates, now).await {
        // The only refusal of a session is a ban, of which the answer tells.
        Err(StoreError::Refused(_)) => None,
        identity => identity?,
    };
    let user = identity.map(|identity| identity.user);
    let secured = match &user {
        Some(user) => {
            record_origin(&state, &sessions(&candidates), &headers, &client_info).await?;
            state.store.is_secured(user.id).await?
        }
        None => false,
    };
    let needs_probe =
        user.is_none() && access == PageAccess::Full && !has_probe(&headers, &client_info);
    let role = match &user {
        // A user who was deactivated meanwhile has no role.
        Some(user) => state.store.role(user.id).await.ok(),
        None => None,
    };
    let workspace = (*state.hub.workspace()).clone();
    let session = CurrentSession { user, secured, workspace };
    let ban = own_ban(&state, &sessions(&candidates), now).await?;
    let body = Json(WithRole { session, role: OwnRole { role }, ban });
    Ok(if needs_probe {
        (set_cookies([probe_cookie(&client_info)]), body).into_response()
    } else {
        body.into_response()
    })
}

/// The ban of the user of one of these sessions.
async fn own_ban(
    state: &AppState,
    sessions: &[TokenHash],
    now: Timestamp,
) -> Result<OwnBan, Problem> {
    for session in sessions {
        let ban = state.store.ban_of_session(*session, now).await?;
        if ban.is_some() {
            return Ok(OwnBan { ban });
        }
    }
    Ok(OwnBan::default())
}

/// Ends each session that the request names, and closes its connections. Ending an ended session is not an error.
pub async fn sign_out(
    State(state): State<AppState>,
    access: PageAccess,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Response, Problem> {
    let candidates = candidates(&headers, &client_info);
    let sessions = sessions(&candidates);
    if sessions.is_empty() && !candidates.is_empty() {
        return Err(Problem::new(
            ErrorCode::Forbidden,
            "An access token does not sign out; its owner ends it in the settings of the account.",
        ));
    }
    for session in sessions {
        end_session(&state, session).await?;
    }
    Ok(if access == PageAccess::Full {
        let cookies = [removal_cookie(&client_info), probe_cookie(&client_info)];
        (StatusCode::NO_CONTENT, set_cookies(cookies)).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}

/// Records from where the session was used last. Tokens of other kinds have no such record.
async fn record_origin(
    state: &AppState,
    tokens: &[TokenHash],
    headers: &HeaderMap,
    client_info: &ClientInfo,
) -> Result<(), Problem> {
    let network = client_info.client.map(|client| Network::of(client).to_string());
    let origin = RequestOrigin {
        device: device_words(headers),
        network: network.unwrap_or_default(),
        device_secret: None,
    };
    for token in tokens {
        state.store.record_origin(*token, origin.clone()).await?;
    }
    Ok(())
}

fn set_cookies<const N: usize>(
    cookies: [Option<HeaderValue>; N],
) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
    AppendHeaders(cookies.into_iter().flatten().map(|cookie| (SET_COOKIE, cookie)).collect())
}

/// Ends a session and closes its connections.
async fn end_session(state: &AppState, session: TokenHash) -> Result<(), Problem> {
    state.store.sign_out(session).await?;
    state.open_sessions.end(&session);
    state.hub.announce_session_end(session);
    Ok(())
}
