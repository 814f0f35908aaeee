//! Three nodes over one PostgreSQL and one NATS, all real processes, with a fault proxy on every link.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use madang_loadgen::{
    FaultProxy, LinkMode, LoadgenError, NatsServer, PostgresServer, ServerCommand, ServerProcess,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// Nodes of the cluster.
pub(super) const NODES: usize = 3;
/// Time limit for a node to start, attempts that fail included.
const START_WITHIN: Duration = Duration::from_mins(1);
/// The wait of the supervisor before it starts a node again.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// A link of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeLink {
    /// From the clients to the node.
    Clients,
    /// From the node to PostgreSQL.
    Postgres,
    /// From the node to NATS.
    Nats,
}

/// A node, and its links.
struct ClusterNode {
    command: ServerCommand,
    process: Option<ServerProcess>,
    clients: FaultProxy,
    postgres: FaultProxy,
    nats: FaultProxy,
}

/// A running cluster. Dropping it kills all processes.
pub(super) struct Cluster {
    pub(super) postgres: PostgresServer,
    pub(super) nats: NatsServer,
    nodes: Vec<ClusterNode>,
    folder: TempDir,
}

impl Cluster {
    /// Starts PostgreSQL, NATS and the nodes.
    pub(super) async fn start(binary: &Path, seed: u64) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("madang-cluster-").tempdir()?;
        let (postgres, nats) = (PostgresServer::start().await?, NatsServer::start().await?);
        let mut nodes = Vec::new();
        for number in 1..=NODES {
            let proxy =
                |target: SocketAddr| async move { FaultProxy::start(&[target], seed).await };
            let (to_postgres, to_nats) =
                (proxy(postgres.address()).await?, proxy(nats.address()).await?);
            let database = PostgresServer::url_at(to_postgres.address());
            let command = ServerCommand::madang(binary, &folder.path().join("data"))?
                .as_node(&database, to_nats.address())
                .with_log(&folder.path().join(format!("node-{number}.log")));
            let clients = proxy(command.address()).await?;
            let process = Some(command.start().await?);
            nodes.push(ClusterNode {
                command,
                process,
                clients,
                postgres: to_postgres,
                nats: to_nats,
            });
        }
        Ok(Self { postgres, nats, nodes, folder })
    }

    /// The addresses of the nodes, behind their proxies.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.clients.address()).collect()
    }

    /// The URL of the database, without a proxy.
    pub(super) fn database(&self) -> String {
        PostgresServer::url_at(self.postgres.address())
    }

    /// The node with the most clients. They do not come back to a node that they have left.
    pub(super) fn busiest_node(&self) -> usize {
        let nodes = self.nodes.iter().enumerate();
        let busiest = nodes.max_by_key(|(_, node)| node.clients.connections());
        busiest.map_or(0, |(index, _)| index)
    }

    /// Changes the mode of a link of a node.
    pub(super) fn set_link(&self, node: usize, link: NodeLink, mode: LinkMode) {
        let Some(node) = self.nodes.get(node) else { return };
        match link {
            NodeLink::Clients => node.clients.set(mode),
            NodeLink::Postgres => node.postgres.set(mode),
            NodeLink::Nats => node.nats.set(mode),
        }
    }

    /// Kills a node (SIGKILL).
    pub(super) async fn kill_node(&mut self, node: usize) -> Result<()> {
        Ok(self.take_process(node)?.kill().await?)
    }

    /// Stops a node (SIGTERM), and waits for its end.
    pub(super) async fn stop_node(&mut self, node: usize) -> Result<()> {
        let status = self.take_process(node)?.stop().await?;
        ensure!(status.success(), "node {} exited with an error: {status}", node + 1);
        Ok(())
    }

    /// Starts a node again, as a supervisor does: it repeats attempts that fail.
    pub(super) async fn start_node(&mut self, node: usize) -> Result<()> {
        let node = self.nodes.get_mut(node).context("no such node")?;
        let deadline = Instant::now() + START_WITHIN;
        loop {
            match node.command.start().await {
                Ok(process) => {
                    node.process = Some(process);
                    return Ok(());
                }
                Err(LoadgenError::ExitedAtStart(_)) if Instant::now() < deadline => {
                    sleep(AGAIN_AFTER).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Fails if a node has exited by itself.
    pub(super) fn check_nodes(&mut self) -> Result<()> {
        for (number, node) in (1..).zip(&mut self.nodes) {
            if let Some(process) = &mut node.process {
                process.check_running().with_context(|| format!("node {number}"))?;
            }
        }
        Ok(())
    }

    /// Stops all nodes.
    pub(super) async fn stop(&mut self) -> Result<()> {
        for node in 0..self.nodes.len() {
            self.stop_node(node).await?;
        }
        Ok(())
    }

    /// Keeps the logs of the nodes, and returns their folder.
    pub(super) fn keep_logs(self) -> PathBuf {
        self.folder.keep()
    }

    fn take_process(&mut self, node: usize) -> Result<ServerProcess> {
        let process = self.nodes.get_mut(node).and_then(|node| node.process.take());
        process.with_context(|| format!("node {} does not run", node + 1))
    }
}
