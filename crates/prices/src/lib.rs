//! Sources of the live Bitcoin price: public exchanges, requested without an account.
//!
//! Reading order: [`quote`] and [`decimal`] (prices), [`source`] (the port), [`follower`] (which source
//! serves, and when another takes over), [`feed`] (the output), [`timing`] (every wait, with its reason);
//! then the engines: [`exchanges`] and [`simulated`], over [`dialer`].
//!
//! # Guarantees
//! - A price keeps the digits of the exchange: no number here is ever a floating-point number.
//! - Without watchers, no exchange is connected or requested. With any number of watchers, one exchange is;
//!   [`follower`] describes the one case in which there are two.
//! - An exchange that limits or bans us (429, 418) gets no request before the time that it named.
//! - Any answer of an exchange becomes a quote or a [`SourceError`]: answers have limits on size and time, and
//!   redirects are refused.
//!
//! # Dependencies
//! HTTP is `reqwest` without its default features; the stream is `tokio-tungstenite`, the version that axum
//! uses. Both get the same `rustls` configuration with `ring` as its only cryptography, which is built here
//! and not installed for the process. The roots are Mozilla's, compiled in, so that the binary needs no files
//! of the machine. Left out: HTTP/2 (no gain for one small request every two seconds), compression (small
//! answers that unpack into large ones), cookies, and proxies from the environment (the stream cannot use them).

pub mod decimal;
pub mod dialer;
mod error;
pub mod exchanges;
pub mod feed;
pub mod follower;
pub mod quote;
pub mod simulated;
pub mod source;
mod source_health;
pub mod timing;
mod upstream;

pub use decimal::{Decimal, Percent};
pub use dialer::{Dialer, RequestTiming};
pub use error::SourceError;
pub use feed::{Feed, FeedState, SourceFailure};
pub use follower::Follower;
pub use quote::{ExchangeQuote, QuoteCurrency, Reading, SourceName};
pub use simulated::Simulated;
pub use source::Source;
pub use timing::Timing;
