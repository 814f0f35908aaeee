//! Receipts: the server requests one with every `my response`, and records the clients that confirmed it.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use madang_hub::Hub;
use madang_hub::gateway::MessageReceipts;
use madang_shared::{Seq, Topic};
use serde_json::Value;
use socketioxide::AckError;
use socketioxide::ack::AckStream;
use socketioxide::socket::Sid;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Limit for the clients that are requested to confirm one message.
const MAX_REQUESTED: usize = 100;
/// Limit for the messages with pending receipts; the receipts of further messages are not recorded.
const MAX_PENDING: usize = 64;

/// Collects the receipts of the latest messages.
pub(super) struct ReceiptCollector {
    pending: Arc<Semaphore>,
}

impl Default for ReceiptCollector {
    fn default() -> Self {
        Self { pending: Arc::new(Semaphore::new(MAX_PENDING)) }
    }
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

impl ReceiptCollector {
    /// Collects receipts in a task of its own, and records them in the hub. The engine's timeout for each receipt is
    /// [`super::limits::RECEIPT_TIMEOUT`].
    pub(super) fn collect(
        &self,
        hub: &Arc<Hub>,
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
        let hub = Arc::clone(hub);
        tasks.spawn(stopping.run_until_cancelled_owned(async move {
            let requested = answers.len() as u64;
            let answers: FuturesUnordered<_> = answers
                .into_iter()
                .map(|(id, answer)| async move {
                    is_confirmed(&answer.await).then(|| id.to_string())
                })
                .collect();
            let confirmed: Vec<String> = answers.filter_map(|id| async { id }).collect().await;
            let count = confirmed.len();
            tracing::info!(%topic, seq = seq.0, requested, confirmed = count, "Socket.IO: receipts");
            hub.record_receipts(MessageReceipts { topic, seq, requested, confirmed });
            drop(permit);
        }));
    }
}

/// Whether a client has answered, with any value or with none.
fn is_confirmed(answer: &Result<Value, AckError>) -> bool {
    matches!(answer, Ok(_) | Err(AckError::Decode(_)))
}
