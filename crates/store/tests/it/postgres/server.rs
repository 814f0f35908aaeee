//! A PostgreSQL server of the tests: one for each test binary, with a database for each test.

use std::fs;
use std::io::{BufRead, BufReader, Seek, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::thread;

use madang_shared::Timestamp;
use madang_store::Postgres;
use madang_store::postgres::ConnectOptions;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// The date of the first room.
const NOW: Timestamp = Timestamp(1_800_000_000_000);

const MISSING: &str = "these tests need the server programs of PostgreSQL 15 or newer: install the package \
    `postgresql` (Debian: apt-get install postgresql), or name the folder of `initdb` in MADANG_POSTGRES_BIN";

/// The database that each test gets a copy of.
const TEMPLATE: &str = "madang_template";

static SERVER: LazyLock<TestServer> = LazyLock::new(|| TestServer::start(false));

/// The port of a server that listens on a socket in its folder alone, which names the socket.
const PORT: u16 = 5432;

/// The line that ends the server without a chance to write anything.
const KILL: &[u8] = b"kill\n";

/// A database of one test, removed at the drop.
pub(crate) struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A migrated database with the first room.
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        SERVER.execute(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"));
        Self { name }
    }

    /// A database without a schema.
    pub(crate) fn empty(name: &str) -> Self {
        SERVER.execute(format!("CREATE DATABASE {name}"));
        Self { name: name.to_owned() }
    }

    pub(crate) fn options(&self) -> ConnectOptions {
        ConnectOptions { readers: 2, ..ConnectOptions::new(SERVER.url(&self.name)) }
    }

    /// The folder with the server's socket.
    pub(crate) fn socket_folder() -> &'static Path {
        SERVER.socket_folder()
    }

    /// A connection of another program.
    pub(crate) async fn external(&self) -> Client {
        connect(&SERVER.url(&self.name)).await
    }

    /// Runs a script in `psql`, in one transaction.
    pub(crate) fn shell(&self, script: &str) {
        let stop_at_errors = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d"];
        self.run("psql", &stop_at_errors, script);
    }

    /// A script that restores the database in place.
    pub(crate) fn dump(&self) -> String {
        self.run("pg_dump", &["--clean", "--if-exists", "-d"], "")
    }

    /// Runs a program of PostgreSQL with this input, for its output. The last argument is followed by the database.
    fn run(&self, program: &str, arguments: &[&str], input: &str) -> String {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(input.as_bytes()).and_then(|()| file.rewind()).expect("written");
        let mut command = Command::new(programs().join(program));
        let command = command.args(arguments).arg(SERVER.url(&self.name)).stdin(file);
        let output = command.output().expect(program);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a text")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        SERVER.execute(format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

pub(crate) struct TestServer {
    folder: TempDir,
    port: u16,
    /// Statements for the administrator's connection, each with the place of its answer.
    statements: Mutex<Sender<(String, Sender<()>)>>,
    /// The server ends when this is closed, even if the tests are killed.
    alive: ChildStdin,
}

impl TestServer {
    /// Starts a server with the template. One that is not durable does not wait for the disk.
    pub(crate) fn start(is_durable: bool) -> Self {
        let test_server = Self::launch(is_durable, None);
        test_server.execute(format!("CREATE DATABASE {TEMPLATE}"));
        let options = ConnectOptions::new(test_server.url(TEMPLATE));
        // The copy of a database needs that nobody is connected to it.
        let migrate = thread::spawn(move || {
            let (store, events) = Postgres::connect(NOW, &options).expect("starts");
            drop(events);
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(store.close());
        });
        migrate.join().expect("migrated");
        test_server
    }

    /// Starts a server without databases, or a standby that follows another server.
    pub(crate) fn launch(is_durable: bool, primary: Option<&Self>) -> Self {
        let primary = primary.map(|primary| primary.folder.path());
        Self::launch_with(PORT, is_durable, primary, |_| Vec::new())
    }

    /// Starts a server with further arguments, which may name files in its folder. They must name the port.
    pub(crate) fn launch_on(port: u16, arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        Self::launch_with(port, false, None, arguments)
    }

    fn launch_with(
        port: u16,
        is_durable: bool,
        primary: Option<&Path>,
        arguments: impl FnOnce(&Path) -> Vec<String>,
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").expect("a folder");
        give_to_server(folder.path());
        let arguments = arguments(folder.path());
        let mut server = start_server(folder.path(), is_durable, primary, &arguments);
        let output = BufReader::new(server.stderr.take().expect("piped"));
        let mut log = String::new();
        let mut lines = output.lines().map_while(Result::ok);
        let is_ready = lines.by_ref().any(|line| {
            log.push_str(&line);
            log.push('\n');
            line.contains("database system is ready to accept")
        });
        assert!(is_ready, "PostgreSQL does not start: {log}");
        let alive = server.stdin.take().expect("piped");
        // The pipe must not fill up.
        thread::spawn(move || {
            lines.for_each(drop);
            server.wait().ok();
        });
        let statements = Mutex::new(administrate(url(folder.path(), port, "postgres")));
        Self { folder, port, statements, alive }
    }

    /// Kills the server, and waits for its end.
    pub(crate) fn kill(mut self) {
        self.alive.write_all(KILL).expect("the server runs");
        while self.folder.path().exists() {
            thread::yield_now();
        }
    }

    /// The folder with the server's socket.
    pub(crate) fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        url(self.folder.path(), self.port, database)
    }

    /// Executes a statement, and waits for its end.
    pub(crate) fn execute(&self, sql: String) {
        let (done, is_done) = channel();
        self.statements.lock().expect("a sender").send((sql, done)).expect("the thread lives");
        is_done.recv().expect("executed");
    }
}

fn url(folder: &Path, port: u16, database: &str) -> String {
    format!("host={} port={port} user=madang dbname={database}", folder.display())
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connects");
    tokio::spawn(connection);
    client
}

/// A thread with one connection, because the tests have runtimes of their own.
fn administrate(url: String) -> Sender<(String, Sender<()>)> {
    let (statements, queue) = channel::<(String, Sender<()>)>();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let client = runtime.block_on(connect(&url));
        for (sql, done) in queue {
            runtime.block_on(client.batch_execute(&sql)).expect(&sql);
            done.send(()).ok();
        }
    });
    statements
}

/// Creates a cluster in the folder, and starts its server, which listens on a socket in the folder alone. PostgreSQL
/// refuses to run as root, so it then runs as a user of its own.
fn start_server(
    folder: &Path,
    is_durable: bool,
    primary: Option<&Path>,
    arguments: &[String],
) -> Child {
    let user = own_user();
    // The shell waits for the end of its input: that is the end of the tests.
    let script = r#"
        if [ -n "$4" ]; then
            "$1/pg_basebackup" -h "$4" -U madang -D "$2/data" -R -X stream -c fast --no-sync
        else
            "$1/initdb" -D "$2/data" -U madang --auth-local=trust --auth-host=scram-sha-256 --no-sync --locale=C.UTF-8 -E UTF8
        fi >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log" >&2; exit 1; }
        programs=$1 folder=$2 durable=$3
        shift 4
        "$programs/postgres" -D "$folder/data" -k "$folder" -h '' -c fsync="$durable" -c full_page_writes="$durable" \
            -c shared_buffers=32MB -c max_connections=200 -c log_min_messages=log -c log_checkpoints=off \
            -c logging_collector=off "$@" </dev/null &
        read -r how
        if [ "$how" = kill ]; then kill -KILL $!; else kill -QUIT $!; fi
        wait
        rm -rf "$folder"
    "#;
    let mut command = match user {
        Some((uid, gid)) => {
            let mut setpriv = Command::new("setpriv");
            setpriv.args([format!("--reuid={uid}"), format!("--regid={gid}")]);
            setpriv.args(["--clear-groups", "sh"]);
            setpriv
        }
        None => Command::new("sh"),
    };
    command.args(["-c", script, "postgres"]).arg(programs()).arg(folder);
    command.arg(if is_durable { "on" } else { "off" });
    command.arg(primary.unwrap_or(Path::new(""))).args(arguments);
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("a shell")
}

/// Makes a file or a folder the server's own.
pub(crate) fn give_to_server(path: &Path) {
    if let Some((uid, gid)) = own_user() {
        chown(path, Some(uid), Some(gid)).expect("the owner of the path");
    }
}

/// The user and group of the server if the tests run as root.
fn own_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the users");
    let ids = ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = users.lines().find_map(|line| line.strip_prefix(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    Some(ids.expect("a user for PostgreSQL, which refuses to run as root"))
}

/// The folder of the server's programs.
fn programs() -> PathBuf {
    let named = std::env::var_os("MADANG_POSTGRES_BIN").map(PathBuf::from);
    let installed = (15..=20).rev().flat_map(|version| {
        [
            format!("/usr/lib/postgresql/{version}/bin"),
            format!("/usr/pgsql-{version}/bin"),
            format!("/opt/homebrew/opt/postgresql@{version}/bin"),
        ]
    });
    let on_path = std::env::var_os("PATH");
    let on_path = on_path.iter().flat_map(std::env::split_paths);
    let folders = named.into_iter().chain(installed.map(PathBuf::from)).chain(on_path);
    let found = folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    found.expect(MISSING)
}
