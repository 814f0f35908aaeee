//! Receipts: the server requests one with every `my response`, and records the clients that confirmed it.

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
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Limit for the messages whose receipts are kept.
const MAX_KEPT: usize = 256;
/// Limit for the clients that are requested to confirm one message.
const MAX_REQUESTED: usize = 100;
/// Limit for the messages with pending receipts; the receipts of further messages are not recorded.
const MAX_PENDING: usize = 64;

/// The receipts of the latest messages. Clones share one table.
#[derive(Clone)]
pub struct Receipts {
    recent: Arc<Mutex<VecDeque<MessageReceipts>>>,
    pending: Arc<Semaphore>,
}

impl Default for Receipts {
    fn default() -> Self {
        Self { recent: Arc::default(), pending: Arc::new(Semaphore::new(MAX_PENDING)) }
    }
}

/// The receipts of one message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MessageReceipts {
    topic: Topic,
    seq: Seq,
    /// The number of clients that were requested to confirm.
    requested: usize,
    /// The ids of the clients that confirmed in time.
    confirmed: Vec<String>,
}

/// The receipts of one message that have been requested and have not arrived.
pub(super) struct PendingReceipts {
    topic: Topic,
    pub(super) seq: Seq,
    answers: Vec<(Sid, AckStream<Value>)>,
}

impl PendingReceipts {
    pub(super) fn new(topic: Topic) -> Self {
        Self { topic, seq: Seq(0), answers: Vec::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.answers.len() < MAX_REQUESTED
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
    /// Collects receipts in a task of its own. The engine's timeout for each receipt is
    /// [`super::limits::RECEIPT_TIMEOUT`].
    pub(super) fn collect(
        &self,
        PendingReceipts { topic, seq, answers }: PendingReceipts,
        tasks: &TaskTracker,
        stopping: CancellationToken,
    ) {
        if answers.is_empty() {
            return;
        }
        let Ok(permit) = Arc::clone(&self.pending).try_acquire_owned() else {
            tracing::debug!(%topic, seq = seq.0, "Socket.IO: too many pending receipts; not recorded");
            return;
        };
        let receipts = self.clone();
        tasks.spawn(stopping.run_until_cancelled_owned(async move {
            let requested = answers.len();
            let answers: FuturesUnordered<_> = answers
                .into_iter()
                .map(|(id, answer)| async move {
                    is_confirmed(&answer.await).then(|| id.to_string())
                })
                .collect();
            let confirmed: Vec<String> = answers.filter_map(|id| async { id }).collect().await;
            let count = confirmed.len();
            tracing::info!(%topic, seq = seq.0, requested, confirmed = count, "Socket.IO: receipts");
            receipts.record(MessageReceipts { topic, seq, requested, confirmed });
            drop(permit);
        }));
    }

    /// The receipts of one message; none while they are pending, if none were requested, or if later messages have
    /// replaced them.
    pub(crate) fn of(&self, topic: Topic, seq: Seq) -> Option<GatewayReceipts> {
        let recent = self.recent.lock();
        let receipts = recent.iter().rev().find(|it| it.topic == topic && it.seq == seq)?;
        Some(GatewayReceipts {
            requested: receipts.requested as u64,
            confirmed: receipts.confirmed.clone(),
        })
    }

    /// The receipts of the latest messages, oldest first.
    pub(super) fn recent(&self) -> Vec<MessageReceipts> {
        self.recent.lock().iter().cloned().collect()
    }

    fn record(&self, receipts: MessageReceipts) {
        let mut recent = self.recent.lock();
        if recent.len() == MAX_KEPT {
            recent.pop_front();
        }
        recent.push_back(receipts);
    }
}

/// Whether a client has answered, with any value or with none.
fn is_confirmed(answer: &Result<Value, AckError>) -> bool {
    matches!(answer, Ok(_) | Err(AckError::Decode(_)))
}
