//! PostgreSQL, NATS and the nodes, all on the servers' core.

use anyhow::{Result, ensure};
use madang_loadgen::{NatsServer, PostgresServer, ServerCommand, TestUser};
use tempfile::TempDir;

use super::bus_observer::BusObserver;
use super::usage::Usage;
use crate::load::environment::{Environment, MeasuredProcess, RunningServer, temporary_folder};

/// Running nodes. Dropping it kills all processes.
pub(super) struct Cluster {
    pub(super) nodes: Vec<RunningServer>,
    observer: BusObserver,
    postgres: PostgresServer,
    nats: NatsServer,
    _folder: TempDir,
}

impl Cluster {
    /// Starts nodes over a new database whose commits wait for the disk.
    pub(super) fn start(environment: &Environment<'_>, count: usize) -> Result<Self> {
        environment.move_to_server_core()?;
        let surroundings = environment.wait_for(async {
            let postgres = PostgresServer::start().await?;
            anyhow::Ok((postgres, NatsServer::start().await?))
        });
        environment.move_to_generator_core()?;
        let (postgres, nats) = surroundings?;
        let observer = BusObserver::start(nats.address())?;
        let (folder, database) = (temporary_folder()?, PostgresServer::url_at(postgres.address()));
        let nodes = (0..count).map(|_| {
            let command = ServerCommand::madang(environment.binary(), folder.path())?;
            environment.start_external(&command.as_node(&database, nats.address()))
        });
        let nodes = nodes.collect::<Result<Vec<_>>>()?;
        Ok(Self { nodes, observer, postgres, nats, _folder: folder })
    }

    /// The node with this index.
    pub(super) fn node(&self, index: usize) -> Result<&RunningServer> {
        self.nodes.get(index).ok_or_else(|| anyhow::anyhow!("there is no node {index}"))
    }

    /// Signs up users on the first node.
    pub(super) fn sign_up(
        &self,
        environment: &Environment<'_>,
        name: &str,
        count: usize,
    ) -> Result<Vec<TestUser>> {
        environment.sign_up_as(self.node(0)?, name, 0, count)
    }

    /// The present costs of all processes.
    pub(super) fn usage(&self) -> Result<Usage> {
        let nodes: Vec<MeasuredProcess> = self.nodes.iter().map(RunningServer::measured).collect();
        let messages = (self.observer.messages(), self.observer.bytes());
        Usage::now(&nodes, self.postgres.id()?, self.nats.id()?, messages)
    }

    /// Stops the nodes.
    pub(super) fn stop(self, environment: &Environment<'_>) -> Result<()> {
        for node in self.nodes {
            environment.stop(node)?;
        }
        ensure!(self.observer.messages() > 0, "no message between nodes was seen");
        Ok(())
    }
}
