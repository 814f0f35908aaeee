//! A server of either side, with people who speak in its room.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::try_join_all;
use madang_shared::Timestamp;

use super::react::React;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::chromedriver::Chromedriver;
use crate::support::program::Program;
use crate::support::server::Server;

/// What one of Madang's programs may say in a burst, with some room to spare.
const BURST: usize = 80;
/// So many messages a millisecond come from Madang when all its speakers talk, each stored before it is sent. The
/// other server stores nothing; it speaks as fast, so that as many frames are drawn meanwhile.
const FLOOD_PER_MILLI: f64 = 4.0;
/// What it may say in a second, in the long run.
const PER_SECOND: usize = 25;

/// Either of the two that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Madang,
    React,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Madang => "Madang",
            Self::React => "React",
        }
    }
}

enum Behind {
    Madang { server: Server, speakers: Vec<Program>, said: usize },
    React(React),
}

/// A running server.
pub(super) struct Hall {
    behind: Behind,
    pub(super) chromedriver: Chromedriver,
}

impl Hall {
    /// Opens one in whose room so many messages were said before.
    pub(super) async fn open(side: Side, history: usize) -> Result<Self> {
        let behind = match side {
            Side::React => Behind::React(React::start(history).await?),
            Side::Madang => {
                let server = Server::start(&[]).await?;
                if history > 0 {
                    let author = Program::sign_up(&server, "서연").await?.user;
                    server.kill().await?;
                    let (count, last) = (u64::try_from(history)?, Timestamp(1_795_000_000_000));
                    let mut database = server.database()?;
                    database.fill(FIRST_ROOM, &author, count, last, |n| text(n).1)?;
                    server.restart().await?;
                }
                Behind::Madang { server, speakers: Vec::new(), said: history }
            }
        };
        Ok(Self { behind, chromedriver: Chromedriver::start().await? })
    }

    pub(super) fn url(&self, path: &str) -> String {
        match &self.behind {
            Behind::Madang { server, .. } => {
                server.url(if path == "/room" { "/rooms/1" } else { path })
            }
            Behind::React(react) => react.url(path),
        }
    }

    /// Brings in as many people as it takes to say so much.
    pub(super) async fn gather(&mut self, messages: usize) -> Result<()> {
        if let Behind::Madang { server, speakers, .. } = &mut self.behind {
            let first = speakers.len();
            let more = messages.div_ceil(BURST).min(200).saturating_sub(first);
            let names = (first..first + more).map(|number| format!("Speaker {number}"));
            for name in names {
                speakers.push(Program::connect(server, &name).await?);
            }
        }
        Ok(())
    }

    /// Says so many messages as fast as they go.
    pub(super) async fn flood(&mut self, messages: usize) -> Result<()> {
        match &mut self.behind {
            Behind::React(react) => react.say(messages, FLOOD_PER_MILLI).await,
            Behind::Madang { speakers, said, .. } => {
                let mut left = messages;
                let share = messages.div_ceil(speakers.len());
                let all = speakers.iter_mut().map(|speaker| {
                    let count = share.min(left);
                    left -= count;
                    let from = *said;
                    *said += count;
                    let texts = (from..from + count).map(|n| text(n as u64 + 1).1);
                    speaker.say_all(FIRST_ROOM, texts)
                });
                try_join_all(all).await?;
                Ok(())
            }
        }
    }

    /// Says so many messages one by one.
    pub(super) async fn pace(&mut self, messages: usize, per_second: usize) -> Result<()> {
        let every = Duration::from_secs(1) / u32::try_from(per_second)?;
        match &mut self.behind {
            Behind::React(react) => {
                react.say(messages, 1.0 / (every.as_secs_f64() * 1_000.0)).await
            }
            Behind::Madang { speakers, said, .. } => {
                let voices = (per_second / PER_SECOND).max(1).min(speakers.len());
                let started = Instant::now();
                let from = *said;
                *said += messages;
                let all =
                    speakers.iter_mut().take(voices).enumerate().map(async |(voice, speaker)| {
                        for n in (voice..messages).step_by(voices) {
                            let due = started + every * u32::try_from(n)?;
                            tokio::time::sleep_until(due.into()).await;
                            speaker.say(FIRST_ROOM, text((from + n) as u64 + 1).1).await?;
                        }
                        anyhow::Ok(())
                    });
                try_join_all(all).await?;
                Ok(())
            }
        }
    }

    /// Ends it.
    pub(super) async fn close(self) {
        if let Behind::React(react) = self.behind {
            react.stop().await;
        }
    }
}

/// Who says what, as the n-th: Korean and English, from a word to a screenful, now and then a link.
pub(super) fn text(n: u64) -> (&'static str, String) {
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
