//! Links of this server, drawn as the room, the message or the page that they lead to.

use leptos::prelude::*;
use madang_client::Client;
use madang_shared::RoomId;

use super::reply;
use crate::context::{link_to, use_app};
use crate::features::chat::message::RowContext;
use crate::i18n::{Lang, Words};
use crate::route::Route;
use crate::ui::icon::Icon;

const MESSAGE: Words = Words::new("메시지", "message");

/// The path of a link of this server.
fn own_path<'a>(to: &'a str, origin: &str) -> Option<&'a str> {
    let path = to.strip_prefix(origin)?;
    // A parameter may change what a page shows.
    (path.starts_with('/') && !path.contains(['?', '#'])).then_some(path)
}

fn room_name(client: &Client, room: RoomId) -> Option<String> {
    let name = client.features().memberships().room(room)?.name.clone();
    (!name.is_empty()).then_some(name)
}

/// The drawing of a link; none for a link of another server, and for a room that the user has not joined.
pub(super) fn permalink(to: &str, lang: Lang) -> Option<AnyView> {
    let app = use_app();
    let origin = window().location().origin().ok()?;
    let route = Route::from_path(own_path(to, &origin)?);
    let name = |room| app.driver.store().peek(|client| room_name(client, room));
    let (icon, name, words) = match route {
        Route::Room(room) => (Icon::Chat, name(room)?, None),
        Route::Message(room, message) => {
            let RowContext { room: here, .. } = expect_context();
            // The words of a message in the open room; its name is in the header.
            if room == here {
                let words = reply::words_of(app, reply::quoted(app, room, message));
                (Icon::Reply, String::new(), Some(words))
            } else {
                let words = format!(" · {}", MESSAGE.of(lang));
                (Icon::Chat, name(room)?, Some(words.into_any()))
            }
        }
        Route::Page(page) => (Icon::Browse, page.title().of(lang).to_owned(), None),
        Route::Home | Route::NotFound => return None,
    };
    let link = view! {
        <a class="permalink" href=route.path() title=to.to_owned() tabindex="-1" data-testid="permalink" on:click=link_to(app, route)>
            {icon.draw()}
            <span class="chat-quote-words"><bdi>{name}</bdi>{words}</span>
        </a>
    };
    Some(link.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_of_this_server_are_its_own() {
        let own = |to| own_path(to, "https://chat.example");
        assert_eq!(own("https://chat.example/rooms/1"), Some("/rooms/1"));
        assert_eq!(own("https://chat.example/rooms/1/messages/5"), Some("/rooms/1/messages/5"));
        for other in [
            "https://chat.example",
            "https://chat.example.org/rooms/1",
            "https://chat.example@evil.example/rooms/1",
            "http://chat.example/rooms/1",
            "https://chat.example/rooms/1?x=1",
            "https://chat.example/rooms/1#x",
        ] {
            assert_eq!(own(other), None, "{other}");
        }
    }
}
