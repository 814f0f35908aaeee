//! Refuses the HTTP requests of an app that the operator has switched off.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use madang_hub::policy;
use madang_shared::apps::App;

use crate::http::problem::Problem;
use crate::state::AppState;

/// Checks that the server offers an app. Its paths do not exist otherwise, so the status is 404; the code tells it from a
/// thing that an app does not have.
///
/// # Errors
/// `unsupported`.
pub fn check(state: &AppState, app: Option<App>) -> Result<(), Problem> {
    policy::check_app(&state.hub.workspace(), app)
        .map_err(|failure| Problem::from(failure).with_status(StatusCode::NOT_FOUND))
}

/// Refuses a request for a path of an app that is off, before anything else.
pub async fn refuse(
    State((state, app)): State<(AppState, App)>,
    request: Request,
    next: Next,
) -> Response {
    match check(&state, Some(app)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
