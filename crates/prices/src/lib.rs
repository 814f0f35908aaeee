//! Where the live Bitcoin price comes from: public exchanges, asked without an account.
//!
//! Reading order: [`quote`] and [`decimal`] (what a price is), [`source`] (the port), [`follower`]
//! (which source serves, and when another takes over), [`feed`] (what it tells), [`pace`] (every
//! wait, with its reason); then the engines: [`exchanges`] and [`simulated`], over [`dialer`].
//!
//! # What is promised
//! - A price is shown as the exchange wrote it: no number here is ever a floating-point number.
//! - While nobody watches, no exchange is connected or asked. While anybody watches, one is, however
//!   many watch; see [`follower`] for the one moment at which there are two.
//! - An exchange that says "stop" (429, 418) is not asked again before the time it named.
//! - Whatever an exchange sends ends in a quote or in a [`SourceError`]: answers have a size limit and
//!   a time limit, redirects are refused.
//!
//! # What it is made of, and what was left
//! HTTP is `reqwest` without its default features, the stream is `tokio-tungstenite`, the same
//! version that axum has inside. Both are given one `rustls` configuration with `ring` as its only
//! cryptography, built here and installed nowhere: a process-wide default would be a second place
//! that decides. The roots are Mozilla's, compiled in, so that the one file needs nothing from the
//! machine it runs on. Left out: HTTP/2 (one small request every two seconds gains nothing),
//! compression (a small answer that unpacks into a large one), cookies, and proxies from the
//! environment (the stream could not follow them).

pub mod decimal;
pub mod dialer;
mod error;
pub mod exchanges;
pub mod feed;
pub mod follower;
pub mod pace;
pub mod quote;
pub mod simulated;
pub mod source;
mod standing;
mod upstream;

pub use decimal::{Decimal, Percent};
pub use dialer::{Dialer, Reach};
pub use error::SourceError;
pub use feed::{Feed, State, Trouble};
pub use follower::Follower;
pub use pace::Pace;
pub use quote::{Currency, Quote, Reading, SourceName};
pub use simulated::Simulated;
pub use source::Source;
