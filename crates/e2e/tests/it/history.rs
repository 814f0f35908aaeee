//! Older messages: loading, scroll position and the number of drawn rows.

use anyhow::{Context, Result};
use madang_shared::Timestamp;
use serde::Deserialize;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::{until, until_true};

/// A row counts as unmoved if it moves no further than this, in pixels.
const MAX_SHIFT: f64 = 2.0;
/// The sum of all shifts after all scrolling stays below the height of a line, in pixels.
const LINE_HEIGHT: f64 = 20.0;
/// The limit of drawn rows, for any number of messages.
const MAX_ROWS: usize = 200;

#[tokio::test]
async fn older_messages_load_while_scrolling_without_jumps() -> Result<()> {
    BrowserTest::run("history", async |test| {
        // Several senders, because of the rate limit per user.
        let (mut a, mut b, mut c) = tokio::try_join!(
            TestClient::connect(&test.server, "하나"),
            TestClient::connect(&test.server, "Two"),
            TestClient::connect(&test.server, "세찬"),
        )?;
        let texts = |who: &'static str| (1..=100).map(move |n| message_text(who, n));
        tokio::try_join!(
            a.send_all(FIRST_ROOM, texts("하나")),
            b.send_all(FIRST_ROOM, texts("Two")),
            c.send_all(FIRST_ROOM, texts("세찬")),
        )?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        until_bottom(&jane, 300).await?;
        assert!(!jane.browser.has("jump-newest").await?);

        let jumps = scroll_to_start(&jane).await?;
        // A scroll position is exact to one pixel.
        let drift: f64 = jumps.iter().filter(|jump| jump.abs() > 1.0).sum();
        assert!(drift.abs() < LINE_HEIGHT, "the rows shifted by {drift} pixels: {jumps:?}");

        // Nothing jumps when a message arrives below, either.
        until_true("the timeline is scrolled to the middle", async || {
            let script = "const list = document.querySelector('[data-testid=\"timeline\"]'); \
                list.scrollTop = 4000; const done = arguments[0]; \
                requestAnimationFrame(() => requestAnimationFrame(() => done(list.scrollTop)))";
            let top: f64 = jane.browser.eval_async(script, []).await?;
            Ok((top - 4000.0).abs() < 1.0)
        })
        .await?;
        let before = first_on_screen(&jane).await?;
        // A new connection, because the scrolling may take longer than a silent one is kept.
        let mut late = TestClient::connect(&test.server, "늦둥이").await?;
        late.send(FIRST_ROOM, "the newest").await?;
        jane.browser.until_text("jump-newest", |text| text.contains("1 new message")).await?;
        let after = row_position(&jane, before.seq).await?;
        assert!((after.top - before.top).abs() <= MAX_SHIFT, "{before:?} {after:?}");
        jane.until_only_unread(FIRST_ROOM, 1).await?;

        jane.browser.click("jump-newest").await?;
        until_bottom(&jane, 301).await?;
        jane.browser.until_gone("jump-newest").await?;
        jane.until_only_unread(FIRST_ROOM, 0).await?;

        let whole = jane.whole_timeline().await?;
        let places: Vec<u64> = whole.iter().filter_map(|message| message.seq).collect();
        assert_eq!(places, (1..=301).collect::<Vec<_>>(), "every message once, without a gap");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn no_frame_shows_a_jump_while_older_messages_load() -> Result<()> {
    BrowserTest::run("frames", async |test| {
        for (index, name) in ["하나", "Two", "세찬"].into_iter().enumerate() {
            let mut sender = TestClient::connect(&test.server, name).await?;
            let texts =
                (1..=100).map(|n| message_text(name, n + 100 * u64::try_from(index).unwrap_or(0)));
            sender.send_all(FIRST_ROOM, texts).await?;
        }
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        until_bottom(&jane, 300).await?;
        let jumps = scroll_to_start(&jane).await?;
        assert!(jumps.iter().all(|jump| jump.abs() <= MAX_SHIFT), "{jumps:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn ten_thousand_messages_draw_a_bounded_number_of_rows() -> Result<()> {
    BrowserTest::run("many", async |test| {
        let author = TestClient::sign_up(&test.server, "말 많은 사람").await?.user;
        test.server.kill().await?;
        let last = Timestamp(1_795_000_000_000);
        test.server
            .database()?
            .insert_messages(FIRST_ROOM, &author, 10_000, last, |n| message_text("줄", n))?;
        test.server.restart().await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        until_bottom(&jane, 10_000).await?;

        let up = "const done = arguments[0]; \
            const list = document.querySelector('[data-testid=\"timeline\"]'); \
            list.scrollTop = 0; \
            requestAnimationFrame(() => requestAnimationFrame(() => done([ \
                list.querySelectorAll('li').length, \
                Number(list.querySelector('[data-seq]').dataset.seq)])))";
        let (mut most, mut first) = (0, 10_000);
        while first > 1 {
            first = until("older messages are loaded", async || {
                let (rows, now_first): (usize, u64) = jane.browser.eval_async(up, []).await?;
                most = most.max(rows);
                Ok((now_first < first).then_some(now_first))
            })
            .await?;
        }
        assert!(most < MAX_ROWS, "{most} rows were drawn at a time");

        jane.browser.click("jump-newest").await?;
        until_bottom(&jane, 10_000).await?;
        jane.send("one more").await?;
        until_bottom(&jane, 10_001).await?;
        let rows: usize = jane
            .browser
            .eval("return document.querySelectorAll('[data-testid=\"timeline\"] li').length", [])
            .await?;
        assert!(rows < MAX_ROWS, "{rows} rows are drawn");
        Ok(())
    })
    .await
}

/// Messages of very different heights.
fn message_text(who: &str, n: u64) -> String {
    // No two screenfuls of messages have the same height.
    let words = usize::try_from(n * n * 7 % 23).unwrap_or_default();
    format!("{who} {n}{}", " 마당에서 나눈 이야기".repeat(words * words / 20))
}

/// A message and the top of its row in the timeline, in pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
struct RowPosition {
    seq: u64,
    top: f64,
}

/// JavaScript definitions: the timeline, its rows and their positions.
const LIST: &str = "const list = document.querySelector('[data-testid=\"timeline\"]'); \
    const top = row => row.getBoundingClientRect().top - list.getBoundingClientRect().top; \
    const rows = () => [...list.querySelectorAll('[data-seq]')]; \
    const first = () => rows().find(row => top(row) >= 0); \
    const seen = row => ({ seq: Number(row.dataset.seq), top: top(row) });";

async fn first_on_screen(page: &ChatPage) -> Result<RowPosition> {
    page.browser.eval(&format!("{LIST} return seen(first())"), []).await
}

async fn row_position(page: &ChatPage, seq: u64) -> Result<RowPosition> {
    let script = format!(
        "{LIST} const row = list.querySelector(`[data-seq=\"${{arguments[0]}}\"]`); \
        return row === null ? null : seen(row)"
    );
    let found: Option<RowPosition> = page.browser.eval(&script, [seq.into()]).await?;
    found.with_context(|| format!("message {seq} is not drawn"))
}

/// Scrolls up to the start in small steps, while older messages load. Returns for each step how far a visible
/// message moved beyond the scrolled distance.
async fn scroll_to_start(page: &ChatPage) -> Result<Vec<f64>> {
    let script = format!(
        "{LIST} const done = arguments[0]; const jumps = []; \
        const step = () => {{ \
            const row = rows().find(row => top(row) >= 100); const seq = row.dataset.seq; \
            const before = top(row); const from = list.scrollTop; \
            if (from === 0 && rows()[0].dataset.seq === '1') return done(jumps); \
            list.scrollTop = from - 160; const scrolled = from - list.scrollTop; \
            requestAnimationFrame(() => setTimeout(() => {{ \
                const again = list.querySelector(`[data-seq=\"${{seq}}\"]`); \
                jumps.push(again === null ? 1e6 : top(again) - before - scrolled); \
                step(); \
            }})); \
        }}; \
        step()"
    );
    page.browser.eval_async(&script, []).await
}

/// Waits until a message is the last one and entirely visible.
async fn until_bottom(page: &ChatPage, seq: u64) -> Result<()> {
    let script = format!(
        "{LIST} const row = rows().at(-1); \
        return row !== undefined && Number(row.dataset.seq) === arguments[0] \
            && top(row) + row.offsetHeight <= list.clientHeight + 1"
    );
    until(format_args!("message {seq} is at the bottom"), async || {
        Ok(page.browser.eval::<bool>(&script, [seq.into()]).await?.then_some(()))
    })
    .await
}
