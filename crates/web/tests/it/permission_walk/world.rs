//! A server, and people who prepare the walk on it.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_hub::budgets::resource::BudgetRates;
use madang_hub::moderation::{Moderation, ReportRequest};
use madang_hub::ports::{Committed, Write};
use madang_shared::administration::AdministrationAct;
use madang_shared::chat::ChatCommand;
use madang_shared::membership::MembershipEvent;
use madang_shared::moderation::{NewReport, ReportCategory};
use madang_shared::roles::{Posting, Role, RoomKind, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{Command, CommandId, Event, RoomId, Seq, Timestamp, User, UserId, codec};
use serde_json::Value;

use super::peer::Peer;
use super::requests::Request;
use super::table::code;
use crate::test_server::{START, TestServer, TestSettings};

/// A server, and the commands of people who prepare the walk.
pub(super) struct World {
    pub(super) server: TestServer,
    commands: u128,
}

impl World {
    pub(super) async fn new(settings: TestSettings) -> Self {
        let budgets = BudgetRates::default().times(1_000);
        let server = TestServer::with_settings(TestSettings { budgets, ..settings }).await;
        Self { server, commands: 0 }
    }

    pub(super) async fn act(&self, act: AdministrationAct) {
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
        self.server.store.administer(act).await.unwrap();
    }

    /// A new person.
    pub(super) async fn person(&self, name: &str, role: Role) -> Peer {
        let token = self.server.sign_up(name).await;
        let me = self.server.http.get(self.server.url("/api/session")).bearer_auth(&token);
        let me: Value = me.send().await.unwrap().json().await.unwrap();
        let id = UserId(me["user"]["id"].as_u64().unwrap());
        if role != Role::Member {
            self.act(AdministrationAct::SetRole { user: id, role }).await;
        }
        Peer::new(id, token)
    }

    /// Executes a command, which must be accepted.
    pub(super) fn command(&mut self, author: UserId, command: impl Into<Command>) -> Committed {
        self.commands += 1;
        let id = format!("018bcfe5-6800-7000-8000-{:012x}", self.commands);
        let id: CommandId = id.parse().unwrap();
        let author = User { id: author, name: String::new() };
        let write = Write::of_command(author, id, Timestamp(START), command.into()).unwrap();
        self.server.store.commit_now(vec![write]).remove(0).unwrap()
    }

    pub(super) fn event(&mut self, author: UserId, command: impl Into<Command>) -> Event {
        let committed = self.command(author, command);
        codec::decode_event(&committed.event.unwrap()).unwrap()
    }

    pub(super) fn new_room(&mut self, author: UserId, command: RoomsCommand) -> RoomId {
        match self.event(author, command) {
            Event::Membership(MembershipEvent::Joined(membership)) => membership.room,
            other => panic!("{other:?}"),
        }
    }

    /// A room with a message, in which the user has the relation that the page names.
    pub(super) fn room(&mut self, creator: UserId, user: UserId, relation: &str) -> RoomId {
        let private = relation.starts_with("private");
        let room = if relation.starts_with("direct") {
            self.new_room(creator, RoomsCommand::OpenDirect { users: vec![user] })
        } else {
            let kind = if private { RoomKind::Private } else { RoomKind::Public };
            let name = format!("Room {}", self.commands);
            self.new_room(creator, RoomsCommand::Create { name, description: String::new(), kind })
        };
        self.command(creator, ChatCommand::post(room, "hello"));
        let role = match relation.rsplit(": ").next().unwrap() {
            "manager" => Some(RoomRole::Manager),
            "member" if !relation.starts_with("direct") => Some(RoomRole::Member),
            "reader" => Some(RoomRole::Reader),
            _ => None,
        };
        if let Some(role) = role {
            self.command(creator, RoomsCommand::Invite { room, user, role });
        }
        if relation.starts_with("announcements") {
            let change = RoomChange::Posting(Posting::Managers);
            self.command(creator, RoomsCommand::Change { room, change });
        }
        if relation.starts_with("archived") {
            let change = RoomChange::Archived(true);
            self.command(creator, RoomsCommand::Change { room, change });
        }
        room
    }

    /// A report of the first message in a room: by the user if it is a member, otherwise by another one.
    pub(super) async fn report(
        &mut self,
        (creator, user): (UserId, UserId),
        room: RoomId,
        relation: &str,
    ) -> u64 {
        let reporter = if relation.ends_with("not joined") {
            let reporter =
                self.person(&format!("Reporter {}", self.commands), Role::Member).await.id;
            // Nobody is invited to an archived room.
            let is_archived = relation.starts_with("archived");
            let archive = |now| RoomsCommand::Change { room, change: RoomChange::Archived(now) };
            if is_archived {
                self.command(creator, archive(false));
            }
            let role = RoomRole::Member;
            self.command(creator, RoomsCommand::Invite { room, user: reporter, role });
            if is_archived {
                self.command(creator, archive(true));
            }
            reporter
        } else {
            user
        };
        let (message, category) = (Seq(1), ReportCategory::Spam);
        let report = NewReport { room, message, category, words: String::new() };
        let request = ReportRequest::new((reporter, None), report, Timestamp(START)).unwrap();
        self.server.store.report(request).await.unwrap()
    }

    /// Makes a request, and compares its refusal with the page.
    pub(super) async fn check(
        &self,
        peer: &mut Peer,
        request: &Request,
        cell: (&str, &str, &str),
    ) -> String {
        let number = peer.number();
        let refusal = peer.ask(&self.server, request, number).await;
        assert_eq!(refusal.code, code(cell.2), "{cell:?}: {}", refusal.answer);
        refusal.answer
    }
}
