//! The app's files, compiled into the binary, as they were compressed when the app was built.

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

#[derive(RustEmbed)]
#[folder = "../../frontend/dist/"]
#[exclude = ".gitignore"]
struct Files;

const INDEX: &str = "index.html";
/// What the bundler names after its content: up to sixteen hexadecimal digits after the last `-`, for
/// it writes a number without its leading zeros.
const MIN_HASH_DIGITS: usize = 12;
/// Encodings that a file may lie beside itself in, best first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Madang</title>\
    <h1>The server runs, but the app was not built into it.</h1>\
    <p>Build both with <code>just run</code>, or the one file with <code>just build</code>.</p></html>\n";

/// Whether the app was there when the server was compiled.
pub fn is_built() -> bool {
    Files::get(INDEX).is_some()
}

/// Any path that no route has: a file of the app, or the app itself, which knows its own paths.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let known = |path: &str| !path.is_empty() && Files::get(path).is_some();
    if known(path) {
        return file(path, &headers);
    }
    // A name with an ending is a file that is not there; answering with the page instead would show
    // a stale tab HTML where it expects a script.
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_file || path.starts_with("api/") {
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
    file(INDEX, &headers)
}

/// The policy for our pages: nothing but our own, and the one inline script that starts the app, by
/// its hash. `'self'` is the socket of the page's own host too, `wss:` where the page is `https:` (CSP level
/// 3, section 6.7.2.8).
pub fn content_security_policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let index = Files::get(INDEX).map(|file| String::from_utf8_lossy(&file.data).into_owned());
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

/// The hashes, in the policy's notation, of the inline scripts of a page that our bundler made.
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

fn file(path: &str, request: &HeaderMap) -> Response {
    let accepted =
        request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = ENCODINGS.iter().filter(|(name, _)| accepts(accepted, name));
    let encoded = encoded
        .filter_map(|(name, ending)| Some((Some(*name), Files::get(&format!("{path}{ending}"))?)));
    let plain = Files::get(path).map(|file| (None, file));
    let Some((encoding, EmbeddedFile { data, metadata })) = encoded.chain(plain).next() else {
        return StatusCode::NOT_FOUND.into_response();
    };

    let etag = format!("\"{}\"", BASE64_STANDARD.encode(metadata.sha256_hash()));
    // What is named after its content never changes; everything else is asked for again each time,
    // and costs an answer without a body while it is the same.
    let caching = if is_named_after_content(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if request.get(IF_NONE_MATCH).is_some_and(|known| is_known(known, &etag)) {
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

/// Whether an `If-None-Match` names what we have (RFC 9110 section 13.1.2: a list, weakly compared).
fn is_known(known: &HeaderValue, etag: &str) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

/// Whether an `Accept-Encoding` allows an encoding by its name (RFC 9110 section 12.5.3).
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
    fn only_names_with_a_content_hash_are_kept_for_ever() {
        assert!(is_named_after_content("madang-app-1f2e3d4c5b6a7980_bg.wasm"));
        assert!(is_named_after_content("madang-app-1f2e3d4c5b6a7980.js"));
        assert!(is_named_after_content("style-0123456789abcdef.css"));
        assert!(!is_named_after_content("index.html"));
        assert!(!is_named_after_content("favicon.svg"));
        assert!(!is_named_after_content("long-readable-name.svg"));
    }

    #[test]
    fn what_is_known_already_is_not_sent_again() {
        let known = |header| is_known(&HeaderValue::from_static(header), "\"a\"");
        assert!(known("\"a\"") && known("W/\"a\"") && known("\"b\", \"a\"") && known("*"));
        assert!(!known("\"b\"") && !known("a"));
    }

    #[test]
    fn an_encoding_is_used_only_where_it_is_wanted() {
        assert!(accepts("gzip, deflate, br, zstd", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("br;q=0.000", "br"));
        assert!(!accepts("br;x=1;Q=0.0", "br"));
        assert!(!accepts("", "br"));
        assert!(!accepts("brotli", "br"));
    }

    #[test]
    fn inline_scripts_are_allowed_by_their_hash_and_others_are_not_listed() {
        let html = "<script src=\"a.js\"></script><script type=\"module\">go()</script>";
        let expected = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest("go()")));
        assert_eq!(inline_scripts(html), [expected]);
    }
}
