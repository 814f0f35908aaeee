//! The position of the timeline: it opens at its end or at the first new message, stays there, and marks as read only
//! shown messages.

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::list_position::{list_position, until_at_end};
use crate::support::test_client::TestClient;
use crate::support::wait::{until, until_true};

async fn set_screen(browser: &Browser, width: u32, height: u32) -> Result<()> {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
    Ok(())
}

/// The part of the room's height that the field of the composer takes.
const COMPOSER_PART: &str = "const height = (it) => it.getBoundingClientRect().height; \
    return height(document.getElementById('composer')) / height(document.querySelector('.chat'))";

/// Lets the app's next frames wait, as on a busy machine, so that a burst of messages arrives in one frame.
const STOP_FRAMES: &str = "const wait = []; const start = window.requestAnimationFrame; \
    window.requestAnimationFrame = (work) => wait.push(work); \
    window.waiting = () => wait.length; \
    window.startFrames = () => { window.requestAnimationFrame = start; wait.forEach((work) => start(work)) }";
const MARK_READ: &str = "document.querySelector('[data-testid=\"mark-read\"]')?.click()";

#[tokio::test]
async fn a_timeline_that_nobody_scrolls_stays_at_its_end() -> Result<()> {
    BrowserTest::run("end", async |test| {
        let mut author = TestClient::connect(&test.server, "민수").await?;
        let short = (1..=40).map(|n| format!("short {n}"));
        let long = "The quick brown fox jumps over. ".repeat(19);
        author.send_all(FIRST_ROOM, short.chain([long.trim().to_owned(), "ok".into()])).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let browser = &jane.browser;
        until_at_end(browser, "load", 42).await?;
        browser.screenshot("timeline-end-en-phone").await?;
        browser.reload().await?;
        until_at_end(browser, "reload", 42).await?;

        for (what, width, height) in [
            ("rotation", 844, 390),
            ("rotation back", 390, 844),
            ("keyboard", 390, 460),
            ("no keyboard", 390, 844),
        ] {
            set_screen(browser, width, height).await?;
            until_at_end(browser, what, 42).await?;
        }
        let composer = browser.find("composer").await?;
        composer.focus().await?;
        for _ in 0..6 {
            browser.chord(Key::Shift, Key::Enter.value().to_string()).await?;
        }
        until_at_end(browser, "a growing composer", 42).await?;
        // It grows to two fifths of the room, over an open keyboard too.
        composer.send_keys(format!("{}", Key::Shift + Key::Enter).repeat(30)).await?;
        for (what, height) in [("a high composer", 844), ("a high composer and a keyboard", 460)] {
            set_screen(browser, 390, height).await?;
            until_at_end(browser, what, 42).await?;
            let part: f64 = browser.eval(COMPOSER_PART, []).await?;
            ensure!((0.35..=0.4).contains(&part), "{what} has {part} of the room");
        }
        set_screen(browser, 390, 844).await?;
        for (what, style) in [
            ("fonts arrive", ".chat-bubble { font-size: 1.4em; line-height: 2 }"),
            (
                "images arrive",
                ".chat-bubble::after { content: ''; display: block; block-size: 90px }",
            ),
            ("images vanish", ".chat-bubble::after { display: none }"),
        ] {
            let script = "const sheet = new CSSStyleSheet(); sheet.replaceSync(arguments[0]); \
                document.adoptedStyleSheets.push(sheet)";
            browser.run_script(script, [style.into()]).await?;
            until_at_end(browser, what, 42).await?;
        }

        // New messages are followed and read.
        author.send_all(FIRST_ROOM, (43..=46).map(|n| format!("line {n}"))).await?;
        until_at_end(browser, "new messages", 46).await?;
        let database = test.server.database()?;
        until_true("they are read", async || Ok(database.read_mark(FIRST_ROOM, "Jane")? == 46))
            .await?;

        // A burst that is faster than the read mark does not stop the list.
        browser.run_script(STOP_FRAMES, []).await?;
        author.send_all(FIRST_ROOM, (47..=86).map(|n| format!("burst {n}"))).await?;
        until_true("a frame waits", async || browser.eval("return waiting() > 0", []).await)
            .await?;
        browser.run_script("startFrames()", []).await?;
        until_at_end(browser, "a burst", 86).await?;
        until_true("they are read, or in the bar", async || {
            Ok(browser.has("unread-bar").await? || database.read_mark(FIRST_ROOM, "Jane")? == 86)
        })
        .await?;
        until_at_end(browser, "the line of a burst", 86).await?;
        until_true("they are read", async || {
            browser.run_script(MARK_READ, []).await?;
            Ok(database.read_mark(FIRST_ROOM, "Jane")? == 86)
        })
        .await?;

        // Only the reader leaves the end, and finds the way back.
        let up = "document.querySelector('[data-testid=\"timeline\"]').scrollTop -= 200";
        browser.run_script(up, []).await?;
        author.send(FIRST_ROOM, "line 87").await?;
        browser.until_text("jump-newest", |text| text.contains("1 new message")).await?;
        assert_eq!(database.read_mark(FIRST_ROOM, "Jane")?, 86);
        browser.click("jump-newest").await?;
        until_at_end(browser, "a jump", 87).await
    })
    .await
}

/// A phone whose user has read everything, and the users who write to her.
struct Reader<'a> {
    test: &'a BrowserTest,
    page: ChatPage,
    writers: Vec<TestClient>,
    /// The number of messages in the room.
    count: u64,
    /// The read mark.
    mark: u64,
}

impl<'a> Reader<'a> {
    async fn new(test: &'a BrowserTest) -> Result<Self> {
        let page = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        let mut writers = Vec::new();
        for name in ["하나", "두리", "세찬", "네온"] {
            writers.push(TestClient::connect(&test.server, name).await?);
        }
        Ok(Self { test, page, writers, count: 0, mark: 0 })
    }

    fn browser(&self) -> &Browser {
        &self.page.browser
    }

    async fn goto(&self, path: &str) -> Result<()> {
        self.browser().goto(&self.test.server.url(path)).await?;
        self.page.until_connection("live").await
    }

    /// On another page, that many messages arrive; one of them mentions Jane. The app is loaded there again, so that it
    /// knows only the newest messages. Everything before is read.
    async fn away(&mut self, unread: u64, mention: u64) -> Result<()> {
        if self.browser().has("unread-bar").await? {
            self.browser().click("mark-read").await?;
        }
        until("everything is read", async || {
            let mark = self.server_mark()?;
            ensure!(mark == self.count, "the mark is {mark} of {}", self.count);
            Ok(Some(()))
        })
        .await?;
        self.mark = self.count;
        self.goto("/notices").await?;
        let first = self.count + 1;
        self.count += unread;
        let text = |seq: u64| match seq {
            _ if seq == first - 1 + mention => "@Jane look".to_owned(),
            _ => format!(
                "message {seq}{}",
                " of several words".repeat(usize::try_from(seq % 5).unwrap_or(0))
            ),
        };
        let texts: Vec<String> = (first..=self.count).map(text).collect();
        for (writer, texts) in self.writers.iter_mut().zip(texts.chunks(45)) {
            writer.send_all(FIRST_ROOM, texts.iter().cloned()).await?;
        }
        self.goto("/notices").await?;
        let shown = if unread > 99 { "99+".to_owned() } else { unread.to_string() };
        until("the messages are counted", async || {
            let unread = self.browser().text("chat-count").await?;
            ensure!(unread.as_ref() == Some(&shown), "{unread:?} are unread");
            Ok(Some(()))
        })
        .await
    }

    /// Follows a link inside the app, wherever it is.
    async fn follow(&self, css: &str) -> Result<()> {
        let script = "document.querySelector(arguments[0]).click()";
        self.browser().find_css(css).await?;
        self.browser().run_script(script, [css.into()]).await
    }

    async fn open_from_list(&self) -> Result<()> {
        self.follow("[data-testid='rail-chat']").await?;
        self.follow("[data-testid='room-1']").await
    }

    fn server_mark(&self) -> Result<u64> {
        self.test.server.database()?.read_mark(FIRST_ROOM, "Jane")
    }

    /// Waits until the timeline stands at the first new message, and checks that the messages on that screen are read,
    /// and no others.
    async fn until_at_first_new(&mut self, what: &str) -> Result<()> {
        let before = self.mark;
        let mark =
            until(format_args!("{what}: the first new message is on the screen"), async || {
                let (position, mark) = (list_position(self.browser()).await?, self.server_mark()?);
                let left = format!("{} new since ", self.count - mark);
                let stands_there = position.new_line.is_some_and(|at| (0.0..0.9).contains(&at))
                    && position.first <= before + 1
                    && position.below > 1.0
                    && position.unread_bar.as_ref().is_some_and(|bar| bar.starts_with(&left));
                ensure!(
                    stands_there && mark == position.last && mark > before,
                    "the mark was {before} and is {mark}; {position:?}"
                );
                Ok(Some(mark))
            })
            .await?;
        self.mark = mark;
        Ok(())
    }

    /// Waits until a message is on the screen, and checks that the read mark has not moved.
    async fn until_shown_unread(&self, what: &str, seq: u64) -> Result<()> {
        until(format_args!("{what}: message {seq} is on the screen"), async || {
            let (position, mark) = (list_position(self.browser()).await?, self.server_mark()?);
            let left = format!("{} new", self.count - self.mark);
            let is_shown = (position.first..=position.last).contains(&seq)
                && position.unread_bar.as_ref().is_some_and(|bar| bar.starts_with(&left));
            ensure!(
                is_shown && mark == self.mark,
                "the mark was {} and is {mark}; {position:?}",
                self.mark
            );
            Ok(Some(()))
        })
        .await
    }
}

#[tokio::test]
async fn a_room_opens_at_its_first_new_message_and_reads_one_screen() -> Result<()> {
    BrowserTest::run("first-new", async |test| {
        let mut reader = Reader::new(test).await?;
        for unread in [30, 49, 60, 150] {
            reader.away(unread, 0).await?;
            reader.open_from_list().await?;
            reader.until_at_first_new(&format!("list, {unread}")).await?;
        }
        reader.browser().screenshot("timeline-first-new-en-phone").await?;

        // The next screen, in every other way into the room.
        reader.browser().reload().await?;
        reader.until_at_first_new("reload").await?;
        reader.follow("[data-testid='bell']").await?;
        reader.browser().find("notices").await?;
        reader.browser().back().await?;
        reader.until_at_first_new("back").await?;
        let first_tab = reader.browser().tab().await?;
        reader.browser().new_tab().await?;
        reader.goto("/rooms/1").await?;
        reader.until_at_first_new("second tab").await?;
        reader.browser().close_tab().await?;
        reader.browser().switch_to(&first_tab).await?;

        // A jump over unread messages reads none of them.
        reader.browser().click("jump-newest").await?;
        reader.until_shown_unread("jump", reader.count).await?;
        reader.browser().screenshot("timeline-passed-en-phone").await?;
        reader.browser().click("unread-first").await?;
        until_true("the first new message is there again", async || {
            Ok(list_position(reader.browser())
                .await?
                .new_line
                .is_some_and(|at| (0.0..0.9).contains(&at)))
        })
        .await?;
        // Reading on to the end closes the gap.
        let down = "const list = document.querySelector('[data-testid=\"timeline\"]'); \
            list.scrollTop += list.clientHeight / 2";
        until_true("everything is read", async || {
            list_position(reader.browser()).await?;
            reader.browser().run_script(down, []).await?;
            Ok(reader.server_mark()? == reader.count)
        })
        .await?;
        reader.browser().until_gone("unread-bar").await
    })
    .await
}

#[tokio::test]
async fn a_link_to_a_message_does_not_read_the_messages_around_it() -> Result<()> {
    BrowserTest::run("linked", async |test| {
        let mut reader = Reader::new(test).await?;
        reader.away(150, 60).await?;
        reader.follow("[data-testid='notices'] li:first-child a").await?;
        reader.until_shown_unread("a mention", 60).await?;
        reader.goto(&format!("/rooms/1/messages/{}", reader.count)).await?;
        reader.until_shown_unread("a link to the newest message", reader.count).await?;
        set_screen(reader.browser(), 844, 390).await?;
        reader.until_shown_unread("rotation", reader.count).await?;
        set_screen(reader.browser(), 390, 844).await?;
        reader.browser().click("unread-first").await?;
        reader.until_at_first_new("the bar").await?;
        let mark = reader.mark;
        reader.away(60, 0).await?;
        assert!(mark < 150, "the button has read the rest");
        Ok(())
    })
    .await
}
