//! How the app feels, beside a page made with React and Socket.IO that shows the same list: `just
//! load-web`. Both are measured in the same run, in turns, each time in a browser of their own, with the
//! same scripts; what is compared are medians. Nobody is held to a number here.

mod film;
mod hall;
mod page;
mod react;
mod report;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use hall::{Hall, Side};
use page::{Busy, Page};
use report::Report;

/// Messages that arrive as fast as they come.
const FLOOD: usize = 10_000;
/// Messages that are held.
const HELD: usize = 100_000;
/// Messages that arrive one by one at the end of those that are held, and how many a second.
const APPENDS: usize = 1_000;
const APPENDS_PER_SECOND: usize = 100;
/// Messages a second while somebody types.
const WHILE_TYPING_PER_SECOND: usize = 200;
/// Keys that are pressed meanwhile, and the pause between two of them.
const KEYS: usize = 120;
const KEY_EVERY: Duration = Duration::from_millis(60);
/// A page may take this long to hold them all.
const HOLDING: Duration = Duration::from_mins(4);

#[tokio::test]
#[ignore = "a measurement: `just load-web`"]
async fn load_web() -> Result<()> {
    let rounds = std::env::var("MADANG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let rounds: usize = rounds.unwrap_or(3);
    let only = std::env::var("MADANG_ONLY").unwrap_or_default();
    let mut report = Report::default();
    let measured = measure(rounds, &only, &mut report).await;
    // What was measured before a failure is worth a look.
    println!("{}", report.table()?);
    measured?;
    if only.is_empty() {
        film::shoot().await.context("the film")?;
        report.write(rounds)?;
    }
    Ok(())
}

/// Measures what is wanted; all of it if nothing is named.
#[expect(clippy::print_stderr, reason = "it takes long: somebody may want to see how far it is")]
async fn measure(rounds: usize, only: &str, report: &mut Report) -> Result<()> {
    let wanted = |part: &str| only.is_empty() || only.contains(part);
    for round in 0..rounds {
        for side in sides(round) {
            let (name, mut told) = (side.name(), report.of(side));
            eprintln!("load-web: round {} of {rounds}, {name}", round + 1);
            if wanted("load") {
                // What takes moments is measured more often than what takes minutes.
                for _ in 0..3 {
                    loads(side, &mut told).await.with_context(|| format!("{name} loads"))?;
                }
            }
            if wanted("flood") {
                flood(side, &mut told).await.with_context(|| format!("{name} in a flood"))?;
            }
            if wanted("held") {
                held(side, &mut told).await.with_context(|| format!("{name} holds many"))?;
            }
        }
    }
    Ok(())
}

/// Whoever was first is last in the next round.
fn sides(round: usize) -> [Side; 2] {
    if round.is_multiple_of(2) { [Side::Madang, Side::React] } else { [Side::React, Side::Madang] }
}

/// Opens a server of that side and a browser that never saw it, and ends both, whatever happens.
async fn on_page(
    side: Side,
    history: usize,
    play: impl AsyncFnOnce(&mut Hall, &Page) -> Result<()>,
) -> Result<()> {
    let mut hall = Hall::open(side, history).await?;
    let page = Page::fresh(&hall).await?;
    let outcome = play(&mut hall, &page).await;
    page.quit().await;
    hall.close().await;
    outcome
}

/// Loads into a profile that never saw the page, fast and slow, and again as somebody who comes back.
async fn loads(side: Side, told: &mut report::Column<'_>) -> Result<()> {
    for (line, slow) in [("loopback", false), ("slow line", true)] {
        on_page(side, 50, async |hall, page| {
            page.slow_down(slow).await?;
            page.goto(&hall.url("/")).await?;
            let load = page.load().await?;
            told.put(&format!("first contentful paint, {line}"), load.paint);
            told.put(&format!("first interactive, {line}"), load.interactive);
            told.put(&format!("everything runs, {line}"), load.running);
            page.enter("Visitor").await?;
            page.until_last(50).await?;
            page.settle().await?;
            page.goto(&hall.url("/room")).await?;
            let again = page.second_visit().await?;
            told.put(&format!("second visit: first contentful paint, {line}"), again.paint);
            told.put(&format!("second visit: the last messages show, {line}"), again.messages);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn flood(side: Side, told: &mut report::Column<'_>) -> Result<()> {
    on_page(side, 0, async |hall, page| {
        page.goto(&hall.url("/")).await?;
        page.enter("Visitor").await?;
        hall.gather(FLOOD).await?;
        page.watch_frames().await?;
        let before = page.busy().await?;
        let started = Instant::now();
        hall.flood(FLOOD).await?;
        page.until_last(FLOOD).await?;
        told.put("10,000 messages: until the last is shown", millis(started.elapsed()));
        told.busy("10,000 messages", page.busy().await?.since(before));
        told.frames("10,000 messages", &page.frames().await?);
        Ok(())
    })
    .await
}

async fn held(side: Side, told: &mut report::Column<'_>) -> Result<()> {
    on_page(side, HELD, async |hall, page| {
        page.goto(&hall.url("/")).await?;
        page.enter("Visitor").await?;
        page.until_last(HELD).await?;
        hold(page, told).await?;
        append(hall, page, told).await?;
        let said = write(hall, page, told).await?;
        page.until_last(HELD + APPENDS + said).await?;
        scroll(page, told).await
    })
    .await
}

async fn hold(page: &Page, told: &mut report::Column<'_>) -> Result<()> {
    let started = Instant::now();
    let before = page.busy().await?;
    let held = page.hold_all(HELD, HOLDING).await?;
    told.put("messages held", f64::from(u32::try_from(held)?));
    told.put("until they are held, page by page", millis(started.elapsed()));
    told.busy("until they are held, page by page", page.busy().await?.since(before));
    page.to_bottom().await?;
    let memory = page.memory().await?;
    told.put("memory: JavaScript", memory.script);
    told.put("memory: wasm", memory.wasm);
    told.put("memory: JavaScript and wasm", memory.script + memory.wasm);
    Ok(())
}

async fn append(hall: &mut Hall, page: &Page, told: &mut report::Column<'_>) -> Result<()> {
    hall.gather(APPENDS).await?;
    page.watch_frames().await?;
    let before = page.busy().await?;
    hall.pace(APPENDS, APPENDS_PER_SECOND).await?;
    page.until_last(HELD + APPENDS).await?;
    told.busy("1,000 appends", page.busy().await?.since(before));
    told.frames("1,000 appends", &page.frames().await?);
    Ok(())
}

/// Answers how many messages arrived while somebody typed.
async fn write(hall: &mut Hall, page: &Page, told: &mut report::Column<'_>) -> Result<usize> {
    let said = WHILE_TYPING_PER_SECOND * KEYS * usize::try_from(KEY_EVERY.as_millis())? / 1_000;
    hall.gather(said).await?;
    let (typed, paced) =
        tokio::join!(page.type_keys(KEYS, KEY_EVERY), hall.pace(said, WHILE_TYPING_PER_SECOND));
    paced?;
    let [p50, p99, worst] = typed?;
    told.put("key press to letter: p50", p50);
    told.put("key press to letter: p99", p99);
    told.put("key press to letter: worst", worst);
    Ok(said)
}

async fn scroll(page: &Page, told: &mut report::Column<'_>) -> Result<()> {
    page.rest().await?;
    page.watch_frames().await?;
    let before = page.busy().await?;
    let jump = page.scroll().await?;
    told.busy("scrolling", page.busy().await?.since(before));
    told.frames("scrolling", &page.frames().await?);
    told.put("scrolling: the furthest that anything jumped", jump);
    // What the machine itself does to frames, with all else that goes on there: nothing moves on this page.
    page.goto("about:blank").await?;
    page.watch_frames().await?;
    page.rest().await?;
    told.frames("an empty page meanwhile", &page.frames().await?);
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

impl Busy {
    fn since(self, before: Self) -> Self {
        Self { task: self.task - before.task, script: self.script - before.script }
    }
}
