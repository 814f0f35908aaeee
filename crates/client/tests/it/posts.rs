//! The feed.

use madang_client::posts::ShownPost;
use madang_client::{Action, Input, Slice};
use madang_shared::frames::{ErrorContext, LogPosition};
use madang_shared::posts::{GREETING_SHOWN_MS, MAX_GREETINGS_SHOWN};
use madang_shared::posts::{
    Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery, PostsSnapshot,
};
use madang_shared::{
    ClientFrame, CommandId, ErrorCode, Failure, PostId, QueryId, Seq, ServerFrame, Topic, User,
};

use crate::support::{Bench, START, me, other};

fn post(id: u64, author: User, text: &str) -> Post {
    Post { id: PostId(id), author, at: START, edited_at: None, text: text.into() }
}

/// The feed is open, with the posts 7 (by me) and 6 (by somebody else), and older ones.
fn watching() -> Bench {
    let mut bench = Bench::in_room(0);
    bench.input(Input::Act(Action::Watch(&[Topic::Posts])));
    let posts = vec![post(7, me(), "mine"), post(6, other(), "theirs")];
    bench.state(Topic::Posts, 10, PostsSnapshot { posts, older: true }.into());
    bench.sent.clear();
    bench
}

fn command(bench: &mut Bench, command: PostsCommand) -> CommandId {
    bench.input(Input::Command(command.into()));
    bench.client.outbox().items().last().unwrap().id
}

fn event(bench: &mut Bench, seq: u64, event: PostsEvent) {
    let event = event.into();
    bench.frame(&ServerFrame::Event { topic: Topic::Posts, seq: Seq(seq), event });
}

fn refuse(bench: &mut Bench, id: CommandId, code: ErrorCode) {
    let failure = Failure::new(code, "No.");
    bench.frame(&ServerFrame::Error { about: ErrorContext::Command(id), failure });
}

fn shown(bench: &Bench) -> Vec<ShownPost> {
    bench.client.features().posts().shown(bench.client.outbox(), &me())
}

/// Each post's text, with `…` while a change is on its way, `-` while it is to go, `!` if refused.
fn lines(bench: &Bench) -> Vec<String> {
    let line = |shown: ShownPost| {
        let mark = match &shown.change {
            None => "",
            Some(change) if change.failure.is_some() => "!",
            Some(change) if change.deletes => "-",
            Some(_) => "…",
        };
        format!("{}{mark}", shown.text)
    };
    shown(bench).into_iter().map(line).collect()
}

fn greeted(by: User, others_only: bool, command: CommandId) -> PostsEvent {
    PostsEvent::Greeted { by, others_only, command }
}

fn greetings(bench: &Bench) -> usize {
    bench.client.features().posts().greetings().len()
}

#[test]
fn t4_1_what_one_writes_shows_at_once_and_once() {
    let mut bench = watching();
    let one = command(&mut bench, PostsCommand::Create { text: "one".into() });
    command(&mut bench, PostsCommand::Create { text: "two".into() });
    assert_eq!(lines(&bench), ["two…", "one…", "mine", "theirs"]);
    let theirs = CommandId::new(bench.now, 9);
    event(&mut bench, 11, PostsEvent::Created { post: post(8, other(), "hi"), command: theirs });
    event(&mut bench, 12, PostsEvent::Created { post: post(9, me(), "one"), command: one });
    assert_eq!(lines(&bench), ["two…", "one", "hi", "mine", "theirs"]);
    assert_eq!(bench.client.outbox().items().len(), 1);
}

#[test]
fn t4_1_an_edit_and_a_deletion_show_at_once_and_are_settled_by_their_events() {
    let mut bench = watching();
    let text = "better".to_owned();
    let edit = command(&mut bench, PostsCommand::Edit { post: PostId(7), text: text.clone() });
    assert_eq!(lines(&bench), ["better…", "theirs"]);
    let edited = Post { edited_at: Some(bench.now), text, ..post(7, me(), "") };
    event(&mut bench, 11, PostsEvent::Edited { post: edited.clone(), command: edit });
    assert_eq!(lines(&bench), ["better", "theirs"]);
    assert_eq!(shown(&bench)[0].edited_at, edited.edited_at);
    let delete = command(&mut bench, PostsCommand::Delete { post: PostId(7) });
    assert_eq!(lines(&bench), ["better-", "theirs"]);
    event(&mut bench, 12, PostsEvent::Deleted { post: PostId(7), by: me(), command: delete });
    assert_eq!(lines(&bench), ["theirs"]);
    assert!(bench.client.outbox().items().is_empty());
}

#[test]
fn what_was_taken_back_while_one_was_away_never_shows() {
    let mut bench = watching();
    let create = command(&mut bench, PostsCommand::Create { text: "in haste".into() });
    let text = "less so".to_owned();
    let edit = command(&mut bench, PostsCommand::Edit { post: PostId(7), text });
    let redacted = |post, by: User, command| {
        let post = PostId(post);
        PostsEvent::Redacted { post, by, command }
    };
    // Another tab of one's own has deleted the one, and edited the other again.
    event(&mut bench, 11, redacted(8, me(), create));
    event(&mut bench, 12, redacted(7, me(), edit));
    assert_eq!(lines(&bench), ["mine", "theirs"], "what was asked for is settled");
    assert!(bench.client.outbox().items().is_empty());
    let elsewhere = CommandId::new(bench.now, 5);
    let edited = Post { edited_at: Some(START), ..post(7, me(), "with care") };
    event(&mut bench, 13, PostsEvent::Edited { post: edited, command: elsewhere });
    event(&mut bench, 14, PostsEvent::Deleted { post: PostId(8), by: me(), command: elsewhere });
    assert_eq!(lines(&bench), ["with care", "theirs"]);
}

#[test]
fn an_edit_that_found_nothing_to_change_is_over_with_its_acknowledgement() {
    let mut bench = watching();
    let id = command(&mut bench, PostsCommand::Edit { post: PostId(7), text: "mine".into() });
    bench.frame(&ServerFrame::Ack { id, at: None });
    assert_eq!(lines(&bench), ["mine", "theirs"]);
}

#[test]
fn a_post_that_is_stored_stays_pending_until_its_event_is_here() {
    let mut bench = watching();
    let id = command(&mut bench, PostsCommand::Create { text: "one".into() });
    let at = Some(LogPosition { topic: Topic::Posts, seq: Seq(11) });
    bench.frame(&ServerFrame::Ack { id, at });
    assert_eq!(lines(&bench), ["one…", "mine", "theirs"]);
    event(&mut bench, 11, PostsEvent::Created { post: post(8, me(), "one"), command: id });
    assert_eq!(lines(&bench), ["one", "mine", "theirs"]);
}

#[test]
fn what_was_refused_stays_until_it_is_let_go_even_if_its_post_is_gone() {
    let mut bench = watching();
    let create = command(&mut bench, PostsCommand::Create { text: "long".into() });
    let edit = command(&mut bench, PostsCommand::Edit { post: PostId(7), text: "edit".into() });
    let elsewhere = CommandId::new(bench.now, 5);
    event(&mut bench, 11, PostsEvent::Deleted { post: PostId(7), by: me(), command: elsewhere });
    refuse(&mut bench, create, ErrorCode::TooLong);
    refuse(&mut bench, edit, ErrorCode::NotFound);
    assert_eq!(lines(&bench), ["edit!", "long!", "theirs"]);
    bench.input(Input::Discard(edit));
    bench.input(Input::Retry(create));
    assert_eq!(lines(&bench), ["long…", "theirs"]);
    // That a post is gone already is no news to who wants it gone.
    let delete = command(&mut bench, PostsCommand::Delete { post: PostId(7) });
    refuse(&mut bench, delete, ErrorCode::NotFound);
    assert!(bench.client.outbox().items().iter().all(|item| item.id != delete));
}

#[test]
fn a_newer_edit_makes_one_that_was_not_sent_pointless() {
    let mut bench = watching();
    bench.input(Input::SocketClosed { code: 1006 });
    for text in ["a", "b"] {
        command(&mut bench, PostsCommand::Edit { post: PostId(7), text: text.into() });
    }
    assert_eq!(bench.client.outbox().items().len(), 1);
    assert_eq!(lines(&bench), ["b…", "theirs"]);
    command(&mut bench, PostsCommand::Delete { post: PostId(7) });
    assert_eq!(lines(&bench), ["mine-", "theirs"]);
}

#[test]
fn older_posts_join_and_heed_what_happened_while_they_were_on_their_way() {
    let mut bench = watching();
    bench.input(Input::Act(Action::LoadOlderPosts));
    bench.input(Input::Act(Action::LoadOlderPosts));
    let queries: Vec<_> = bench.sent.drain(..).collect();
    let [ClientFrame::Query(asked)] = queries.as_slice() else { panic!("{queries:?}") };
    assert_eq!(asked.query, PostsQuery::Before { before: PostId(6), limit: 30 }.into());
    let elsewhere = CommandId::new(bench.now, 5);
    let edited = Post { edited_at: Some(bench.now), ..post(4, other(), "new") };
    let gone = PostsEvent::Deleted { post: PostId(5), by: other(), command: elsewhere };
    event(&mut bench, 11, gone);
    event(&mut bench, 12, PostsEvent::Edited { post: edited, command: elsewhere });
    let posts = vec![post(5, other(), "gone"), post(4, other(), "old"), post(3, me(), "first")];
    let answer = PostsAnswer::Before(PostsPage { posts, older: false });
    let id = QueryId(asked.id.0);
    bench.frame(&ServerFrame::Answer { id, answer: answer.into() });
    assert_eq!(lines(&bench), ["mine", "theirs", "new", "first"]);
    bench.input(Input::Act(Action::LoadOlderPosts));
    assert!(bench.sent.is_empty(), "there are none");
}

#[test]
fn t4_2_a_greeting_shows_for_a_while_and_not_where_it_came_from_if_it_is_for_others() {
    let mut bench = watching();
    let to_all = command(&mut bench, PostsCommand::Greet { others_only: false });
    bench.input(Input::Act(Action::GreetingSent(to_all)));
    let to_others = command(&mut bench, PostsCommand::Greet { others_only: true });
    bench.input(Input::Act(Action::GreetingSent(to_others)));
    event(&mut bench, 11, greeted(me(), false, to_all));
    assert_eq!(greetings(&bench), 1);
    event(&mut bench, 12, greeted(me(), true, to_others));
    assert_eq!(greetings(&bench), 1, "not where it came from");
    let other_tab = CommandId::new(bench.now, 5);
    event(&mut bench, 13, greeted(me(), true, other_tab));
    assert_eq!(greetings(&bench), 2, "another tab of mine is another screen");
    assert!(bench.client.outbox().items().is_empty());

    bench.changed.clear();
    bench.later(GREETING_SHOWN_MS);
    assert_eq!(greetings(&bench), 0);
    assert!(bench.changed.contains(&Slice::Posts));
}

#[test]
fn a_crowd_that_greets_does_not_fill_the_screen() {
    let mut bench = watching();
    for n in 0..20 {
        event(&mut bench, 11 + n, greeted(other(), false, CommandId::new(START, n.into())));
    }
    assert_eq!(greetings(&bench), MAX_GREETINGS_SHOWN);
}
