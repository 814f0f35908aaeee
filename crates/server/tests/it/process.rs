//! A `madang serve` process for tests.

use std::borrow::BorrowMut;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

pub(crate) fn madang() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madang"));
    // The environment of the machine must not influence a test.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MADANG_")) {
        command.env_remove(name);
    }
    command
}

/// A command that runs the program in its arguments with this limit of open files.
pub(crate) fn with_open_files(limit: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]);
    command
}

/// Runs a command to its end; returns its exit code and its output.
pub(crate) fn output(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

/// A server that listens.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_logging(data, arguments, Stdio::null())
    }

    pub(crate) fn start_logging(data: &Path, arguments: &[&str], log: Stdio) -> Self {
        Self::start_with(data, arguments, &[], log)
    }

    pub(crate) fn start_with(
        data: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        log: Stdio,
    ) -> Self {
        let mut command = madang();
        command.envs(variables.iter().copied());
        Self::run(command, "127.0.0.1:0", data, arguments, log)
    }

    /// Starts a server that listens on every address of the machine.
    pub(crate) fn on_the_network(data: &Path, arguments: &[&str], log: Stdio) -> Self {
        Self::run(madang(), "0.0.0.0:0", data, arguments, log)
    }

    /// Starts a server that may open this many files at most.
    pub(crate) fn with_open_files(limit: u32, data: &Path, arguments: &[&str]) -> Self {
        let mut command = with_open_files(limit);
        let command = command.arg(env!("CARGO_BIN_EXE_madang"));
        Self::run(command, "127.0.0.1:0", data, arguments, Stdio::null())
    }

    fn run(
        mut command: impl BorrowMut<Command>,
        listen: &str,
        data: &Path,
        arguments: &[&str],
        log: Stdio,
    ) -> Self {
        let command = command.borrow_mut();
        command.args(["serve", "--listen", listen, "--data"]).arg(data).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line
            .trim()
            .strip_prefix("Madang is listening on ")
            .unwrap_or_else(|| panic!("{line:?}"));
        Self { url: url.to_owned(), child }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// The most memory that the process has held, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory_kib(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Most tests have ended the process already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
