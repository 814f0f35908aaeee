//! Three servers over one PostgreSQL and one NATS, each with a balancer that prefers it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use madang_client::{Action, Client};
use madang_loadgen::{
    Driver, FaultProxy, MonotonicClock, NatsServer, PostgresServer, ServerCommand, ServerProcess,
    TestUser,
};
use madang_shared::RoomId;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

use super::repository_path;

/// The number of servers.
const NODES: usize = 3;

/// A running cluster. Dropping it kills all processes.
pub(crate) struct Cluster {
    nodes: Vec<Option<ServerProcess>>,
    addresses: Vec<SocketAddr>,
    balancers: Vec<FaultProxy>,
    postgres: PostgresServer,
    _nats: NatsServer,
    _folder: TempDir,
}

impl Cluster {
    pub(crate) async fn start() -> Result<Self> {
        let binary = std::env::var_os("MADANG_BIN")
            .map_or_else(|| repository_path("target/release/madang"), PathBuf::from);
        let (postgres, nats) = tokio::try_join!(PostgresServer::start(), NatsServer::start())?;
        let folder = tempfile::tempdir()?;
        let database = PostgresServer::url_at(postgres.address());
        let (mut nodes, mut addresses) = (Vec::new(), Vec::new());
        for _ in 0..NODES {
            let command = ServerCommand::madang_with_default_budgets(&binary, folder.path())?
                .as_node(&database, nats.address())
                .with_log(&folder.path().join("log"));
            nodes.push(Some(command.start().await?));
            addresses.push(command.address());
        }
        let mut balancers = Vec::new();
        for preferred in 0..NODES {
            let mut targets = addresses.clone();
            targets.rotate_left(preferred);
            balancers.push(FaultProxy::start_failover(&targets, 7).await?);
        }
        Ok(Self { nodes, addresses, balancers, postgres, _nats: nats, _folder: folder })
    }

    /// The address of the app on a node, or on the next one that runs.
    pub(crate) fn url(&self, node: usize) -> Result<String> {
        let balancer = self.balancers.get(node).context("no such node")?;
        Ok(format!("http://{}/", balancer.address()))
    }

    /// Kills a node (`kill -9`).
    pub(crate) async fn kill(&mut self, node: usize) -> Result<()> {
        let process = self.nodes.get_mut(node).and_then(Option::take);
        Ok(process.context("the node is down already")?.kill().await?)
    }

    /// Signs a user up who is in a room on a node, until the returned task is aborted.
    pub(crate) async fn visitor(
        &self,
        node: usize,
        name: &str,
        room: RoomId,
    ) -> Result<JoinHandle<()>> {
        let address = *self.addresses.get(node).context("no such node")?;
        let user = TestUser::sign_up(&reqwest::Client::new(), address, name).await?;
        let mut driver = Driver::new(user, MonotonicClock::start(), 7);
        let is_in =
            move |client: &Client| client.features().memberships().rooms().any(|it| it == room);
        Ok(tokio::spawn(async move {
            while !is_in(driver.client()) {
                driver.step().await;
            }
            driver.act(Action::OpenRoom(Some(room)));
            loop {
                driver.step().await;
            }
        }))
    }

    /// Seq, author and text of each message of a room, as the database holds them.
    pub(crate) async fn messages(&self, room: RoomId) -> Result<Vec<(u64, String, String)>> {
        let url = PostgresServer::url_at(self.postgres.address());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        let sql = "SELECT seq, name, text FROM messages JOIN users ON users.id = author_id \
            WHERE room_id = $1 ORDER BY seq";
        let rows = client.query(sql, &[&room.0.cast_signed()]).await?;
        let message = |row: &tokio_postgres::Row| {
            Ok((row.try_get::<_, i64>(0)?.unsigned_abs(), row.try_get(1)?, row.try_get(2)?))
        };
        rows.iter().map(message).collect()
    }
}
