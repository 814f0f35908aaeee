//! The parsers of formats, with any input.

use madang_prices::exchanges::{
    read_kraken, read_mini_ticker, read_open, read_price, read_ticker, read_upbit,
};
use madang_prices::{Reading, SourceError};
use proptest::prelude::*;

use crate::formats::{
    COINBASE_STATS, COINBASE_TICKER, KRAKEN_TICKER, MINI_TICKER, TICKER_24HR, UPBIT_TICKER,
};

type Read = fn(&[u8]) -> Result<String, SourceError>;

fn price_of(Reading { price, .. }: Reading) -> String {
    price.to_string()
}

/// Every parser with a valid sample.
const PARSERS: [(&str, Read); 6] = [
    (MINI_TICKER, |body| read_mini_ticker(body).map(price_of)),
    (TICKER_24HR, |body| read_ticker(body).map(price_of)),
    (KRAKEN_TICKER, |body| read_kraken(body).map(price_of)),
    (COINBASE_TICKER, |body| read_price(body).map(|price| price.to_string())),
    (COINBASE_STATS, |body| read_open(body).map(|price| price.to_string())),
    (UPBIT_TICKER, |body| read_upbit(body).map(price_of)),
];

/// A parsed price occurs in the bytes exactly as it is.
fn check(read: Read, body: &[u8]) {
    if let Ok(price) = read(body) {
        assert!(price.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0'), "{price}");
        assert!(body.windows(price.len()).any(|window| window == price.as_bytes()), "{price}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_a_parser(body: Vec<u8>) {
        for (_, read) in PARSERS {
            check(read, &body);
        }
    }

    #[test]
    fn damaged_samples_never_panic_a_parser_and_never_give_a_price_that_is_not_in_them(
        cut in 0..1_000_usize,
        changes in prop::collection::vec((0..1_000_usize, any::<u8>()), 0..6),
    ) {
        for (sample, read) in PARSERS {
            let mut body = sample.as_bytes().to_vec();
            let length = body.len();
            for &(place, byte) in &changes {
                body[place % length] = byte;
            }
            body.truncate(length.saturating_sub(cut % (2 * length)).max(1));
            check(read, &body);
        }
    }
}

#[test]
fn invalid_prices_are_refused() {
    for (sample, read) in PARSERS {
        let good = read(sample.as_bytes()).unwrap();
        for bad in ["0.00", "-1.5", "1e5", "NaN", "", "null", "\"\"", "12,5", &"9".repeat(40)] {
            let body = sample.replace(&good, bad);
            assert!(matches!(read(body.as_bytes()), Err(SourceError::Malformed(_))), "{body}");
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (_, read) in PARSERS {
        let body = "[".repeat(60_000);
        assert!(matches!(read(body.as_bytes()), Err(SourceError::Malformed(_))));
    }
}

#[test]
fn errors_of_kraken_with_status_200_are_distinguished() {
    let check = |error: &str, expected: &SourceError| {
        let body = format!(r#"{{"error":["{error}"]}}"#);
        assert_eq!(read_kraken(body.as_bytes()).as_ref(), Err(expected));
    };
    let limited = SourceError::Limited { retry_after: None };
    check("EAPI:Rate limit exceeded", &limited);
    check("EGeneral:Too many requests", &limited);
    check("EService:Unavailable", &SourceError::Refused("EService:Unavailable".into()));
}

#[test]
fn another_pair_is_refused() {
    let renamed = [
        (0, MINI_TICKER.replace("BTCUSDT", "ETHUSDT")),
        (1, TICKER_24HR.replace("BTCUSDT", "ETHUSDT")),
        (2, KRAKEN_TICKER.replace("XXBTZUSD", "XETHZUSD")),
        (5, UPBIT_TICKER.replace("KRW-BTC", "KRW-ETH")),
    ];
    for (reader, body) in renamed {
        assert!(matches!((PARSERS[reader].1)(body.as_bytes()), Err(SourceError::Malformed(_))));
    }
}

#[test]
fn a_shutdown_announcement_of_binance_ends_the_stream() {
    let bare = br#"{"e":"serverShutdown","E":1770123456789}"#;
    assert_eq!(read_mini_ticker(bare), Err(SourceError::Closed));
    let wrapped = br#"{"stream":"","data":{"e":"serverShutdown","E":1770123456789}}"#;
    assert_eq!(read_mini_ticker(wrapped), Err(SourceError::Closed));
}
