//! The engines: public exchanges, asked without an account, in the formats that they document.
//!
//! Each has its address as a constant and takes another one for a test or a mirror. Each format is
//! read by a function of its own, which takes any bytes and returns a reading or an error.

mod binance;
mod coinbase;
mod kraken;
mod polled;
mod upbit;

use std::sync::Arc;

use crate::{Decimal, Dialer, Simulated, Source, SourceError, SourceName};

pub use binance::{
    BINANCE_REST, BINANCE_STREAM, BinanceStream, binance, read_mini_ticker, read_ticker,
};
pub use coinbase::{COINBASE, Coinbase, read_open, read_price};
pub use kraken::{KRAKEN, kraken, read_kraken};
pub use polled::Polled;
pub use upbit::{UPBIT, read_upbit, upbit};

/// The source of this name, at the address that its exchange documents. The seed is for the simulated
/// one alone.
pub fn source(name: SourceName, dialer: &Dialer, seed: u64) -> Arc<dyn Source> {
    let dialer = dialer.clone();
    match name {
        SourceName::Binance => Arc::new(BinanceStream::new(dialer, BINANCE_STREAM)),
        SourceName::BinanceRest => Arc::new(binance(dialer, BINANCE_REST)),
        SourceName::Kraken => Arc::new(kraken(dialer, KRAKEN)),
        SourceName::Coinbase => Arc::new(Coinbase::new(dialer, COINBASE)),
        SourceName::Upbit => Arc::new(upbit(dialer, UPBIT)),
        SourceName::Simulated => Arc::new(Simulated::new(seed)),
    }
}

/// A price that can be shown. A price of zero is a fault of the exchange: nobody gives a Bitcoin away.
fn price(text: &str) -> Result<Decimal, SourceError> {
    Decimal::parse(text)
        .filter(|price| !price.is_zero())
        .ok_or(SourceError::Malformed("the price is no price"))
}
