//! `GET /http-call`: the tutorials' plain HTTP request, beside the socket.

use axum::Json;
use serde::Serialize;

/// The answer, in the shape that the tutorials' pages read.
#[derive(Debug, Serialize)]
pub struct HttpCall {
    data: &'static str,
}

/// Answers a sentence.
pub async fn http_call() -> Json<HttpCall> {
    Json(HttpCall { data: "One request, one answer: this sentence came over plain HTTP." })
}
