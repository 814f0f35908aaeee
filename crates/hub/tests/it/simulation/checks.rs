//! What must be true.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use madang_client::{ConnectionState, PendingState};
use madang_hub::ports::TopicEvent;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::ChatEvent;
use madang_shared::{CommandId, Event, Message, RoomId, Topic, codec};

use super::world::World;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) written: u64,
    pub(super) acknowledged: u64,
    pub(super) stored: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.written += other.written;
        self.acknowledged += other.acknowledged;
        self.stored += other.stored;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, acknowledged, stored } = self;
        write!(
            f,
            "{written} written, {acknowledged} acknowledgements seen, {stored} stored; 0 lost, 0 doubled, 0 out of order"
        )
    }
}

pub(super) fn note_truth(truth: &mut BTreeMap<RoomId, Vec<Message>>, appended: &[TopicEvent]) {
    for TopicEvent { topic, logged } in appended {
        if let (Topic::Room(room), Ok(Event::Chat(ChatEvent::Posted(message)))) =
            (*topic, codec::decode_event(&logged.content))
        {
            truth.entry(room).or_default().push(message);
        }
    }
}

/// After every frame: whatever the screen shows as stored is stored, and stands where it stands.
pub(super) fn nothing_is_shown_as_stored_that_is_not(world: &World, peer: usize) {
    let peer = &world.peers[peer];
    let truth = world.truth.get(&FIRST_ROOM).map_or(&[][..], Vec::as_slice);
    let is_stored = |id: CommandId| truth.iter().rev().any(|message| message.command == id);
    for pending in peer.client.outbox().items() {
        if matches!(pending.state, PendingState::Stored(_)) && peer.wrote.contains(&pending.id) {
            assert!(is_stored(pending.id), "{} is shown as stored", pending.id);
        }
    }
    if let Some(last) =
        peer.client.features().timeline(FIRST_ROOM).and_then(|timeline| timeline.messages().back())
    {
        let place = usize::try_from(last.seq.0 - 1).unwrap();
        assert_eq!(Some(last), truth.get(place), "a message that is not stored, or not there");
    }
}

/// After the trouble.
pub(super) fn everything(world: &World) -> Tally {
    let truth = world.truth.get(&FIRST_ROOM).map_or(&[][..], Vec::as_slice);
    let mut seen = BTreeSet::new();
    for (place, message) in (1..).zip(truth) {
        assert_eq!(message.seq.0, place, "the log has a hole");
        assert!(seen.insert(message.command), "{} is stored twice", message.command);
    }
    let mut tally = Tally { stored: truth.len() as u64, ..Tally::default() };
    let present: BTreeSet<_> = world.peers.iter().map(|peer| peer.user.id).collect();
    for (number, peer) in world.peers.iter().enumerate() {
        let client = &peer.client;
        let features = client.features();
        assert_eq!(client.connection(), &ConnectionState::Live, "tab {number}");
        assert_eq!(client.outbox().unsent(), 0, "tab {number} still waits: {:?}", client.outbox());

        let timeline = features.timeline(FIRST_ROOM).expect("a timeline");
        let shown: Vec<&Message> = timeline.messages().iter().collect();
        let expected: Vec<&Message> = truth.iter().skip(truth.len() - shown.len()).collect();
        assert_eq!(shown, expected, "tab {number} shows something else than the store has");
        assert!(
            timeline.has_older() || shown.len() == truth.len(),
            "tab {number} hides the beginning"
        );

        for id in &peer.acknowledged {
            assert!(seen.contains(id), "{id} was acknowledged and is lost");
        }
        // Written in this order, nothing refused for good: stored in this order, all of it. (Where
        // frames vanish within a connection, a later line can overtake an earlier one.)
        let stored: Vec<CommandId> = truth
            .iter()
            .map(|message| message.command)
            .filter(|id| peer.wrote.contains(id))
            .collect();
        if world.loses_frames {
            assert_eq!(stored.len(), peer.wrote.len(), "tab {number}: something written was lost");
        } else {
            assert_eq!(stored, peer.wrote, "tab {number}: written in another order");
        }

        for room in features.memberships().rooms() {
            let mark = features.memberships().read_up_to(room).expect("a mark");
            let messages = world.truth.get(&room).map_or(&[][..], Vec::as_slice);
            let unread = messages
                .iter()
                .filter(|message| message.seq > mark && message.author.id != peer.user.id);
            assert_eq!(
                features.unread(room),
                unread.count() as u64,
                "tab {number}: unread in {room}"
            );
        }
        let here: BTreeSet<_> = features.presence().present().map(|user| user.id).collect();
        assert_eq!(here, present, "tab {number}: who is here");
        assert_eq!(
            features.presence().typing().count(),
            0,
            "tab {number}: somebody types for ever"
        );

        tally.written += peer.wrote.len() as u64;
        tally.acknowledged += peer.acknowledged.len() as u64;
    }
    tally
}
