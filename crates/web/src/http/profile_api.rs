//! Profiles: the user's own, `/api/account/profile`, and the person on a card, `GET /api/people/{user}`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use madang_hub::budgets::account::Cost;
use madang_hub::budgets::resource::Resource;
use madang_hub::policy::rights::Need;
use madang_hub::profiles::CheckedProfileChange;
use madang_shared::profile::{OwnProfile, Person, ProfileChange};
use madang_shared::{ErrorCode, UserId};

use crate::http::extract::{AuthUser, CommandUser};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The route of a person; [`madang_shared::people::person_path`] fills in its parameter.
pub const PERSON_PATH: &str = "/api/people/{user}";

/// The cost of a change beside that of its request, in commands: it is an event in each room of the user.
const CHANGE_COST: u64 = 9;

/// Answers the user's own profile.
pub async fn own(
    State(state): State<AppState>,
    auth: AuthUser,
) -> Result<Json<OwnProfile>, Problem> {
    Ok(Json(state.store.own_profile(auth.owner()?.id).await?))
}

/// Changes it. The body is a [`ProfileChange`].
pub async fn change(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    body: JsonObject,
) -> Result<Json<OwnProfile>, Problem> {
    state.check_running()?;
    let (user, now) = (auth.owner()?.id, state.clock.now());
    auth.account.charge(Cost { resource: Resource::Commands, units: CHANGE_COST }, now)?;
    let change: ProfileChange = body.into_type()?;
    let change = CheckedProfileChange::new(user, change, now)?;
    Ok(Json(state.store.change_profile(change).await?))
}

/// Answers a person to a user who may know the person.
pub async fn person(
    State(state): State<AppState>,
    user: AuthUser,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Json<Person>, Problem> {
    let Path(person) = path.map_err(|_| {
        Problem::new(ErrorCode::NotFound, "There is no such person; check the number.")
    })?;
    let reader = user.reader(Need::Account)?;
    Ok(Json(state.store.person(reader, UserId(person)).await?))
}
