//! Samples of posts.

use madang_shared::PostId;
use madang_shared::posts::{Post, PostsEvent, PostsPage};

use super::{TIME, command_id, user};

fn post() -> Post {
    let text = "첫 글 👋\nhttps://example.com".into();
    Post { id: PostId(5), author: user(), at: TIME, edited_at: None, text }
}

pub(super) fn posts_page() -> PostsPage {
    let edited = Post { id: PostId(4), edited_at: Some(TIME.plus(60_000)), ..post() };
    PostsPage { posts: vec![post(), edited], older: true }
}

pub(super) fn posts_events() -> [PostsEvent; 5] {
    let (by, command) = (user(), command_id());
    let edited = Post { edited_at: Some(TIME.plus(60_000)), ..post() };
    [
        PostsEvent::Created { post: post(), command },
        PostsEvent::Edited { post: edited, command },
        PostsEvent::Deleted { post: PostId(5), by: by.clone(), command },
        PostsEvent::Greeted { by: by.clone(), others_only: true, command },
        PostsEvent::Redacted { post: PostId(5), by, command },
    ]
}
