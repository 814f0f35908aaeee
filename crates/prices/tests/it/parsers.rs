//! What the readers of formats make of anything.

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

/// Every reader with a sample that it takes.
const READERS: [(&str, Read); 6] = [
    (MINI_TICKER, |body| read_mini_ticker(body).map(price_of)),
    (TICKER_24HR, |body| read_ticker(body).map(price_of)),
    (KRAKEN_TICKER, |body| read_kraken(body).map(price_of)),
    (COINBASE_TICKER, |body| read_price(body).map(|price| price.to_string())),
    (COINBASE_STATS, |body| read_open(body).map(|price| price.to_string())),
    (UPBIT_TICKER, |body| read_upbit(body).map(price_of)),
];

/// Whatever is read is a price, and stands in the bytes exactly so.
fn check(read: Read, body: &[u8]) {
    if let Ok(price) = read(body) {
        assert!(price.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0'), "{price}");
        assert!(body.windows(price.len()).any(|window| window == price.as_bytes()), "{price}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_a_reader(body: Vec<u8>) {
        for (_, read) in READERS {
            check(read, &body);
        }
    }

    #[test]
    fn damaged_samples_never_panic_a_reader_and_never_give_what_is_not_there(
        cut in 0..1_000_usize,
        changes in prop::collection::vec((0..1_000_usize, any::<u8>()), 0..6),
    ) {
        for (sample, read) in READERS {
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
fn prices_that_are_none_are_refused() {
    for (sample, read) in READERS {
        let good = read(sample.as_bytes()).unwrap();
        for bad in ["0.00", "-1.5", "1e5", "NaN", "", "null", "\"\"", "12,5", &"9".repeat(40)] {
            let body = sample.replace(&good, bad);
            assert!(matches!(read(body.as_bytes()), Err(SourceError::Malformed(_))), "{body}");
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (_, read) in READERS {
        let body = "[".repeat(60_000);
        assert!(matches!(read(body.as_bytes()), Err(SourceError::Malformed(_))));
    }
}

#[test]
fn what_kraken_says_with_status_200_is_told_apart() {
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
fn another_pair_is_not_taken_for_the_one_that_was_asked_for() {
    let renamed = [
        (0, MINI_TICKER.replace("BTCUSDT", "ETHUSDT")),
        (1, TICKER_24HR.replace("BTCUSDT", "ETHUSDT")),
        (2, KRAKEN_TICKER.replace("XXBTZUSD", "XETHZUSD")),
        (5, UPBIT_TICKER.replace("KRW-BTC", "KRW-ETH")),
    ];
    for (reader, body) in renamed {
        assert!(matches!((READERS[reader].1)(body.as_bytes()), Err(SourceError::Malformed(_))));
    }
}

#[test]
fn binance_announcing_its_end_is_an_end() {
    let bare = br#"{"e":"serverShutdown","E":1770123456789}"#;
    assert_eq!(read_mini_ticker(bare), Err(SourceError::Closed));
    let wrapped = br#"{"stream":"","data":{"e":"serverShutdown","E":1770123456789}}"#;
    assert_eq!(read_mini_ticker(wrapped), Err(SourceError::Closed));
}
