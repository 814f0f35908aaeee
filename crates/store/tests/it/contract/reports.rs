//! Reports of messages, from the report to its outcome.

use madang_hub::administration::AuditFilter;
use madang_hub::moderation::{DecisionRequest, ReportRequest};
use madang_hub::ports::StoreError;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::moderation::{
    DeletedBy, MAX_OPEN_REPORTS, NewReport, Report, ReportAction, ReportCategory, ReportDecision,
    ReportOutcome,
};
use madang_shared::notices::{InboxEvent, NoticeContent};
use madang_shared::roles::{Role, RoomRole};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{ErrorCode, Event, RoomId, Seq, Snapshot, Topic, User};

use super::administration::user_with;
use super::room_kinds::{invite, open_direct, private};
use crate::support::{NOW, TestStore, create, join, joined_room, post, refusal, token, write};

on_every_engine! {
    a_report_goes_to_the_moderators_and_its_outcome_to_the_reporter,
    a_report_is_for_those_who_moderate,
    every_act_on_a_report_takes_effect,
    reports_are_limited,
    a_direct_conversation_is_decided_by_administrators,
    a_deleted_room_takes_its_reports_along,
}

async fn try_report(
    test_store: &TestStore,
    reporter: &User,
    (room, message): (RoomId, u64),
) -> Result<u64, StoreError> {
    let report = NewReport {
        room,
        message: Seq(message),
        category: ReportCategory::Harassment,
        words: "look at this".into(),
    };
    let request = ReportRequest::new((reporter.id, None), report, NOW).expect("valid");
    test_store.store.report(request).await
}

pub(super) async fn report(test_store: &TestStore, reporter: &User, of: (RoomId, u64)) -> u64 {
    try_report(test_store, reporter, of).await.expect("accepted")
}

pub(super) async fn decide(
    test_store: &TestStore,
    moderator: &User,
    report: u64,
    action: ReportAction,
) -> Result<bool, StoreError> {
    let decision = ReportDecision { action, reason: "enough".into() };
    let request = DecisionRequest::new((moderator.id, None), report, decision, NOW);
    test_store.store.decide_report(request.expect("valid")).await
}

async fn queue(test_store: &TestStore, reader: &User) -> Vec<Report> {
    test_store.store.reports(reader.id, 0).await.expect("readable").reports
}

async fn notices(test_store: &TestStore, user: &User) -> Vec<NoticeContent> {
    match test_store.snapshot(user, Topic::Inbox(user.id)).await.1 {
        Snapshot::Inbox(inbox) => inbox.notices.into_iter().map(|notice| notice.what).collect(),
        other => panic!("{other:?}"),
    }
}

async fn a_report_goes_to_the_moderators_and_its_outcome_to_the_reporter(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jun = test_store.user("Jun").await;
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    for user in [&theo, &jun] {
        test_store.commit(join(user, 1, room)).await;
    }
    test_store.commit(post(&theo, 2, room, "you fool")).await;
    let id = report(&test_store, &jun, (room, 1)).await;
    assert_eq!(report(&test_store, &jun, (room, 1)).await, id, "reported once");
    let reported = [NoticeContent::Reported { report: id, room }];
    for moderator in [&mina, &ada] {
        assert_eq!(notices(&test_store, moderator).await, reported);
        let open = queue(&test_store, moderator).await.remove(0);
        assert_eq!((open.text.as_str(), open.words.as_str()), ("you fool", "look at this"));
        assert_eq!((open.author, open.reporter), (theo.clone(), jun.clone()));
        assert_eq!((open.room_name.as_deref(), open.is_managed), (Some("Tea"), true));
    }
    assert_eq!(notices(&test_store, &theo).await, []);

    assert_eq!(decide(&test_store, &mina, id, ReportAction::Delete).await, Ok(true));
    assert_eq!(decide(&test_store, &ada, id, ReportAction::Dismiss).await, Ok(false), "decided");
    let decided = queue(&test_store, &ada).await.remove(0);
    assert_eq!((decided.text.as_str(), decided.words.as_str()), ("", ""));
    assert_eq!(decided.outcome.as_deref(), Some("deleted"));
    assert_eq!(decided.decided_by, Some(mina.clone()));
    let message = test_store.newest(&jun, room).await.messages.remove(0);
    assert_eq!(message.deleted, Some(DeletedBy::Moderator));
    let outcome = ReportOutcome::Deleted;
    let told = NoticeContent::ReportDecided { room, message: Seq(1), outcome };
    assert_eq!(notices(&test_store, &jun).await, [told]);
    for moderator in [&mina, &ada] {
        assert_eq!(notices(&test_store, moderator).await, []);
        let log = test_store.log(Topic::Inbox(moderator.id)).await;
        let closed: Event = InboxEvent::ReportClosed(id).into();
        assert_eq!(log.last(), Some(&closed));
    }
    let log = test_store.store.audit(None, AuditFilter::default()).await.expect("readable");
    let acts: Vec<_> = log.entries.iter().map(|it| it.act.as_str()).collect();
    assert_eq!(acts, ["decide_report", "delete_message", "report", "set_role"]);
    assert_eq!(log.entries[0].reason, "enough");
}

async fn a_report_is_for_those_who_moderate(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jun = test_store.user("Jun").await;
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    test_store.commit(invite(&mina, 2, room, &theo, RoomRole::Manager)).await;
    test_store.commit(post(&theo, 1, room, "you fool")).await;
    let refused = try_report(&test_store, &jun, (room, 1)).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound, "the room does not exist for others");
    let refused = try_report(&test_store, &mina, (room, 9)).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
    let refused = try_report(&test_store, &theo, (room, 1)).await;
    assert_eq!(refusal(refused), ErrorCode::Invalid, "an own message");
    let id = report(&test_store, &mina, (room, 1)).await;
    // The author manages the room too, and does not learn of the report.
    assert_eq!(queue(&test_store, &theo).await, []);
    assert_eq!(queue(&test_store, &jun).await, []);
    for stranger in [&theo, &jun] {
        let refused = decide(&test_store, stranger, id, ReportAction::Dismiss).await;
        assert_eq!(refusal(refused), ErrorCode::NotFound);
    }
    let seen = queue(&test_store, &ada).await.remove(0);
    assert_eq!((seen.room_name, seen.is_managed), (None, false), "the name is for its members");
    let refused = decide(&test_store, &mina, id, ReportAction::Ban { lasts_ms: None }).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let refused = decide(&test_store, &ada, id, ReportAction::Remove).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "no manager of the private room");
    assert_eq!(queue(&test_store, &mina).await.len(), 1, "a refused act leaves it open");
    assert_eq!(decide(&test_store, &mina, id, ReportAction::Remove).await, Ok(true));
    assert!(!test_store.is_member(theo.id, room).await);
}

async fn every_act_on_a_report_takes_effect(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    for number in 1..=3 {
        test_store.commit(post(&theo, number, FIRST_ROOM, "buy this")).await;
    }
    let first = report(&test_store, &mina, (FIRST_ROOM, 1)).await;
    let silence = ReportAction::Silence { lasts_ms: 1_000 };
    assert_eq!(decide(&test_store, &owner, first, silence).await, Ok(true));
    let refused = test_store.try_commit(post(&theo, 4, FIRST_ROOM, "and this")).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let second = report(&test_store, &mina, (FIRST_ROOM, 2)).await;
    let ban = ReportAction::Ban { lasts_ms: None };
    assert_eq!(decide(&test_store, &owner, second, ban).await, Ok(true));
    let refused = test_store.store.session(token("Theo"), NOW).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let third = report(&test_store, &mina, (FIRST_ROOM, 3)).await;
    assert_eq!(decide(&test_store, &owner, third, ReportAction::Dismiss).await, Ok(true));
    let outcomes: Vec<_> =
        queue(&test_store, &owner).await.into_iter().filter_map(|it| it.outcome).collect();
    assert_eq!(outcomes, ["dismissed", "banned", "silenced"]);
}

async fn reports_are_limited(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let posts = MAX_OPEN_REPORTS + 1;
    for number in 1..=posts {
        test_store.commit(post(&theo, number.into(), FIRST_ROOM, "hello")).await;
    }
    for number in 1..posts {
        report(&test_store, &mina, (FIRST_ROOM, number)).await;
    }
    let refused = try_report(&test_store, &mina, (FIRST_ROOM, posts)).await;
    assert_eq!(refusal(refused), ErrorCode::RateLimited);
}

async fn a_direct_conversation_is_decided_by_administrators(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let opened = test_store.try_commit(open_direct(&mina, 1, &[&theo])).await.expect("opened");
    let room = joined_room(&opened);
    test_store.commit(post(&theo, 1, room, "you fool")).await;
    let id = report(&test_store, &mina, (room, 1)).await;
    assert_eq!(queue(&test_store, &mina).await, []);
    let seen = queue(&test_store, &ada).await.remove(0);
    assert_eq!((seen.text.as_str(), seen.room_name), ("you fool", None));
    assert_eq!(decide(&test_store, &ada, id, ReportAction::Delete).await, Ok(true));
    let message = test_store.newest(&mina, room).await.messages.remove(0);
    assert_eq!(message.deleted, Some(DeletedBy::Moderator));
}

async fn a_deleted_room_takes_its_reports_along(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jun = test_store.user("Jun").await;
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    for user in [&theo, &jun] {
        test_store.commit(join(user, 1, room)).await;
    }
    test_store.commit(post(&theo, 2, room, "you fool")).await;
    report(&test_store, &jun, (room, 1)).await;
    test_store.commit(write(&mina, 2, RoomsCommand::Delete { room })).await;
    assert_eq!(queue(&test_store, &mina).await, []);
    assert_eq!(notices(&test_store, &mina).await, []);
}
