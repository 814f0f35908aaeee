//! Samples of posts.

use madang_shared::posts::{Post, PostsCommand, PostsEvent, PostsPage};
use madang_shared::{PostId, Topic};

use super::{TIME, command_id, user};

fn post() -> Post {
    let text = "첫 글 👋\nhttps://example.com".into();
    Post { id: PostId(5), author: user(), at: TIME, edited_at: None, text }
}

pub(super) fn page() -> PostsPage {
    let edited = Post { id: PostId(4), edited_at: Some(TIME.plus(60_000)), ..post() };
    PostsPage { posts: vec![post(), edited], older: true }
}

pub(super) fn commands() -> Vec<PostsCommand> {
    vec![
        PostsCommand::Create { text: "안녕".into() },
        PostsCommand::Edit { post: PostId(5), text: "안녕!".into() },
        PostsCommand::Delete { post: PostId(5) },
        PostsCommand::Greet { others_only: true },
    ]
}

pub(super) fn command_name(command: &PostsCommand) -> &'static str {
    match command {
        PostsCommand::Create { .. } => "posts.create",
        PostsCommand::Edit { .. } => "posts.edit",
        PostsCommand::Delete { .. } => "posts.delete",
        PostsCommand::Greet { .. } => "posts.greet",
    }
}

pub(super) fn events() -> Vec<(Topic, PostsEvent)> {
    let (by, command) = (user(), command_id());
    let edited = Post { edited_at: Some(TIME.plus(60_000)), ..post() };
    let events = [
        PostsEvent::Created { post: post(), command },
        PostsEvent::Edited { post: edited, command },
        PostsEvent::Deleted { post: PostId(5), by: by.clone(), command },
        PostsEvent::Greeted { by: by.clone(), others_only: true, command },
        PostsEvent::Redacted { post: PostId(5), by, command },
    ];
    events.map(|event| (Topic::Posts, event)).into()
}

pub(super) fn event_name(event: &PostsEvent) -> &'static str {
    match event {
        PostsEvent::Created { .. } => "posts.created",
        PostsEvent::Edited { .. } => "posts.edited",
        PostsEvent::Deleted { .. } => "posts.deleted",
        PostsEvent::Greeted { .. } => "posts.greeted",
        PostsEvent::Redacted { .. } => "posts.redacted",
    }
}

pub(super) fn snapshot() -> (Topic, PostsPage) {
    (Topic::Posts, page())
}
