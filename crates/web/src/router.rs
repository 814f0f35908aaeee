//! The route table.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use madang_shared::access_tokens::{ACCESS_TOKENS_PATH, BOTS_PATH};
use madang_shared::account::{
    ACCOUNT_DEVICE_PATH, ACCOUNT_PASSWORD_PATH, ACCOUNT_PATH, ACCOUNT_SESSIONS_PATH,
    CONFIRM_DEVICE_PATH, CONFIRM_PASSKEY_PATH, CONFIRM_PATH, DEVICE_SIGN_IN_PATH,
    FINISH_CONFIRM_PASSKEY_PATH, FINISH_DEVICE_PATH, LINK_SIGN_IN_PATH, LINKS_PATH,
    PASSWORD_SIGN_IN_PATH,
};
use madang_shared::administration::{
    ACCEPT_INVITATION_PATH, ACCOUNTS_PATH, ACTS_PATH, AUDIT_EXPORT_PATH, AUDIT_PATH, HEALTH_PATH,
    INVITATION_PATH, INVITATIONS_PATH, OWNERSHIP_PATH, ROLE_GRANTS_PATH, ROOM_SIZES_PATH,
    SETTINGS_PATH,
};
use madang_shared::apps::App;
use madang_shared::erasure::ERASE_ACCOUNT_PATH;
use madang_shared::grants::GRANTS_PATH;
use madang_shared::health::STORAGE_PATH;
use madang_shared::lab::chat::HTTP_PATH;
use madang_shared::limits::SOCKET_PATH;
use madang_shared::mail::{ACCOUNT_MAIL_PATH, MAIL_RECOVERY_PATH, VERIFY_MAIL_PATH};
use madang_shared::moderation::{ADDRESS_BANS_PATH, REPORTS_PATH};
use madang_shared::people::PEOPLE_PATH;
use madang_shared::posts::MAX_POST_BODY_BYTES;
use madang_shared::profile::PROFILE_PATH;
use madang_shared::rooms::DIRECTORY_PATH;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::assets;
use crate::http::accounts::{
    account_api, confirmation, device_api, erasure_api, link_api, mail_api, password_api,
};
use crate::http::unknown_path::wrong_method;
use crate::http::{
    access_tokens_api, administration_api, delivery_api, factors, health, health_api,
    invitation_api, moderation_api, ownership_api, posts_api, profile_api, rooms_api, session_api,
};
use crate::lab::{chat, echo, http_call, transports};
use crate::middleware::{
    app_switch, banned_address, client_info, cors, foreign_host, security_headers,
};
use crate::socketio::routes as socketio;
use crate::state::AppState;
use crate::ws::handshake;

/// Limit for the body of an API request, in bytes. The largest legal body holds a name.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Limit for an API request, its body included.
const API_TIMEOUT: Duration = Duration::from_secs(30);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The routes of accounts.
fn accounts() -> Router<AppState> {
    let sessions = delete(account_api::end_other_sessions);
    let device = get(device_api::state).post(device_api::make_code).delete(device_api::withdraw);
    let mail = get(mail_api::own).post(mail_api::request).delete(mail_api::remove);
    Router::new()
        .route(PASSWORD_SIGN_IN_PATH, post(password_api::sign_in))
        .route(LINK_SIGN_IN_PATH, post(link_api::sign_in))
        .route(DEVICE_SIGN_IN_PATH, post(device_api::request))
        .route(FINISH_DEVICE_PATH, post(device_api::finish))
        .route(LINKS_PATH, post(link_api::read))
        .route(link_api::RECOVERY_PATH, post(link_api::recover))
        .route(ACCOUNT_PATH, get(account_api::account))
        .route(PROFILE_PATH, get(profile_api::own).post(profile_api::change))
        .route(ERASE_ACCOUNT_PATH, post(erasure_api::erase_own))
        .route(ACCOUNT_PASSWORD_PATH, post(password_api::set_password))
        .route(ACCOUNT_MAIL_PATH, mail)
        .route(VERIFY_MAIL_PATH, post(mail_api::verify))
        .route(MAIL_RECOVERY_PATH, post(mail_api::recover))
        .route(ACCOUNT_SESSIONS_PATH, sessions)
        .route(account_api::SESSION_PATH, delete(account_api::end_session))
        .route(ACCOUNT_DEVICE_PATH, device)
        .route(CONFIRM_DEVICE_PATH, post(device_api::confirm))
        .route(CONFIRM_PATH, get(confirmation::state).post(confirmation::confirm))
        .route(CONFIRM_PASSKEY_PATH, post(confirmation::begin_passkey))
        .route(FINISH_CONFIRM_PASSKEY_PATH, post(confirmation::finish_passkey))
}

/// The routes of administrators.
fn administration() -> Router<AppState> {
    Router::new()
        .route(ACTS_PATH, post(administration_api::act))
        .route(AUDIT_PATH, get(administration_api::audit))
        .route(AUDIT_EXPORT_PATH, get(administration_api::export))
        .route(ACCOUNTS_PATH, get(administration_api::people))
        .route(INVITATIONS_PATH, get(administration_api::invitations))
        .route(ROOM_SIZES_PATH, get(administration_api::rooms))
        .route(ROLE_GRANTS_PATH, get(administration_api::role_grants))
        .route(GRANTS_PATH, get(administration_api::own_grants))
        .route(HEALTH_PATH, get(health_api::health))
        .route(STORAGE_PATH, get(health_api::storage))
        .route(SETTINGS_PATH, get(health_api::settings))
        .route(health_api::PERSON_SESSIONS_PATH, get(health_api::sessions))
        .route(OWNERSHIP_PATH, get(ownership_api::offer).post(ownership_api::claim))
        .route(administration_api::RECEIPT_PATH, get(administration_api::receipt))
        .route(ADDRESS_BANS_PATH, get(moderation_api::address_bans))
        .route(REPORTS_PATH, get(moderation_api::reports).post(moderation_api::report))
        .route(&moderation_api::report_route(), post(moderation_api::decide))
}

/// All routes, with their middleware.
pub fn router(state: AppState) -> Router {
    let session =
        get(session_api::current).post(session_api::sign_up).delete(session_api::sign_out);
    let one_post =
        get(posts_api::read).put(posts_api::edit).patch(posts_api::edit).delete(posts_api::delete);
    let posts = Router::new()
        .route("/posts", get(posts_api::list).post(posts_api::create))
        .route("/posts/{id}", one_post)
        .layer(DefaultBodyLimit::max(MAX_POST_BODY_BYTES))
        .layer(from_fn_with_state((state.clone(), App::Feed), app_switch::refuse));
    let api = Router::new()
        .route("/api/session", session)
        .merge(accounts())
        .merge(factors::routes())
        .route(delivery_api::PATH, get(delivery_api::delivery))
        .route(ACCESS_TOKENS_PATH, get(access_tokens_api::list).post(access_tokens_api::issue))
        .route(&access_tokens_api::token_route(), delete(access_tokens_api::end))
        .route(BOTS_PATH, get(access_tokens_api::bots).post(access_tokens_api::make_bot))
        .route(
            &access_tokens_api::bot_tokens_route(),
            get(access_tokens_api::bot_tokens).post(access_tokens_api::issue_for_bot),
        )
        .route(&access_tokens_api::bot_token_route(), delete(access_tokens_api::end_of_bot))
        .route(DIRECTORY_PATH, get(rooms_api::directory))
        .route(rooms_api::ROOM_PATH, get(rooms_api::room))
        .route(rooms_api::ACCESS_PATH, get(rooms_api::access))
        .route(rooms_api::MEMBERS_PATH, get(rooms_api::members))
        .route(INVITATION_PATH, post(invitation_api::offered))
        .route(ACCEPT_INVITATION_PATH, post(invitation_api::accept))
        .merge(administration())
        .route(PEOPLE_PATH, get(rooms_api::people))
        .route(profile_api::PERSON_PATH, get(profile_api::person))
        .merge(posts)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(cors::refuse_changes))
        // The answers are private to one user. The timeout ends requests whose body does not arrive.
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, NO_STORE))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, API_TIMEOUT))
        .layer(cors::readable());
    let lab = Router::new()
        .route(HTTP_PATH, get(http_call::http_call))
        .merge(transports::routes::routes())
        .method_not_allowed_fallback(wrong_method)
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, NO_STORE))
        .layer(cors::readable())
        .layer(from_fn(cors::refuse_all));
    let pages = Router::new()
        .merge(api)
        .merge(lab)
        .merge(echo::routes(state.clock.clone()))
        .merge(chat::routes())
        .merge(socketio::routes(&state))
        .route(SOCKET_PATH, get(handshake::handshake))
        .method_not_allowed_fallback(wrong_method)
        .fallback(assets::serve)
        .layer(from_fn_with_state(state.clone(), foreign_host::refuse))
        .layer(from_fn_with_state(state.clone(), banned_address::refuse));
    // A probe may use any name for the server, and its answers are the same for everybody.
    let probes = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .method_not_allowed_fallback(wrong_method);
    pages
        .merge(probes)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), security_headers::add))
        .layer(from_fn_with_state(state.clone(), client_info::record))
        .with_state(state)
}
