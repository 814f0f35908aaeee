//! Redacted text is not in the database file.

use std::fs;

use madang_shared::PostId;
use madang_shared::posts::PostsCommand;

use super::{TestDatabase, fast_options};
use crate::support::write;

#[tokio::test]
async fn redacted_text_is_not_in_the_database_file() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    let create = |text: &str| PostsCommand::Create { text: text.into() };
    // Long texts are stored on pages of their own.
    let long = |word: &str| word.repeat(1_900 / word.len());
    test_store.commit(write(&mina, 1, create(&long("umbrella ")))).await;
    test_store.commit(write(&mina, 2, create("the raincoat"))).await;
    test_store.commit(write(&mina, 3, create("the sunshade"))).await;
    let edit = PostsCommand::Edit { post: PostId(2), text: "the parasol".into() };
    test_store.commit(write(&mina, 4, edit)).await;
    test_store.commit(write(&mina, 5, PostsCommand::Delete { post: PostId(1) })).await;
    store.close().await;
    drop((store, test_store));

    let bytes = fs::read(database.path()).expect("readable");
    let found = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    assert_eq!(
        ["sunshade", "parasol", "umbrella", "raincoat"].map(found),
        [true, true, false, false]
    );
}
