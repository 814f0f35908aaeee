//! The app's files, compiled into the binary together with their compressed forms from the app's build.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::http::unknown_path;

#[derive(RustEmbed)]
#[folder = "../../frontend/dist/"]
#[exclude = ".gitignore"]
struct AppFiles;

const INDEX: &str = "index.html";
/// The path of the page of an invitation, without the slash in front, and its file.
const INVITATION: &str = "invite";
const INVITATION_FILE: &str = "invite.html";
/// The paths of the app's pages, one in each line. The app's build writes it.
const PAGES: &str = "pages.txt";
/// The shortest content hash in a file name. The bundler writes up to sixteen hexadecimal digits after the last `-`,
/// without leading zeros.
const MIN_HASH_DIGITS: usize = 12;
/// Encodings and the endings of the files that contain them, best first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Madang</title>\
    <h1>The server runs, but the app was not built into it.</h1>\
    <p>Build both with <code>just run</code>, or the one file with <code>just build</code>.</p></html>\n";

/// Whether the binary contains the app.
pub fn is_built() -> bool {
    AppFiles::get(INDEX).is_some()
}

/// Serves all paths without a route: a file of the app, or else the app's page, which has routes of its own. A path
/// of the server gets a problem. A path that neither knows is 404 with the page, which says so.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(problem) = unknown_path::refusal(uri.path()) {
        return problem.into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return ([(ALLOW, "GET, HEAD")], unknown_path::wrong_method(method).await).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    // The page of an invitation is a file of its own: it works before the app is loaded.
    let path = if path == INVITATION { INVITATION_FILE } else { path };
    let exists = |path: &str| !path.is_empty() && AppFiles::get(path).is_some();
    if exists(path) {
        return file_response(path, &headers);
    }
    // A name with an ending is a missing file. With the page as the answer, a stale tab would get HTML instead of a
    // script.
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_file {
        return StatusCode::NOT_FOUND.into_response();
    }
    if !is_built() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(CONTENT_TYPE, "text/html; charset=utf-8")],
            NOT_BUILT,
        )
            .into_response();
    }
    if is_app_path(path) {
        return file_response(INDEX, &headers);
    }
    let mut response = file_response(INDEX, &without_validators(headers));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().remove(ETAG);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The same request for a whole answer: 304 would say that the path exists.
fn without_validators(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(IF_NONE_MATCH);
    headers
}

/// Whether the app has a page at this path, without the slash in front. Only the app knows whether a room exists.
fn is_app_path(path: &str) -> bool {
    AppFiles::get(PAGES).is_none_or(|pages| is_in(&String::from_utf8_lossy(&pages.data), path))
}

/// Whether a path is home, a room, a message or one of the pages. `Route::from_path` of the app reads paths alike.
fn is_in(pages: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let is_page = || pages.lines().any(|page| page.trim_start_matches('/') == path);
    path.is_empty() || is_room(path) || is_page()
}

fn is_room(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("rooms/") else { return false };
    let (room, message) =
        rest.split_once("/messages/").map_or((rest, None), |(room, message)| (room, Some(message)));
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    is_number(room) && message.is_none_or(is_number)
}

/// The content security policy of our pages: only our own resources, and the one inline script that starts the app, by
/// its hash. `'self'` includes the WebSocket of the page's host, `wss:` if the page is `https:` (CSP level 3, section
/// 6.7.2.8).
pub fn content_security_policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let index =
            AppFiles::get(INDEX).map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let scripts = index.iter().flat_map(|html| inline_scripts(html));
        let sources: Vec<String> = scripts.map(|hash| format!("'{hash}'")).collect();
        let scripts = sources.join(" ");
        let policy = format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {scripts}; connect-src 'self'; \
             img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
    });
    POLICY.clone()
}

/// The hashes of a page's inline scripts, in the notation of the policy. The page is from our bundler.
fn inline_scripts(html: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    for (start, _) in html.match_indices("<script") {
        let Some((tag, rest)) = html.get(start..).and_then(|script| script.split_once('>')) else {
            continue;
        };
        let Some((content, _)) = rest.split_once("</script>") else {
            continue;
        };
        if !tag.contains(" src=") && !content.trim().is_empty() {
            hashes.push(format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(content))));
        }
    }
    hashes
}

fn file_response(path: &str, request: &HeaderMap) -> Response {
    let accepted =
        request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = ENCODINGS.iter().filter(|(name, _)| accepts(accepted, name));
    let encoded = encoded.filter_map(|(name, ending)| {
        Some((Some(*name), AppFiles::get(&format!("{path}{ending}"))?))
    });
    let plain = AppFiles::get(path).map(|file| (None, file));
    let Some((encoding, EmbeddedFile { data, metadata })) = encoded.chain(plain).next() else {
        return StatusCode::NOT_FOUND.into_response();
    };

    let etag = format!("\"{}\"", BASE64_STANDARD.encode(metadata.sha256_hash()));
    // A file that is named after its content never changes. Other files are validated at each use, which costs an
    // answer without a body while they are unchanged.
    let caching = if is_named_after_content(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if request.get(IF_NONE_MATCH).is_some_and(|known| matches_etag(known, &etag))
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    response
}

/// Whether an `If-None-Match` contains the entity tag (RFC 9110 section 13.1.2: a list, weakly compared).
fn matches_etag(known: &HeaderValue, etag: &str) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

/// Whether an `Accept-Encoding` names and allows an encoding (RFC 9110 section 12.5.3).
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|parameter| {
            let weight =
                parameter.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("q"));
            weight.is_some_and(|(_, weight)| weight.parse().is_ok_and(|weight: f32| weight <= 0.0))
        });
        named && !refused
    })
}

fn is_named_after_content(path: &str) -> bool {
    let stem = path.split('.').next().unwrap_or_default().trim_end_matches("_bg");
    let digits = stem.rsplit_once('-').map(|(_, digits)| digits).unwrap_or_default();
    digits.len() >= MIN_HASH_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_content_hash_are_immutable() {
        assert!(is_named_after_content("madang-app-1f2e3d4c5b6a7980_bg.wasm"));
        assert!(is_named_after_content("madang-app-1f2e3d4c5b6a7980.js"));
        assert!(is_named_after_content("style-0123456789abcdef.css"));
        assert!(!is_named_after_content("index.html"));
        assert!(!is_named_after_content("favicon.svg"));
        assert!(!is_named_after_content("long-readable-name.svg"));
    }

    #[test]
    fn paths_of_pages_rooms_and_messages_are_those_of_the_app() {
        let pages = "/feed\n/orders/board\n";
        for path in
            ["", "/", "feed", "feed/", "orders/board", "rooms/1", "rooms/1/", "rooms/7/messages/12"]
        {
            assert!(is_in(pages, path), "{path}");
        }
        for path in [
            "nonsense",
            "Feed",
            "feed/1",
            "orders",
            "orders/boards",
            "rooms",
            "rooms/",
            "rooms/x",
            "rooms/-1",
            "rooms/1/messages",
            "rooms/1/messages/x",
            "rooms/1/messages/1/2",
        ] {
            assert!(!is_in(pages, path), "{path}");
        }
    }

    #[test]
    fn a_known_entity_tag_matches() {
        let matches = |header| matches_etag(&HeaderValue::from_static(header), "\"a\"");
        assert!(matches("\"a\"") && matches("W/\"a\"") && matches("\"b\", \"a\"") && matches("*"));
        assert!(!matches("\"b\"") && !matches("a"));
    }

    #[test]
    fn an_encoding_is_used_only_if_the_client_accepts_it() {
        assert!(accepts("gzip, deflate, br, zstd", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("br;q=0.000", "br"));
        assert!(!accepts("br;x=1;Q=0.0", "br"));
        assert!(!accepts("", "br"));
        assert!(!accepts("brotli", "br"));
    }

    #[test]
    fn only_inline_scripts_have_a_hash_in_the_policy() {
        let html = "<script src=\"a.js\"></script><script type=\"module\">go()</script>";
        let expected = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest("go()")));
        assert_eq!(inline_scripts(html), [expected]);
    }
}
