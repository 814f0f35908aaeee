//! Errors from HTTP statuses, with the time to wait.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::error::SourceError;

/// The error of an answer, unless it is a success.
///
/// Binance ("LIMITS", spot REST API) and Upbit ("Rate Limits") document both: 429 for too many
/// requests, 418 for clients that continue nevertheless. Coinbase and Kraken use 429 only.
pub(super) fn error(status: StatusCode, headers: &HeaderMap) -> Option<SourceError> {
    if status.is_success() {
        return None;
    }
    let retry_after = || retry_after(headers);
    Some(match status {
        StatusCode::TOO_MANY_REQUESTS => SourceError::Limited { retry_after: retry_after() },
        StatusCode::IM_A_TEAPOT => SourceError::Banned { retry_after: retry_after() },
        status if status.is_redirection() => SourceError::Redirected,
        status => SourceError::Status(status.as_u16()),
    })
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. A date is relative to the answer's
/// own `Date`, so that our clock does not matter.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let named = text(RETRY_AFTER)?;
    if !named.is_empty() && named.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that overflows is very large; the follower caps it at days.
        return Some(Duration::from_secs(named.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(named).ok()?;
    let sent = httpdate::parse_http_date(text(DATE)?).ok()?;
    Some(until.duration_since(sent).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_parsed_as_seconds_or_as_a_date() {
        let check = |named: &'static str, expected: Option<u64>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, named.parse().unwrap());
            headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
            let retry_after = expected.map(Duration::from_secs);
            let error = error(StatusCode::TOO_MANY_REQUESTS, &headers);
            assert_eq!(error, Some(SourceError::Limited { retry_after }), "{named:?}");
        };
        check("120", Some(120));
        check("99999999999999999999999999", Some(u64::MAX));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        check("-5", None);
        check("soon", None);
        check("", None);
    }
}
