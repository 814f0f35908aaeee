//! What a post's author takes back is not in the file either.

use std::fs;

use madang_shared::PostId;
use madang_shared::posts::PostsCommand;

use super::{Home, fast};
use crate::support::write;

#[tokio::test]
async fn what_was_taken_back_is_found_nowhere_in_the_database() {
    let home = Home::new();
    let (store, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    let create = |text: &str| PostsCommand::Create { text: text.into() };
    // Long ones lie on pages of their own.
    let long = |word: &str| word.repeat(1_900 / word.len());
    rig.place(write(&mina, 1, create(&long("umbrella ")))).await;
    rig.place(write(&mina, 2, create("the raincoat"))).await;
    rig.place(write(&mina, 3, create("the sunshade"))).await;
    let edit = PostsCommand::Edit { post: PostId(2), text: "the parasol".into() };
    rig.place(write(&mina, 4, edit)).await;
    rig.place(write(&mina, 5, PostsCommand::Delete { post: PostId(1) })).await;
    store.close().await;
    drop((store, rig));

    let bytes = fs::read(home.path()).expect("readable");
    let found = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    assert_eq!(
        ["sunshade", "parasol", "umbrella", "raincoat"].map(found),
        [true, true, false, false]
    );
}
