//! A node among several over one log: its id, its tasks, and the works that it does for all.

use std::sync::Arc;

use anyhow::{Context, Result};
use madang_bus::{NatsBus, NatsOptions};
use madang_hub::Hub;
use madang_hub::bus::Bus;
use madang_hub::nodes::{NodeId, POLL_WITHOUT_BUS_MS};
use madang_hub::ports::Store;

use crate::clock::SteadyClock;
use crate::leases::{Leadership, LeaseTask};
use crate::lifecycle::Lifecycle;

/// The reads by which a node follows the others, at the same time.
const FOLLOWERS: usize = 4;

/// The works that one node does for all.
pub(crate) struct Works {
    /// Sending scheduled notices.
    pub(crate) notices: Leadership,
    /// Following the exchanges.
    pub(crate) price: Leadership,
    /// Ending old sessions.
    pub(crate) sessions: Leadership,
}

impl Works {
    /// The works of the only node.
    pub(crate) fn alone() -> Self {
        let leadership = Leadership::alone();
        Self { notices: leadership.clone(), price: leadership.clone(), sessions: leadership }
    }
}

/// The id of a new start of a node: 53 random bits, which every JSON reader keeps.
pub(crate) fn new_id() -> Result<NodeId> {
    Ok(NodeId(getrandom::u64().context("the system has no random numbers")? >> 11))
}

/// Starts the tasks of a node, and joins the other nodes over the bus, if there is one.
///
/// # Errors
/// If the bus refuses the connection.
pub(crate) async fn join(
    lifecycle: &Lifecycle,
    node: NodeId,
    (hub, store, clock): (&Arc<Hub>, &Arc<dyn Store>, &Arc<SteadyClock>),
    options: Option<&NatsOptions>,
) -> Result<Works> {
    if let Some(options) = options {
        let bus = Arc::new(NatsBus::connect(options).await?);
        tracing::info!(node = node.0, bus = options.address(), "the node joins the others");
        exchange_messages(lifecycle, hub, bus);
    } else {
        tracing::warn!(
            node = node.0,
            poll_ms = POLL_WITHOUT_BUS_MS,
            "without `--bus`, this server polls the database for the events of other servers, and presence, typing and \
            delivery counts are those of this server alone; name a NATS server with `--bus` if several servers share the \
            database"
        );
    }
    for _ in 0..FOLLOWERS {
        let (hub, store) = (hub.clone(), store.clone());
        lifecycle.spawn_background("follower", async move {
            let report = |error: &_| tracing::debug!(%error, "the store failed; a poll repeats it");
            hub.run_follower(&*store, report).await;
            Ok(())
        });
    }
    let lead = |name| {
        let (task, leadership) = LeaseTask::new(name, node);
        let running = task.run(store.clone(), clock.clone(), lifecycle.stopping());
        lifecycle.spawn("lease", running);
        leadership
    };
    // Prices reach other nodes by the bus alone. Without one, each node follows the exchanges by itself.
    let price = if options.is_some() { lead("price") } else { Leadership::alone() };
    Ok(Works { notices: lead("notices"), price, sessions: lead("sessions") })
}

fn exchange_messages(lifecycle: &Lifecycle, hub: &Arc<Hub>, bus: Arc<NatsBus>) {
    let messages = bus.listen();
    lifecycle.spawn_background("sender", {
        let hub = hub.clone();
        async move {
            hub.run_sender(&*bus).await;
            Ok(())
        }
    });
    lifecycle.spawn_background("listener", {
        let hub = hub.clone();
        async move {
            let report = |error: &_| tracing::debug!(%error, "a message is ignored");
            hub.run_listener(messages, report).await;
            Ok(())
        }
    });
}
