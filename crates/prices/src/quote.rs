//! What a price is.

use crate::{Decimal, Percent};

/// What one Bitcoin is counted in. A dollar and a token worth about a dollar are not the same, and
/// are not shown as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
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
    /// Binance, asked over HTTP; see [`crate::exchanges::binance`].
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
    /// The real sources, in the order in which they are asked unless the operator says otherwise.
    /// The simulated one is none of them: whoever wants it says so.
    pub const USUAL: [Self; 5] =
        [Self::Binance, Self::BinanceRest, Self::Kraken, Self::Coinbase, Self::Upbit];

    /// The name for a configuration, a log, or a wire.
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

    /// The source of that name, the simulated one included.
    pub fn parse(name: &str) -> Option<Self> {
        Self::USUAL.into_iter().chain([Self::Simulated]).find(|source| source.as_str() == name)
    }
}

/// What a source has read: a price without the who and when, which the follower knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What one Bitcoin was last traded for, byte for byte as the exchange wrote it. Never zero.
    pub price: Decimal,
    /// What the price is counted in.
    pub currency: Currency,
    /// The change over the last 24 hours, in percent; none where the exchange tells only the change
    /// since midnight.
    pub change_24h: Option<Percent>,
}

/// A price, where it is from, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What one Bitcoin was last traded for, byte for byte as the exchange wrote it. Never zero.
    pub price: Decimal,
    /// What the price is counted in.
    pub currency: Currency,
    /// The change over the last 24 hours, in percent; none where the exchange does not tell it.
    pub change_24h: Option<Percent>,
    /// Who said so.
    pub source: SourceName,
    /// When it was received, in milliseconds since 1970-01-01 UTC, by the clock of this process. An
    /// exchange's own time is not used: its clock is not ours.
    pub at: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_found_by_its_name_and_the_simulated_one_is_not_usual() {
        for source in SourceName::USUAL.into_iter().chain([SourceName::Simulated]) {
            assert_eq!(SourceName::parse(source.as_str()), Some(source));
        }
        assert_eq!(SourceName::parse("elsewhere"), None);
        assert!(!SourceName::USUAL.contains(&SourceName::Simulated));
    }
}
