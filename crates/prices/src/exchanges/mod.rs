//! The engines: public exchanges, requested without an account, in their documented formats.
//!
//! Each engine has its address as a constant, and accepts another one for a test or a mirror. Each
//! format has its own parser, which turns any bytes into a reading or an error.

mod binance;
mod coinbase;
mod kraken;
mod polled;
mod price;
mod upbit;

use std::sync::Arc;

use crate::dialer::Dialer;
use crate::quote::SourceName;
use crate::simulated::Simulated;
use crate::source::Source;

pub use binance::{
    BINANCE_REST, BINANCE_STREAM, BinanceStream, binance, read_mini_ticker, read_ticker,
};
pub use coinbase::{COINBASE, Coinbase, read_open, read_price};
pub use kraken::{KRAKEN, kraken, read_kraken};
pub use polled::Polled;
pub use upbit::{UPBIT, read_upbit, upbit};

/// The source of this name, at the address that its exchange documents. The seed is for the
/// simulated source.
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
