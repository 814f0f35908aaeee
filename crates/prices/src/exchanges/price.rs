//! Parses the prices of all exchanges.

use crate::decimal::Decimal;
use crate::error::SourceError;

/// Parses a price. Zero is an error of the exchange.
pub(super) fn parse_price(text: &str) -> Result<Decimal, SourceError> {
    Decimal::parse(text)
        .filter(|price| !price.is_zero())
        .ok_or(SourceError::Malformed("the price is not a number above zero"))
}
