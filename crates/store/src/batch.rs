//! Batches of writes: the unit that a caller hands to an engine, and waits for.

use madang_hub::ports::{StoreError, TopicEvent};
use madang_shared::Topic;
use tokio::sync::{mpsc, oneshot};

use crate::connections::{Apply, WriteResults};
use crate::error::StatementError;
use crate::rules::WriteInput;
use crate::transaction::Transaction;

/// The maximum number of waiting jobs: enough for one of every connection of a large server. Further
/// callers get an error at once.
pub(crate) const QUEUE: usize = 16 * 1024;
/// The maximum number of writes in one group. A larger group would hardly reduce the share of the sync,
/// but would delay its first writes.
pub(crate) const GROUP: usize = 512;
/// The maximum number of groups that wait in the event stream.
pub(crate) const EVENT_GROUPS: usize = 1024;

/// A job of the thread that writes.
pub(crate) enum Job {
    Batch(Box<dyn PendingBatch>),
    /// Sends the events of other programs.
    SendExternalChanges,
    Close,
}

/// A change inside the transaction of a group. It adds the events that it appended.
pub(crate) type Change<'c> =
    dyn FnMut(&dyn Transaction, &mut Vec<TopicEvent>) -> Result<(), StatementError> + 'c;

/// The transaction of a group of batches.
pub(crate) trait GroupTransaction {
    /// Applies one change completely or not at all.
    ///
    /// # Errors
    /// The outer error rolls the whole group back.
    fn apply(
        &mut self,
        appended: &mut Vec<TopicEvent>,
        change: &mut Change<'_>,
    ) -> Result<Result<(), StoreError>, StoreError>;
}

/// A batch with any type of input.
pub(crate) trait PendingBatch: Send {
    fn size(&self) -> usize;

    /// The topics to whose logs the batch may append, as far as they are known before it is applied.
    fn topics(&self) -> Vec<Topic>;

    /// Applies the inputs in order. After an error it can be applied again.
    ///
    /// # Errors
    /// The whole group is rolled back.
    fn apply(
        &mut self,
        group: &mut dyn GroupTransaction,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError>;

    /// Answers the caller: with the results, or with the error that rolled the group back.
    fn answer(self: Box<Self>, group_error: Option<&StoreError>);
}

/// A batch with its caller.
pub(crate) struct Batch<I, T> {
    inputs: Vec<I>,
    results: WriteResults<T>,
    apply: Apply<I, T>,
    reply: oneshot::Sender<WriteResults<T>>,
}

impl<I, T> Batch<I, T> {
    /// A batch, and the receiver of its results.
    pub(crate) fn new(
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> (Self, oneshot::Receiver<WriteResults<T>>) {
        let (reply, answer) = oneshot::channel();
        let results = Vec::with_capacity(inputs.len());
        (Self { inputs, results, apply, reply }, answer)
    }
}

impl<I: WriteInput, T: Send> PendingBatch for Batch<I, T> {
    fn size(&self) -> usize {
        self.inputs.len()
    }

    fn topics(&self) -> Vec<Topic> {
        self.inputs.iter().flat_map(WriteInput::topics).collect()
    }

    fn apply(
        &mut self,
        group: &mut dyn GroupTransaction,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError> {
        self.results.clear();
        let mut unavailable = None;
        for input in &self.inputs {
            let result = if let Some(error) = &unavailable {
                Err(StoreError::clone(error))
            } else {
                let mut result = None;
                let applied = group.apply(appended, &mut |transaction, appended| {
                    result = Some((self.apply)(transaction, input.clone(), appended)?);
                    Ok(())
                })?;
                applied.and_then(|()| result.ok_or_else(unanswered))
            };
            if let Err(error @ StoreError::Unavailable(_)) = &result {
                unavailable = Some(error.clone());
            }
            self.results.push(result);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, group_error: Option<&StoreError>) {
        let results = match group_error {
            None => self.results,
            Some(error) => {
                std::iter::repeat_with(|| Err(error.clone())).take(self.size()).collect()
            }
        };
        // The caller may have dropped its future.
        self.reply.send(results).ok();
    }
}

fn unanswered() -> StoreError {
    StoreError::Unavailable("the change gave no result".to_owned())
}

/// Queues a batch at once, before the future is polled, so that the order of the calls is kept. The batch is applied
/// even if the future is dropped.
pub(crate) fn enqueue<I: WriteInput, T: Send + 'static>(
    jobs: &mpsc::Sender<Job>,
    inputs: Vec<I>,
    apply: Apply<I, T>,
) -> impl Future<Output = WriteResults<T>> + Send + use<I, T> {
    let size = inputs.len();
    let (batch, answer) = Batch::new(inputs, apply);
    let queued = jobs.try_send(Job::Batch(Box::new(batch)));
    async move {
        let error = match queued {
            Ok(()) => match answer.await {
                Ok(results) => return results,
                Err(_) => "the writer has stopped",
            },
            Err(mpsc::error::TrySendError::Full(_)) => "too many writes are waiting",
            Err(mpsc::error::TrySendError::Closed(_)) => "the writer has stopped",
        };
        let unavailable = || Err(StoreError::Unavailable(error.to_owned()));
        std::iter::repeat_with(unavailable).take(size).collect()
    }
}

/// The waiting batches from `first` on, up to the limit of a group.
pub(crate) fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Box<dyn PendingBatch>> {
    let mut group: Vec<Box<dyn PendingBatch>> = Vec::new();
    let mut size = 0;
    let mut next = Some(first);
    while let Some(job) = next {
        match job {
            Job::Batch(batch) => {
                size += batch.size();
                group.push(batch);
            }
            // Nothing to do: the thread sends external changes after every group.
            Job::SendExternalChanges => {}
            // Jobs that are queued already are still received; later ones are refused.
            Job::Close => jobs.close(),
        }
        next = if size < GROUP { jobs.try_recv().ok() } else { None };
    }
    group
}
