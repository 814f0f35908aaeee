//! The comparison must find every kind of fault: each is injected here.

use super::*;

const USER: UserId = UserId(7);

fn command(number: u64) -> CommandId {
    CommandId(uuid::Uuid::from_u64_pair(7, number))
}

/// A user writes two posts, edits the first, and deletes the second.
fn good() -> (StoredPosts, EditorRecord) {
    let stored = StoredPosts {
        posts: vec![(PostId(1), USER, "edited".into())],
        commands: (1..=4).map(|number| (USER, command(number), number)).collect(),
        events: (1..=4).collect(),
    };
    let posts = vec![
        EditedPost { id: PostId(1), text: Some("edited".into()) },
        EditedPost { id: PostId(2), text: None },
    ];
    (stored, EditorRecord { user: USER, commands: (1..=4).map(command).collect(), posts })
}

fn check(inject: impl FnOnce(&mut StoredPosts), expected: (u64, u64, u64)) {
    let (mut stored, record) = good();
    inject(&mut stored);
    let verdict = compare_posts(&stored, &[record]);
    let found = (verdict.lost, verdict.doubled, verdict.out_of_order);
    assert_eq!(found, expected, "lost, doubled, out of order: {verdict:#?}");
    assert_eq!(verdict.is_clean(), expected == (0, 0, 0));
    assert_eq!(verdict.findings.is_empty(), verdict.is_clean());
}

#[test]
fn a_clean_run_has_no_findings() {
    check(|_| {}, (0, 0, 0));
}

#[test]
fn a_lost_post_edit_and_deletion_are_found() {
    check(|stored| stored.posts.clear(), (1, 0, 0));
    check(|stored| stored.posts[0].2 = "first".into(), (1, 0, 0));
    check(|stored| stored.posts.push((PostId(2), USER, "second".into())), (1, 0, 0));
}

#[test]
fn a_change_that_is_not_stored_is_found() {
    check(|stored| _ = stored.commands.remove(1), (1, 0, 0));
}

#[test]
fn a_post_and_an_event_that_exist_twice_are_found() {
    check(|stored| stored.posts.push((PostId(3), USER, "edited".into())), (0, 1, 0));
    check(|stored| stored.events.push(5), (0, 1, 0));
}

#[test]
fn another_order_and_a_gap_of_the_log_are_found() {
    check(|stored| stored.commands.swap(1, 2), (0, 0, 0));
    check(
        |stored| {
            stored.commands[1].2 = 3;
            stored.commands[2].2 = 2;
        },
        (0, 0, 1),
    );
    check(|stored| stored.events[3] = 5, (0, 0, 1));
}
