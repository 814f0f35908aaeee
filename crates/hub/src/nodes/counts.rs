//! The connections of all nodes that follow a topic, counted on request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use madang_shared::{Seq, Timestamp, Topic, UserId};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::NODE_EXPIRY_MS;
use super::NodeId;
use super::message::NodeContent;
use crate::hub::Hub;
use crate::topic_channel::ConnectionCounts;

/// Time limit for the answers of the other nodes. The connections of a node that does not answer are not counted.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// The users in one answer.
pub(super) const ANSWER_USERS: usize = 2_000;

/// The connections of each user.
pub(super) type CountsByUser = BTreeMap<UserId, ConnectionCounts>;

/// The nodes that were heard, and the requests to them.
#[derive(Debug, Default)]
pub(super) struct OtherNodes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    heard_at: HashMap<NodeId, Timestamp>,
    /// The time of the last tick.
    now: Timestamp,
    next_request: u64,
    requests: HashMap<u64, Request>,
}

#[derive(Debug)]
struct Request {
    unanswered: BTreeSet<NodeId>,
    counts: CountsByUser,
    answered: Arc<Notify>,
}

impl OtherNodes {
    pub(super) fn heard(&self, node: NodeId) {
        let mut inner = self.0.lock();
        let now = inner.now;
        inner.heard_at.insert(node, now);
    }

    /// The number of other nodes that are alive.
    pub(super) fn count(&self) -> u64 {
        self.0.lock().heard_at.len() as u64
    }

    pub(super) fn tick(&self, now: Timestamp) {
        let mut inner = self.0.lock();
        inner.now = now;
        inner.heard_at.retain(|_, heard_at| !heard_at.has_passed(NODE_EXPIRY_MS, now));
    }

    /// Adds the part of an answer; `is_last` ends the answer of the node.
    pub(super) fn on_answer(
        &self,
        from: NodeId,
        request: u64,
        counts: Vec<(UserId, u64, u64)>,
        is_last: bool,
    ) {
        let mut inner = self.0.lock();
        let Some(request) = inner.requests.get_mut(&request) else { return };
        if !request.unanswered.contains(&from) {
            return;
        }
        for (user, subscribed, delivered) in counts {
            add(&mut request.counts, user, ConnectionCounts { subscribed, delivered });
        }
        if is_last && request.unanswered.remove(&from) && request.unanswered.is_empty() {
            request.answered.notify_one();
        }
    }

    /// Begins a request to all nodes that were heard; `None` if there are none.
    fn begin(&self) -> Option<(u64, Arc<Notify>)> {
        let mut inner = self.0.lock();
        if inner.heard_at.is_empty() {
            return None;
        }
        inner.next_request += 1;
        let (id, answered) = (inner.next_request, Arc::new(Notify::new()));
        let unanswered = inner.heard_at.keys().copied().collect();
        let request =
            Request { unanswered, counts: BTreeMap::new(), answered: Arc::clone(&answered) };
        inner.requests.insert(id, request);
        Some((id, answered))
    }

    fn end(&self, request: u64) -> CountsByUser {
        let request = self.0.lock().requests.remove(&request);
        request.map(|request| request.counts).unwrap_or_default()
    }
}

/// Ends its request when it is dropped, because the caller may not wait for the answers.
struct OpenRequest<'a>(&'a OtherNodes, u64);

impl Drop for OpenRequest<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

fn add(counts: &mut CountsByUser, user: UserId, more: ConnectionCounts) {
    let counts = counts.entry(user).or_default();
    counts.subscribed += more.subscribed;
    counts.delivered += more.delivered;
}

impl Hub {
    /// The connections that follow a topic, by user, and those of them that have every event up to `seq`.
    pub(crate) fn connection_counts(
        &self,
        topic: Topic,
        seq: Seq,
    ) -> BTreeMap<UserId, ConnectionCounts> {
        self.channel(topic).map(|channel| channel.connection_counts(seq)).unwrap_or_default()
    }

    /// The connections of all nodes that follow a topic, by user, and those of them that have every event up to `seq`.
    pub(crate) async fn connection_counts_of_all_nodes(
        &self,
        topic: Topic,
        seq: Seq,
    ) -> CountsByUser {
        let mut counts = self.connection_counts(topic, seq);
        let Some(shared) = self.shared_log() else { return counts };
        let Some((request, answered)) = shared.others.begin() else { return counts };
        let open = OpenRequest(&shared.others, request);
        shared.outgoing.add(NodeContent::CountConnections { request, topic, seq });
        // Without an answer in time, the counts are those of the nodes that have answered.
        tokio::time::timeout(ANSWER_TIMEOUT, answered.notified()).await.ok();
        for (user, more) in shared.others.end(request) {
            add(&mut counts, user, more);
        }
        drop(open);
        counts
    }

    /// Answers the request of another node.
    pub(super) fn answer_counts(&self, to: NodeId, request: u64, topic: Topic, seq: Seq) {
        let Some(shared) = self.shared_log() else { return };
        let counts = self.connection_counts(topic, seq).into_iter();
        let counts: Vec<(UserId, u64, u64)> =
            counts.map(|(user, counts)| (user, counts.subscribed, counts.delivered)).collect();
        let parts = counts.len().div_ceil(ANSWER_USERS).max(1);
        for part in 0..parts {
            let counts = counts.iter().skip(part * ANSWER_USERS).take(ANSWER_USERS).copied();
            let counts = counts.collect();
            let is_last = part + 1 == parts;
            shared.outgoing.add(NodeContent::ConnectionCounts { to, request, counts, is_last });
        }
    }
}
