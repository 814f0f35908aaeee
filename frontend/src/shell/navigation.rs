//! Tells the client what the address selects: the open room. `features::apps` tells it the topics of the open page.

use madang_client::{Action, Slice};
use madang_shared::RoomId;

use crate::context::{AppContext, View};
use crate::features::membership::is_leaving;
use crate::route::Route;
use crate::router;
use crate::ui::erased::reactive::effect;

/// Follows the route until the session ends.
pub(super) fn follow_route(app: AppContext) {
    let store = app.driver.store();
    effect(move || {
        let route = app.router.get();
        let room = route.room();
        app.driver.act(Action::OpenRoom(room));
        if let Some(room) = room {
            router::remember_room(room);
        }
    });
    // `/` opens the last room, or the first of the user's rooms. On a phone it is the list of rooms.
    effect(move || {
        if app.view.get() != View::NoRoom || app.phone.get() {
            return;
        }
        let last = router::last_room();
        let home = store.read(Slice::Unread, |client| {
            let rooms = client.features().memberships();
            let is_joined = |room: &RoomId| rooms.contains(*room) && !is_leaving(client, *room);
            last.filter(is_joined).or_else(|| rooms.rooms().find(is_joined))
        });
        if let Some(room) = home {
            app.router.replace(Route::Room(room));
        }
    });
}
