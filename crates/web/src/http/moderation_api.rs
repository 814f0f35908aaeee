//! Reports of messages, and the bans of networks, over HTTP.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use madang_hub::moderation::{DecisionRequest, ReportRequest};
use madang_hub::policy::rights::{Need, RoomRight};
use madang_shared::ErrorCode;
use madang_shared::moderation::{
    AddressBan, MadeReport, NewReport, REPORTS_PATH, ReportDecision, ReportsPage,
};
use serde::Deserialize;

use crate::http::extract::{AuthUser, CommandUser};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The memory that is reserved for a page of reports, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;

/// The route of one report.
pub fn report_route() -> String {
    format!("{REPORTS_PATH}/{{report}}")
}

/// Makes a report.
pub async fn report(
    State(state): State<AppState>,
    author: CommandUser,
    body: JsonObject,
) -> Result<(StatusCode, Json<MadeReport>), Problem> {
    state.check_running()?;
    let report: NewReport = body.into_type()?;
    let reporter = author.author(Need::Room(report.room, RoomRight::Read))?.id;
    let origin = (reporter, author.auth.account.network());
    let request = ReportRequest::new(origin, report, state.clock.now())?;
    let report = state.store.report(request).await?;
    Ok((StatusCode::CREATED, Json(MadeReport { report })))
}

/// The query of a request for reports.
#[derive(Clone, Debug, Deserialize)]
pub struct ReportsQuery {
    #[serde(default)]
    skip: u64,
}

/// Answers a page of the reports that the user may decide.
pub async fn reports(
    State(state): State<AppState>,
    user: AuthUser,
    query: Result<Query<ReportsQuery>, QueryRejection>,
) -> Result<Json<ReportsPage>, Problem> {
    let Query(ReportsQuery { skip }) = query.map_err(|_| {
        Problem::new(ErrorCode::Malformed, "`skip` must be a number, given once at most.")
    })?;
    let _memory = user.account.reserve_answer_memory(ANSWER_BYTES).await;
    // No access token acts for a moderator; see the acts of administrators.
    let reader = user.owner()?.id;
    Ok(Json(state.store.reports(reader, skip).await?))
}

/// Decides a report. To decide it again changes nothing.
pub async fn decide(
    State(state): State<AppState>,
    author: CommandUser,
    report: Result<Path<u64>, PathRejection>,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    state.check_running()?;
    let Path(report) = report
        .map_err(|_| Problem::new(ErrorCode::Malformed, "The number of a report is a number."))?;
    let decision: ReportDecision = body.into_type()?;
    let origin = (author.auth.owner()?.id, author.auth.account.network());
    let request = DecisionRequest::new(origin, report, decision, state.clock.now())?;
    state.store.decide_report(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers the banned networks.
pub async fn address_bans(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<Vec<AddressBan>>, Problem> {
    let reader = user.reader(Need::ADMINISTRATION)?;
    state.store.check_need(reader, Need::ADMINISTRATION).await?;
    Ok(Json(state.store.address_bans(state.clock.now()).await?))
}
