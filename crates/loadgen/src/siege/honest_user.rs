//! The honest user: posts ten times a second, opens a connection five times a second, and reads.

use std::net::SocketAddr;
use std::time::Duration;

use madang_loadgen::client_socket::{ClientSocket, SocketEvent};
use madang_loadgen::{LoadgenError, TestUser};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// Intervals of the three acts.
const POST_INTERVAL: Duration = Duration::from_millis(100);
const CONNECT_INTERVAL: Duration = Duration::from_millis(200);
const READ_INTERVAL: Duration = Duration::from_secs(1);
/// An act that takes longer counts as refused.
const ACT_TIMEOUT: Duration = Duration::from_secs(5);

/// One signed-in user.
pub(super) struct HonestUser {
    user: TestUser,
    http: reqwest::Client,
}

/// The results of all acts of one kind.
#[derive(Debug, Default)]
pub(super) struct Durations {
    /// Of the acts that succeeded.
    done: Vec<Duration>,
    /// Acts that were refused, failed, or took too long.
    pub(super) refused: usize,
}

/// The results of all acts.
#[derive(Debug)]
pub(super) struct Acts {
    pub(super) posts: Durations,
    pub(super) connects: Durations,
    pub(super) reads: Durations,
}

impl Durations {
    /// The duration below which this share of the acts is, in milliseconds.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.done.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().checked_sub(1)?);
        sorted.get(index).map(|duration| duration.as_secs_f64() * 1_000.0)
    }

    /// Repeats an act until the time is over.
    async fn collect(
        period: Duration,
        interval_of_acts: Duration,
        mut act: impl AsyncFnMut() -> Option<()>,
    ) -> Self {
        let mut durations = Self::default();
        let mut ticks = interval(interval_of_acts);
        // A slow answer delays the next act, as it delays a person.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let began = Instant::now();
        while began.elapsed() < period {
            ticks.tick().await;
            let start = Instant::now();
            match timeout(ACT_TIMEOUT, act()).await {
                Ok(Some(())) => durations.done.push(start.elapsed()),
                Ok(None) | Err(_) => durations.refused += 1,
            }
        }
        durations
    }
}

impl HonestUser {
    /// Signs up, before the attack.
    pub(super) async fn sign_up(server: SocketAddr) -> Result<Self, LoadgenError> {
        let user = TestUser::sign_up(&reqwest::Client::new(), server, "honest").await?;
        // Without the idle connection of the sign-up: it belongs to a stranger, and this client, unlike a browser, does
        // not repeat a POST request whose connection was idle too long.
        Ok(Self { user, http: reqwest::Client::new() })
    }

    /// Acts for this long.
    pub(super) async fn act(&self, period: Duration) -> Acts {
        let (posts, connects, reads) = tokio::join!(
            Durations::collect(period, POST_INTERVAL, async || self.post().await),
            Durations::collect(period, CONNECT_INTERVAL, async || self.connect().await),
            Durations::collect(period, READ_INTERVAL, async || self.read().await),
        );
        Acts { posts, connects, reads }
    }

    async fn post(&self) -> Option<()> {
        let request = self.http.post(self.posts_url()).bearer_auth(&self.user.token);
        let body = serde_json::json!({ "text": "An honest post." });
        let response = request.json(&body).send().await.ok()?;
        response.status().is_success().then_some(())
    }

    async fn read(&self) -> Option<()> {
        let request = self.http.get(self.posts_url()).bearer_auth(&self.user.token);
        let response = request.send().await.ok()?.error_for_status().ok()?;
        response.bytes().await.ok().map(drop)
    }

    /// Opens a WebSocket and waits for the welcome.
    async fn connect(&self) -> Option<()> {
        let mut socket = ClientSocket::default();
        socket.open(&self.user);
        loop {
            match socket.next_event().await {
                SocketEvent::Opened => socket.send(r#"{"hello":{"client":"siege"}}"#.to_owned()),
                SocketEvent::Frame(_) => return Some(()),
                SocketEvent::Closed(_) => return None,
            }
        }
    }

    fn posts_url(&self) -> String {
        format!("http://{}/posts", self.user.server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_durations() {
        let done: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let durations = Durations { done, refused: 0 };
        assert_eq!(durations.percentile(50), Some(51.0));
        assert_eq!(durations.percentile(99), Some(100.0));
        assert_eq!(Durations::default().percentile(99), None);
    }
}
