//! Prices, and the names of their sources.

use crate::decimal::{Decimal, Percent};

/// The currency of a price. A dollar and a token worth about a dollar are shown as different
/// currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuoteCurrency {
    /// US dollars.
    Usd,
    /// Tether, which is meant to be worth one US dollar.
    Usdt,
    /// South Korean won.
    Krw,
}

/// A source by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceName {
    /// Binance, over its stream; see [`crate::exchanges::BinanceStream`].
    Binance,
    /// Binance, over HTTP; see [`crate::exchanges::binance`].
    BinanceRest,
    /// See [`crate::exchanges::kraken`].
    Kraken,
    /// See [`crate::exchanges::Coinbase`].
    Coinbase,
    /// See [`crate::exchanges::upbit`].
    Upbit,
    /// No exchange: see [`crate::Simulated`].
    Simulated,
}

impl SourceName {
    /// The real sources, in the default order of preference. The simulated source has to be
    /// requested explicitly.
    pub const DEFAULTS: [Self; 5] =
        [Self::Binance, Self::BinanceRest, Self::Kraken, Self::Coinbase, Self::Upbit];

    /// The name in the configuration and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::BinanceRest => "binance-rest",
            Self::Kraken => "kraken",
            Self::Coinbase => "coinbase",
            Self::Upbit => "upbit",
            Self::Simulated => "simulated",
        }
    }

    /// The source of this name, including the simulated one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::DEFAULTS.into_iter().chain([Self::Simulated]).find(|source| source.as_str() == name)
    }
}

/// A price as a source delivers it; the follower adds the source and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The price of the last trade, byte for byte as the exchange wrote it. Never zero.
    pub price: Decimal,
    /// The currency of the price.
    pub currency: QuoteCurrency,
    /// The change over the last 24 hours, in percent; none where the exchange has only the change
    /// since midnight.
    pub change_24h: Option<Percent>,
}

/// A price with its source and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeQuote {
    /// The price of the last trade, byte for byte as the exchange wrote it. Never zero.
    pub price: Decimal,
    /// The currency of the price.
    pub currency: QuoteCurrency,
    /// The change over the last 24 hours, in percent; none where the exchange does not provide it.
    pub change_24h: Option<Percent>,
    /// The source.
    pub source: SourceName,
    /// When it was received, in milliseconds since 1970-01-01 UTC, by our clock. Clocks of
    /// exchanges are not used.
    pub at: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_found_by_its_name_and_the_simulated_one_is_no_default() {
        for source in SourceName::DEFAULTS.into_iter().chain([SourceName::Simulated]) {
            assert_eq!(SourceName::parse(source.as_str()), Some(source));
        }
        assert_eq!(SourceName::parse("elsewhere"), None);
        assert!(!SourceName::DEFAULTS.contains(&SourceName::Simulated));
    }
}
