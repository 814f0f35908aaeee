//! What the server says, to whichever feature it is for.

use madang_shared::chat::{ChatAnswer, ChatEvent, ChatQuery, ChatSnapshot};
use madang_shared::notices::NoticeBox;
use madang_shared::posts::{PostsAnswer, PostsQuery};
use madang_shared::sentiment::SentimentAnswer;
use madang_shared::{Answer, Event, Query, RoomId, Snapshot, Timestamp, Topic};

use super::Features;
use crate::action::Slice;
use crate::membership::Memberships;

impl Features {
    /// The topic's stream was lost and begins anew: what was known of the old one is void.
    pub(crate) fn rebuilt(&mut self, topic: Topic) {
        match topic {
            Topic::Room(room) => {
                self.timelines.remove(&room);
            }
            Topic::Memberships(_) => self.memberships = Memberships::default(),
            Topic::Notices => self.notices.rebuilt(NoticeBox::Everybody),
            Topic::Inbox(_) => self.notices.rebuilt(NoticeBox::Own),
            // Their snapshots replace all there is.
            _ => {}
        }
    }

    /// The room's timeline is what an earlier visit kept.
    pub(crate) fn is_kept(&mut self, room: RoomId) {
        if let Some(timeline) = self.timelines.get_mut(&room) {
            timeline.set_kept(true);
        }
    }

    /// The server goes on from what was known, and says what was missed, if anything was. Where that was known
    /// from an earlier visit, the reader left off there.
    pub(crate) fn recovered(&mut self, topic: Topic, missed: bool) -> Vec<Slice> {
        let Topic::Room(room) = topic else { return Vec::new() };
        let mark = self.memberships.read_up_to(room);
        let is_open = self.open == Some(room);
        let Some(timeline) = self.timelines.get_mut(&room).filter(|timeline| timeline.is_kept())
        else {
            return Vec::new();
        };
        timeline.set_kept(false);
        if is_open && missed && timeline.new_after().is_none() {
            timeline.set_new_after(mark);
        }
        vec![Slice::Timeline(room)]
    }

    pub(crate) fn snapshot(
        &mut self,
        topic: Topic,
        snapshot: Snapshot,
        now: Timestamp,
    ) -> Vec<Slice> {
        match (topic, snapshot) {
            (Topic::Rooms, Snapshot::Rooms(snapshot)) => {
                self.rooms.snapshot(snapshot);
                vec![Slice::Rooms]
            }
            (Topic::Memberships(_), Snapshot::Membership(snapshot)) => {
                self.memberships.snapshot(snapshot);
                vec![Slice::Memberships]
            }
            (Topic::Room(room), Snapshot::Chat(ChatSnapshot { page, membership })) => {
                self.memberships.told(membership);
                self.timelines.or_default(room).snapshot(page);
                self.remember_where_reading_stopped(room);
                vec![Slice::Timeline(room)]
            }
            (Topic::Counter, Snapshot::Counter(snapshot)) => {
                self.counter.snapshot(snapshot);
                vec![Slice::Counter]
            }
            (Topic::Posts, Snapshot::Posts(snapshot)) => {
                self.posts.snapshot(snapshot);
                vec![Slice::Posts]
            }
            (Topic::Price, Snapshot::Price(snapshot)) => {
                self.price.snapshot(snapshot, now);
                vec![Slice::Price]
            }
            (Topic::Orders, Snapshot::Orders(snapshot)) => {
                self.orders.snapshot(snapshot);
                vec![Slice::Orders]
            }
            (Topic::Notices, Snapshot::Notices(snapshot)) => {
                self.notices.everybody_snapshot(snapshot);
                vec![Slice::Notices]
            }
            (Topic::Inbox(_), Snapshot::Inbox(snapshot)) => {
                self.notices.own_snapshot(snapshot);
                vec![Slice::Notices]
            }
            (Topic::Presence(room), Snapshot::Presence(snapshot)) => {
                self.presence.snapshot(snapshot, now, self.me.id);
                vec![Slice::Presence(room)]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn event(&mut self, topic: Topic, event: Event, now: Timestamp) -> Vec<Slice> {
        match (topic, event) {
            (Topic::Rooms, Event::Rooms(event)) => {
                self.rooms.event(event);
                vec![Slice::Rooms]
            }
            (Topic::Memberships(_), Event::Membership(event)) => {
                self.memberships.event(event);
                vec![Slice::Memberships]
            }
            (Topic::Room(room), Event::Chat(event)) => {
                let ChatEvent::Posted(message) = &event;
                let is_open = self.open == Some(room);
                let stopped = is_open && self.presence.spoke(message.author.id);
                let timeline = self.timelines.or_default(room);
                timeline.event(event);
                if !is_open {
                    timeline.trim(self.memberships.counted_up_to(room));
                }
                let mut parts = vec![Slice::Timeline(room)];
                parts.extend(stopped.then_some(Slice::Presence(room)));
                parts
            }
            (Topic::Counter, Event::Counter(event)) => {
                self.counter.event(event);
                vec![Slice::Counter]
            }
            (Topic::Posts, Event::Posts(event)) => {
                self.posts.event(event, now);
                vec![Slice::Posts]
            }
            (Topic::Price, Event::Price(event)) => {
                self.price.event(event, now);
                vec![Slice::Price]
            }
            (Topic::Orders, Event::Orders(event)) => {
                self.orders.event(event);
                vec![Slice::Orders]
            }
            (Topic::Notices, Event::Notices(event)) => {
                self.notices.everybody_event(event);
                vec![Slice::Notices]
            }
            (Topic::Inbox(_), Event::Inbox(event)) => {
                self.notices.own_event(event);
                vec![Slice::Notices]
            }
            (Topic::Presence(room), Event::Presence(event)) => {
                let me = self.me.id;
                let here = &self.presence;
                let timeline = self.timelines.or_default(room);
                timeline.moved(&event, |id| here.get(id).cloned(), me);
                self.presence.event(event, now, me);
                vec![Slice::Presence(room), Slice::Timeline(room)]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn answer(&mut self, query: &Query, answer: Answer) -> Vec<Slice> {
        match (query, answer) {
            (
                Query::Chat(ChatQuery::Before { room, before, .. }),
                Answer::Chat(ChatAnswer::Before(page)),
            ) => {
                self.timelines.or_default(*room).prepend(*before, page);
                vec![Slice::Timeline(*room)]
            }
            (
                Query::Sentiment(query),
                Answer::Sentiment(SentimentAnswer::Classified(judgement)),
            ) => {
                self.sentiment.answered(query, judgement);
                vec![Slice::Sentiment]
            }
            (
                Query::Posts(PostsQuery::Before { before, .. }),
                Answer::Posts(PostsAnswer::Before(page)),
            ) => {
                self.posts.append(*before, page);
                vec![Slice::Posts]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn query_failed(&mut self, query: &Query) -> Vec<Slice> {
        match query {
            Query::Chat(ChatQuery::Before { room, before, .. }) => {
                self.timelines.or_default(*room).older_failed(*before);
                vec![Slice::Timeline(*room)]
            }
            // The next pause in typing asks again.
            Query::Sentiment(_) => Vec::new(),
            Query::Posts(PostsQuery::Before { before, .. }) => {
                self.posts.older_failed(*before);
                vec![Slice::Posts]
            }
        }
    }
}
