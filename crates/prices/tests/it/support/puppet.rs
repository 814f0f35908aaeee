//! A source that does as it is told.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use madang_prices::{Currency, Decimal, Reading, Source, SourceError, SourceName};
use tokio::sync::{broadcast, mpsc, watch};

/// What a puppet does next.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Gives this price.
    Say(&'static str),
    /// Fails.
    Fail(SourceError),
}

/// A source that does as it is told, and counts how often it was opened and how often it is open.
pub(crate) struct Puppet {
    name: SourceName,
    at_once: watch::Sender<Option<Act>>,
    acts: broadcast::Sender<Act>,
    pub(crate) opened: watch::Sender<usize>,
    pub(crate) open: watch::Sender<usize>,
}

impl Puppet {
    /// One that says nothing when it is opened, until it is told to.
    pub(crate) fn new(name: SourceName) -> Arc<Self> {
        let acts = broadcast::Sender::new(16);
        let (opened, open) = (watch::Sender::new(0), watch::Sender::new(0));
        Arc::new(Self { name, at_once: watch::Sender::new(None), acts, opened, open })
    }

    /// What it does whenever it is opened, from now on.
    pub(crate) fn whenever_opened(&self, act: impl Into<Option<Act>>) {
        self.at_once.send_replace(act.into());
    }

    /// What it does now, being open.
    pub(crate) fn now(&self, act: Act) {
        self.acts.send(act).expect("it is open");
    }

    pub(crate) fn times_opened(&self) -> usize {
        *self.opened.borrow()
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.borrow() > 0
    }
}

struct Counted<'a>(&'a watch::Sender<usize>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl Source for Puppet {
    fn name(&self) -> SourceName {
        self.name
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move {
            let mut acts = self.acts.subscribe();
            self.opened.send_modify(|opened| *opened += 1);
            self.open.send_modify(|open| *open += 1);
            let _counted = Counted(&self.open);
            let mut act = self.at_once.borrow().clone();
            loop {
                match act.take() {
                    Some(Act::Say(price)) => readings.send(reading(price)).await.unwrap(),
                    Some(Act::Fail(error)) => return error,
                    None => {}
                }
                act = Some(acts.recv().await.unwrap());
            }
        })
    }
}

fn reading(price: &str) -> Reading {
    let price = Decimal::parse(price).unwrap();
    Reading { price, currency: Currency::Usd, change_24h: None }
}
