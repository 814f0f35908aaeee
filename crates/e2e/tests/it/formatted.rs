//! Formatted messages: a part of the corpus of `crates/markup`, posted through the server and drawn by the app.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::{until, until_true};

const CORPUS: &str = include_str!("../../../markup/tests/it/corpus.txt");

/// The texts of the corpus that are posted.
const POSTED: &[&str] = &[
    "bold with signs beside Korean, 1",
    "bold, 10",
    "strike, 2",
    "code within a line, 2",
    "blocks of code, 2",
    "quotes, 2",
    "lists, 9",
    "lists, 14",
    "tasks, 7",
    "links, 2",
    "links, 6",
    "labels that look like another address, 1",
    "labels that look like another address, 11",
    "targets that are no web, 12",
    "images, 1",
    "tables, 2",
    "headings, 2",
    "headings, 8",
    "line breaks, 1",
    "HTML is text, 8",
    "formulas are left alone, 3",
    "right to left, 2",
    "a whole message",
];

/// The drawn nodes of a message, in the notation of the corpus.
const NOTATION: &str = r#"
    const words = node => [...node.childNodes].map(it => {
        if (it.nodeType !== Node.ELEMENT_NODE) return it.nodeType === Node.TEXT_NODE ? it.data.replaceAll('\n', '⏎') : '';
        if (it.matches('.visually-hidden')) return '';
        const name = { STRONG: 'bold', EM: 'italic', S: 'strike', CODE: 'code' }[it.tagName];
        if (name) return `{${name} ${words(it)}}`;
        if (it.tagName !== 'A') return words(it);
        const host = it.querySelector('.formatted-host');
        return `{link ${words(it.querySelector('bdi'))}${host ? ' ' + host.textContent : ''} -> ${it.getAttribute('href')}}`;
    }).join('');
    const indented = lines => lines.map(line => '  ' + line);
    const blocks = node => [...node.children].flatMap(block);
    const block = it => {
        if (it.matches('.formatted-heading')) return [`h${it.className.at(-1)} ${words(it.firstElementChild)}`];
        if (it.matches('p')) return [`p ${words(it)}`];
        if (it.matches('blockquote')) return ['quote', ...indented(blocks(it))];
        if (it.matches('hr')) return ['rule'];
        if (it.matches('figure')) {
            const language = it.querySelector('figcaption span').textContent;
            return [`code ${language}`.trim(), ...indented(it.querySelector('pre').textContent.split('\n'))];
        }
        if (it.matches('.formatted-table')) {
            const marks = { 'formatted-start': '<', 'formatted-center': '=', 'formatted-end': '>' };
            const rows = [...it.querySelectorAll('tr')].map(row => [...row.children]);
            const columns = rows[0].map(cell => marks[cell.className]).join('');
            return [`table ${columns}`, ...rows.map(row => '  ' + row.map(words).join(' | '))];
        }
        const start = it.tagName === 'OL' ? ` ${it.getAttribute('start')}` : '';
        const items = [...it.children].flatMap(item => {
            const task = item.querySelector(':scope > .formatted-task');
            const mark = task ? ` [${task.dataset.done === 'true' ? 'x' : ' '}]` : '';
            return [`item${mark}`, ...indented(blocks(item.lastElementChild))];
        });
        return [`list${start}`, ...indented(items)];
    };
    const shown = document.querySelector(`[data-seq="${arguments[0]}"] .formatted`);
    return shown ? blocks(shown).join('\n') : '';
"#;

/// The text and the nodes of a sample.
fn sample(name: &str) -> Result<(&'static str, &'static str)> {
    let sections = CORPUS.split("\n@@ ").filter_map(|section| section.split_once('\n'));
    let (_, found) = sections.into_iter().find(|(it, _)| *it == name).context("no such sample")?;
    let (text, nodes) = found.split_once("\n=>\n").context("no nodes")?;
    Ok((text, nodes.trim_end()))
}

async fn look(browser: &Browser, view: &str) -> Result<()> {
    browser.until_animations_end().await?;
    axe::check(browser, view).await?;
    browser.screenshot(view).await
}

/// Waits until a message is drawn as these nodes.
async fn until_drawn(browser: &Browser, seq: usize, nodes: &str) -> Result<()> {
    let mut last = String::new();
    let what = format!("message {seq} is drawn");
    let drawn = until(&what, async || {
        last = browser.eval(NOTATION, [seq.into()]).await?;
        Ok((last == nodes).then_some(()))
    });
    drawn.await.with_context(|| format!("drawn is\n{last}\nand not\n{nodes}"))
}

#[tokio::test]
async fn a_formatted_message_is_drawn_as_the_corpus_says() -> Result<()> {
    BrowserTest::run("formatted", async |test| {
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        for (seq, name) in (1..).zip(POSTED) {
            let (text, nodes) = sample(name)?;
            minsu.send(FIRST_ROOM, text).await?;
            until_drawn(browser, seq, nodes).await.with_context(|| format!("{name}: {text}"))?;
        }
        look(browser, "formatted-en-desktop").await?;
        let phone = test.chat_page("Theo", Device::phone(Lang::Ko)).await?;
        let (_, nodes) = sample(POSTED[POSTED.len() - 1])?;
        until_drawn(&phone.browser, POSTED.len(), nodes).await?;
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        phone.browser.devtools("Emulation.setEmulatedMedia", media.clone()).await?;
        look(&phone.browser, "formatted-ko-phone-dark").await?;
        browser.devtools("Emulation.setEmulatedMedia", media).await?;
        browser
            .run_script("document.querySelector('[data-testid=timeline]').scrollTop -= 700", [])
            .await?;
        look(browser, "formatted-en-desktop-dark").await?;
        // The page has no image, no script and no element that the text named.
        let foreign = "return document.querySelectorAll('.formatted :is(img, script, div:not([class], li > *))').length";
        let foreign: u64 = browser.eval(foreign, []).await?;
        ensure!(foreign == 0, "{foreign} elements of a text");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn spoilers_code_and_long_messages_are_opened_and_copied() -> Result<()> {
    BrowserTest::run("formatted-parts", async |test| {
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        let wide = format!("|{}|\n|{}", "a long title|".repeat(9), "---|".repeat(10));
        let lines: Vec<String> = (1..=40).map(|line| format!("line {line}")).collect();
        let texts = [
            "범인은 ||**집사**|| 그리고 ||정원사||".to_owned(),
            "```rust\nfn main() {}\n```".to_owned(),
            wide + "\n|1|2|3|4|5|6|7|8|9|10|",
            lines.join("\n"),
            "@민수 **보세요**".to_owned(),
        ];
        minsu.send_all(FIRST_ROOM, texts).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::Ko)).await?;
        let browser = &jane.browser;
        // A mention within a formatted message is one.
        browser.find_css("[data-seq='5'] .formatted .mention").await?;

        // A long message is folded, and stays open when its row is drawn again.
        let folded = browser.find("long-message").await?.rect().await?.height;
        browser.until_text("fold-message", |text| text == "메시지 모두 보기").await?;
        look(browser, "formatted-folded-ko-desktop").await?;
        browser.click("fold-message").await?;
        browser.until_text("fold-message", |text| text == "접기").await?;
        until_true("the message is open", async || {
            Ok(browser.find("long-message").await?.rect().await?.height > folded * 1.5)
        })
        .await?;
        let up = "document.querySelector('[data-testid=timeline]').scrollTop = 0";
        browser.run_script(up, []).await?;

        // A spoiler opens on a click, and by the keyboard.
        browser.find("spoiler").await?;
        browser.click("spoiler").await?;
        browser.until_text("spoiler-open", |text| text == "집사").await?;
        let row = "return document.activeElement.dataset.seq";
        let focused: Option<String> = browser.eval(row, []).await?;
        ensure!(focused.as_deref() == Some("1"), "the focus is at {focused:?}");
        browser.keys(Key::Right).await?;
        browser.until_focus("spoiler").await?;
        browser.keys(Key::Enter).await?;
        browser.until_gone("spoiler").await?;

        // A test has no permission to read the clipboard.
        let write = "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve() }";
        browser.run_script(write, []).await?;
        browser.click("copy-code").await?;
        browser.find_css("figcaption [role=status]:not(:empty)").await?;
        let copied: String = browser.eval("return window.copied", []).await?;
        ensure!(copied == "fn main() {}", "{copied:?}");
        // A wide table scrolls in itself.
        let widths: [f64; 3] = browser
            .eval("const it = document.querySelector('.formatted-table'); const list = document.querySelector('[data-testid=timeline]'); return [it.scrollWidth - it.clientWidth, list.scrollWidth - list.clientWidth, it.clientWidth]", [])
            .await?;
        ensure!(widths[0] > 0.0 && widths[1] <= 0.0, "{widths:?}");
        look(browser, "formatted-parts-ko-desktop").await?;
        Ok(())
    })
    .await
}
