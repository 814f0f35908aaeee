//! Servers of two neighbouring versions on one database.

use std::path::Path;
use std::time::Duration;

use madang_loadgen::{
    Driver, LoadgenError, MonotonicClock, NatsServer, PostgresServer, ServerCommand, TestUser,
};
use madang_shared::ServerFrame;
use madang_shared::chat::ChatCommand;
use madang_shared::rooms::RoomsCommand;
use tokio::time::timeout;
use tokio_postgres::NoTls;

use crate::server_binary::server_binary;

/// Far above the limits of the client and the server.
const WITHIN: Duration = Duration::from_mins(1);

/// The migration of a next version that only expands: each table gets a column, and there is a new table.
const EXPAND: &str = "DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE %I ADD COLUMN added_by_the_next_version text', name);
        END LOOP;
    END $$;
    CREATE TABLE next_version (id bigint PRIMARY KEY);
    INSERT INTO schema_migrations (version) VALUES (1000000)";
/// An event of the next version.
const NEXT_EVENT: &str = r#"INSERT INTO append_event (topic, event) VALUES ('room:1', '{"chat":{"of_the_next_version":1}}')"#;

/// Posts a message and waits until it is acknowledged, and its event has arrived.
async fn post(driver: &mut Driver, text: &str) {
    let posted = timeout(WITHIN, async {
        let room = loop {
            if let Some(room) = driver.client().features().memberships().rooms().min() {
                break room;
            }
            driver.step().await;
        };
        let command = driver.command(ChatCommand::post(room, text.to_owned()));
        let mut is_acknowledged = false;
        while !is_acknowledged || !driver.client().outbox().items().is_empty() {
            if let Some(ServerFrame::Ack { id, .. }) = driver.step().await {
                is_acknowledged |= Some(id) == command;
            }
        }
    });
    posted.await.unwrap_or_else(|_| panic!("{text:?} is not stored: {:?}", driver.last_error()));
}

async fn user(command: &ServerCommand, name: &str) -> Driver {
    let user = TestUser::sign_up(&reqwest::Client::new(), command.address(), name).await.unwrap();
    Driver::new(user, MonotonicClock::start(), 7)
}

fn command(postgres: &PostgresServer, nats: &NatsServer, log: &Path) -> ServerCommand {
    let database = PostgresServer::url_at(postgres.address());
    let command = ServerCommand::madang(&server_binary(), log).unwrap();
    command.as_node(&database, nats.address()).with_log(log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_keeps_serving_while_the_next_version_expands_the_schema_and_does_not_start_again()
 {
    let (postgres, nats) =
        (PostgresServer::start().await.unwrap(), NatsServer::start().await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let command = command(&postgres, &nats, &log);
    let server = command.start().await.unwrap();
    let mut mina = user(&command, "Mina").await;
    post(&mut mina, "before").await;

    let url = PostgresServer::url_at(postgres.address());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(EXPAND).await.unwrap();
    post(&mut mina, "after").await;
    mina.command(RoomsCommand::public("later"));
    post(&mut mina, "the room is created in order").await;
    // A client of this version skips an event that it does not know, and misses none after it.
    client.batch_execute(NEXT_EVENT).await.unwrap();
    post(&mut mina, "after the unknown event").await;
    assert_eq!(mina.client().undecodable_frames(), 1);
    let mut theo = user(&command, "Theo").await;
    post(&mut theo, "signed up after it").await;

    assert!(server.stop().await.unwrap().success());
    let started = command.start().await;
    assert!(matches!(started, Err(LoadgenError::ExitedAtStart(_))), "{started:?}");
    let log = std::fs::read_to_string(&log).unwrap();
    let reason = "the database has schema 1000000, and this binary knows";
    assert!(log.contains(reason) && log.contains("use the newer binary"), "{log}");
}
