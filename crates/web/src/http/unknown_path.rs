//! Paths of the server that have no route. A program that calls one gets a problem, and never the app's page.

use axum::http::{Method, StatusCode};
use madang_shared::ErrorCode;
use madang_shared::lab::chat::{HTTP_PATH, PATH as LAB_CHAT_PATH};
use madang_shared::lab::echo::ECHO_PATH;
use madang_shared::limits::SOCKET_PATH;
use madang_shared::people::PEOPLE_PATH;
use madang_shared::rooms::DIRECTORY_PATH;
use percent_encoding::percent_decode_str;

use crate::http::problem::Problem;
use crate::http::{delivery_api, rooms_api};
use crate::socketio::routes::RECEIPTS_PATH;

/// Paths below which no page of the app is. A path with a final `/` is a page itself.
const PREFIXES: [&str; 9] = [
    "/api",
    "/posts",
    "/healthz",
    "/readyz",
    HTTP_PATH,
    ECHO_PATH,
    "/socket.io",
    "/lab/http/",
    "/lab/transports/",
];

/// The paths with routes. A segment in braces has any value.
const ROUTES: [&str; 20] = [
    "/api/session",
    SOCKET_PATH,
    RECEIPTS_PATH,
    delivery_api::PATH,
    DIRECTORY_PATH,
    rooms_api::ROOM_PATH,
    rooms_api::MEMBERS_PATH,
    PEOPLE_PATH,
    "/posts",
    "/posts/{id}",
    "/healthz",
    "/readyz",
    HTTP_PATH,
    ECHO_PATH,
    LAB_CHAT_PATH,
    "/lab/transports/time",
    "/lab/transports/poll",
    "/lab/transports/long-poll",
    "/lab/transports/events",
    "/lab/transports/socket",
];

/// The refusal of a path that is the server's and has no route; none for a path that may be a page of the app. A path
/// that is almost right, in another case or with a `/` too many, is answered with the right one.
pub fn refusal(path: &str) -> Option<Problem> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    if !PREFIXES.iter().any(|prefix| is_below(&segments, prefix)) {
        return None;
    }
    let route = ROUTES.iter().find_map(|route| filled(&segments, route));
    let message = match route.filter(|route| route != path) {
        Some(route) => format!("This path does not exist; use `{route}`."),
        None => "This path does not exist; check its spelling.".to_owned(),
    };
    Some(Problem::new(ErrorCode::NotFound, message))
}

/// The refusal of a method that a path does not have.
pub async fn wrong_method(method: Method) -> Problem {
    let message = format!("This path has no {method}; the header `Allow` names its methods.");
    Problem::new(ErrorCode::Unsupported, message).with_status(StatusCode::METHOD_NOT_ALLOWED)
}

fn is_below(segments: &[&str], prefix: &str) -> bool {
    let names: Vec<&str> = prefix.split('/').filter(|name| !name.is_empty()).collect();
    let least = names.len() + usize::from(prefix.ends_with('/'));
    segments.len() >= least
        && names.iter().zip(segments).all(|(name, segment)| name.eq_ignore_ascii_case(segment))
}

/// The route with the values of these segments, if they fit.
fn filled(segments: &[&str], route: &str) -> Option<String> {
    let names: Vec<&str> = route.split('/').skip(1).collect();
    let mut path = String::new();
    for (name, segment) in names.iter().zip(segments) {
        let is_value =
            name.starts_with('{') && segment.bytes().all(|it| it.is_ascii_alphanumeric());
        if !is_value && !name.eq_ignore_ascii_case(segment) {
            return None;
        }
        path.push('/');
        path.push_str(if is_value { segment } else { name });
    }
    (names.len() == segments.len()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_those_of_the_server_are_refused() {
        for path in [
            "/api",
            "/API/x",
            "/posts/",
            "/x/../posts/1",
            "/%2e%2e/api/x",
            "//ws",
            "/./healthz/",
            "/lab/http/nothing",
            "/socket.io/x",
        ] {
            assert!(refusal(path).is_some(), "{path}");
        }
        for path in [
            "/",
            "",
            "/feed",
            "/rooms/1",
            "/lab",
            "/lab/http",
            "/lab/http/",
            "/lab/transports/",
            "/lab/echo",
            "/apis",
            "/postscript",
            "/posts/../feed",
            "/wsx",
            "/orders/board",
        ] {
            assert!(refusal(path).is_none(), "{path}");
        }
    }

    #[test]
    fn an_almost_right_path_is_answered_with_the_right_one() {
        for (path, expected) in [
            ("/posts/", "`/posts`"),
            ("/Posts/7/", "`/posts/7`"),
            ("//api//Session", "`/api/session`"),
            ("/api/rooms/1/messages/2/delivery/", "`/api/rooms/1/messages/2/delivery`"),
            ("/api/rooms/1/messages", "check its spelling"),
            ("/posts/<x>/", "check its spelling"),
        ] {
            let message = refusal(path).unwrap().failure.message;
            assert!(message.contains(expected), "{path}: {message}");
        }
    }
}
