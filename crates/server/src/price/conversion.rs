//! The one place where the types of `madang-prices`, which knows no package of ours, become the types of
//! the wire. Every match is exhaustive: a new source, currency or error does not compile until it is
//! mapped here.

use madang_prices::{Feed, FeedState, QuoteCurrency, SourceError, SourceName};
use madang_shared::Timestamp;
use madang_shared::price::{
    Currency, PriceFault, PriceNow, PriceSource, PriceState, PriceTrouble, Quote,
};

/// The price as clients see it.
pub(super) fn price_now(feed: &Feed) -> PriceNow {
    let quote = feed.latest.as_ref().map(|quote| Quote {
        price: quote.price.as_str().to_owned(),
        currency: currency(quote.currency),
        change_24h: quote.change_24h.as_ref().map(|change| change.as_str().to_owned()),
        source: source(quote.source),
        at: Timestamp(quote.at),
    });
    let state = match (feed.state, &quote) {
        // The first viewer after a pause sees the last price with its age, until a source answers.
        (FeedState::Idle, Some(quote)) => PriceState::Stale { since: quote.at },
        (FeedState::Idle, None) | (FeedState::Connecting, _) => PriceState::Connecting,
        (FeedState::Unanswered, _) => PriceState::Unanswered,
        (FeedState::Live, _) => PriceState::Live,
        (FeedState::Fallback, _) => PriceState::Fallback,
        (FeedState::Stale { since }, _) => PriceState::Stale { since: Timestamp(since) },
    };
    let tried = feed.failures.iter().map(|failure| PriceTrouble {
        source: source(failure.source),
        fault: fault(&failure.error),
    });
    // While a source answers, an attempt to reach a preferred one is no news.
    let is_unserved = matches!(state, PriceState::Unanswered | PriceState::Stale { .. });
    let asked_at = feed.asked_at.filter(|_| is_unserved).map(Timestamp);
    PriceNow { quote, state, tried: tried.collect(), asked_at }
}

fn currency(currency: QuoteCurrency) -> Currency {
    match currency {
        QuoteCurrency::Usd => Currency::Usd,
        QuoteCurrency::Usdt => Currency::Usdt,
        QuoteCurrency::Krw => Currency::Krw,
    }
}

fn source(name: SourceName) -> PriceSource {
    match name {
        SourceName::Binance => PriceSource::Binance,
        SourceName::BinanceRest => PriceSource::BinanceRest,
        SourceName::Kraken => PriceSource::Kraken,
        SourceName::Coinbase => PriceSource::Coinbase,
        SourceName::Upbit => PriceSource::Upbit,
        SourceName::Simulated => PriceSource::Simulated,
    }
}

/// The kind of an error. Its details are for the log of the operator.
fn fault(error: &SourceError) -> PriceFault {
    match error {
        SourceError::Unreachable(_)
        | SourceError::Broken(_)
        | SourceError::Closed
        | SourceError::Setup(_) => PriceFault::Unreachable,
        SourceError::TimedOut | SourceError::Silent => PriceFault::Silent,
        SourceError::Limited { .. } | SourceError::Banned { .. } => PriceFault::Limited,
        SourceError::Status(_)
        | SourceError::Redirected
        | SourceError::TooLarge
        | SourceError::Malformed(_)
        | SourceError::Refused(_) => PriceFault::Refused,
    }
}

#[cfg(test)]
mod tests {
    use madang_prices::{Decimal, ExchangeQuote};

    use super::*;

    #[test]
    fn the_last_price_is_shown_with_its_age_while_there_are_no_viewers() {
        let quote = ExchangeQuote {
            price: Decimal::parse("70352.36000000").unwrap(),
            currency: QuoteCurrency::Usdt,
            change_24h: None,
            source: SourceName::Binance,
            at: 7,
        };
        let feed = Feed { latest: Some(quote), state: FeedState::Idle, ..Feed::default() };
        let price = price_now(&feed);
        assert_eq!(price.state, PriceState::Stale { since: Timestamp(7) });
        assert_eq!(price.quote.unwrap().price, "70352.36000000");
        assert_eq!(price_now(&Feed::default()).state, PriceState::Connecting);
    }

    #[test]
    fn the_last_attempt_is_told_only_while_no_source_answers() {
        for (state, expected) in [
            (FeedState::Unanswered, Some(Timestamp(9))),
            (FeedState::Stale { since: 7 }, Some(Timestamp(9))),
            (FeedState::Connecting, None),
            (FeedState::Live, None),
            (FeedState::Fallback, None),
        ] {
            let feed = Feed { state, asked_at: Some(9), ..Feed::default() };
            assert_eq!(price_now(&feed).asked_at, expected, "{state:?}");
        }
    }
}
