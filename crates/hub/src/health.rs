//! The pulse of the server's state. Topic [`Topic::Health`].
//!
//! There is a pulse only while a connection follows the topic. The values are read over HTTP.

use std::collections::HashSet;

use madang_shared::health::{HealthEvent, HealthSnapshot, PULSE_MS};
use madang_shared::{ConnectionId, Epoch, Position, Seq, Snapshot, Timestamp, Topic, User};

use crate::ephemeral::{EphemeralEvent, EphemeralTopic};

/// The pulse of a node.
#[derive(Debug)]
pub struct HealthPulse {
    position: Position,
    followers: HashSet<ConnectionId>,
    last: Option<Timestamp>,
}

impl EphemeralTopic for HealthPulse {
    /// A subscriber that has missed pulses needs the last one alone.
    const RING_FRAMES: usize = 1;

    fn new(epoch: Epoch) -> Self {
        Self { position: Position::new(epoch, Seq(0)), followers: HashSet::new(), last: None }
    }

    fn snapshot(&mut self, topic: Topic) -> Option<(Position, Snapshot)> {
        let snapshot = HealthSnapshot { pulse: self.position.seq.0 };
        (topic == Topic::Health).then(|| (self.position, snapshot.into()))
    }

    fn tick(&mut self, now: Timestamp) -> Vec<EphemeralEvent> {
        let is_due = self.last.is_none_or(|last| last.has_passed(PULSE_MS, now));
        if self.followers.is_empty() || !is_due {
            return Vec::new();
        }
        self.last = Some(now);
        let seq = self.position.seq.next();
        self.position.seq = seq;
        let event = HealthEvent::Pulse { pulse: seq.0 }.into();
        vec![EphemeralEvent { topic: Topic::Health, seq, event }]
    }

    fn observes(topic: Topic) -> bool {
        topic == Topic::Health
    }

    fn subscriber_active(
        &mut self,
        _topic: Topic,
        _user: &User,
        connection: ConnectionId,
        _now: Timestamp,
    ) {
        self.followers.insert(connection);
    }

    fn subscriber_left(&mut self, _topic: Topic, connection: ConnectionId) {
        self.followers.remove(&connection);
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::UserId;

    use super::*;

    const NOW: Timestamp = Timestamp(1_750_000_000_000);

    #[test]
    fn there_is_a_pulse_only_while_somebody_looks() {
        let mut pulse = HealthPulse::new(Epoch(7));
        let user = User { id: UserId(1), name: "Ada".into() };
        assert!(pulse.tick(NOW).is_empty(), "nobody looks");
        pulse.subscriber_active(Topic::Health, &user, ConnectionId(1), NOW);
        pulse.subscriber_active(Topic::Health, &user, ConnectionId(2), NOW);
        let seqs = |events: Vec<EphemeralEvent>| {
            events.into_iter().map(|event| event.seq.0).collect::<Vec<_>>()
        };
        assert_eq!(seqs(pulse.tick(NOW)), [1]);
        assert!(pulse.tick(NOW.plus(PULSE_MS - 1)).is_empty());
        assert_eq!(seqs(pulse.tick(NOW.plus(PULSE_MS))), [2]);
        pulse.subscriber_left(Topic::Health, ConnectionId(1));
        assert_eq!(seqs(pulse.tick(NOW.plus(2 * PULSE_MS))), [3], "one still looks");
        pulse.subscriber_left(Topic::Health, ConnectionId(2));
        assert!(pulse.tick(NOW.plus(3 * PULSE_MS)).is_empty());
        let (position, snapshot) = pulse.snapshot(Topic::Health).expect("its topic");
        assert_eq!((position.seq.0, snapshot), (3, HealthSnapshot { pulse: 3 }.into()));
        assert_eq!(pulse.snapshot(Topic::Price), None);
    }
}
