//! The erasure of accounts.

use madang_hub::administration::{Actor, AuditFilter, AuditedEffect, PeopleFilter, RecordedAct};
use madang_hub::erasure::ErasureRecord;
use madang_hub::ports::StoreError;
use madang_hub::profiles::CheckedProfileChange;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{AdministrationAct, NewInvitation};
use madang_shared::chat::{ChatCommand, ChatEvent};
use madang_shared::counter::CounterCommand;
use madang_shared::erasure::{ErasureEvent, ErasureReceipt};
use madang_shared::notices::NoticesCommand;
use madang_shared::orders::{
    Destination, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OwnOrdersEvent,
};
use madang_shared::posts::PostsCommand;
use madang_shared::profile::{NewStatus, ProfileChange};
use madang_shared::roles::{Role, RoomKind, RoomRole};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{ErrorCode, Event, MenuItemId, RoomId, Seq, Snapshot, Topic, User, codec};

use super::administration::{request, user_with};
use super::mail_addresses;
use super::room_kinds::{invite, open_direct, private};
use crate::support::{NOW, TestStore, create, post, refusal, sign_up, texts, write};

on_every_engine! {
    nothing_of_an_erased_user_is_left_in_tables_and_log,
    an_erased_message_keeps_its_place,
    every_changed_topic_says_so,
    an_erasure_has_a_receipt_without_personal_data,
    an_erased_name_stays_taken,
    administrators_erase_members_and_owners_erase_administrators,
    a_private_room_of_an_erased_user_goes_to_its_first_member_or_is_deleted,
    a_list_is_applied_to_an_older_copy_once,
}

/// The words that an erased user has written. None of them may be left.
pub(crate) const WORDS: [&str; 12] = [
    "Xandrine",
    "표시이름별",
    "상태휴가길",
    "messageword",
    "earlierword",
    "postword",
    "noteword",
    "addressword",
    "invitationword",
    "tokenword",
    "mailword",
    "pendingword",
];

pub(crate) async fn erase(
    test_store: &TestStore,
    actor: Actor,
    user: &User,
) -> Result<RecordedAct, StoreError> {
    let act = AdministrationAct::Erase { user: user.id, name: user.name.clone() };
    test_store.store.administer(request(actor, act)).await
}

/// A user who has written every word of [`WORDS`], and others who read them.
pub(crate) async fn planted(test_store: &TestStore) -> (User, User, RoomId) {
    let reader = user_with(test_store, "Reader", Role::Owner).await;
    let user = user_with(test_store, "Xandrine", Role::Administrator).await;
    let status = NewStatus { emoji: "🌴".into(), text: "상태휴가길".into(), until: None };
    let profile = ProfileChange {
        name: Some("표시이름별".into()),
        status: Some(status),
        time_zone: Some("Asia/Seoul".into()),
        ..ProfileChange::default()
    };
    let profile = CheckedProfileChange::new(user.id, profile, NOW).expect("acceptable");
    test_store.store.change_profile(profile).await.expect("accepted");
    test_store.commit(post(&user, 1, FIRST_ROOM, "@Reader earlierword")).await;
    let (room, message) = (FIRST_ROOM, Seq(1));
    let edit = ChatCommand::Edit { room, message, text: "@Reader **messageword**".into() };
    test_store.commit(write(&user, 21, edit)).await;
    let react = ChatCommand::React { room, message, emoji: "👍".into(), is_on: true };
    test_store.commit(write(&user, 22, react)).await;
    test_store.commit(write(&user, 23, ChatCommand::Pin { room, message, is_on: true })).await;
    let direct = test_store.commit_room(open_direct(&reader, 1, &[&user])).await;
    test_store.commit(post(&user, 2, direct, "messageword")).await;
    test_store.commit(write(&user, 3, PostsCommand::Create { text: "postword".into() })).await;
    test_store.commit(write(&user, 4, PostsCommand::Greet { others_only: false })).await;
    test_store.commit(write(&user, 5, CounterCommand::Add { amount: 2 })).await;
    test_store.commit(write(&user, 6, NoticesCommand::Demo { on: true })).await;
    let place = OrdersCommand::Place {
        lines: vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }],
        note: "noteword".into(),
        destination: Destination::Delivery {
            address: "addressword".into(),
            phone: "02-119".into(),
        },
    };
    test_store.commit(write(&user, 7, place)).await;
    taken_order(test_store, &reader, &user).await;
    let lunch = test_store.commit_room(create(&user, 8, "Lunch")).await;
    test_store
        .commit(write(&user, 9, RoomsCommand::Describe { room: lunch, description: "food".into() }))
        .await;
    let invitation = NewInvitation {
        role: Role::Member,
        uses: 1,
        lasts_ms: None,
        rooms: Vec::new(),
        note: "invitationword".into(),
    };
    let mut made = request(Actor::User(user.id), AdministrationAct::Invite(invitation));
    made.token = Some([9; 32]);
    test_store.store.administer(made).await.expect("allowed");
    let new = madang_hub::access_tokens::NewToken {
        manager: user.id,
        account: user.id,
        hash: [8; 32],
        name: "tokenword".into(),
        scope: madang_shared::access_tokens::TokenScope::Read,
        rooms: Vec::new(),
        expires_at: None,
        at: NOW,
    };
    test_store.store.issue_token(new).await.expect("issued");
    mail_addresses::set(test_store, &user, "mailword@example.com").await;
    let pending = mail_addresses::requested(&user, "pendingword@example.com", "pending");
    test_store.store.request_mail_address(pending).await.expect("allowed");
    (reader, user, direct)
}

/// An order of `customer`, which `rider` has taken.
async fn taken_order(test_store: &TestStore, customer: &User, rider: &User) {
    let place = OrdersCommand::Place {
        lines: vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }],
        note: String::new(),
        destination: Destination::Delivery { address: "home".into(), phone: "02-112".into() },
    };
    test_store.commit(write(customer, 2, place)).await;
    let placed = test_store.log(Topic::OwnOrders(customer.id)).await.pop();
    let Some(Event::OwnOrders(OwnOrdersEvent(OrdersEvent::Changed { order, .. }))) = placed else {
        panic!("{placed:?}")
    };
    let order = order.id;
    for (number, to) in (3..).zip([OrderStatus::Accepted, OrderStatus::Cooking, OrderStatus::Ready])
    {
        test_store.commit(write(customer, number, OrdersCommand::Advance { order, to })).await;
    }
    test_store.commit(write(rider, 10, OrdersCommand::Take { order })).await;
}

/// The topics that planted texts reach.
fn topics(reader: &User, user: &User, direct: RoomId) -> Vec<Topic> {
    let rooms = [FIRST_ROOM, direct, RoomId(3)];
    let mut topics: Vec<Topic> =
        rooms.into_iter().flat_map(|room| [Topic::Room(room), Topic::Details(room)]).collect();
    topics.extend([Topic::Posts, Topic::Orders, Topic::Notices, Topic::Counter]);
    topics.extend([Topic::OwnOrders(reader.id), Topic::OwnOrders(user.id)]);
    topics.extend([Topic::Inbox(reader.id), Topic::Memberships(reader.id)]);
    topics.extend([Topic::Later(user.id), Topic::Later(reader.id)]);
    topics.extend([Topic::Inbox(user.id), Topic::Memberships(user.id), Topic::Administration]);
    topics
}

fn check(text: &str, place: &str) {
    for word in WORDS {
        assert!(!text.contains(word), "{word} is left in {place}: {text}");
    }
}

async fn nothing_of_an_erased_user_is_left_in_tables_and_log(test_store: TestStore) {
    let (reader, user, direct) = planted(&test_store).await;
    let all = topics(&reader, &user, direct);
    let mut before = String::new();
    for topic in &all {
        before.extend([format!("{:?}", test_store.log(*topic).await)]);
    }
    let in_log = |word: &&&str| {
        !["earlierword", "invitationword", "tokenword", "mailword", "pendingword"].contains(word)
    };
    for word in WORDS.iter().filter(in_log) {
        assert!(before.contains(word), "{word} was not planted");
    }
    erase(&test_store, Actor::CommandLine, &user).await.expect("allowed");
    for topic in all {
        check(&format!("{:?}", test_store.log(topic).await), &format!("the log of {topic}"));
        let is_own = topic.owner() == Some(user.id);
        if !is_own && topic.room() != Some(RoomId(3)) {
            let state = test_store.snapshot(&reader, topic).await.1;
            check(&format!("{state:?}"), &format!("the state of {topic}"));
        }
    }
    let invitations = test_store.store.invitations(reader.id, None).await.expect("readable");
    check(&format!("{invitations:?}"), "the invitations");
    let audit = test_store.store.audit(None, AuditFilter::default()).await.expect("readable");
    check(&format!("{audit:?}"), "the audit log");
    assert!(audit.entries.iter().any(|it| it.user.as_ref().is_some_and(|it| it.name == "#2")));
    check(&format!("{:?}", test_store.store.erasures(None).await), "the list of erasures");
    mail_addresses::set(&test_store, &reader, "mailword@example.com").await;
    let people = test_store.store.accounts(None, PeopleFilter::default()).await.expect("readable");
    assert_eq!(people.people.len(), 1, "an erased account is not listed");
    assert_eq!(test_store.store.session(crate::support::token("Xandrine"), NOW).await, Ok(None));
    assert_eq!(test_store.store.token_user([8; 32], NOW).await, Ok(None));
}

async fn an_erased_message_keeps_its_place(test_store: TestStore) {
    let (reader, user, _) = planted(&test_store).await;
    test_store.commit(post(&reader, 9, FIRST_ROOM, "@Xandrine mine")).await;
    let page = test_store.newest(&reader, FIRST_ROOM).await;
    assert_eq!(page.messages[0].markup.blocks().len(), 1);
    erase(&test_store, Actor::CommandLine, &user).await.expect("allowed");
    let page = test_store.newest(&reader, FIRST_ROOM).await;
    assert_eq!(texts(&page), ["", "@Xandrine mine"], "the text of another user stays");
    let erased = &page.messages[0];
    assert_eq!((erased.author.name.as_str(), erased.sentiment), ("#2", None));
    assert!(erased.markup.is_empty());
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    let expected: Event = ChatEvent::Posted(erased.clone()).into();
    assert_eq!(log[0], expected, "a client that resumes gets the same");
}

async fn every_changed_topic_says_so(test_store: TestStore) {
    let (reader, user, direct) = planted(&test_store).await;
    let all = topics(&reader, &user, direct);
    let recorded = erase(&test_store, Actor::CommandLine, &user).await.expect("allowed");
    let event: Event = ErasureEvent::Erased { user: user.id }.into();
    // Nothing was written in the third room, the reader's list holds no texts, and the acts are told apart.
    let is_unchanged = |topic: &Topic| {
        [Topic::Administration, Topic::Room(RoomId(3)), Topic::Later(reader.id)].contains(topic)
    };
    for topic in all.into_iter().filter(|topic| !is_unchanged(topic)) {
        assert_eq!(test_store.log(topic).await.last(), Some(&event), "{topic}");
    }
    let (effects, last) = test_store.store.effects_after(0).await.expect("readable");
    assert_eq!(effects.last(), Some(&AuditedEffect::Erased(user.id)));
    assert_eq!(Some(last), recorded.entry);
}

async fn an_erasure_has_a_receipt_without_personal_data(test_store: TestStore) {
    let (reader, user, _) = planted(&test_store).await;
    let recorded = erase(&test_store, Actor::User(reader.id), &user).await.expect("allowed");
    let record = recorded.erasure.expect("a record");
    let receipt: ErasureReceipt = codec::decode_part(&record.receipt).expect("ours");
    assert_eq!((receipt.user, receipt.by, receipt.at), (user.id, Some(reader.id), NOW));
    let count =
        |kind: &str| receipt.removed.iter().find(|it| it.kind == kind).map(|removed| removed.count);
    assert_eq!(count("messages"), Some(2));
    assert_eq!(count("posts"), Some(1));
    assert_eq!(count("orders"), Some(1));
    assert_eq!(count("access_tokens"), Some(1));
    assert_eq!(count("sessions"), Some(1));
    assert_eq!((count("mail_addresses"), count("mail_verifications")), (Some(1), Some(1)));
    assert_eq!(count("passkeys"), None, "kinds without anything are left out");
    let entry = test_store.store.audit(None, AuditFilter::default()).await.expect("readable");
    let detail = &entry.entries[0].detail;
    assert!(detail.starts_with(&receipt.id) && detail.contains("messages 2"), "{detail}");
    assert_eq!(test_store.store.erasures(Some(reader.id)).await, Ok(vec![record]));
    let again = erase(&test_store, Actor::CommandLine, &user).await;
    assert_eq!(refusal(again), ErrorCode::NotFound);
}

async fn an_erased_name_stays_taken(test_store: TestStore) {
    let user = test_store.user("Alice").await;
    let other_name = AdministrationAct::Erase { user: user.id, name: "Alicia".into() };
    let refused = test_store.store.administer(request(Actor::CommandLine, other_name)).await;
    assert_eq!(refusal(refused), ErrorCode::Invalid, "another name was typed");
    erase(&test_store, Actor::CommandLine, &user).await.expect("allowed");
    for name in ["Alice", "aLICE", "AIice", "#1"] {
        assert_eq!(
            refusal(sign_up(&*test_store.store, name).await),
            ErrorCode::NameTaken,
            "{name}"
        );
    }
    test_store.user("Bob").await;
}

async fn administrators_erase_members_and_owners_erase_administrators(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    let administrator = user_with(&test_store, "Boss", Role::Administrator).await;
    let other = user_with(&test_store, "Other", Role::Administrator).await;
    let (member, own) = (test_store.user("Member").await, test_store.user("Own").await);
    let by = |user: &User| Actor::User(user.id);
    for (actor, user) in [(&member, &own), (&administrator, &other), (&administrator, &owner)] {
        let refused = erase(&test_store, by(actor), user).await;
        assert_eq!(refusal(refused), ErrorCode::Forbidden, "{} by {}", user.name, actor.name);
    }
    let last = erase(&test_store, by(&owner), &owner).await;
    assert_eq!(refusal(last), ErrorCode::Forbidden, "the last owner");
    let last = erase(&test_store, Actor::CommandLine, &owner).await;
    assert_eq!(refusal(last), ErrorCode::Forbidden, "the last owner");
    for (actor, user) in [(&own, &own), (&administrator, &member), (&owner, &other)] {
        erase(&test_store, by(actor), user).await.expect("allowed");
    }
    let refused = erase(&test_store, by(&own), &administrator).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "an erased user acts no more");
}

async fn a_private_room_of_an_erased_user_goes_to_its_first_member_or_is_deleted(
    test_store: TestStore,
) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let shared = test_store.commit_room(private(&mina, 1, "Board")).await;
    test_store.commit(invite(&mina, 2, shared, &theo, RoomRole::Reader)).await;
    let alone = test_store.commit_room(private(&mina, 3, "Diary")).await;
    test_store.commit(post(&mina, 4, alone, "secret")).await;
    erase(&test_store, Actor::User(mina.id), &mina).await.expect("allowed");
    let members = test_store.store.members(theo.id, shared, None).await.expect("a member").members;
    assert_eq!(members.len(), 1);
    assert_eq!((members[0].user.id, members[0].role), (theo.id, RoomRole::Manager));
    let log = format!("{:?}", test_store.log(Topic::Room(alone)).await);
    assert!(!log.contains("secret") && !log.contains("Mina"), "{log}");
    let facts = test_store.rooms(&theo).await;
    assert!(facts.iter().all(|room| room.kind != RoomKind::Private || room.id == shared));
    let Snapshot::Details(details) = test_store.snapshot(&theo, Topic::Details(FIRST_ROOM)).await.1
    else {
        panic!()
    };
    assert_eq!(details.members, 1);
}

async fn a_list_is_applied_to_an_older_copy_once(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "messageword")).await;
    let record = |user: &User, made_at| ErasureRecord {
        user: user.id,
        made_at,
        names: madang_hub::erasure::name_hashes("Gone", "gone"),
        receipt: "{}".into(),
    };
    // The copy gave the id of the second one to a user who signed up at another time.
    let list = vec![record(&mina, NOW), record(&theo, NOW.plus(1))];
    let erased = test_store.store.apply_erasures(list.clone(), NOW.plus(9)).await;
    assert_eq!(erased, Ok(vec![mina.id]));
    assert_eq!(texts(&test_store.newest(&theo, FIRST_ROOM).await), [""]);
    let again = test_store.store.apply_erasures(list.clone(), NOW.plus(10)).await;
    assert_eq!(again, Ok(vec![]));
    assert_eq!(test_store.store.erasures(None).await, Ok(list));
    assert_eq!(refusal(sign_up(&*test_store.store, "Gone").await), ErrorCode::NameTaken);
    let entry = test_store.store.audit(None, AuditFilter::default()).await.expect("readable");
    assert_eq!((entry.entries.len(), entry.entries[0].source.as_str()), (1, "server"));
}
