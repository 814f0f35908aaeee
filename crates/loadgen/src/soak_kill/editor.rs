//! A program that is not ours: it writes, edits and deletes posts over HTTP, across kills and restarts. It repeats each
//! request with its `Idempotency-Key` until the server answers it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use madang_loadgen::TestUser;
use madang_shared::{CommandId, PostId, UserId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::post_verdict::{EditedPost, EditorRecord};
use super::progress::Phase;

/// The wait before a request is repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// Limit for one answer. A killed server answers none.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The number of edits of each post.
const EDITS: u32 = 2;
/// The interval of posts that are deleted: each third one.
const DELETED: usize = 3;

/// An editor of posts.
struct Editor {
    http: Client,
    server: SocketAddr,
    token: String,
    random: StdRng,
    record: EditorRecord,
}

/// Edits posts until the phase [`Phase::Writing`] ends.
pub(super) async fn edit_posts(
    user: TestUser,
    seed: u64,
    phase: watch::Receiver<Phase>,
) -> Result<EditorRecord> {
    let TestUser { server, user, token } = user;
    let http = Client::builder().timeout(ANSWER_WITHIN).build()?;
    let record = EditorRecord { user: user.id, commands: Vec::new(), posts: Vec::new() };
    let random = StdRng::seed_from_u64(seed);
    let mut editor = Editor { http, server, token, random, record };
    while *phase.borrow() == Phase::Writing {
        editor.edit_post(user.id).await?;
    }
    Ok(editor.record)
}

impl Editor {
    /// Writes a post, edits it, and deletes some.
    async fn edit_post(&mut self, user: UserId) -> Result<()> {
        let number = self.record.posts.len() + 1;
        let text = |edit: u32| format!("user {user}, post {number}, edit {edit}");
        let created = self.send(Method::POST, "/posts", Some(&text(0))).await?;
        let id = created.get("id").and_then(Value::as_u64).context("a post without an id")?;
        let path = format!("/posts/{id}");
        for edit in 1..=EDITS {
            self.send(Method::PUT, &path, Some(&text(edit))).await?;
        }
        let is_deleted = number.is_multiple_of(DELETED);
        if is_deleted {
            self.send(Method::DELETE, &path, None).await?;
        }
        let text = (!is_deleted).then(|| text(EDITS));
        self.record.posts.push(EditedPost { id: PostId(id), text });
        Ok(())
    }

    /// Sends a request until it is answered. Returns the body of the answer.
    async fn send(&mut self, method: Method, path: &str, text: Option<&str>) -> Result<Value> {
        let command = CommandId(Uuid::from_u128(self.random.random()));
        self.record.commands.push(command);
        let url = format!("http://{}{path}", self.server);
        loop {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", command.to_string().parse()?);
            let mut request = self.http.request(method.clone(), &url).bearer_auth(&self.token);
            if let Some(text) = text {
                request = request.json(&json!({ "text": text }));
            }
            // Without an answer the request may have taken effect.
            if let Ok(answer) = request.headers(headers).send().await {
                let status = answer.status();
                match answer.text().await {
                    Ok(body) if status.is_success() => {
                        return Ok(serde_json::from_str(&body).unwrap_or_default());
                    }
                    Ok(body) if status != StatusCode::SERVICE_UNAVAILABLE => {
                        bail!("the server refused {method} {path} with {status}: {body}");
                    }
                    Ok(_) | Err(_) => {}
                }
            }
            sleep(RETRY_PAUSE).await;
        }
    }
}
