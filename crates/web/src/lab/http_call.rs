//! `GET /http-call`: the tutorials' plain HTTP request, for comparison with a WebSocket.

use axum::Json;
use madang_shared::lab::chat::HttpCall;

/// Answers a sentence, in the JSON shape of the tutorials.
pub async fn http_call() -> Json<HttpCall> {
    let data = "One request, one answer: this sentence came over plain HTTP.".to_owned();
    Json(HttpCall { data })
}
