//! The invariants that every run must keep.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use madang_client::outbox::Outbox;
use madang_client::views::chat::Timeline;
use madang_client::views::originals::Original;
use madang_client::{ConnectionState, PendingState};
use madang_hub::StoreResponse;
use madang_hub::ports::{Recovery, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::shared_state::SharedStateRead;
use madang_shared::chat::ChatEvent;
use madang_shared::later::SavedMessage;
use madang_shared::membership::MAX_COUNTED_UNREAD;
use madang_shared::posts::{PostsAnswer, PostsQuery};
use madang_shared::read_count::ReadCount;
use madang_shared::rooms::Room;
use madang_shared::{
    Answer, CommandId, Event, Message, PostId, RoomId, Seq, Snapshot, Timestamp, Topic, User,
    UserId, codec,
};
use madang_store::InlineSqlite;

use super::peer::Peer;
use super::world::World;

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) written: u64,
    pub(super) acknowledged: u64,
    pub(super) stored: u64,
    pub(super) deleted: u64,
    pub(super) edited: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.written += other.written;
        self.acknowledged += other.acknowledged;
        self.stored += other.stored;
        self.deleted += other.deleted;
        self.edited += other.edited;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, acknowledged, stored, deleted, edited } = self;
        write!(
            f,
            "{written} written, {acknowledged} acknowledgements seen, {stored} stored, {deleted} deleted, {edited} edited; 0 lost, 0 repeated, 0 out of order"
        )
    }
}

/// Records the stored messages of each room.
pub(super) fn record_stored(
    stored_messages: &mut BTreeMap<RoomId, Vec<Message>>,
    appended: &[TopicEvent],
) {
    for TopicEvent { topic, entry } in appended {
        match (*topic, codec::decode_event(&entry.content)) {
            (Topic::Room(room), Ok(Event::Chat(ChatEvent::Posted(message)))) => {
                stored_messages.entry(room).or_default().push(message);
            }
            (Topic::Room(room), Ok(Event::Chat(ChatEvent::MessageEdited(edit)))) => {
                let messages = stored_messages.entry(room).or_default();
                let index =
                    messages.binary_search_by_key(&edit.message, |it| it.seq).expect("posted");
                messages[index].edit(edit);
            }
            (Topic::Room(room), Ok(Event::Chat(ChatEvent::Reacted(change)))) => {
                let messages = stored_messages.entry(room).or_default();
                let index =
                    messages.binary_search_by_key(&change.message, |it| it.seq).expect("posted");
                messages[index].react(&change);
            }
            (Topic::Room(room), Ok(Event::Chat(ChatEvent::MessageDeleted { message, by }))) => {
                let messages = stored_messages.entry(room).or_default();
                let index = messages.binary_search_by_key(&message, |it| it.seq).expect("posted");
                messages[index].delete(by);
            }
            _ => {}
        }
    }
}

/// After every read of a state: the cached state is the stored one, and its reader has access.
pub(super) fn check_opened_state(store: &InlineSqlite, reader: &User, response: &StoreResponse) {
    let StoreResponse::Open { topic, recovery: Ok(Recovery::State(state)), .. } = response else {
        return;
    };
    let stored = store.open_now(reader.id, SharedStateRead::uncached(*topic), None);
    assert_eq!(stored, Ok(Recovery::State(state.clone())), "{topic} from the cache");
    assert_eq!(store.check_access_now(reader.id, *topic), Ok(()), "the state of {topic}");
}

/// After every frame: each message that the screen shows as stored is stored, at the same seq.
pub(super) fn check_shown_messages(world: &World, peer: usize) {
    let peer = &world.peers[peer];
    let stored_messages = world.stored_messages.get(&FIRST_ROOM).map_or(&[][..], Vec::as_slice);
    let is_stored =
        |id: CommandId| stored_messages.iter().rev().any(|message| message.command == id);
    for pending in peer.client.outbox().items() {
        if matches!(pending.state, PendingState::Stored(_)) && peer.written.contains(&pending.id) {
            assert!(is_stored(pending.id), "{} is shown as stored", pending.id);
        }
    }
    if let Some(last) =
        peer.client.features().timeline(FIRST_ROOM).and_then(|timeline| timeline.messages().back())
    {
        let index = stored_messages.binary_search_by_key(&last.seq, |stored| stored.seq);
        let stored = index.ok().and_then(|index| stored_messages.get(index));
        // The screen may not know yet that the message was changed or deleted.
        let mut shown = last.clone();
        if let Some(stored) = stored.filter(|stored| shown.edited_at < stored.edited_at) {
            shown = stored.clone();
        }
        if let Some(by) = stored.and_then(|stored| stored.deleted) {
            shown.delete(by);
        }
        shown.reactions = stored.map(|stored| stored.reactions.clone()).unwrap_or_default();
        assert_eq!(
            Some(&shown),
            stored,
            "the screen shows a message that is not stored at its seq"
        );
    }
}

/// A tab shows the stored posts.
fn check_posts(world: &World, number: usize) {
    let Peer { client, user, .. } = &world.peers[number];
    let all = PostsQuery::Before { before: PostId(u64::MAX), limit: u32::MAX };
    let Ok(Answer::Posts(PostsAnswer::Before(page))) = world.store.query_now(user.id, all.into())
    else {
        unreachable!("the posts are readable");
    };
    let stored = page.posts.into_iter().map(|post| (Some(post.id), post.text));
    let shown = client.features().posts().shown(&Outbox::default(), user);
    let shown: Vec<_> = shown.into_iter().map(|post| (post.id, post.text)).collect();
    let stored: Vec<_> = stored.take(shown.len()).collect();
    assert_eq!(shown[..stored.len()], stored, "tab {number}: posts");
}

/// The answered messages that a client knows are as they are stored.
fn check_quotes(timeline: &Timeline, stored_messages: &[Message], number: usize) {
    for original in timeline.messages().iter().filter_map(|message| message.reply_to) {
        if let Original::Known(shown) = timeline.original(original) {
            let stored = stored_messages.binary_search_by_key(&original, |stored| stored.seq);
            let stored = stored.ok().and_then(|index| stored_messages.get(index));
            assert_eq!(Some(shown), stored, "tab {number}: the quote of another message");
        }
    }
}

/// A client knows the stored facts of its rooms, and the silences of its user.
fn check_memberships(world: &World, number: usize) {
    let peer = &world.peers[number];
    let features = peer.client.features();
    let own = SharedStateRead::uncached(Topic::Memberships(peer.user.id));
    let Ok(Recovery::State(stored)) = world.store.open_now(peer.user.id, own, None) else {
        unreachable!("the memberships are readable");
    };
    let Ok(Snapshot::Membership(stored)) = stored.snapshot() else {
        unreachable!("the memberships are readable");
    };
    let rooms: Vec<Room> = features.memberships().all_rooms().cloned().collect();
    assert_eq!(rooms, stored.rooms, "tab {number}: other facts of rooms than the store has");
    let silences = stored.silences;
    for room in features.memberships().rooms() {
        let of_room = silences.iter().filter(|it| it.room == Some(room)).max_by_key(|it| it.until);
        let known = features.memberships().silence(room, Timestamp(0));
        assert_eq!(known, of_room, "tab {number}: the silence in {room}");
    }
}

/// All tabs of a user have the same read marks, and count the messages after them.
fn check_unread(world: &World, number: usize, read: &mut BTreeMap<(UserId, RoomId), Seq>) {
    let peer = &world.peers[number];
    let features = peer.client.features();
    for room in features.memberships().rooms() {
        let mark = features.memberships().read_up_to(room).expect("a mark");
        let of_user = *read.entry((peer.user.id, room)).or_insert(mark);
        assert_eq!(mark, of_user, "tab {number}: another tab has read {room} otherwise");
        let messages = world.stored_messages.get(&room).map_or(&[][..], Vec::as_slice);
        let unread = messages
            .iter()
            .filter(|message| message.seq > mark && message.author.id != peer.user.id);
        let (shown, unread) = (features.unread(room), unread.count() as u64);
        // A snapshot counts up to a limit, and the client adds the later messages.
        assert!(
            shown == unread || (MAX_COUNTED_UNREAD..unread).contains(&shown),
            "tab {number}: {shown} of {unread} unread in {room}"
        );
    }
}

/// A client knows the pinned messages of the room.
fn check_pins(world: &World, number: usize) {
    let Peer { client, user, .. } = &world.peers[number];
    let topic = SharedStateRead::uncached(Topic::Room(FIRST_ROOM));
    let Ok(Recovery::State(stored)) = world.store.open_now(user.id, topic, None) else {
        unreachable!("the topic is readable");
    };
    let Ok(Snapshot::Chat(stored)) = stored.snapshot() else {
        unreachable!("the topic is readable");
    };
    let timeline = client.features().timeline(FIRST_ROOM).expect("a timeline");
    assert_eq!(timeline.pins(), stored.pins, "tab {number}: pinned messages");
}

/// A client knows the saved messages of its user, and those that wait.
fn check_later(world: &World, number: usize) {
    let Peer { client, user, .. } = &world.peers[number];
    let own = SharedStateRead::uncached(Topic::Later(user.id));
    let Ok(Recovery::State(stored)) = world.store.open_now(user.id, own, None) else {
        unreachable!("the topic is readable");
    };
    let Ok(Snapshot::Later(stored)) = stored.snapshot() else {
        unreachable!("the topic is readable");
    };
    let mut shown = client.features().later().saved(&Outbox::default());
    shown.sort_by_key(SavedMessage::of);
    assert_eq!(shown, stored.saved, "tab {number}: saved messages");
    let mut waiting = client.features().later().scheduled(&Outbox::default());
    waiting.sort_by_key(|message| message.id);
    assert_eq!(waiting, stored.scheduled, "tab {number}: messages that wait");
}

/// After the faults: every client shows what is stored, and nothing acknowledged is lost.
pub(super) fn check_final_state(world: &World) -> Tally {
    let stored_messages = world.stored_messages.get(&FIRST_ROOM).map_or(&[][..], Vec::as_slice);
    let mut seen = BTreeSet::new();
    for message in stored_messages {
        assert!(seen.insert(message.command), "{} is stored twice", message.command);
    }
    let logged = world.store.read_log_now(UserId(0), Topic::Room(FIRST_ROOM), Seq(0), usize::MAX);
    let mut in_log = Vec::new();
    for (seq, entry) in (1..).zip(logged.unwrap()) {
        assert_eq!(entry.seq.0, seq, "the log has a hole");
        match codec::decode_event(&entry.content) {
            Ok(Event::Chat(ChatEvent::Posted(message))) => in_log.push(message),
            Ok(Event::Chat(ChatEvent::Reacted(change))) => {
                let index = in_log.binary_search_by_key(&change.message, |it: &Message| it.seq);
                in_log[index.expect("posted")].react(&change);
            }
            _ => {}
        }
    }
    assert_eq!(in_log, stored_messages, "the log holds other messages");
    let redacted = world.redactions.of_rooms() as u64;
    let stored = stored_messages.len() as u64;
    let messages = world.stored_messages.values().flatten();
    let deleted = messages.filter(|message| message.deleted.is_some()).count() as u64;
    let edited = redacted.saturating_sub(deleted);
    let mut tally = Tally { stored, deleted, edited, ..Tally::default() };
    let (mut muted, mut read) = (BTreeMap::new(), BTreeMap::new());
    let present: BTreeSet<_> = world.peers.iter().map(|peer| peer.user.id).collect();
    for (number, peer) in world.peers.iter().enumerate() {
        let client = &peer.client;
        let features = client.features();
        assert_eq!(client.connection(), &ConnectionState::Live, "tab {number}");
        assert_eq!(client.outbox().unsent(), 0, "tab {number} still waits: {:?}", client.outbox());

        let timeline = features.timeline(FIRST_ROOM).expect("a timeline");
        let shown: Vec<&Message> = timeline.messages().iter().collect();
        let expected: Vec<&Message> =
            stored_messages.iter().skip(stored_messages.len() - shown.len()).collect();
        assert_eq!(shown, expected, "tab {number} shows other messages than the store has");
        assert!(
            timeline.has_older() || shown.len() == stored_messages.len(),
            "tab {number} hides older messages"
        );

        check_quotes(timeline, stored_messages, number);
        for id in &peer.acknowledged {
            assert!(seen.contains(id), "{id} was acknowledged and then lost");
        }
        // No message was finally refused, so all of them are stored, in the order of writing. (If frames
        // get lost within a connection, a later message can overtake an earlier one.)
        let stored: Vec<CommandId> = stored_messages
            .iter()
            .map(|message| message.command)
            .filter(|id| peer.written.contains(id))
            .collect();
        if world.loses_frames {
            assert_eq!(
                stored.len(),
                peer.written.len(),
                "tab {number}: a written message was lost"
            );
        } else {
            assert_eq!(stored, peer.written, "tab {number}: written in another order");
        }

        check_unread(world, number, &mut read);
        check_memberships(world, number);
        let of_tab = features.memberships().is_muted(FIRST_ROOM);
        let of_user = *muted.entry(peer.user.id).or_insert(of_tab);
        assert_eq!(
            of_tab, of_user,
            "tab {number}: another tab of the user shows the room otherwise"
        );
        let watched = features.read_count().watched();
        let newest_own = shown.iter().rev().find(|message| message.author.id == peer.user.id);
        assert_eq!(watched, newest_own.map(|own| (FIRST_ROOM, own.seq)), "tab {number}: watch");
        if let Some((room, message)) = watched {
            let marks = world.store.read_marks_now(peer.user.id, room).expect("readable");
            let mut recipients = marks;
            recipients.retain(|mark| mark.user != peer.user.id && mark.joined_after < message);
            let read = recipients.iter().filter(|mark| mark.read_up_to >= message).count() as u64;
            let expected = ReadCount { read, recipients: recipients.len() as u64 };
            assert_eq!(features.read_count().of(message), Some(expected), "tab {number}: readers");
        }
        let details = features.details();
        let members = world.store.members_now(peer.user.id, FIRST_ROOM, None).expect("readable");
        assert_eq!(details.members(), Some(members.members.len() as u64), "tab {number}: members");
        let here: BTreeSet<_> = features.presence().present().map(|user| user.id).collect();
        assert_eq!(here, present, "tab {number}: presence");
        check_posts(world, number);
        check_later(world, number);
        check_pins(world, number);
        assert_eq!(features.presence().typing().count(), 0, "tab {number}: typing has not expired");

        tally.written += peer.written.len() as u64;
        tally.acknowledged += peer.acknowledged.len() as u64;
    }
    tally
}
