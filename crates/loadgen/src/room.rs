//! The room of a client: the newest one that its user has joined.

use anyhow::{Context, Result};
use madang_client::views::chat::Timeline;
use madang_loadgen::Driver;
use madang_shared::RoomId;
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::RoomsCommand;
use tokio::time::{Duration, timeout};

use crate::verdict::ShownMessage;

/// Time limit for the creation and the joining of a room.
const JOINED_WITHIN: Duration = Duration::from_secs(30);

/// The newest room of the user. `None` until the client has its state.
pub(crate) fn room_of(driver: &Driver) -> Option<RoomId> {
    let features = driver.client().features();
    let room = features.memberships().rooms().max()?;
    features.timeline(room).filter(|timeline| timeline.is_known()).map(|_| room)
}

/// The messages of the room that the client shows.
pub(crate) fn timeline_of(driver: &Driver) -> Vec<ShownMessage> {
    let timeline = room_of(driver).and_then(|room| driver.client().features().timeline(room));
    let messages = timeline.into_iter().flat_map(Timeline::messages);
    messages.map(|message| ShownMessage { seq: message.seq, command: message.command }).collect()
}

/// Creates rooms, until there are so many. The first one exists already.
pub(crate) async fn create_all(mut founder: Driver, count: u16) -> Result<Vec<RoomId>> {
    let mut rooms = vec![newest_joined(&mut founder).await?];
    for number in 2..=count {
        rooms.push(create(&mut founder, &format!("room {number}")).await?);
    }
    Ok(rooms)
}

/// Creates a room, which joins it. Returns its id.
pub(crate) async fn create(driver: &mut Driver, name: &str) -> Result<RoomId> {
    let before = newest_joined(driver).await?;
    driver.command(RoomsCommand::public(name));
    until(driver, |joined| joined > before).await
}

/// Joins a room, unless the user has joined it already.
pub(crate) async fn join(driver: &mut Driver, room: RoomId) -> Result<()> {
    if newest_joined(driver).await? < room {
        driver.command(MembershipCommand::Join { room });
        until(driver, |joined| joined == room).await?;
    }
    Ok(())
}

/// The newest room that the user has joined.
pub(crate) async fn newest_joined(driver: &mut Driver) -> Result<RoomId> {
    until(driver, |_| true).await
}

/// Waits until the newest room of the user is as wanted.
async fn until(driver: &mut Driver, wanted: impl Fn(RoomId) -> bool) -> Result<RoomId> {
    let joined = timeout(JOINED_WITHIN, async {
        loop {
            let newest = driver.client().features().memberships().rooms().max();
            if let Some(room) = newest.filter(|room| wanted(*room)) {
                return room;
            }
            driver.step().await;
        }
    });
    joined.await.with_context(|| {
        let error = driver.last_error().unwrap_or("the server does not respond");
        format!("cannot join a room: {error}")
    })
}
