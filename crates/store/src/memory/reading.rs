//! What is asked of the state, and who asks.

use madang_hub::policy;
use madang_hub::ports::{LogEntry, NewUser, Recovery, ServiceAccount, TokenHash, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::PAGE_MESSAGES;
use madang_shared::chat::{ChatAnswer, ChatPage, ChatQuery, ChatSnapshot};
use madang_shared::counter::CounterSnapshot;
use madang_shared::membership::{Membership, MembershipSnapshot};
use madang_shared::rooms::RoomsSnapshot;
use madang_shared::{
    Answer, Failure, Message, Position, Query, RoomId, Seq, Snapshot, Topic, User, UserId,
};

use super::state::State;
use crate::refusals;

impl State {
    pub(super) fn sign_up(
        &mut self,
        new: NewUser,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<User, Failure> {
        let NewUser { name, name_key, token, at: _ } = new;
        if self.user_keys.contains_key(&name_key) {
            return Err(refusals::user_name_taken(&name));
        }
        if self.sessions.contains_key(&token) {
            return Err(refusals::against_the_rules());
        }
        let user = self.make_user(name, name_key, appended);
        self.sessions.insert(token, user.id);
        Ok(user)
    }

    fn make_user(
        &mut self,
        name: String,
        name_key: String,
        appended: &mut Vec<TopicEvent>,
    ) -> User {
        let id = UserId(self.users.last_key_value().map_or(1, |(last, _)| last.0 + 1));
        self.users.insert(id, name.clone());
        self.user_keys.insert(name_key, id);
        self.make_topic(Topic::Memberships(id));
        self.begin_inbox(id);
        self.join(id, FIRST_ROOM, appended);
        User { id, name }
    }

    pub(super) fn service_user(
        &mut self,
        service: ServiceAccount,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<User, Failure> {
        if let Some(id) = self.services.get(service.key).copied()
            && let Some(name) = self.users.get(&id)
        {
            return Ok(User { id, name: name.clone() });
        }
        let named = service.names().map(|name| (policy::name_key(&name), name));
        let free = named.into_iter().find(|(key, _)| !self.user_keys.contains_key(key));
        let Some((key, name)) = free else {
            return Err(refusals::user_name_taken(service.name));
        };
        let user = self.make_user(name, key, appended);
        self.services.insert(service.key, user.id);
        Ok(user)
    }

    pub(super) fn session(&self, token: &TokenHash) -> Option<User> {
        let id = *self.sessions.get(token)?;
        Some(User { id, name: self.users.get(&id)?.clone() })
    }

    pub(super) fn sign_out(&mut self, token: &TokenHash) {
        self.sessions.remove(token);
    }

    pub(super) fn open(
        &self,
        reader: UserId,
        topic: Topic,
        from: Option<Position>,
    ) -> Result<Recovery, Failure> {
        if policy::is_private_to_other(topic, reader) {
            return Err(refusals::not_yours());
        }
        if let Topic::Room(room) = topic {
            self.require_member(reader, room)?;
        }
        let stream = self.topics.get(&topic).ok_or_else(|| match topic {
            Topic::Room(_) => refusals::no_room(),
            Topic::Memberships(_) | Topic::Inbox(_) => refusals::no_user(),
            _ => refusals::not_stored(topic),
        })?;
        let head = Position::new(stream.epoch, stream.head());
        if from.is_some_and(|from| policy::resumes(from, head)) {
            return Ok(Recovery::Resumed { head });
        }
        let snapshot: Snapshot = match topic {
            Topic::Rooms => RoomsSnapshot { rooms: self.rooms.values().cloned().collect() }.into(),
            Topic::Memberships(user) => self.memberships(user).into(),
            Topic::Room(room) => {
                let mark = self.members.get(&(reader, room)).copied().unwrap_or_default();
                ChatSnapshot {
                    page: self.page(room, Seq(u64::MAX), PAGE_MESSAGES),
                    membership: self.membership(reader, room, mark),
                }
                .into()
            }
            Topic::Counter => CounterSnapshot { value: self.counter }.into(),
            Topic::Posts => self.posts.snapshot().into(),
            Topic::Presence(_) | Topic::Price => return Err(refusals::not_stored(topic)),
            Topic::Orders => self.orders.snapshot().into(),
            Topic::Notices => self.notices.snapshot().into(),
            Topic::Inbox(user) => self.notices.inbox(user).into(),
        };
        Ok(Recovery::State { position: head, snapshot })
    }

    pub(super) fn read_log(&self, topic: Topic, after: Seq, limit: usize) -> Vec<LogEntry> {
        let Some(stream) = self.topics.get(&topic) else {
            return Vec::new();
        };
        let after = usize::try_from(after.0).unwrap_or(usize::MAX);
        stream.log.iter().skip(after).take(limit).cloned().collect()
    }

    pub(super) fn query(&self, reader: UserId, query: &Query) -> Result<Answer, Failure> {
        match query {
            Query::Chat(ChatQuery::Before { room, before, limit }) => {
                self.require_member(reader, *room)?;
                let page = self.page(*room, *before, (*limit).min(PAGE_MESSAGES));
                Ok(ChatAnswer::Before(page).into())
            }
            Query::Posts(query) => Ok(self.posts.answer(query).into()),
            Query::Sentiment(_) => Err(refusals::not_asked_of_a_store()),
        }
    }

    pub(super) fn memberships(&self, user: UserId) -> MembershipSnapshot {
        let of_user = self.members.range((user, RoomId(0))..=(user, RoomId(u64::MAX)));
        let memberships =
            of_user.map(|(&(_, room), &mark)| self.membership(user, room, mark)).collect();
        MembershipSnapshot { memberships }
    }

    pub(super) fn membership(&self, user: UserId, room: RoomId, read_up_to: Seq) -> Membership {
        let after = self.messages.range((room, read_up_to.next())..=(room, Seq(u64::MAX)));
        let by_others = after.filter(|(_, message)| message.author.id != user);
        let unread = by_others.map(|_| 1).sum();
        Membership { room, read_up_to, unread, head: self.head(Topic::Room(room)) }
    }

    pub(super) fn page(&self, room: RoomId, before: Seq, limit: u32) -> ChatPage {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut newest_first = self.messages.range((room, Seq(0))..(room, before)).rev();
        let mut messages: Vec<Message> =
            newest_first.by_ref().take(limit).map(|(_, message)| message.clone()).collect();
        messages.reverse();
        ChatPage { messages, older: newest_first.next().is_some() }
    }
}
