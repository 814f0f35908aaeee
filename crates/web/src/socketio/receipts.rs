//! What clients confirm: the server asks for it with every `my response`, and knows who did.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use madang_shared::delivery::GatewayReceipts;
use madang_shared::{Seq, Topic};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use socketioxide::AckError;
use socketioxide::ack::AckStream;
use socketioxide::socket::Sid;
use tokio::sync::Semaphore;

use super::gateway::Gateway;

/// Messages whose receipts are remembered.
const REMEMBERED: usize = 256;
/// Clients that are asked about one message; in a larger crowd, the first of them.
const MAX_ASKED: usize = 100;
/// Messages that are waited for at once; about further ones nobody is asked again.
const MAX_WAITING: usize = 64;

/// Who confirmed what, of the last messages. Copies are the same memory.
#[derive(Clone)]
pub struct Receipts {
    recent: Arc<Mutex<VecDeque<Receipt>>>,
    waiting: Arc<Semaphore>,
}

impl Default for Receipts {
    fn default() -> Self {
        Self { recent: Arc::default(), waiting: Arc::new(Semaphore::new(MAX_WAITING)) }
    }
}

/// What became of one message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Receipt {
    /// Where the message stands.
    topic: Topic,
    seq: Seq,
    /// How many clients were asked.
    asked: usize,
    /// The ids of those that called back in time.
    confirmed: Vec<String>,
}

/// What clients were asked about one message.
pub(super) struct Asked {
    topic: Topic,
    pub(super) seq: Seq,
    answers: Vec<(Sid, AckStream<Value>)>,
}

impl Asked {
    pub(super) fn new(topic: Topic) -> Self {
        Self { topic, seq: Seq(0), answers: Vec::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.answers.len() < MAX_ASKED
    }

    pub(super) fn push(&mut self, id: Sid, answer: AckStream<Value>) {
        self.answers.push((id, answer));
    }
}

impl fmt::Debug for Receipts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipts")
            .field("recent", &self.recent.lock().len())
            .finish_non_exhaustive()
    }
}

impl Receipts {
    /// Collects the answers, beside everything else; each comes or is late within
    /// [`super::gateway::CONFIRM_WITHIN`].
    pub(super) fn wait_for(&self, Asked { topic, seq, answers }: Asked, gateway: &Gateway) {
        if answers.is_empty() {
            return;
        }
        let Ok(waiting) = Arc::clone(&self.waiting).try_acquire_owned() else {
            tracing::debug!(%topic, seq = seq.0, "Socket.IO: too many messages wait to be confirmed");
            return;
        };
        let receipts = self.clone();
        let stopping = gateway.state.stopping.clone();
        gateway.visits.spawn(stopping.run_until_cancelled_owned(async move {
            let asked = answers.len();
            let answers: FuturesUnordered<_> = answers
                .into_iter()
                .map(|(id, answer)| async move { called_back(&answer.await).then(|| id.to_string()) })
                .collect();
            let confirmed: Vec<String> = answers.filter_map(|id| async { id }).collect().await;
            tracing::info!(%topic, seq = seq.0, asked, confirmed = confirmed.len(), "Socket.IO: confirmed");
            receipts.remember(Receipt { topic, seq, asked, confirmed });
            drop(waiting);
        }));
    }

    /// What clients said of one message; none if none was asked, or has had its time to answer, or if it
    /// is too long ago.
    pub(crate) fn of(&self, topic: Topic, seq: Seq) -> Option<GatewayReceipts> {
        let recent = self.recent.lock();
        let receipt = recent.iter().rev().find(|it| it.topic == topic && it.seq == seq)?;
        Some(GatewayReceipts {
            requested: receipt.asked as u64,
            confirmed: receipt.confirmed.clone(),
        })
    }

    /// What became of the last messages, the oldest first.
    pub(super) fn recent(&self) -> Vec<Receipt> {
        self.recent.lock().iter().cloned().collect()
    }

    fn remember(&self, receipt: Receipt) {
        let mut recent = self.recent.lock();
        if recent.len() == REMEMBERED {
            recent.pop_front();
        }
        recent.push_back(receipt);
    }
}

/// Whatever it calls back with, most often nothing, the client has the message.
fn called_back(answer: &Result<Value, AckError>) -> bool {
    matches!(answer, Ok(_) | Err(AckError::Decode(_)))
}
