//! The costs of the processes of several nodes.

use std::time::Instant;

use anyhow::Result;
use madang_loadgen::CpuTime;

use crate::load::environment::MeasuredProcess;
use crate::load::sample::float;

/// The costs since the start of the processes.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    nodes: Vec<CpuTime>,
    postgres: CpuTime,
    nats: CpuTime,
    messages: u64,
    bytes: u64,
    at: Instant,
}

/// The costs of an interval: processor seconds, and messages between nodes.
#[derive(Clone, Debug)]
pub(super) struct Spent {
    pub(super) nodes: Vec<f64>,
    pub(super) postgres: f64,
    pub(super) nats: f64,
    pub(super) messages: f64,
    pub(super) bytes: f64,
    pub(super) seconds: f64,
}

impl Usage {
    pub(super) fn now(
        nodes: &[MeasuredProcess],
        postgres: u32,
        nats: u32,
        (messages, bytes): (u64, u64),
    ) -> Result<Self> {
        let nodes = nodes.iter().map(|node| CpuTime::of_process(node.id));
        Ok(Self {
            nodes: nodes.collect::<Result<_, _>>()?,
            // Each connection has a process of its own.
            postgres: CpuTime::of_process_tree(postgres)?,
            nats: CpuTime::of_process(nats)?,
            messages,
            bytes,
            at: Instant::now(),
        })
    }

    pub(super) fn since(&self, earlier: &Self) -> Spent {
        let nodes = self.nodes.iter().zip(&earlier.nodes);
        Spent {
            nodes: nodes.map(|(now, earlier)| now.since(earlier).as_secs_f64()).collect(),
            postgres: self.postgres.since(&earlier.postgres).as_secs_f64(),
            nats: self.nats.since(&earlier.nats).as_secs_f64(),
            messages: float(self.messages - earlier.messages),
            bytes: float(self.bytes - earlier.bytes),
            seconds: self.at.duration_since(earlier.at).as_secs_f64(),
        }
    }
}

impl Spent {
    pub(super) const NONE: Self = Self {
        nodes: Vec::new(),
        postgres: 0.0,
        nats: 0.0,
        messages: 0.0,
        bytes: 0.0,
        seconds: 0.0,
    };

    pub(super) fn add(&mut self, other: &Self) {
        self.nodes.resize(other.nodes.len(), 0.0);
        for (node, more) in self.nodes.iter_mut().zip(&other.nodes) {
            *node += more;
        }
        self.postgres += other.postgres;
        self.nats += other.nats;
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.seconds += other.seconds;
    }

    /// The costs without those of an interval in which nothing happened, scaled to this interval.
    pub(super) fn without(mut self, quiet: &Self) -> Self {
        let share = self.seconds / quiet.seconds;
        for (node, of_quiet) in self.nodes.iter_mut().zip(&quiet.nodes) {
            *node -= of_quiet * share;
        }
        self.postgres -= quiet.postgres * share;
        self.nats -= quiet.nats * share;
        self.messages -= quiet.messages * share;
        self.bytes -= quiet.bytes * share;
        self
    }

    pub(super) fn node(&self, index: usize) -> f64 {
        self.nodes.get(index).copied().unwrap_or_default()
    }

    pub(super) fn all_nodes(&self) -> f64 {
        self.nodes.iter().sum()
    }
}

/// The costs of a load without those of quiet nodes.
pub(super) struct MeasuredLoad {
    pub(super) spent: Spent,
    pub(super) messages: f64,
    pub(super) deliveries: f64,
}

impl MeasuredLoad {
    pub(super) const NONE: Self = Self { spent: Spent::NONE, messages: 0.0, deliveries: 0.0 };

    /// Microseconds for each message, of these processor seconds.
    pub(super) fn us_per_message(&self, seconds: f64) -> f64 {
        seconds * 1e6 / self.messages
    }

    /// The load without the costs of an interval in which nothing happened.
    pub(super) fn without(self, quiet: &Spent) -> Self {
        Self { spent: self.spent.without(quiet), ..self }
    }
}
