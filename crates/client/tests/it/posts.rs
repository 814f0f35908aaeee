//! Posts.

use madang_client::views::posts::ShownPost;
use madang_client::{Action, Input, Slice};
use madang_shared::frames::{ErrorContext, LogPosition};
use madang_shared::posts::{GREETING_SHOWN_MS, MAX_GREETINGS_SHOWN};
use madang_shared::posts::{
    Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery, PostsSnapshot,
};
use madang_shared::{
    ClientFrame, CommandId, ErrorCode, Failure, PostId, QueryId, Seq, ServerFrame, Topic, User,
};

use crate::support::{START, TestClient, me, other};

fn post(id: u64, author: User, text: &str) -> Post {
    Post { id: PostId(id), author, at: START, edited_at: None, text: text.into() }
}

/// The page of posts is open, with the posts 7 (by me) and 6 (by another user), and older ones.
fn watching() -> TestClient {
    let mut driver = TestClient::in_room(0);
    driver.input(Input::Act(Action::FollowTopics(&[Topic::Posts])));
    let posts = vec![post(7, me(), "mine"), post(6, other(), "theirs")];
    driver.state(Topic::Posts, 10, PostsSnapshot { posts, older: true }.into());
    driver.sent.clear();
    driver
}

fn command(driver: &mut TestClient, command: PostsCommand) -> CommandId {
    driver.input(Input::Command(command.into()));
    driver.client.outbox().items().last().unwrap().id
}

fn event(driver: &mut TestClient, seq: u64, event: PostsEvent) {
    let event = event.into();
    driver.frame(&ServerFrame::Event { topic: Topic::Posts, seq: Seq(seq), event });
}

fn refuse(driver: &mut TestClient, id: CommandId, code: ErrorCode) {
    let failure = Failure::new(code, "No.");
    driver.frame(&ServerFrame::Error { about: ErrorContext::Command(id), failure });
}

fn shown(driver: &TestClient) -> Vec<ShownPost> {
    driver.client.features().posts().shown(driver.client.outbox(), &me())
}

/// The text of each post, with `…` for a pending change, `-` for a deletion, `!` for a refusal.
fn lines(driver: &TestClient) -> Vec<String> {
    let line = |shown: ShownPost| {
        let mark = match &shown.change {
            None => "",
            Some(change) if change.failure.is_some() => "!",
            Some(change) if change.deletes => "-",
            Some(_) => "…",
        };
        format!("{}{mark}", shown.text)
    };
    shown(driver).into_iter().map(line).collect()
}

fn greeted(by: User, others_only: bool, command: CommandId) -> PostsEvent {
    PostsEvent::Greeted { by, others_only, command }
}

fn greetings(driver: &TestClient) -> usize {
    driver.client.features().posts().greetings().len()
}

#[test]
fn t4_1_a_new_post_shows_at_once_and_once() {
    let mut driver = watching();
    let one = command(&mut driver, PostsCommand::Create { text: "one".into() });
    command(&mut driver, PostsCommand::Create { text: "two".into() });
    assert_eq!(lines(&driver), ["two…", "one…", "mine", "theirs"]);
    let theirs = CommandId::new(driver.now, 9);
    event(&mut driver, 11, PostsEvent::Created { post: post(8, other(), "hi"), command: theirs });
    event(&mut driver, 12, PostsEvent::Created { post: post(9, me(), "one"), command: one });
    assert_eq!(lines(&driver), ["two…", "one", "hi", "mine", "theirs"]);
    assert_eq!(driver.client.outbox().items().len(), 1);
}

#[test]
fn t4_1_an_edit_and_a_deletion_show_at_once_and_complete_with_their_events() {
    let mut driver = watching();
    let text = "better".to_owned();
    let edit = command(&mut driver, PostsCommand::Edit { post: PostId(7), text: text.clone() });
    assert_eq!(lines(&driver), ["better…", "theirs"]);
    let edited = Post { edited_at: Some(driver.now), text, ..post(7, me(), "") };
    event(&mut driver, 11, PostsEvent::Edited { post: edited.clone(), command: edit });
    assert_eq!(lines(&driver), ["better", "theirs"]);
    assert_eq!(shown(&driver)[0].edited_at, edited.edited_at);
    let delete = command(&mut driver, PostsCommand::Delete { post: PostId(7) });
    assert_eq!(lines(&driver), ["better-", "theirs"]);
    event(&mut driver, 12, PostsEvent::Deleted { post: PostId(7), by: me(), command: delete });
    assert_eq!(lines(&driver), ["theirs"]);
    assert!(driver.client.outbox().items().is_empty());
}

#[test]
fn a_post_deleted_during_a_disconnect_is_never_shown() {
    let mut driver = watching();
    let create = command(&mut driver, PostsCommand::Create { text: "in haste".into() });
    let text = "less so".to_owned();
    let edit = command(&mut driver, PostsCommand::Edit { post: PostId(7), text });
    let redacted = |post, by: User, command| {
        let post = PostId(post);
        PostsEvent::Redacted { post, by, command }
    };
    // Another of the user's tabs deleted one post and edited the other again.
    event(&mut driver, 11, redacted(8, me(), create));
    event(&mut driver, 12, redacted(7, me(), edit));
    assert_eq!(lines(&driver), ["mine", "theirs"], "both changes are completed");
    assert!(driver.client.outbox().items().is_empty());
    let elsewhere = CommandId::new(driver.now, 5);
    let edited = Post { edited_at: Some(START), ..post(7, me(), "with care") };
    event(&mut driver, 13, PostsEvent::Edited { post: edited, command: elsewhere });
    event(&mut driver, 14, PostsEvent::Deleted { post: PostId(8), by: me(), command: elsewhere });
    assert_eq!(lines(&driver), ["with care", "theirs"]);
}

#[test]
fn an_edit_without_a_change_completes_with_its_acknowledgement() {
    let mut driver = watching();
    let id = command(&mut driver, PostsCommand::Edit { post: PostId(7), text: "mine".into() });
    driver.frame(&ServerFrame::Ack { id, at: None });
    assert_eq!(lines(&driver), ["mine", "theirs"]);
}

#[test]
fn a_stored_post_stays_pending_until_its_event_arrives() {
    let mut driver = watching();
    let id = command(&mut driver, PostsCommand::Create { text: "one".into() });
    let at = Some(LogPosition { topic: Topic::Posts, seq: Seq(11) });
    driver.frame(&ServerFrame::Ack { id, at });
    assert_eq!(lines(&driver), ["one…", "mine", "theirs"]);
    event(&mut driver, 11, PostsEvent::Created { post: post(8, me(), "one"), command: id });
    assert_eq!(lines(&driver), ["one", "mine", "theirs"]);
}

#[test]
fn a_refused_edit_stays_until_discarded_even_if_its_post_is_deleted() {
    let mut driver = watching();
    let create = command(&mut driver, PostsCommand::Create { text: "long".into() });
    let edit = command(&mut driver, PostsCommand::Edit { post: PostId(7), text: "edit".into() });
    let elsewhere = CommandId::new(driver.now, 5);
    event(&mut driver, 11, PostsEvent::Deleted { post: PostId(7), by: me(), command: elsewhere });
    refuse(&mut driver, create, ErrorCode::TooLong);
    refuse(&mut driver, edit, ErrorCode::NotFound);
    assert_eq!(lines(&driver), ["edit!", "long!", "theirs"]);
    driver.input(Input::Discard(edit));
    driver.input(Input::Retry(create));
    assert_eq!(lines(&driver), ["long…", "theirs"]);
    // The user wanted the post deleted, and it is.
    let delete = command(&mut driver, PostsCommand::Delete { post: PostId(7) });
    refuse(&mut driver, delete, ErrorCode::NotFound);
    assert!(driver.client.outbox().items().iter().all(|item| item.id != delete));
}

#[test]
fn a_newer_edit_supersedes_an_unsent_one() {
    let mut driver = watching();
    driver.input(Input::SocketClosed { code: 1006 });
    for text in ["a", "b"] {
        command(&mut driver, PostsCommand::Edit { post: PostId(7), text: text.into() });
    }
    assert_eq!(driver.client.outbox().items().len(), 1);
    assert_eq!(lines(&driver), ["b…", "theirs"]);
    command(&mut driver, PostsCommand::Delete { post: PostId(7) });
    assert_eq!(lines(&driver), ["mine-", "theirs"]);
}

#[test]
fn older_posts_include_the_events_during_their_query() {
    let mut driver = watching();
    driver.input(Input::Act(Action::LoadOlderPosts));
    driver.input(Input::Act(Action::LoadOlderPosts));
    let queries: Vec<_> = driver.sent.drain(..).collect();
    let [ClientFrame::Query(asked)] = queries.as_slice() else { panic!("{queries:?}") };
    assert_eq!(asked.query, PostsQuery::Before { before: PostId(6), limit: 30 }.into());
    let elsewhere = CommandId::new(driver.now, 5);
    let edited = Post { edited_at: Some(driver.now), ..post(4, other(), "new") };
    let gone = PostsEvent::Deleted { post: PostId(5), by: other(), command: elsewhere };
    event(&mut driver, 11, gone);
    event(&mut driver, 12, PostsEvent::Edited { post: edited, command: elsewhere });
    let posts = vec![post(5, other(), "gone"), post(4, other(), "old"), post(3, me(), "first")];
    let answer = PostsAnswer::Before(PostsPage { posts, older: false });
    let id = QueryId(asked.id.0);
    driver.frame(&ServerFrame::Answer { id, answer: answer.into() });
    assert_eq!(lines(&driver), ["mine", "theirs", "new", "first"]);
    driver.input(Input::Act(Action::LoadOlderPosts));
    assert!(driver.sent.is_empty(), "there are no older posts");
}

#[test]
fn t4_2_a_greeting_expires_and_one_for_others_is_hidden_from_its_own_screen() {
    let mut driver = watching();
    let to_all = command(&mut driver, PostsCommand::Greet { others_only: false });
    driver.input(Input::Act(Action::GreetingSent(to_all)));
    let to_others = command(&mut driver, PostsCommand::Greet { others_only: true });
    driver.input(Input::Act(Action::GreetingSent(to_others)));
    event(&mut driver, 11, greeted(me(), false, to_all));
    assert_eq!(greetings(&driver), 1);
    event(&mut driver, 12, greeted(me(), true, to_others));
    assert_eq!(greetings(&driver), 1, "not on the screen that sent it");
    let other_tab = CommandId::new(driver.now, 5);
    event(&mut driver, 13, greeted(me(), true, other_tab));
    assert_eq!(greetings(&driver), 2, "another tab is another screen");
    assert!(driver.client.outbox().items().is_empty());

    driver.changed.clear();
    driver.later(GREETING_SHOWN_MS);
    assert_eq!(greetings(&driver), 0);
    assert!(driver.changed.contains(&Slice::Posts));
}

#[test]
fn the_number_of_visible_greetings_is_limited() {
    let mut driver = watching();
    for n in 0..20 {
        event(&mut driver, 11 + n, greeted(other(), false, CommandId::new(START, n.into())));
    }
    assert_eq!(greetings(&driver), MAX_GREETINGS_SHOWN);
}
