//! Messages said back, one under way on each of 64 connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use madang_loadgen::Histogram;
use madang_loadgen::raw::crowd::CrowdError;
use madang_loadgen::raw::handshake::Request;
use madang_loadgen::raw::stage::StageError;
use madang_loadgen::raw::{Faults, Incoming, PresenceSummary, glance};
use madang_shared::lab::echo::{ECHO_PATH, ECHO_PLAIN};
use serde_json::json;

use super::lab::{Lab, Running, median};
use super::report::{rounds, with};

const CLIENTS: usize = 64;
const TEXT_BYTES: usize = 64;
/// How long a connection may take, and how long an echo.
const WITHIN: Duration = Duration::from_secs(10);
const WAIT: Duration = Duration::from_millis(100);

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let (yardstick, madang) = (lab.start_yardstick()?, lab.start_madang()?);
    let ratio = compared(lab, &yardstick, "madang", &madang, &path())?;
    lab.report.at_most("echo on `/ws`, 64 clients", "<= 1.05 x", 1.05, ratio);
    lab.stop(madang)
}

/// Rounds of both, one after the other, and a line for each and for the ratio of the second to the
/// first.
pub(super) fn compared(
    lab: &mut Lab<'_>,
    yardstick: &Running,
    name: &str,
    server: &Running,
    path: &str,
) -> Result<f64> {
    let mut clients = [
        Echoes::open(yardstick.address, "/echo", CLIENTS)?,
        Echoes::open(server.address, path, CLIENTS)?,
    ];
    let (count, long) = lab.pick((3, Duration::from_millis(300)), (7, Duration::from_secs(2)));
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..=count {
        for ((server, echoes), samples) in
            [yardstick, server].into_iter().zip(&mut clients).zip(&mut samples)
        {
            let sample = server.sample(|| echoes.keep_busy(long))?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let [first, second] = &samples;
    let ratios = first.iter().zip(second);
    let ratio =
        median(ratios.map(|(a, b)| b.server_per_million() / a.server_per_million()).collect());
    let setting = json!({ "clients": CLIENTS, "text_bytes": TEXT_BYTES });
    for (server, samples) in ["yardstick", name].into_iter().zip(&samples) {
        lab.report.line("echo", server, with(setting.clone(), rounds(samples)));
    }
    lab.report.line("echo", "ratio", with(setting, json!({ "of": name, "ratio": ratio })));
    for echoes in &clients {
        lab.report.found(echoes.faults);
    }
    Ok(ratio)
}

/// Where a server of ours says back exactly what it got.
pub(super) fn path() -> String {
    format!("{ECHO_PATH}?{ECHO_PLAIN}")
}

/// Clients that are said back what they say. Each has one message under way at most.
pub(super) struct Echoes {
    crowd: PresenceSummary,
    /// By clients: the number under way, and when it should have been said.
    waiting: Vec<Option<(u64, Instant)>>,
    next: u64,
    echoed: u64,
    faults: Faults,
}

impl Echoes {
    pub(super) fn open(server: SocketAddr, path: &str, clients: usize) -> Result<Self, StageError> {
        let mut crowd = PresenceSummary::new()?;
        let request = Request::plain(server, path, false);
        for _ in 0..clients {
            crowd.open(server, &request, None)?;
        }
        let (mut opened, began) = (0, Instant::now());
        while opened < clients {
            crowd.turn(WAIT, &mut |_, _, incoming| {
                opened += usize::from(matches!(incoming, Incoming::Recovery));
                Ok(())
            })?;
            if began.elapsed() > WITHIN {
                return Err(StageError::NotReady { ready: opened, wanted: clients });
            }
        }
        let faults = Faults::default();
        Ok(Self { crowd, waiting: vec![None; clients], next: 0, echoed: 0, faults })
    }

    /// Every client says the next as soon as it has heard the last. Answers how many were said back.
    pub(super) fn keep_busy(&mut self, long: Duration) -> Result<u64, StageError> {
        let (began, before) = (Instant::now(), self.echoed);
        for client in 0..self.waiting.len() {
            self.say(client, began)?;
        }
        while began.elapsed() < long {
            self.turn(WAIT, true, None)?;
        }
        self.drain()?;
        Ok(self.echoed - before)
    }

    /// One message at a time, in turns, at a steady rate, until `over`. Answers how long each took, from
    /// the moment at which it should have been said. A client that still waits for its last echo is
    /// waited for, and what it says then is late by as much.
    pub(super) fn keep_pace(
        &mut self,
        per_second: u32,
        over: impl Fn() -> bool,
    ) -> Result<Histogram, StageError> {
        let mut histogram = Histogram::default();
        let every = Duration::from_secs(1) / per_second.max(1);
        let (mut due, mut client) = (Instant::now(), 0);
        while !over() {
            let free = self.waiting.get(client).is_some_and(Option::is_none);
            let wait = due.saturating_duration_since(Instant::now());
            if free && wait.is_zero() {
                self.say(client, due)?;
                due += every;
                client = (client + 1) % self.waiting.len().max(1);
            } else {
                let wait = wait.clamp(Duration::from_millis(1), WAIT);
                self.turn(wait, false, Some(&mut histogram))?;
            }
        }
        let began = Instant::now();
        while self.waiting.iter().any(Option::is_some) && began.elapsed() < WITHIN {
            self.turn(WAIT, false, Some(&mut histogram))?;
        }
        self.faults.lost += self.waiting.iter_mut().filter_map(Option::take).count() as u64;
        Ok(histogram)
    }

    pub(super) fn faults(&self) -> Faults {
        self.faults
    }

    fn drain(&mut self) -> Result<(), StageError> {
        let began = Instant::now();
        while self.waiting.iter().any(Option::is_some) && began.elapsed() < WITHIN {
            self.turn(WAIT, false, None)?;
        }
        self.faults.lost += self.waiting.iter_mut().filter_map(Option::take).count() as u64;
        Ok(())
    }

    fn say(&mut self, client: usize, intended: Instant) -> Result<(), StageError> {
        if let Some(waiting) = self.waiting.get_mut(client) {
            *waiting = Some((self.next, intended));
        }
        self.crowd.text(client, text(self.next).as_bytes())?;
        self.next += 1;
        Ok(())
    }

    fn turn(
        &mut self,
        wait: Duration,
        again: bool,
        mut histogram: Option<&mut Histogram>,
    ) -> Result<(), StageError> {
        let Self { crowd, waiting, next, echoed, faults } = self;
        crowd.turn(wait, &mut |reply, client, incoming| {
            let Incoming::Message(message) = incoming else {
                return Err(CrowdError::Io(std::io::Error::other("an echo connection ended")));
            };
            let slot = waiting.get_mut(client);
            let expected = slot.as_ref().and_then(|slot| slot.as_ref());
            match expected {
                Some((number, intended)) if message == text(*number).as_bytes() => {
                    *echoed += 1;
                    if let Some(histogram) = &mut histogram {
                        histogram.record(intended.elapsed());
                    }
                }
                Some((number, _)) if glance::number(message).is_some_and(|got| got < *number) => {
                    faults.doubled += 1;
                    return Ok(());
                }
                Some(_) => faults.lost += 1,
                None => {
                    faults.doubled += 1;
                    return Ok(());
                }
            }
            let Some(slot) = slot else { return Ok(()) };
            *slot = None;
            if again {
                *slot = Some((*next, Instant::now()));
                reply.text(text(*next).as_bytes())?;
                *next += 1;
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn text(number: u64) -> String {
    format!("{number:0TEXT_BYTES$}")
}
