//! The honest user: posts ten times a second, opens a connection five times a second, and reads.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use madang_loadgen::TestUser;
use madang_loadgen::client_socket;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tungstenite::Message;

use super::endpoint::Endpoint;
use super::web_socket::HELLO;

/// The user's address, from which no attack comes.
const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// The path of the posts.
const POSTS: &str = "/posts";

/// Intervals of the three acts.
const POST_INTERVAL: Duration = Duration::from_millis(100);
const CONNECT_INTERVAL: Duration = Duration::from_millis(200);
const READ_INTERVAL: Duration = Duration::from_secs(1);
/// An act that takes longer counts as refused.
const ACT_TIMEOUT: Duration = Duration::from_secs(5);

/// One signed-in user.
pub(super) struct HonestUser {
    endpoint: Endpoint,
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
    /// The reason of the first of these.
    pub(super) refusal: Option<String>,
}

/// The results of all acts.
#[derive(Debug)]
pub(super) struct Acts {
    pub(super) posts: Durations,
    pub(super) connects: Durations,
    pub(super) reads: Durations,
}

impl Durations {
    /// The shortest duration that this share of the acts does not exceed (the nearest rank), in milliseconds.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.done.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map(|duration| duration.as_secs_f64() * 1_000.0)
    }

    /// Repeats an act until the time is over.
    async fn collect(
        period: Duration,
        interval_of_acts: Duration,
        mut act: impl AsyncFnMut() -> Result<()>,
    ) -> Self {
        let mut durations = Self::default();
        let mut ticks = interval(interval_of_acts);
        // A slow answer delays the next act, as it delays a person.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let began = Instant::now();
        while began.elapsed() < period {
            ticks.tick().await;
            let start = Instant::now();
            let refusal = match timeout(ACT_TIMEOUT, act()).await {
                Ok(Ok(())) => {
                    durations.done.push(start.elapsed());
                    continue;
                }
                Ok(Err(error)) => format!("{error:#}"),
                Err(_) => format!("it took longer than {} s", ACT_TIMEOUT.as_secs()),
            };
            durations.refused += 1;
            let after = began.elapsed().as_secs_f64();
            durations.refusal.get_or_insert_with(|| format!("after {after:.1} s: {refusal}"));
        }
        durations
    }
}

impl HonestUser {
    /// Signs up, before the attack.
    pub(super) async fn sign_up(endpoint: &Endpoint) -> Result<Self> {
        let user = endpoint.sign_up(&endpoint.http_client(ADDRESS)?, "honest").await?;
        // Without the idle connection of the sign-up: it belongs to a stranger, and this client, unlike a browser, does
        // not repeat a POST request whose connection was idle too long.
        Ok(Self { http: endpoint.http_client(ADDRESS)?, endpoint: endpoint.clone(), user })
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

    async fn post(&self) -> Result<()> {
        let request = self.http.post(self.endpoint.url(POSTS)).bearer_auth(&self.user.token);
        let body = serde_json::json!({ "text": "An honest post." });
        request.json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    async fn read(&self) -> Result<()> {
        let request = self.http.get(self.endpoint.url(POSTS)).bearer_auth(&self.user.token);
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }

    /// Opens a WebSocket and waits for the welcome.
    async fn connect(&self) -> Result<()> {
        let stream = self.endpoint.connect(ADDRESS).await?;
        match &self.endpoint.tls {
            None => self.greet(stream).await,
            Some(tls) => self.greet(self.endpoint.handshake(tls, stream).await?).await,
        }
    }

    async fn greet(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
        let request = client_socket::request(&self.user).map_err(anyhow::Error::msg)?;
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        socket.send(Message::text(HELLO)).await?;
        match socket.next().await.context("the connection ended before the welcome")?? {
            Message::Text(_) => Ok(()),
            other => bail!("instead of the welcome came {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_durations() {
        let done: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let durations = Durations { done, ..Durations::default() };
        for (percent, expected) in [(1, 1.0), (50, 50.0), (99, 99.0), (100, 100.0)] {
            assert_eq!(durations.percentile(percent), Some(expected));
        }
        assert_eq!(Durations::default().percentile(99), None);
    }
}
