//! `GET /http-call`: the tutorials' plain HTTP request, beside the socket.

use axum::Json;
use madang_shared::lab::chat::HttpCall;

/// Answers a sentence, in the shape that the tutorials' pages read.
pub async fn http_call() -> Json<HttpCall> {
    let data = "One request, one answer: this sentence came over plain HTTP.".to_owned();
    Json(HttpCall { data })
}
