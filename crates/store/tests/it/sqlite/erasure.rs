//! Erased texts in the files of the database, and the list of erased accounts beside it.

use std::fs;

use madang_hub::administration::Actor;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::User;
use madang_store::sqlite::{OpenError, VisitedSqlite};

use super::{TestDatabase, fast_options, open_error};
use crate::contract::erasure::{WORDS, erase, planted};
use crate::support::{NOW, TestStore, texts};

/// The words of [`WORDS`] of a file beside the database, or in the database.
fn found(database: &TestDatabase) -> Vec<String> {
    let mut found = Vec::new();
    for file in fs::read_dir(database.folder.path()).expect("readable") {
        let path = file.expect("readable").path();
        // The copy of before.
        if path.ends_with("backup") {
            continue;
        }
        let bytes = fs::read(&path).expect("readable");
        for word in WORDS {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(format!("{word} in {}", path.display()));
            }
        }
    }
    found
}

async fn erased(test_store: &TestStore, user: &User) {
    erase(test_store, Actor::CommandLine, user).await.expect("allowed");
}

#[tokio::test]
async fn erased_words_are_in_no_file_and_a_restored_copy_is_erased_again() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let (reader, user, _) = planted(&test_store).await;
    store.close().await;
    drop((store, test_store));
    let planted = found(&database);
    for word in WORDS {
        assert!(
            planted.iter().any(|it| it.starts_with(word)),
            "{word} was not planted: {planted:?}"
        );
    }
    let backup = database.folder.path().join("backup");
    fs::copy(database.path(), &backup).expect("copied");

    let (store, test_store) = database.start(&fast_options());
    erased(&test_store, &user).await;
    store.close().await;
    drop((store, test_store));
    assert_eq!(found(&database), [""; 0]);

    fs::copy(&backup, database.path()).expect("restored");
    assert!(!found(&database).is_empty(), "the copy has the words");
    let (store, test_store) = database.start(&fast_options());
    let page = test_store.newest(&reader, FIRST_ROOM).await;
    assert_eq!((texts(&page), page.messages[0].author.name.as_str()), (vec![""], "#2"));
    let listed = test_store.store.erasures(None).await.expect("readable");
    assert_eq!(listed.len(), 1, "the first receipt stays: {listed:?}");
    store.close().await;
    drop((store, test_store));
    assert_eq!(found(&database), [""; 0], "erased before it served");
}

#[tokio::test]
async fn an_erasure_by_the_command_line_is_listed_beside_the_database() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let user = test_store.user("Mina").await;
    let visited = VisitedSqlite::visit(&database.path()).expect("visited");
    let act = madang_shared::administration::AdministrationAct::Erase {
        user: user.id,
        name: user.name.clone(),
    };
    let request =
        madang_hub::administration::ActRequest::new((Actor::CommandLine, None), act, "", NOW);
    madang_hub::administration::Administration::administer(&visited, request.expect("valid"))
        .await
        .expect("allowed");
    store.close().await;
    drop((store, test_store));
    let path = format!("{}-erasures", database.path().display());
    let list = fs::read_to_string(&path).expect("listed");
    assert_eq!(list.lines().count(), 1);
    assert!(!list.contains("Mina"), "no personal data: {list}");

    // A lost list is written again from the database.
    fs::remove_file(&path).expect("removed");
    let (store, _test_store) = database.start(&fast_options());
    store.close().await;
    assert_eq!(fs::read_to_string(&path).expect("written"), list);

    fs::write(&path, format!("damaged\n{list}")).expect("written");
    let error: OpenError = open_error(&database.path());
    assert!(error.to_string().contains("line 1"), "{error}");
}
