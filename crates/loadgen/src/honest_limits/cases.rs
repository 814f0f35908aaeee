//! The cases: a server with the default budgets, and honest people on one address.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use anyhow::{Context, Result, bail};
use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use madang_loadgen::{ServerCommand, ServerProcess, TestUser};
use tokio::time::Instant;

use super::CaseResult;
use super::group::{Group, Messages};

/// People behind one address.
const OFFICE: usize = 200;
/// Messages of each of them.
const OFFICE_MESSAGES: usize = 4;
/// People of a class.
const CLASS: usize = 40;
/// Tabs of one person.
const TABS: usize = 10;
/// Messages in each tab.
const TAB_MESSAGES: usize = 5;
/// The number of times that all tabs are loaded again at once.
const RELOADS: usize = 3;
/// People who write while the server is down, and messages of each of them.
const WRITERS: usize = 20;
const WRITER_MESSAGES: usize = 5;
/// Sign-ups from one address before the case, within its budget of sign-ups.
const SIGN_UPS_PER_ADDRESS: usize = 40;
/// The first address of those sign-ups.
const FIRST_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 1);

/// One case.
pub(super) struct Case {
    pub(super) name: &'static str,
    clients: usize,
    run: for<'a> fn(&'a mut Server, usize) -> BoxFuture<'a, Result<CaseResult>>,
}

impl Case {
    /// All cases; `returning` clients come back after a restart.
    pub(super) fn all(returning: usize) -> [Self; 4] {
        [
            Self {
                name: "people behind one address sign in and chat",
                clients: OFFICE,
                run: |server, clients| office(server, clients).boxed(),
            },
            Self {
                name: "a class signs up at once",
                clients: CLASS,
                run: |server, clients| class(server, clients).boxed(),
            },
            Self {
                name: "a person with ten tabs",
                clients: TABS,
                run: |server, clients| tabs(server, clients).boxed(),
            },
            Self {
                name: "all clients come back after the server was killed",
                clients: returning,
                run: |server, clients| restart(server, clients).boxed(),
            },
        ]
    }

    /// Runs the case on a new server.
    pub(super) async fn run(&self, binary: &Path) -> Result<CaseResult> {
        let folder = tempfile::Builder::new().prefix("madang-honest-").tempdir()?;
        let data = folder.path().join("data");
        let command = ServerCommand::madang_with_default_budgets(binary, &data)?;
        let mut server = Server { process: Some(command.start().await?), command };
        let result = (self.run)(&mut server, self.clients).await?;
        let status = server.take()?.stop().await?;
        if !status.success() {
            bail!("the server exited with an error: {status}");
        }
        Ok(result)
    }
}

/// The server of a case.
struct Server {
    command: ServerCommand,
    process: Option<ServerProcess>,
}

impl Server {
    fn take(&mut self) -> Result<ServerProcess> {
        self.process.take().context("the server is not running")
    }

    /// Signs a user up from an address, and requests the session and the posts as the app's pages do.
    async fn sign_up(&self, source: Ipv4Addr, name: &str) -> Result<TestUser> {
        let http = reqwest::Client::builder().local_address(IpAddr::from(source)).build()?;
        let user = TestUser::sign_up(&http, self.command.address(), name).await?;
        visit(&http, &user).await?;
        Ok(user)
    }

    /// Users who have signed up from many addresses.
    async fn users(&self, count: usize) -> Result<Vec<TestUser>> {
        let mut users = Vec::new();
        for address in 0..count.div_ceil(SIGN_UPS_PER_ADDRESS) {
            let source = Ipv4Addr::from_bits(FIRST_ADDRESS.to_bits() + u32::try_from(address)?);
            let numbers = (0..count).skip(users.len()).take(SIGN_UPS_PER_ADDRESS);
            let sign_ups =
                numbers.map(async |number| self.sign_up(source, &format!("person {number}")).await);
            users.extend(try_join_all(sign_ups).await?);
        }
        Ok(users)
    }
}

/// The requests of a page that opens.
async fn visit(http: &reqwest::Client, user: &TestUser) -> Result<()> {
    for path in ["/api/session", "/posts"] {
        let url = format!("http://{}{path}", user.server);
        http.get(url).bearer_auth(&user.token).send().await?.error_for_status()?;
    }
    Ok(())
}

/// People with sessions open the app at once, and chat.
async fn office(server: &mut Server, clients: usize) -> Result<CaseResult> {
    let users = server.users(clients).await?;
    let messages = Messages { writers: clients, each: OFFICE_MESSAGES };
    let began = Instant::now();
    try_join_all(users.iter().map(async |user| visit(&reqwest::Client::new(), user).await)).await?;
    chat(users, messages, began).await
}

/// People without sessions sign up at once, and greet each other.
async fn class(server: &mut Server, clients: usize) -> Result<CaseResult> {
    let began = Instant::now();
    let sign_ups = (0..clients)
        .map(async |number| server.sign_up(Ipv4Addr::LOCALHOST, &format!("pupil {number}")).await);
    let users = try_join_all(sign_ups).await?;
    chat(users, Messages { writers: clients, each: 1 }, began).await
}

/// One person opens several tabs at once, several times, and writes in all of them.
async fn tabs(server: &mut Server, clients: usize) -> Result<CaseResult> {
    let user = server.sign_up(Ipv4Addr::LOCALHOST, "person").await?;
    let tabs = vec![user.clone(); clients];
    let (began, mut refusals) = (Instant::now(), Vec::new());
    for _ in 0..RELOADS {
        let visits = tabs.iter().map(async |user| visit(&reqwest::Client::new(), user).await);
        try_join_all(visits).await?;
        let nothing = Messages { writers: 0, each: 0 };
        refusals.extend(Group::arrive(tabs.clone(), nothing, false).await?.leave().await?);
    }
    let messages = Messages { writers: clients, each: TAB_MESSAGES };
    let mut result = chat(tabs, messages, began).await?;
    result.refusals.extend(refusals);
    Ok(result)
}

/// All clients lose their connections at once, some write meanwhile, and all come back.
async fn restart(server: &mut Server, clients: usize) -> Result<CaseResult> {
    let users = server.users(clients).await?;
    let messages = Messages { writers: WRITERS, each: WRITER_MESSAGES };
    let mut group = Group::arrive(users, messages, true).await?;
    server.take()?.kill().await?;
    group.begin_to_post();
    server.process = Some(server.command.start().await?);
    let began = Instant::now();
    group.receive_everything().await?;
    finish(group, clients, messages, began).await
}

/// All users connect, post, and receive everything.
async fn chat(users: Vec<TestUser>, messages: Messages, began: Instant) -> Result<CaseResult> {
    let clients = users.len();
    let mut group = Group::arrive(users, messages, false).await?;
    group.begin_to_post();
    group.receive_everything().await?;
    finish(group, clients, messages, began).await
}

async fn finish(
    group: Group,
    clients: usize,
    messages: Messages,
    began: Instant,
) -> Result<CaseResult> {
    let duration = began.elapsed();
    let refusals = group.leave().await?;
    Ok(CaseResult { clients, messages: messages.total(), duration, refusals })
}
