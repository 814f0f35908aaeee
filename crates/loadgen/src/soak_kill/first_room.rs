//! The first room of the server, in which all writers post.

use madang_client::views::chat::Timeline;
use madang_loadgen::Driver;
use madang_shared::RoomId;

use super::verdict::ShownMessage;

/// The id of the first room. `None` until the client has its state.
pub(super) fn room_of(driver: &Driver) -> Option<RoomId> {
    let features = driver.client().features();
    let room = features.memberships().rooms().min()?;
    features.timeline(room).filter(|timeline| timeline.is_known()).map(|_| room)
}

/// The messages of the first room that the client shows.
pub(super) fn timeline_of(driver: &Driver) -> Vec<ShownMessage> {
    let timeline = room_of(driver).and_then(|room| driver.client().features().timeline(room));
    let messages = timeline.into_iter().flat_map(Timeline::messages);
    messages.map(|message| ShownMessage { seq: message.seq, command: message.command }).collect()
}
