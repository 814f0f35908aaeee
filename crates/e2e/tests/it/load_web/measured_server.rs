//! A server of either compared app, with users who send messages to its room.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::try_join_all;
use madang_shared::Timestamp;

use super::react_server::ReactServer;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::chromedriver::Chromedriver;
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;

/// The messages that one user sends in a burst, below Madang's rate limit.
const BURST: usize = 80;
/// The rate of a flood, in messages per millisecond. It is Madang's rate with all senders, including storing. The
/// React server stores nothing; it sends at the same rate, so that both pages draw for the same time.
const FLOOD_PER_MILLI: f64 = 4.0;
/// The messages that one user sends per second in the long run, below Madang's rate limit.
const PER_SECOND: usize = 25;

/// One of the two compared apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComparedApp {
    Madang,
    React,
}

impl ComparedApp {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Madang => "Madang",
            Self::React => "React",
        }
    }
}

enum Backend {
    Madang { server: TestServer, senders: Vec<TestClient>, sent: usize },
    React(ReactServer),
}

/// A running server.
pub(super) struct MeasuredServer {
    backend: Backend,
    pub(super) chromedriver: Chromedriver,
}

impl MeasuredServer {
    /// Starts a server whose room already has `history` messages.
    pub(super) async fn open(app: ComparedApp, history: usize) -> Result<Self> {
        let backend = match app {
            ComparedApp::React => Backend::React(ReactServer::start(history).await?),
            ComparedApp::Madang => {
                // The senders are many users behind one address, who sign up at once.
                let server =
                    TestServer::start(&["--budget-factor", "1000"].map(str::to_owned)).await?;
                if history > 0 {
                    let author = TestClient::sign_up(&server, "서연").await?.user;
                    server.kill().await?;
                    let (count, last) = (u64::try_from(history)?, Timestamp(1_795_000_000_000));
                    let mut database = server.database()?;
                    database.insert_messages(FIRST_ROOM, &author, count, last, |n| {
                        sample_message(n).1
                    })?;
                    server.restart().await?;
                }
                Backend::Madang { server, senders: Vec::new(), sent: history }
            }
        };
        Ok(Self { backend, chromedriver: Chromedriver::start().await? })
    }

    pub(super) fn url(&self, path: &str) -> String {
        match &self.backend {
            Backend::Madang { server, .. } => {
                server.url(if path == "/room" { "/rooms/1" } else { path })
            }
            Backend::React(react) => react.url(path),
        }
    }

    /// Connects as many users as the rate limit requires for `messages`.
    pub(super) async fn connect_senders(&mut self, messages: usize) -> Result<()> {
        if let Backend::Madang { server, senders, .. } = &mut self.backend {
            let first = senders.len();
            let more = messages.div_ceil(BURST).min(200).saturating_sub(first);
            let names = (first..first + more).map(|number| format!("Sender {number}"));
            for name in names {
                senders.push(TestClient::connect(server, &name).await?);
            }
        }
        Ok(())
    }

    /// Sends `messages` as fast as possible.
    pub(super) async fn flood(&mut self, messages: usize) -> Result<()> {
        match &mut self.backend {
            Backend::React(react) => react.send(messages, FLOOD_PER_MILLI).await,
            Backend::Madang { senders, sent, .. } => {
                let mut left = messages;
                let share = messages.div_ceil(senders.len());
                let all = senders.iter_mut().map(|sender| {
                    let count = share.min(left);
                    left -= count;
                    let from = *sent;
                    *sent += count;
                    let texts = (from..from + count).map(|n| sample_message(n as u64 + 1).1);
                    sender.send_all(FIRST_ROOM, texts)
                });
                try_join_all(all).await?;
                Ok(())
            }
        }
    }

    /// Sends `messages` one by one at a rate.
    pub(super) async fn pace(&mut self, messages: usize, per_second: usize) -> Result<()> {
        let every = Duration::from_secs(1) / u32::try_from(per_second)?;
        match &mut self.backend {
            Backend::React(react) => {
                react.send(messages, 1.0 / (every.as_secs_f64() * 1_000.0)).await
            }
            Backend::Madang { senders, sent, .. } => {
                let count = (per_second / PER_SECOND).max(1).min(senders.len());
                let started = Instant::now();
                let from = *sent;
                *sent += messages;
                let all =
                    senders.iter_mut().take(count).enumerate().map(async |(index, sender)| {
                        for n in (index..messages).step_by(count) {
                            let due = started + every * u32::try_from(n)?;
                            tokio::time::sleep_until(due.into()).await;
                            sender
                                .send(FIRST_ROOM, sample_message((from + n) as u64 + 1).1)
                                .await?;
                        }
                        anyhow::Ok(())
                    });
                try_join_all(all).await?;
                Ok(())
            }
        }
    }

    /// Stops the server.
    pub(super) async fn close(self) {
        if let Backend::React(react) = self.backend {
            react.stop().await;
        }
    }
}

/// Author and text of the n-th message: Korean and English, from a line to a screenful, some with a link.
pub(super) fn sample_message(n: u64) -> (&'static str, String) {
    const KOREAN: &str = "마당에서 나눈 이야기는 누구에게나 닿아요. ";
    const ENGLISH: &str = "What was said in the courtyard reaches everybody. ";
    let (author, words) = if n.is_multiple_of(2) { ("서연", KOREAN) } else { ("Jane", ENGLISH) };
    let length = usize::try_from(n * n * 7 % 23).unwrap_or_default();
    let mut text = format!("{n} {}", words.repeat(1 + length * length / 60));
    if n.is_multiple_of(9) {
        text.push_str("https://example.com/pictures/courtyard.jpg");
    }
    (author, text.trim_end().to_owned())
}
