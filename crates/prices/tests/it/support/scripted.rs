//! A source that follows a script.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use madang_prices::{Decimal, QuoteCurrency, Reading, Source, SourceError, SourceName};
use tokio::sync::{broadcast, mpsc, watch};

/// An act of a scripted source.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Delivers this price.
    Price(&'static str),
    /// Fails.
    Fail(SourceError),
}

/// A source that follows a script, and counts how often it was opened and how often it is open.
pub(crate) struct ScriptedSource {
    name: SourceName,
    first_act: watch::Sender<Option<Act>>,
    acts: broadcast::Sender<Act>,
    pub(crate) opened: watch::Sender<usize>,
    pub(crate) open: watch::Sender<usize>,
}

impl ScriptedSource {
    /// A source that is silent when opened, until it gets an act.
    pub(crate) fn new(name: SourceName) -> Arc<Self> {
        let acts = broadcast::Sender::new(16);
        let (opened, open) = (watch::Sender::new(0), watch::Sender::new(0));
        Arc::new(Self { name, first_act: watch::Sender::new(None), acts, opened, open })
    }

    /// Sets the act that follows each opening from now on.
    pub(crate) fn on_open(&self, act: impl Into<Option<Act>>) {
        self.first_act.send_replace(act.into());
    }

    /// Acts now; the source must be open.
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

impl Source for ScriptedSource {
    fn name(&self) -> SourceName {
        self.name
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move {
            let mut acts = self.acts.subscribe();
            self.opened.send_modify(|opened| *opened += 1);
            self.open.send_modify(|open| *open += 1);
            let _counted = Counted(&self.open);
            let mut act = self.first_act.borrow().clone();
            loop {
                match act.take() {
                    Some(Act::Price(price)) => readings.send(reading(price)).await.unwrap(),
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
    Reading { price, currency: QuoteCurrency::Usd, change_24h: None }
}
