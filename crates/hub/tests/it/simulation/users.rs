//! The actions of the users, and the faults.

use std::collections::BTreeSet;

use madang_client::outbox::Outbox;
use madang_client::views::chat::Timeline;
use madang_client::{Action, Input};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::ChatCommand;
use madang_shared::later::LaterCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::posts::PostsCommand;
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{RoomId, Seq, Timestamp};

use super::peer::Peer;
use super::world::{SimEvent, World};

impl World {
    /// A random user acts.
    pub(super) fn act(&mut self) {
        if !self.faults_active {
            return;
        }
        let peer = self.random.index(self.peers.len());
        let joined =
            self.peers.iter().flat_map(|peer| peer.client.features().memberships().rooms());
        let rooms: Vec<RoomId> = joined.collect::<BTreeSet<_>>().into_iter().collect();
        let room =
            if rooms.is_empty() { FIRST_ROOM } else { rooms[self.random.index(rooms.len())] };
        let user = self.peers[self.random.index(self.peers.len())].user.id;
        let input = match self.random.below(43) {
            0..=11 => return self.write(peer),
            24 => {
                self.draw_quotes(peer);
                return self.schedule_next_action();
            }
            12 => Input::Act(Action::OpenRoom(Some(room))),
            13 => Input::Act(Action::Keystroke(FIRST_ROOM)),
            14 => Input::Act(Action::MarkRead(room)),
            40 | 41 => {
                let mark = self.peers[peer].client.features().memberships().read_up_to(room);
                let mark = mark.unwrap_or_default().0;
                let from = Seq(mark.saturating_sub(self.random.below(9)).max(1));
                Input::Act(Action::MarkUnread { room, from })
            }
            15 => {
                let timeline = self.peers[peer].client.features().timeline(room);
                let last = timeline.map(Timeline::newest).unwrap_or_default();
                let first = Seq(last.0.saturating_sub(self.random.below(20)));
                Input::Act(Action::ShowMessages { room, first, last })
            }
            16 if rooms.len() < 4 => Input::Command(self.new_room().into()),
            25 if room != FIRST_ROOM => {
                let change = RoomChange::Name(format!("room {}", self.random.below(9)));
                Input::Command(RoomsCommand::Change { room, change }.into())
            }
            26 if room != FIRST_ROOM => {
                let role = RoomRole::ALL[self.random.index(RoomRole::ALL.len())];
                Input::Command(RoomsCommand::Invite { room, user, role }.into())
            }
            27 if room != FIRST_ROOM => {
                let reason = "a reason".to_owned();
                Input::Command(RoomsCommand::Remove { room, user, reason }.into())
            }
            28..=30 => match self.delete_message(peer, room) {
                Some(command) => Input::Command(command.into()),
                None => return self.schedule_next_action(),
            },
            34..=36 => match self.edit_message(peer, room) {
                Some(command) => Input::Command(command.into()),
                None => return self.schedule_next_action(),
            },
            42 => match self.keep_for_later(peer, room) {
                Some(command) => Input::Command(command.into()),
                None => return self.schedule_next_action(),
            },
            37..=39 => match self.react(peer, room) {
                Some(command) => Input::Command(command.into()),
                None => return self.schedule_next_action(),
            },
            31 if room != FIRST_ROOM => {
                let (lasts_ms, reason) = (self.random.below(3) * 5_000, "a reason".to_owned());
                Input::Command(RoomsCommand::Silence { room, user, lasts_ms, reason }.into())
            }
            32..=33 if room != FIRST_ROOM => {
                self.written += 1;
                let text = format!("aside {} by {}", self.written, self.peers[peer].user.name);
                Input::Command(ChatCommand::post(room, text).into())
            }
            17 => Input::Command(MembershipCommand::Join { room }.into()),
            19 => {
                let muted = self.random.below(2) == 0;
                Input::Command(MembershipCommand::Mute { room: FIRST_ROOM, muted }.into())
            }
            20..=23 => match self.change_posts(peer) {
                Some(command) => Input::Command(command.into()),
                None => return self.schedule_next_action(),
            },
            18 if room != FIRST_ROOM => Input::Command(MembershipCommand::Leave { room }.into()),
            _ => Input::Act(Action::LoadOlder(FIRST_ROOM)),
        };
        self.input(peer, input);
        self.schedule_next_action();
    }

    /// The deletion of one of the last messages of a room, by its author or as a moderator.
    fn delete_message(&mut self, peer: usize, room: RoomId) -> Option<ChatCommand> {
        let messages = self.peers[peer].client.features().timeline(room)?.messages();
        let recent = messages.len().min(20);
        let index = messages.len().checked_sub(1 + self.random.index(recent.max(1)))?;
        let message = messages.get(index)?.seq;
        Some(ChatCommand::Delete { room, message, reason: "a reason".to_owned() })
    }

    /// A change of one of the last messages of a room, mostly of an own one.
    fn edit_message(&mut self, peer: usize, room: RoomId) -> Option<ChatCommand> {
        let Peer { client, user, .. } = &self.peers[peer];
        let messages = client.features().timeline(room)?.messages();
        let any = self.random.below(8) == 0;
        let recent = messages.iter().rev().filter(|message| any || message.author.id == user.id);
        let recent: Vec<Seq> = recent.map(|message| message.seq).take(10).collect();
        let message = *recent.get(self.random.index(recent.len().max(1)))?;
        self.written += 1;
        let text = format!("change {} by {}", self.written, self.peers[peer].user.name);
        Some(ChatCommand::Edit { room, message, text })
    }

    /// A message that the user answers; often none. Some are beyond the loaded ones.
    fn original(&mut self, peer: usize) -> Option<Seq> {
        let messages = self.peers[peer].client.features().timeline(FIRST_ROOM)?.messages();
        if self.random.below(4) > 0 {
            return None;
        }
        let newest = self.random.index(messages.len().clamp(1, 40));
        let index = messages.len().checked_sub(1 + newest)?;
        let seq = messages.get(index)?.seq;
        Some(if self.random.below(5) == 0 { Seq(1) } else { seq })
    }

    /// The screen draws the quotes of the last messages of a room.
    fn draw_quotes(&mut self, peer: usize) {
        let Some(timeline) = self.peers[peer].client.features().timeline(FIRST_ROOM) else {
            return;
        };
        let replies = timeline.messages().iter().rev().filter_map(|message| message.reply_to);
        let drawn: Vec<Seq> = replies.take(5).collect();
        for message in drawn {
            self.input(
                peer,
                Input::Act(Action::LoadMessages { room: FIRST_ROOM, messages: vec![message] }),
            );
        }
    }

    /// A reaction to one of the last messages of a room, or its end; or the message is pinned, or no more.
    fn react(&mut self, peer: usize, room: RoomId) -> Option<ChatCommand> {
        let messages = self.peers[peer].client.features().timeline(room)?.messages();
        let index =
            messages.len().checked_sub(1 + self.random.index(messages.len().clamp(1, 5)))?;
        let message = messages.get(index)?.seq;
        if self.random.below(4) == 0 {
            return Some(ChatCommand::Pin { room, message, is_on: self.random.below(3) > 0 });
        }
        let emoji = ["👍", "🎉", "🏳️‍🌈"][self.random.index(3)].to_owned();
        Some(ChatCommand::React { room, message, emoji, is_on: self.random.below(3) > 0 })
    }

    /// Saves one of the last messages of a room, sets its reminder, or removes it; or schedules a message, or changes one.
    fn keep_for_later(&mut self, peer: usize, room: RoomId) -> Option<LaterCommand> {
        let messages = self.peers[peer].client.features().timeline(room)?.messages();
        let recent = messages.len().clamp(1, 5);
        let index = messages.len().checked_sub(1 + self.random.index(recent))?;
        let message = messages.get(index)?.seq;
        let scheduled = self.peers[peer].client.features().later().scheduled(&Outbox::default());
        let id = scheduled.first().map(|message| message.id);
        Some(match (self.random.below(7), id) {
            (4, _) => {
                let reply_to = Some(message).filter(|_| self.random.below(2) == 0);
                LaterCommand::Schedule { room, text: "later".into(), at: Timestamp(0), reply_to }
            }
            (5, Some(id)) => LaterCommand::Unschedule { id },
            (6, Some(id)) => LaterCommand::Reschedule { id, at: Timestamp(1) },
            (0, _) => LaterCommand::Unsave { room, message },
            (1, _) => LaterCommand::Remind { room, message, at: None },
            (2, _) => LaterCommand::Remind { room, message, at: Some(Timestamp(0)) },
            _ => LaterCommand::Save { room, message, since: None },
        })
    }

    fn new_room(&mut self) -> RoomsCommand {
        let (name, description) = (format!("room {}", self.random.below(9)), String::new());
        let kinds = [RoomKind::Public, RoomKind::Private];
        let kind = kinds[self.random.index(kinds.len())];
        RoomsCommand::Create { name, description, kind }
    }

    /// A new post, or a change of an own one.
    fn change_posts(&mut self, peer: usize) -> Option<PostsCommand> {
        self.written += 1;
        let text = format!("post {} by {}", self.written, self.peers[peer].user.name);
        let choice = self.random.below(4);
        if choice < 2 {
            return Some(PostsCommand::Create { text });
        }
        let Peer { client, user, .. } = &self.peers[peer];
        let shown = client.features().posts().shown(client.outbox(), user);
        let own = shown.into_iter().filter(|post| post.author.id == user.id);
        let own: Vec<_> = own.filter_map(|post| post.id).collect();
        let post = *own.get(self.random.index(own.len().max(1)))?;
        Some(match choice {
            2 => PostsCommand::Edit { post, text },
            _ => PostsCommand::Delete { post },
        })
    }

    fn write(&mut self, peer: usize) {
        // Some users write several messages at once, and some paste more than the rate limit allows.
        let lines = if self.random.percent(1) { 140 } else { 1 + self.random.below(3) };
        for _ in 0..lines {
            self.written += 1;
            let text = format!("line {} by {}", self.written, self.peers[peer].user.name);
            let reply_to = self.original(peer);
            let post = ChatCommand::Post { room: FIRST_ROOM, text, reply_to };
            self.input(peer, Input::Command(post.into()));
            let id = self.peers[peer].client.outbox().items().last().unwrap().id;
            self.peers[peer].written.push(id);
        }
        self.schedule_next_action();
    }

    fn schedule_next_action(&mut self) {
        let delay = self.random.below(1_500);
        self.at(delay, SimEvent::Act);
    }

    pub(super) fn inject_fault(&mut self) {
        if !self.faults_active {
            return;
        }
        match self.random.below(10) {
            0..=3 => {
                let sockets = self.network.ids();
                if !sockets.is_empty() {
                    let socket = sockets[self.random.index(sockets.len())];
                    self.break_socket(socket, 1006);
                }
            }
            4..=6 => self.kill_node(),
            7 => {
                match self.random.below(3) {
                    0 => self.store.set_unavailable(true),
                    1 => self.store.set_commits_fail(true),
                    // The next batch may end in its middle, as on a full disk.
                    _ => self.store.set_write_limit(Some(self.random.below(4))),
                }
                let delay = self.random.below(2_000);
                self.at(delay, SimEvent::StoreWorks);
            }
            8 => {
                let peer = self.random.index(self.peers.len());
                if let Some(socket) = self.peers[peer].socket.take() {
                    self.break_socket(socket, 1001);
                }
                self.peers[peer].reload();
                self.input(peer, Input::Connect);
                self.open_pages(peer);
            }
            _ => {
                let peer = self.random.index(self.peers.len());
                self.input(peer, Input::Connect);
            }
        }
        let delay = self.random.below(4_000);
        self.at(delay, SimEvent::Fault);
    }
}
