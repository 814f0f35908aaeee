//! The disturbances of a run: one in each round, in an order that the seed determines.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use madang_loadgen::{LinkDirection, LinkMode};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tokio::time::sleep;

use super::cluster::{Cluster, NODES, NodeLink};

/// Time that a killed process stays down, in milliseconds.
const DOWN_MS: std::ops::RangeInclusive<u64> = 100..=3_000;
/// Time that a link is disturbed, in milliseconds.
const DISTURBED_MS: std::ops::RangeInclusive<u64> = 1_000..=6_000;
const DELAY: LinkMode =
    LinkMode::Delay { fixed: Duration::from_millis(40), jitter: Duration::from_millis(120) };
const MODES: [LinkMode; 5] = [
    DELAY,
    LinkMode::Cut,
    LinkMode::HalfOpen(LinkDirection::ToTarget),
    LinkMode::HalfOpen(LinkDirection::ToClient),
    LinkMode::Partition,
];

/// A kind of disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DisturbanceKind {
    KillNode,
    KillPostgres,
    KillNats,
    Link(NodeLink, LinkMode),
    /// Each node in turn is stopped and started again.
    RollingRestart,
}

/// A disturbance of one round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disturbance {
    pub(super) kind: DisturbanceKind,
    /// The index of the node.
    node: usize,
    lasts: Duration,
}

/// Every kind, except the restart without a failure.
fn all() -> Vec<DisturbanceKind> {
    use DisturbanceKind::{KillNats, KillNode, KillPostgres, Link};
    let links = [NodeLink::Clients, NodeLink::Postgres, NodeLink::Nats];
    let links = links.into_iter().flat_map(|link| MODES.map(|mode| Link(link, mode)));
    [KillNode, KillPostgres, KillNats].into_iter().chain(links).collect()
}

/// The disturbances of a run. With enough rounds, each kind whose name contains one of `words` occurs.
pub(super) fn plan(rounds: u32, words: &[String], random: &mut StdRng) -> Vec<Disturbance> {
    let mut kinds = all();
    kinds.retain(|kind| {
        let name = kind.to_string();
        words.is_empty() || words.iter().any(|word| name.contains(word.as_str()))
    });
    let mut plan = Vec::new();
    while plan.len() < rounds as usize && !kinds.is_empty() {
        kinds.shuffle(random);
        plan.extend(kinds.iter().map(|kind| Disturbance {
            kind: *kind,
            node: 0,
            lasts: Duration::from_millis(match kind {
                DisturbanceKind::Link(..) => random.random_range(DISTURBED_MS),
                _ => random.random_range(DOWN_MS),
            }),
        }));
    }
    plan.truncate(rounds as usize);
    plan
}

/// Restarts of all nodes, without a failure.
pub(super) fn rolling_plan(rounds: u32) -> Vec<Disturbance> {
    let kind = DisturbanceKind::RollingRestart;
    (0..rounds).map(|_| Disturbance { kind, node: 0, lasts: Duration::ZERO }).collect()
}

impl Disturbance {
    /// The same disturbance of another node.
    pub(super) fn of_node(self, node: usize) -> Self {
        Self { node, ..self }
    }

    /// Disturbs the cluster, waits, and mends it.
    pub(super) async fn inflict(self, cluster: &mut Cluster) -> Result<()> {
        let Self { kind, node, lasts } = self;
        match kind {
            DisturbanceKind::KillNode => {
                cluster.kill_node(node).await?;
                sleep(lasts).await;
                cluster.start_node(node).await?;
            }
            DisturbanceKind::KillPostgres => {
                cluster.postgres.kill().await?;
                sleep(lasts).await;
                cluster.postgres.restart().await?;
            }
            DisturbanceKind::KillNats => {
                cluster.nats.kill().await?;
                sleep(lasts).await;
                cluster.nats.restart().await?;
            }
            DisturbanceKind::Link(link, mode) => {
                cluster.set_link(node, link, mode);
                sleep(lasts).await;
                cluster.set_link(node, link, LinkMode::Pass);
            }
            DisturbanceKind::RollingRestart => {
                for node in 0..NODES {
                    cluster.stop_node(node).await?;
                    cluster.start_node(node).await?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for DisturbanceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (link, mode) = match self {
            Self::KillNode => return f.write_str("kill node"),
            Self::KillPostgres => return f.write_str("kill PostgreSQL"),
            Self::KillNats => return f.write_str("kill NATS"),
            Self::RollingRestart => return f.write_str("rolling restart"),
            Self::Link(link, mode) => (link, mode),
        };
        let (from, to) = match link {
            NodeLink::Clients => ("clients", "node"),
            NodeLink::Postgres => ("node", "PostgreSQL"),
            NodeLink::Nats => ("node", "NATS"),
        };
        match mode {
            LinkMode::Pass => write!(f, "pass {from}-{to}"),
            LinkMode::Delay { .. } => write!(f, "delay {from}-{to}"),
            LinkMode::Cut => write!(f, "cut {from}-{to}"),
            LinkMode::HalfOpen(LinkDirection::ToTarget) => write!(f, "half-open {from}->{to}"),
            LinkMode::HalfOpen(LinkDirection::ToClient) => write!(f, "half-open {to}->{from}"),
            LinkMode::Partition => write!(f, "partition {from}-{to}"),
        }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.to_string();
        match self.kind {
            DisturbanceKind::RollingRestart => write!(f, "{kind}"),
            DisturbanceKind::KillPostgres | DisturbanceKind::KillNats => {
                write!(f, "{kind}, {:.1} s", self.lasts.as_secs_f64())
            }
            DisturbanceKind::KillNode | DisturbanceKind::Link(..) => {
                write!(f, "{kind}, node {}, {:.1} s", self.node + 1, self.lasts.as_secs_f64())
            }
        }
    }
}
