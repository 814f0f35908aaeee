use madang_hub::ports::Write;
use madang_shared::frames::Placed;
use madang_shared::limits::PAGE_POSTS;
use madang_shared::posts::{Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery};
use madang_shared::{
    Answer, CommandId, ErrorCode, Event, PostId, Seq, Snapshot, Topic, User, UserId,
};
use uuid::Uuid;

use crate::support::{NOW, Rig, refusal, write};

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

async fn feed(rig: &Rig, reader: &User) -> (Seq, PostsPage) {
    match rig.state(reader, Topic::Posts).await {
        (position, Snapshot::Posts(page)) => (position.seq, page),
        (_, other) => panic!("{other:?}"),
    }
}

async fn before(rig: &Rig, reader: &User, before: u64, limit: u32) -> (Vec<u64>, bool) {
    let query = PostsQuery::Before { before: PostId(before), limit };
    match rig.store.query(reader.id, query.into()).await.expect("readable") {
        Answer::Posts(PostsAnswer::Before(page)) => {
            (page.posts.iter().map(|post| post.id.0).collect(), page.older)
        }
        other => panic!("{other:?}"),
    }
}

pub(super) async fn a_post_is_written_edited_and_deleted_once(mut rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.appended(2).await;
    let placed = rig.place(create(&mina, 1, "하나")).await;
    assert_eq!(placed, Placed { topic: Topic::Posts, seq: Seq(1) });
    rig.place(create(&theo, 1, "two")).await;
    assert_eq!(rig.place(create(&mina, 1, "하나")).await, placed, "sent again, it is there once");
    rig.place(edit(&mina, 2, 1, "하나!")).await;
    let edited = Post { edited_at: Some(NOW.plus(1)), ..post(1, &mina, "하나!") };
    let posts = vec![post(2, &theo, "two"), edited.clone()];
    assert_eq!(feed(&rig, &theo).await, (Seq(3), PostsPage { posts, older: false }));

    rig.place(delete(&mina, 3, 1)).await;
    rig.place(delete(&mina, 3, 1)).await;
    let posts = vec![post(2, &theo, "two")];
    assert_eq!(feed(&rig, &theo).await, (Seq(4), PostsPage { posts, older: false }));
    let events: [Event; 4] = [
        PostsEvent::Created { post: post(1, &mina, "하나"), command: command(1) }.into(),
        PostsEvent::Created { post: post(2, &theo, "two"), command: command(1) }.into(),
        PostsEvent::Edited { post: edited, command: command(2) }.into(),
        PostsEvent::Deleted { post: PostId(1), by: mina.clone(), command: command(3) }.into(),
    ];
    assert_eq!(rig.log(Topic::Posts).await, events);
    assert_eq!(rig.appended(4).await[3].logged.seq, Seq(4));
}

pub(super) async fn an_edit_that_changes_nothing_has_no_event(rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.place(create(&mina, 1, "하나")).await;
    assert_eq!(rig.one(edit(&mina, 2, 1, "하나")).await.expect("accepted").at, None);
    let posts = vec![post(1, &mina, "하나")];
    assert_eq!(feed(&rig, &mina).await, (Seq(1), PostsPage { posts, older: false }));
}

pub(super) async fn a_post_belongs_to_its_author(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(create(&mina, 1, "하나")).await;
    assert_eq!(refusal(rig.one(edit(&theo, 1, 1, "mine")).await), ErrorCode::Forbidden);
    assert_eq!(refusal(rig.one(delete(&theo, 2, 1)).await), ErrorCode::Forbidden);
    for nothing in [0, 2, u64::MAX] {
        assert_eq!(refusal(rig.one(edit(&mina, 2, nothing, "x")).await), ErrorCode::NotFound);
        assert_eq!(refusal(rig.one(delete(&mina, 2, nothing)).await), ErrorCode::NotFound);
    }
    let nobody = User { id: UserId(99), name: "nobody".into() };
    assert_eq!(refusal(rig.one(create(&nobody, 1, "x")).await), ErrorCode::NotFound);
    let greet = write(&nobody, 2, PostsCommand::Greet { others_only: false });
    assert_eq!(refusal(rig.one(greet).await), ErrorCode::NotFound);
    let posts = vec![post(1, &mina, "하나")];
    assert_eq!(feed(&rig, &mina).await, (Seq(1), PostsPage { posts, older: false }));
}

pub(super) async fn the_id_of_a_deleted_post_is_not_given_out_again(rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.place(create(&mina, 1, "하나")).await;
    rig.place(delete(&mina, 2, 1)).await;
    rig.place(create(&mina, 3, "둘")).await;
    assert_eq!(before(&rig, &mina, u64::MAX, 9).await, (vec![2], false));
}

pub(super) async fn the_feed_comes_in_pages_that_meet(rig: Rig) {
    let mina = rig.user("Mina").await;
    let count = u64::from(PAGE_POSTS) + 3;
    let batch = (1..=count).map(|n| create(&mina, n.into(), &n.to_string())).collect();
    assert!(rig.store.commit(batch).await.iter().all(Result::is_ok));
    let (_, newest) = feed(&rig, &mina).await;
    let ids: Vec<u64> = newest.posts.iter().map(|post| post.id.0).collect();
    assert_eq!((ids, newest.older), ((4..=count).rev().collect(), true));
    assert_eq!(before(&rig, &mina, 4, 2).await, (vec![3, 2], true));
    assert_eq!(before(&rig, &mina, 2, 2).await, (vec![1], false));
    assert_eq!(before(&rig, &mina, 1, 2).await, (vec![], false));
    let (ids, older) = before(&rig, &mina, u64::MAX, u32::MAX).await;
    assert_eq!((ids.len(), older), (PAGE_POSTS as usize, true), "a page has a limit");
}

pub(super) async fn a_greeting_is_told_and_leaves_the_feed_as_it_was(rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.place(create(&mina, 1, "하나")).await;
    rig.place(write(&mina, 2, PostsCommand::Greet { others_only: true })).await;
    let greeted = PostsEvent::Greeted { by: mina.clone(), others_only: true, command: command(2) };
    assert_eq!(rig.log(Topic::Posts).await[1], greeted.into());
    let posts = vec![post(1, &mina, "하나")];
    assert_eq!(feed(&rig, &mina).await, (Seq(2), PostsPage { posts, older: false }));
}
