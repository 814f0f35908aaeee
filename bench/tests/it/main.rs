//! The laboratory against the real server, and its subscribers against a faulty one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking; clippy exempts only the test functions themselves"
)]

mod faulty_server;
mod nodes;
mod scale;
#[path = "../../../crates/loadgen/tests/it/server_binary.rs"]
mod server_binary;

use std::process::Command;

use self::server_binary::server_binary;

/// Runs `madang-bench` and returns its output, its errors, and whether it succeeded.
fn run(command: &mut Command) -> (String, String, bool) {
    let output = command.arg("--binary").arg(server_binary()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

fn bench() -> Command {
    Command::new(env!("CARGO_BIN_EXE_madang-bench"))
}

/// Runs quick measurements and checks that they find no fault. Their speed is not checked.
fn measure(only: &str, scenarios: &[&str]) {
    let (output, errors, passed) = run(bench().args(["load", "--quick", "--only", only]));
    assert!(passed, "{output}{errors}");
    for scenario in scenarios {
        let line = format!("\"scenario\":\"{scenario}\"");
        assert!(output.contains(&line), "no {scenario} in {output}");
    }
    assert!(output.contains("| lost, doubled, reordered, in total | 0 | 0, 0, 0 | yes |"));
}

#[test]
fn fan_out_echo_and_growth_are_measured_without_faults() {
    measure("fan-out,echo,growth", &["fan-out", "latency", "echo", "growth"]);
}

#[test]
fn storms_durable_messages_and_a_stalled_reader_are_measured_without_faults() {
    let scenarios =
        ["idle", "connect storm", "page storm", "durable", "resume storm", "stalled reader"];
    measure("idle,storm,pages,durable,resume,stalled,compressed", &scenarios);
}

#[test]
fn peers_that_are_not_installed_are_named_and_skipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
    let (output, errors, passed) = run(bench()
        .args(["load", "--peers", "--quick", "--peers-folder", folder])
        .env("PATH", "/nowhere"));
    assert!(passed, "{output}{errors}");
    for (peer, program) in [
        ("ws", "node"),
        ("Socket.IO", "node"),
        ("Flask-SocketIO", "python3"),
        ("NATS", "nats-server"),
    ] {
        let reason = format!("skipped: there is no {program}");
        assert!(output.contains(&format!("| {peer} | {reason} |")), "{peer}: {output}");
        assert!(errors.contains(&format!("load: {peer} is {reason}")), "{peer}: {errors}");
    }
    assert!(output.contains("| Madang | "), "{output}");
}
