//! The live Bitcoin price: from the exchanges to the hub, while somebody watches.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use madang_hub::Hub;
use madang_hub::ports::Clock;
use madang_hub::price::LivePrice;
use madang_prices::exchanges::{
    BinanceStream, Coinbase, binance, kraken, source as documented, upbit,
};
use madang_prices::{
    Dialer, Feed, Follower, Pace, Reach, Source, SourceError, SourceName, State, Trouble,
};
use madang_shared::Timestamp;
use madang_shared::price::{
    Currency, PriceFault, PriceNow, PriceSource, PriceState, PriceTrouble, Quote,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::SteadyClock;

/// The word for no source at all.
const OFF: &str = "off";

/// A source that the operator wants, at the address that its exchange documents or at another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    name: SourceName,
    at: Option<String>,
}

/// Reads the names of sources, in the order of preference; without any, the usual ones are meant.
///
/// # Errors
/// One sentence that says what is wrong.
pub(crate) fn wanted(names: Option<&[String]>) -> Result<Vec<Wanted>> {
    let Some(names) = names else {
        return Ok(SourceName::USUAL.into_iter().map(|name| Wanted { name, at: None }).collect());
    };
    let mut wanted: Vec<Wanted> = Vec::new();
    for name in names {
        match name.as_str() {
            OFF if names.len() == 1 => return Ok(Vec::new()),
            OFF => bail!("`{OFF}` stands alone or not at all"),
            name => wanted.push(one(name)?),
        }
    }
    if wanted.is_empty() {
        bail!("name a source, or say `{OFF}`");
    }
    let is_simulated = |wanted: &Wanted| wanted.name == SourceName::Simulated;
    if wanted.len() > 1 && wanted.iter().any(is_simulated) {
        bail!("`simulated` stands alone: a price that is made up must not stand in for a real one");
    }
    for (index, one) in wanted.iter().enumerate() {
        if wanted.iter().skip(index + 1).any(|other| other.name == one.name) {
            bail!("`{}` is named twice", one.name.as_str());
        }
    }
    Ok(wanted)
}

fn one(text: &str) -> Result<Wanted> {
    let (name, at) = match text.split_once('=') {
        Some((name, at)) => (name, Some(at.trim_end_matches('/').to_owned())),
        None => (text, None),
    };
    let Some(name) = SourceName::parse(name) else {
        let known: Vec<&str> = SourceName::USUAL.into_iter().map(SourceName::as_str).collect();
        bail!("there is no source `{name}`; there are {}, simulated, and {OFF}", known.join(", "));
    };
    let schemes: &[&str] = match name {
        SourceName::Binance => &["wss://", "ws://"],
        SourceName::Simulated => &[],
        _ => &["https://", "http://"],
    };
    if let Some(at) = &at
        && !schemes.iter().any(|scheme| at.len() > scheme.len() && at.starts_with(scheme))
    {
        bail!("`{at}` is no address for `{}`", name.as_str());
    }
    Ok(Wanted { name, at })
}

/// What follows the price once it runs.
pub(crate) struct Following {
    follower: Follower,
    feed: watch::Receiver<Feed>,
}

/// Prepares to follow the price; connects to nothing.
///
/// # Errors
/// If the client for the exchanges cannot be made.
pub(crate) fn prepare(wanted: Vec<Wanted>, clock: &Arc<SteadyClock>) -> Result<Following> {
    let dialer = Dialer::new(Reach::default()).context("cannot prepare to ask exchanges")?;
    let seed = clock.now().0;
    let sources = wanted.into_iter().map(|wanted| source(wanted, &dialer, seed)).collect();
    let clock = clock.clone();
    let (follower, feed) = Follower::new(
        sources,
        Pace::default(),
        Box::new(move || clock.now().0),
        // It spreads waits, and guards nothing: where the system has no number, one will do.
        Box::new(|| getrandom::u64().unwrap_or_default()),
    );
    Ok(Following { follower, feed })
}

fn source(wanted: Wanted, dialer: &Dialer, seed: u64) -> Arc<dyn Source> {
    let Wanted { name, at: Some(at) } = wanted else {
        return documented(wanted.name, dialer, seed);
    };
    let dialer = dialer.clone();
    match name {
        SourceName::Binance => Arc::new(BinanceStream::new(dialer, &at)),
        SourceName::BinanceRest => Arc::new(binance(dialer, &at)),
        SourceName::Kraken => Arc::new(kraken(dialer, &at)),
        SourceName::Coinbase => Arc::new(Coinbase::new(dialer, &at)),
        SourceName::Upbit => Arc::new(upbit(dialer, &at)),
        SourceName::Simulated => documented(name, &dialer, seed),
    }
}

impl Following {
    /// Follows the price while somebody watches, until the process stops.
    pub(crate) async fn run(
        self,
        hub: Arc<Hub>,
        clock: Arc<SteadyClock>,
        stopping: CancellationToken,
    ) -> Result<()> {
        let Self { follower, feed } = self;
        tokio::select! {
            () = follower.run(hub.ephemeral::<LivePrice>().followed()) => Ok(()),
            () = tell(&hub, &clock, feed) => Ok(()),
            // With the follower goes every connection that it holds.
            () = stopping.cancelled() => Ok(()),
        }
    }
}

/// Hands what the follower knows to the hub, until there is no follower.
async fn tell(hub: &Hub, clock: &SteadyClock, mut feed: watch::Receiver<Feed>) {
    let mut logged = (State::Idle, Vec::new());
    loop {
        let price = {
            let feed = feed.borrow_and_update();
            log(&mut logged, &feed);
            price_of(&feed)
        };
        hub.ephemeral::<LivePrice>().update(|state| state.set(price, clock.now()));
        if feed.changed().await.is_err() {
            return;
        }
    }
}

/// Logs who serves and who failed, when that changes; never a price.
fn log(logged: &mut (State, Vec<Trouble>), feed: &Feed) {
    let (state, tried) = logged;
    if std::mem::discriminant(state) != std::mem::discriminant(&feed.state) {
        let source = feed.latest.as_ref().map_or("none", |quote| quote.source.as_str());
        tracing::info!(state = ?feed.state, source, "the price");
        *state = feed.state;
    }
    if *tried != feed.tried {
        for trouble in feed.tried.iter().filter(|trouble| !tried.contains(trouble)) {
            let source = trouble.source.as_str();
            tracing::warn!(source, error = %trouble.error, "a source of the price failed");
        }
        tried.clone_from(&feed.tried);
    }
}

fn price_of(feed: &Feed) -> PriceNow {
    let quote = feed.latest.as_ref().map(|quote| Quote {
        price: quote.price.as_str().to_owned(),
        currency: match quote.currency {
            madang_prices::Currency::Usd => Currency::Usd,
            madang_prices::Currency::Usdt => Currency::Usdt,
            madang_prices::Currency::Krw => Currency::Krw,
        },
        change_24h: quote.change_24h.as_ref().map(|change| change.as_str().to_owned()),
        source: source_of(quote.source),
        at: Timestamp(quote.at),
    });
    let state = match (feed.state, &quote) {
        // Whoever comes first after a while sees the last price with its age, until it moves.
        (State::Idle, Some(quote)) => PriceState::Stale { since: quote.at },
        (State::Idle, None) | (State::Connecting, _) => PriceState::Connecting,
        (State::Live, _) => PriceState::Live,
        (State::Fallback, _) => PriceState::Fallback,
        (State::Stale { since }, _) => PriceState::Stale { since: Timestamp(since) },
    };
    let tried = feed.tried.iter().map(|trouble| PriceTrouble {
        source: source_of(trouble.source),
        fault: fault_of(&trouble.error),
    });
    PriceNow { quote, state, tried: tried.collect() }
}

fn source_of(name: SourceName) -> PriceSource {
    match name {
        SourceName::Binance => PriceSource::Binance,
        SourceName::BinanceRest => PriceSource::BinanceRest,
        SourceName::Kraken => PriceSource::Kraken,
        SourceName::Coinbase => PriceSource::Coinbase,
        SourceName::Upbit => PriceSource::Upbit,
        SourceName::Simulated => PriceSource::Simulated,
    }
}

/// The kind alone: an exchange's own words are for the log.
fn fault_of(error: &SourceError) -> PriceFault {
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
    use super::*;

    fn read(names: &[&str]) -> Result<Vec<Wanted>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        wanted(Some(&names))
    }

    #[test]
    fn nothing_said_means_the_usual_exchanges_and_off_means_none() {
        let usual: Vec<SourceName> =
            wanted(None).unwrap().into_iter().map(|wanted| wanted.name).collect();
        assert_eq!(usual, SourceName::USUAL);
        assert_eq!(read(&["off"]).unwrap(), []);
        let one = Wanted { name: SourceName::Simulated, at: None };
        assert_eq!(read(&["simulated"]).unwrap(), [one]);
    }

    #[test]
    fn a_source_may_be_given_another_address() {
        let wanted = read(&["kraken", "binance-rest=http://127.0.0.1:9/"]).unwrap();
        assert_eq!(wanted[0], Wanted { name: SourceName::Kraken, at: None });
        assert_eq!(wanted[1].at.as_deref(), Some("http://127.0.0.1:9"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (names, expected) in [
            (&["bitstamp"][..], "there is no source `bitstamp`"),
            (&[], "name a source"),
            (&["off", "kraken"], "stands alone"),
            (&["kraken", "simulated"], "made up"),
            (&["kraken", "kraken=http://elsewhere"], "named twice"),
            (&["binance=http://elsewhere"], "no address for `binance`"),
            (&["simulated=http://elsewhere"], "no address for `simulated`"),
            (&["kraken=https://"], "no address for `kraken`"),
        ] {
            let error = read(names).expect_err(expected).to_string();
            assert!(error.contains(expected), "{names:?}: {error}");
        }
    }

    #[test]
    fn a_price_that_nobody_asks_for_any_more_has_an_age() {
        let quote = madang_prices::Quote {
            price: madang_prices::Decimal::parse("70352.36000000").unwrap(),
            currency: madang_prices::Currency::Usdt,
            change_24h: None,
            source: SourceName::Binance,
            at: 7,
        };
        let feed = Feed { latest: Some(quote), state: State::Idle, tried: Vec::new() };
        let price = price_of(&feed);
        assert_eq!(price.state, PriceState::Stale { since: Timestamp(7) });
        assert_eq!(price.quote.unwrap().price, "70352.36000000");
        assert_eq!(price_of(&Feed::default()).state, PriceState::Connecting);
    }
}
