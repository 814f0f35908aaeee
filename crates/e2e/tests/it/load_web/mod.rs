//! The speed of the app beside a page with React and Socket.IO that shows the same list: `just load-web`. One run
//! measures both in turns, each time in a new browser and with the same scripts, and compares medians. There are no
//! limits to hold.

mod load_filmstrip;
mod measured_page;
mod measured_server;
mod react_server;
mod report;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use measured_page::{CpuTime, MeasuredPage};
use measured_server::{ComparedApp, MeasuredServer};
use report::Report;

/// The messages of a flood.
const FLOOD: usize = 10_000;
/// The messages in the room before the page loads them all.
const HISTORY: usize = 100_000;
/// Messages that are then appended one by one, and their rate.
const APPENDS: usize = 1_000;
const APPENDS_PER_SECOND: usize = 100;
/// The rate of messages that arrive during typing.
const WHILE_TYPING_PER_SECOND: usize = 200;
/// The key presses, and the time between two of them.
const KEYS: usize = 120;
const KEY_EVERY: Duration = Duration::from_millis(60);
/// The time limit for loading the whole history.
const HISTORY_TIMEOUT: Duration = Duration::from_mins(4);

#[tokio::test]
#[ignore = "a measurement: `just load-web`"]
async fn load_web() -> Result<()> {
    let rounds = std::env::var("MADANG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let rounds: usize = rounds.unwrap_or(3);
    let only = std::env::var("MADANG_ONLY").unwrap_or_default();
    let mut report = Report::default();
    let measured = measure(rounds, &only, &mut report).await;
    // The table is printed even after a failure.
    println!("{}", report.table()?);
    measured?;
    if only.is_empty() {
        load_filmstrip::record().await.context("the film strip")?;
        report.write(rounds)?;
    }
    Ok(())
}

/// Measures the parts that `only` names, or all if it is empty.
#[expect(clippy::print_stderr, reason = "the measurement is long and shows its progress")]
async fn measure(rounds: usize, only: &str, report: &mut Report) -> Result<()> {
    let wanted = |part: &str| only.is_empty() || only.contains(part);
    for round in 0..rounds {
        for app in apps(round) {
            let (name, mut column) = (app.name(), report.of(app));
            eprintln!("load-web: round {} of {rounds}, {name}", round + 1);
            if wanted("load") {
                // Loads are short, so they are measured more often.
                for _ in 0..3 {
                    loads(app, &mut column).await.with_context(|| format!("{name}: loads"))?;
                }
            }
            if wanted("flood") {
                flood(app, &mut column).await.with_context(|| format!("{name}: flood"))?;
            }
            if wanted("held") {
                measure_long_list(app, &mut column)
                    .await
                    .with_context(|| format!("{name}: long list"))?;
            }
        }
    }
    Ok(())
}

/// The order of the apps alternates from round to round.
fn apps(round: usize) -> [ComparedApp; 2] {
    if round.is_multiple_of(2) {
        [ComparedApp::Madang, ComparedApp::React]
    } else {
        [ComparedApp::React, ComparedApp::Madang]
    }
}

/// Runs `body` with a new server and a new browser, and ends both in every case.
async fn on_page(
    app: ComparedApp,
    history: usize,
    body: impl AsyncFnOnce(&mut MeasuredServer, &MeasuredPage) -> Result<()>,
) -> Result<()> {
    let mut server = MeasuredServer::open(app, history).await?;
    let page = MeasuredPage::open(&server).await?;
    let outcome = body(&mut server, &page).await;
    page.quit().await;
    server.close().await;
    outcome
}

/// Measures the first load in an empty profile and a second visit, over a fast and a slow network.
async fn loads(app: ComparedApp, column: &mut report::Column<'_>) -> Result<()> {
    for (line, slow) in [("loopback", false), ("slow line", true)] {
        on_page(app, 50, async |server, page| {
            page.emulate_slow_phone(slow).await?;
            page.goto(&server.url("/")).await?;
            let load = page.load().await?;
            column.put(&format!("first contentful paint, {line}"), load.paint);
            column.put(&format!("first interactive, {line}"), load.interactive);
            column.put(&format!("everything runs, {line}"), load.running);
            page.enter("Visitor").await?;
            page.until_last(50).await?;
            page.settle().await?;
            page.goto(&server.url("/room")).await?;
            let again = page.second_visit().await?;
            column.put(&format!("second visit: first contentful paint, {line}"), again.paint);
            column.put(&format!("second visit: the last messages show, {line}"), again.messages);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn flood(app: ComparedApp, column: &mut report::Column<'_>) -> Result<()> {
    on_page(app, 0, async |server, page| {
        page.goto(&server.url("/")).await?;
        page.enter("Visitor").await?;
        server.connect_senders(FLOOD).await?;
        page.watch_frames().await?;
        let before = page.cpu_time().await?;
        let started = Instant::now();
        server.flood(FLOOD).await?;
        page.until_last(FLOOD).await?;
        column.put("10,000 messages: until the last is shown", millis(started.elapsed()));
        column.cpu_time("10,000 messages", page.cpu_time().await?.minus(before));
        column.frames("10,000 messages", &page.frames().await?);
        Ok(())
    })
    .await
}

async fn measure_long_list(app: ComparedApp, column: &mut report::Column<'_>) -> Result<()> {
    on_page(app, HISTORY, async |server, page| {
        page.goto(&server.url("/")).await?;
        page.enter("Visitor").await?;
        page.until_last(HISTORY).await?;
        measure_history(page, column).await?;
        append(server, page, column).await?;
        let sent = type_text(server, page, column).await?;
        page.until_last(HISTORY + APPENDS + sent).await?;
        scroll(page, column).await
    })
    .await
}

async fn measure_history(page: &MeasuredPage, column: &mut report::Column<'_>) -> Result<()> {
    let started = Instant::now();
    let before = page.cpu_time().await?;
    let loaded = page.load_history(HISTORY, HISTORY_TIMEOUT).await?;
    column.put("messages held", f64::from(u32::try_from(loaded)?));
    column.put("until they are held, page by page", millis(started.elapsed()));
    column.cpu_time("until they are held, page by page", page.cpu_time().await?.minus(before));
    page.to_bottom().await?;
    let memory = page.memory().await?;
    column.put("memory: JavaScript", memory.script);
    column.put("memory: wasm", memory.wasm);
    column.put("memory: JavaScript and wasm", memory.script + memory.wasm);
    Ok(())
}

async fn append(
    server: &mut MeasuredServer,
    page: &MeasuredPage,
    column: &mut report::Column<'_>,
) -> Result<()> {
    server.connect_senders(APPENDS).await?;
    page.watch_frames().await?;
    let before = page.cpu_time().await?;
    server.pace(APPENDS, APPENDS_PER_SECOND).await?;
    page.until_last(HISTORY + APPENDS).await?;
    column.cpu_time("1,000 appends", page.cpu_time().await?.minus(before));
    column.frames("1,000 appends", &page.frames().await?);
    Ok(())
}

/// Types while messages arrive. Returns the number of messages.
async fn type_text(
    server: &mut MeasuredServer,
    page: &MeasuredPage,
    column: &mut report::Column<'_>,
) -> Result<usize> {
    let sent = WHILE_TYPING_PER_SECOND * KEYS * usize::try_from(KEY_EVERY.as_millis())? / 1_000;
    server.connect_senders(sent).await?;
    let (typed, paced) =
        tokio::join!(page.type_keys(KEYS, KEY_EVERY), server.pace(sent, WHILE_TYPING_PER_SECOND));
    paced?;
    let [p50, p99, worst] = typed?;
    column.put("key press to letter: p50", p50);
    column.put("key press to letter: p99", p99);
    column.put("key press to letter: worst", worst);
    Ok(sent)
}

async fn scroll(page: &MeasuredPage, column: &mut report::Column<'_>) -> Result<()> {
    page.rest().await?;
    page.watch_frames().await?;
    let before = page.cpu_time().await?;
    let jump = page.scroll().await?;
    column.cpu_time("scrolling", page.cpu_time().await?.minus(before));
    column.frames("scrolling", &page.frames().await?);
    column.put("scrolling: the furthest that anything jumped", jump);
    // An empty page shows the delays of frames that the machine itself causes.
    page.goto("about:blank").await?;
    page.watch_frames().await?;
    page.rest().await?;
    column.frames("an empty page meanwhile", &page.frames().await?);
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

impl CpuTime {
    fn minus(self, before: Self) -> Self {
        Self { task: self.task - before.task, script: self.script - before.script }
    }
}
