//! The load generator against the real server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod faulty;

use std::path::PathBuf;
use std::process::Command;

/// The server's binary. `MADANG_BIN` names one that is already built, as `just test` has it.
/// Otherwise it is built here, beside this test and with its profile: cargo gives a test the
/// binaries of its own package only, and whatever lies in the target folder may be an older one.
fn server() -> PathBuf {
    if let Some(binary) = std::env::var_os("MADANG_BIN") {
        return binary.into();
    }
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--package", "madang", "--profile", profile])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status()
        .unwrap();
    assert!(built.success(), "the server cannot be built");
    folder.join("madang")
}

fn run(arguments: &[&str]) -> (String, String, bool) {
    said(Command::new(env!("CARGO_BIN_EXE_madang-loadgen")).args(arguments))
}

fn said(command: &mut Command) -> (String, String, bool) {
    let output = command.arg("--binary").arg(server()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

/// The number behind a name in a table.
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
    for (name, expected) in [("restarts", 3), ("lost", 0), ("doubled", 0), ("out of order", 0)] {
        assert_eq!(figure(&table, name), expected, "{name}: {table}");
    }
    assert!(figure(&table, "acknowledged") > 0, "{table}");
    assert_eq!(figure(&table, "present"), figure(&table, "written"), "{table}");
}

fn measures(topics: &str) {
    let (table, errors, passed) = run(&["idle", "--connections", "20", "--topics", topics]);
    assert!(passed, "{table}{errors}");
    assert!(figure(&table, "with 20") > 0, "{table}");
}

#[test]
fn idle_connections_that_only_said_hello_are_measured() {
    measures("none");
}

#[test]
fn idle_connections_with_a_room_open_are_measured() {
    measures("all");
}

#[test]
fn t2_6_fifty_clients_who_add_two_hundred_times_make_exactly_ten_thousand() {
    let (table, errors, passed) = run(&["count", "--clients", "50", "--adds", "200"]);
    assert!(passed, "{table}{errors}");
    assert_eq!(figure(&table, "counted"), 10_000, "{table}");
}

/// Runs, and finds no fault; how fast it is is nothing that a test could know.
fn measured(only: &str, scenarios: &[&str]) {
    let (output, errors, passed) = run(&["load", "--quick", "--only", only]);
    assert!(passed, "{output}{errors}");
    for scenario in scenarios {
        let line = format!("\"scenario\":\"{scenario}\"");
        assert!(output.contains(&line), "no {scenario} in {output}");
    }
    assert!(output.contains("| lost, doubled, reordered, in all of it | 0 | 0, 0, 0 | yes |"));
}

#[test]
fn fan_out_echo_and_growth_are_measured_and_nothing_is_lost_doubled_or_reordered() {
    measured("fan-out,echo,growth", &["fan-out", "latency", "echo", "growth"]);
}

#[test]
fn storms_and_a_stalled_reader_are_measured_and_nothing_is_lost_doubled_or_reordered() {
    let scenarios = ["idle", "connect storm", "durable", "resume storm", "stalled reader"];
    measured("idle,storm,durable,resume,stalled,compressed", &scenarios);
}

#[test]
fn peers_that_are_not_there_are_named_and_passed_over() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
    let (output, errors, passed) = said(
        Command::new(env!("CARGO_BIN_EXE_madang-loadgen"))
            .args(["load", "--peers", "--quick", "--peers-folder", folder])
            .env("PATH", "/nowhere"),
    );
    assert!(passed, "{output}{errors}");
    for (peer, program) in [
        ("ws", "node"),
        ("Socket.IO", "node"),
        ("Flask-SocketIO", "python3"),
        ("NATS", "nats-server"),
    ] {
        let why = format!("skipped: there is no {program}");
        assert!(output.contains(&format!("| {peer} | {why} |")), "{peer}: {output}");
        assert!(errors.contains(&format!("load: {peer} is {why}")), "{peer}: {errors}");
    }
    assert!(output.contains("| Madang | "), "{output}");
}
