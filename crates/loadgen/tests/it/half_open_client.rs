//! A client whose own frames vanish still receives events, until the server finds its connection dead.

use std::time::Duration;

use madang_client::views::chat::Timeline;
use madang_loadgen::{
    Driver, FaultProxy, LinkDirection, LinkMode, MonotonicClock, ServerCommand, TestUser,
};
use madang_shared::chat::ChatCommand;
use madang_shared::{ServerFrame, Topic};
use tokio::time::timeout;

use crate::server_binary::server_binary;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_frames_vanish_still_receives_events() {
    let folder = tempfile::tempdir().unwrap();
    let command = ServerCommand::madang(&server_binary(), folder.path()).unwrap();
    let _server = command.start().await.unwrap();
    let proxy = FaultProxy::start(&[command.address()], 7).await.unwrap();
    let http = reqwest::Client::new();
    let (reader, writer) = (
        TestUser::sign_up(&http, command.address(), "reader").await.unwrap(),
        TestUser::sign_up(&http, command.address(), "writer").await.unwrap(),
    );
    let clock = MonotonicClock::start();
    let mut reader = Driver::new(reader, clock, 1).with_servers(vec![proxy.address()], 0);
    let mut writer = Driver::new(writer, clock, 2);
    for driver in [&mut reader, &mut writer] {
        while !is_in_room(driver) {
            driver.step().await;
        }
    }
    let room = writer.client().features().memberships().rooms().min().unwrap();
    proxy.set(LinkMode::HalfOpen(LinkDirection::ToTarget));
    for number in 1..=5 {
        writer.command(ChatCommand::post(room, format!("message {number}")));
        while !writer.client().outbox().items().is_empty() {
            writer.step().await;
        }
        let received = timeout(Duration::from_secs(20), async {
            loop {
                if let Some(ServerFrame::Event { topic: Topic::Room(_), .. }) = reader.step().await
                {
                    return;
                }
            }
        });
        received.await.unwrap_or_else(|_| panic!("message {number} does not arrive"));
    }
}

/// Whether the client follows its room.
fn is_in_room(driver: &Driver) -> bool {
    let features = driver.client().features();
    let room = features.memberships().rooms().min();
    room.and_then(|room| features.timeline(room)).is_some_and(Timeline::is_known)
}
