//! The scenarios against the real server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking; clippy exempts only the test functions themselves"
)]

mod fault_proxy;
mod half_open_client;
mod postgres_link;
mod schema_versions;
mod server_binary;

use std::process::Command;

use self::server_binary::server_binary;

/// Runs `madang-loadgen` and returns its output, its errors, and whether it succeeded.
fn run(arguments: &[&str]) -> (String, String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madang-loadgen"));
    let output = command.args(arguments).arg("--binary").arg(server_binary()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

/// The number in the line that begins with `name`.
fn figure(table: &str, name: &str) -> u64 {
    let line = table.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name:?} in {table}"));
    line[name.len()..].split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_server_killed_under_load_loses_doubles_and_reorders_nothing() {
    let (table, errors, passed) =
        run(&["soak-kill", "--rounds", "3", "--writers", "4", "--seed", "1"]);
    assert!(passed, "{table}{errors}");
    assert_eq!(figure(&table, "restarts"), 3, "{table}");
    for kind in ["lost", "doubled", "out of order"] {
        assert_eq!(figure(&table, kind), 0, "{table}");
        assert_eq!(figure(&table, &format!("posts {kind}")), 0, "{table}");
    }
    assert!(figure(&table, "acknowledged") > 0, "{table}");
    let changes = figure(&table, "changes of posts");
    assert!(changes > 0 && changes == figure(&table, "events of posts"), "{table}");
    assert_eq!(figure(&table, "present"), figure(&table, "written"), "{table}");
}

#[test]
fn clients_resume_after_a_move_to_postgresql_and_back() {
    let (table, errors, passed) = run(&["move-drill", "--messages", "500", "--members", "4"]);
    assert!(passed, "{table}{errors}");
    for kind in ["lost", "doubled", "out of order", "resets", "holes"] {
        assert_eq!(figure(&table, kind), 0, "{table}");
    }
    assert_eq!(table.matches("were moved and compared").count(), 2, "{table}");
    assert_eq!(figure(&table, "present"), figure(&table, "written"), "{table}");
    assert!(figure(&table, "in outboxes at a stop") > 0, "{table}");
    assert!(figure(&table, "subscriptions resumed") > 0, "{table}");
}

fn check_idle(topics: &str) {
    let (table, errors, passed) = run(&["idle", "--connections", "20", "--topics", topics]);
    assert!(passed, "{table}{errors}");
    assert!(figure(&table, "with 20") > 0, "{table}");
}

#[test]
fn idle_connections_without_topics_are_measured() {
    check_idle("none");
}

#[test]
fn idle_connections_with_an_open_room_are_measured() {
    check_idle("all");
}

#[test]
fn a_siege_measures_an_honest_user_during_attacks() {
    let (table, errors, passed) = run(&["siege", "--quick"]);
    assert!(passed, "{table}{errors}");
    for attack in ["none", "silent connections after a TLS handshake", "unread event streams"] {
        let start = format!("| {attack} | 0 |");
        assert!(table.lines().any(|line| line.starts_with(&start)), "{attack}: {table}");
    }
}

#[test]
fn honest_people_in_large_numbers_are_not_refused_and_miss_nothing() {
    let (table, errors, passed) = run(&["honest-limits", "--returning", "400"]);
    assert!(passed, "{table}{errors}");
    for line in [
        "| people behind one address sign in and chat | 200 | 800 |",
        "| a class signs up at once | 40 | 40 |",
        "| a person with ten tabs | 10 | 50 |",
        "| all clients come back after the server was killed | 400 | 100 |",
    ] {
        assert!(table.lines().any(|found| found.starts_with(line)), "{line}: {table}");
    }
}

#[test]
fn a_cluster_under_disturbances_loses_doubles_and_reorders_nothing_and_the_checks_see_each_fault() {
    let (table, errors, passed) = run(&[
        "soak-cluster",
        "--rounds",
        "3",
        "--writers",
        "6",
        "--readers",
        "6",
        "--only",
        "kill PostgreSQL,kill node,half-open node->PostgreSQL",
        "--seed",
        "1",
    ]);
    assert!(passed, "{table}{errors}");
    for kind in ["kill PostgreSQL", "kill node", "half-open node->PostgreSQL"] {
        assert!(table.contains(&format!("of 3: {kind}")), "{kind}: {table}");
    }
    for kind in ["lost", "doubled", "out of order"] {
        assert_eq!(figure(&table, kind), 0, "{table}");
    }
    assert!(figure(&table, "acknowledged") > 0, "{table}");
    assert_eq!(figure(&table, "present"), figure(&table, "written"), "{table}");
    assert!(table.contains("sends two events in the wrong order"), "the proof has run: {table}");
}

#[test]
fn a_rolling_restart_under_load_loses_nothing_and_shows_no_error() {
    let (table, errors, passed) = run(&[
        "soak-cluster",
        "--rolling",
        "--rounds",
        "1",
        "--writers",
        "6",
        "--readers",
        "6",
        "--seed",
        "1",
    ]);
    assert!(passed, "{table}{errors}");
    for kind in ["lost", "doubled", "out of order", "errors seen"] {
        assert_eq!(figure(&table, kind), 0, "{table}");
    }
    assert!(figure(&table, "acknowledged") > 0, "{table}");
}

#[test]
fn t2_6_fifty_clients_who_add_two_hundred_times_make_exactly_ten_thousand() {
    let (table, errors, passed) = run(&["count", "--clients", "50", "--adds", "200"]);
    assert!(passed, "{table}{errors}");
    assert_eq!(figure(&table, "counted"), 10_000, "{table}");
}
