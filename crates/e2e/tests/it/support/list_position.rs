//! The scroll position of the timeline, and the messages on the screen.

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::browser::Browser;
use super::wait::until;

/// The position of the timeline.
#[derive(Debug, Deserialize)]
pub(crate) struct ListPosition {
    /// The pixels below the visible part.
    pub(crate) below: f64,
    /// The first and the last message that end in the visible part.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The distance of the line above new messages from the top, in heights of the timeline.
    pub(crate) new_line: Option<f64>,
    pub(crate) has_jump_button: bool,
    pub(crate) unread_bar: Option<String>,
}

/// Waits for two frames, so that all corrections have been made.
pub(crate) async fn list_position(browser: &Browser) -> Result<ListPosition> {
    let script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => { \
        const list = document.querySelector('[data-testid=\"timeline\"]'); \
        const frame = list.getBoundingClientRect(); \
        const ends = [...list.querySelectorAll('[data-seq]')].filter(row => { \
            const end = row.closest('li').getBoundingClientRect().bottom; \
            return end > frame.top && end <= frame.bottom + 2; \
        }); \
        const line = list.querySelector('[data-testid=\"new-line\"]'); \
        done({ \
            below: list.scrollHeight - list.scrollTop - list.clientHeight, \
            first: Number(ends.at(0)?.dataset.seq ?? 0), \
            last: Number(ends.at(-1)?.dataset.seq ?? 0), \
            new_line: line && (line.getBoundingClientRect().top - frame.top) / frame.height, \
            has_jump_button: document.querySelector('[data-testid=\"jump-newest\"]') !== null, \
            unread_bar: document.querySelector('[data-testid=\"unread-bar\"]')?.textContent ?? null, \
        }); \
    }))";
    browser.eval_async(script, []).await
}

/// Waits until a message is the last one, at the end of the timeline, without a button that covers it.
pub(crate) async fn until_at_end(browser: &Browser, what: &str, seq: u64) -> Result<()> {
    until(format_args!("{what}: message {seq} is at the end"), async || {
        let position = list_position(browser).await?;
        let is_at_end =
            position.below.abs() <= 1.0 && position.last == seq && !position.has_jump_button;
        ensure!(is_at_end, "{position:?}");
        Ok(Some(()))
    })
    .await
}
