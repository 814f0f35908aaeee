use std::collections::BTreeMap;

use madang_hub::ports::Write;
use madang_shared::frames::LogPosition;
use madang_shared::posts::PAGE_POSTS;
use madang_shared::posts::{Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{
    Answer, CommandId, ErrorCode, Event, PostId, Seq, Snapshot, Topic, User, UserId,
};
use uuid::Uuid;

use crate::support::{NOW, TestStore, refusal, write};

on_every_engine! {
    repeated_commands_create_edit_and_delete_a_post_once,
    an_edit_without_a_change_has_no_event,
    only_the_author_changes_a_post,
    the_id_of_a_deleted_post_is_not_used_again,
    pages_of_the_feed_are_adjacent,
    a_greeting_has_an_event_and_no_post,
    redacted_text_is_in_no_event_and_the_log_still_makes_the_feed,
}

fn create(author: &User, number: u128, text: &str) -> Write {
    write(author, number, PostsCommand::Create { text: text.into() })
}

fn edit(author: &User, number: u128, post: u64, text: &str) -> Write {
    write(author, number, PostsCommand::Edit { post: PostId(post), text: text.into() })
}

fn delete(author: &User, number: u128, post: u64) -> Write {
    write(author, number, PostsCommand::Delete { post: PostId(post) })
}

fn post(id: u64, author: &User, text: &str) -> Post {
    let at = NOW.plus(1);
    Post { id: PostId(id), author: author.clone(), at, edited_at: None, text: text.into() }
}

fn command(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(number))
}

fn redacted(id: u64, by: &User, number: u128) -> PostsEvent {
    PostsEvent::Redacted { post: PostId(id), by: by.clone(), command: command(number) }
}

async fn feed(test_store: &TestStore, reader: &User) -> (Seq, PostsPage) {
    match test_store.snapshot(reader, Topic::Posts).await {
        (position, Snapshot::Posts(page)) => (position.seq, page),
        (_, other) => panic!("{other:?}"),
    }
}

async fn before(
    test_store: &TestStore,
    reader: &User,
    before: u64,
    limit: u32,
) -> (Vec<u64>, bool) {
    let query = PostsQuery::Before { before: PostId(before), limit };
    match test_store.store.query(reader.id, query.into()).await.expect("readable") {
        Answer::Posts(PostsAnswer::Before(page)) => {
            (page.posts.iter().map(|post| post.id.0).collect(), page.older)
        }
        other => panic!("{other:?}"),
    }
}

async fn repeated_commands_create_edit_and_delete_a_post_once(mut test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.receive(2).await;
    let log_position = test_store.commit(create(&mina, 1, "하나")).await;
    assert_eq!(log_position, LogPosition { topic: Topic::Posts, seq: Seq(1) });
    test_store.commit(create(&theo, 1, "two")).await;
    assert_eq!(
        test_store.commit(create(&mina, 1, "하나")).await,
        log_position,
        "a repeated command creates one post"
    );
    test_store.commit(edit(&mina, 2, 1, "하나?")).await;
    test_store.commit(edit(&mina, 4, 1, "하나!")).await;
    let edited = Post { edited_at: Some(NOW.plus(1)), ..post(1, &mina, "하나!") };
    let post_now = edited.clone();
    let posts = vec![post(2, &theo, "two"), edited.clone()];
    assert_eq!(feed(&test_store, &theo).await, (Seq(4), PostsPage { posts, older: false }));
    let others: Event =
        PostsEvent::Created { post: post(2, &theo, "two"), command: command(1) }.into();
    let events: [Event; 4] = [
        PostsEvent::Created { post: edited.clone(), command: command(1) }.into(),
        others.clone(),
        redacted(1, &mina, 2).into(),
        PostsEvent::Edited { post: edited, command: command(4) }.into(),
    ];
    assert_eq!(test_store.log(Topic::Posts).await, events, "the log holds the current text only");

    assert_eq!(test_store.store.post(theo.id, PostId(1)).await, Ok(post_now));
    test_store.commit(delete(&mina, 3, 1)).await;
    test_store.commit(delete(&mina, 3, 1)).await;
    assert_eq!(refusal(test_store.store.post(theo.id, PostId(1)).await), ErrorCode::NotFound);
    let posts = vec![post(2, &theo, "two")];
    assert_eq!(feed(&test_store, &theo).await, (Seq(5), PostsPage { posts, older: false }));
    let events: [Event; 5] = [
        redacted(1, &mina, 1).into(),
        others,
        redacted(1, &mina, 2).into(),
        redacted(1, &mina, 4).into(),
        PostsEvent::Deleted { post: PostId(1), by: mina.clone(), command: command(3) }.into(),
    ];
    assert_eq!(test_store.log(Topic::Posts).await, events, "redacted text is gone");
    assert_eq!(test_store.receive(5).await[4].entry.seq, Seq(5));
}

async fn an_edit_without_a_change_has_no_event(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(create(&mina, 1, "하나")).await;
    assert_eq!(test_store.try_commit(edit(&mina, 2, 1, "하나")).await.expect("accepted").at, None);
    let posts = vec![post(1, &mina, "하나")];
    assert_eq!(feed(&test_store, &mina).await, (Seq(1), PostsPage { posts, older: false }));
}

async fn only_the_author_changes_a_post(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(create(&mina, 1, "하나")).await;
    assert_eq!(
        refusal(test_store.try_commit(edit(&theo, 1, 1, "mine")).await),
        ErrorCode::Forbidden
    );
    assert_eq!(refusal(test_store.try_commit(delete(&theo, 2, 1)).await), ErrorCode::Forbidden);
    for nothing in [0, 2, u64::MAX] {
        assert_eq!(
            refusal(test_store.try_commit(edit(&mina, 2, nothing, "x")).await),
            ErrorCode::NotFound
        );
        assert_eq!(
            refusal(test_store.try_commit(delete(&mina, 2, nothing)).await),
            ErrorCode::NotFound
        );
    }
    let missing_user = User { id: UserId(99), name: "nobody".into() };
    assert_eq!(
        refusal(test_store.try_commit(create(&missing_user, 1, "x")).await),
        ErrorCode::NotFound
    );
    let greet = write(&missing_user, 2, PostsCommand::Greet { others_only: false });
    assert_eq!(refusal(test_store.try_commit(greet).await), ErrorCode::NotFound);
    let posts = vec![post(1, &mina, "하나")];
    assert_eq!(feed(&test_store, &mina).await, (Seq(1), PostsPage { posts, older: false }));
}

async fn the_id_of_a_deleted_post_is_not_used_again(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(create(&mina, 1, "하나")).await;
    test_store.commit(delete(&mina, 2, 1)).await;
    test_store.commit(create(&mina, 3, "둘")).await;
    assert_eq!(before(&test_store, &mina, u64::MAX, 9).await, (vec![2], false));
}

async fn pages_of_the_feed_are_adjacent(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let count = u64::from(PAGE_POSTS) + 3;
    let batch = (1..=count).map(|n| create(&mina, n.into(), &n.to_string())).collect();
    assert!(test_store.store.commit(batch).await.iter().all(Result::is_ok));
    let (_, newest) = feed(&test_store, &mina).await;
    let ids: Vec<u64> = newest.posts.iter().map(|post| post.id.0).collect();
    assert_eq!((ids, newest.older), ((4..=count).rev().collect(), true));
    assert_eq!(before(&test_store, &mina, 4, 2).await, (vec![3, 2], true));
    assert_eq!(before(&test_store, &mina, 2, 2).await, (vec![1], false));
    assert_eq!(before(&test_store, &mina, 1, 2).await, (vec![], false));
    let (ids, older) = before(&test_store, &mina, u64::MAX, u32::MAX).await;
    assert_eq!((ids.len(), older), (PAGE_POSTS as usize, true), "a page has a limit");
}

async fn a_greeting_has_an_event_and_no_post(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(create(&mina, 1, "하나")).await;
    test_store.commit(write(&mina, 2, PostsCommand::Greet { others_only: true })).await;
    let greeted = PostsEvent::Greeted { by: mina.clone(), others_only: true, command: command(2) };
    assert_eq!(test_store.log(Topic::Posts).await[1], greeted.into());
    let posts = vec![post(1, &mina, "하나")];
    assert_eq!(feed(&test_store, &mina).await, (Seq(2), PostsPage { posts, older: false }));
}

async fn redacted_text_is_in_no_event_and_the_log_still_makes_the_feed(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    // A fixed pseudo-random sequence that meets every case many times.
    let mut random = 0x9E37_79B9_u64;
    let mut draw = move |below: u64| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let (mut commands, mut texts) = (0_u128, BTreeMap::new());
    for _ in 0..40 {
        let mut batch = Vec::new();
        for _ in 0..draw(6) {
            commands += 1;
            let author = if draw(3) == 0 { &theo } else { &mina };
            let known = 1 + draw(12);
            let text = format!("secret {commands}");
            batch.push(match draw(4) {
                0 => create(author, commands, &text),
                1 | 2 => edit(author, commands, known, &text),
                _ => delete(author, commands, known),
            });
        }
        for result in test_store.store.commit(batch).await {
            // A post of the other author, or a missing post.
            if let Err(error) = result {
                refusal::<()>(Err(error));
            }
        }
        let (head, page) = feed(&test_store, &mina).await;
        assert!(!page.older, "the page holds all posts");
        texts.clear();
        let log = test_store.log(Topic::Posts).await;
        assert_eq!(log.len() as u64, head.0, "every event has a position");
        let mut made = BTreeMap::new();
        for event in log {
            let Event::Posts(event) = event else { panic!("{event:?}") };
            match event {
                PostsEvent::Created { post, .. } | PostsEvent::Edited { post, .. } => {
                    texts.insert(post.text.clone(), post.id);
                    made.insert(post.id, post);
                }
                PostsEvent::Deleted { post, .. } => drop(made.remove(&post)),
                PostsEvent::Greeted { .. } | PostsEvent::Redacted { .. } => {}
            }
        }
        assert!(page.posts.iter().eq(made.values().rev()), "{page:?} is not {made:?}");
        assert!(texts.iter().all(|(text, id)| made.get(id).is_some_and(|post| post.text == *text)));
    }
    assert!(commands > 50 && !texts.is_empty());
}
