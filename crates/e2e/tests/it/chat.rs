//! The chat between two users: messages, reloads, typing, presence.

use anyhow::Result;
use thirtyfour::Key;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM, as_stored, texts};
use crate::support::device::{Device, Lang};
use crate::support::wait::{until, until_true};

#[tokio::test]
async fn t1_1_two_people_chat_both_ways_in_korean_and_english() -> Result<()> {
    BrowserTest::run("chat", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.browser.until_text("empty", |text| text.contains("아직 메시지가 없습니다.")).await?;
        jane.browser.until_text("empty", |text| text.contains("No message yet.")).await?;

        for (speaker, listener, text) in [
            (&minsu, &jane, "안녕하세요, 제인! 마당에 온 걸 환영해요."),
            (&jane, &minsu, "Hello Minsu, it's lovely here."),
            (&minsu, &jane, "한글도 English도 한 줄에 👋 <b>&amp;"),
        ] {
            let composer = speaker.browser.find("composer").await?;
            composer.focus().await?;
            speaker.browser.insert_text(text).await?;
            speaker.browser.keys(Key::Enter).await?;
            speaker.until_composer_text("").await?;
            assert_eq!(speaker.browser.focus().await?, "composer", "the composer keeps the focus");
            let own = speaker.until_stored(text).await?;
            let other = listener.until_stored(text).await?;
            assert!(own.mine && !other.mine);
            assert_eq!((&own.author, own.seq), (&other.author, other.seq));
        }

        let stored = test.server.database()?.messages(FIRST_ROOM)?;
        assert_eq!(stored.iter().map(|(seq, ..)| *seq).collect::<Vec<_>>(), [1, 2, 3]);
        for page in [&minsu, &jane] {
            let shown = page.messages().await?;
            assert_eq!(
                as_stored(&shown),
                stored,
                "every message once, in the same order, on both screens"
            );
            assert!(!page.browser.has("empty").await?, "the placeholder is gone");
        }
        // A message of another user that arrives at the end rises; one's own and the history do not move.
        assert_eq!(animation_of_newest(&jane).await?, "rise");
        assert_eq!(animation_of_newest(&minsu).await?, "none");
        jane.browser.reload().await?;
        jane.until_stored("한글도 English도 한 줄에 👋 <b>&amp;").await?;
        assert_eq!(animation_of_newest(&jane).await?, "none");
        Ok(())
    })
    .await
}

/// The name of the newest message's animation, whether it runs or has ended.
async fn animation_of_newest(page: &ChatPage) -> Result<String> {
    let script = "const shown = [...document.querySelectorAll('.chat-message')]; \
        return getComputedStyle(shown.at(-1)).animationName";
    page.browser.eval(script, []).await
}

#[tokio::test]
async fn a_reload_keeps_name_history_and_draft() -> Result<()> {
    BrowserTest::run("reload", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        minsu.send("첫 번째").await?;
        minsu.send("두 번째").await?;
        minsu.until_stored("두 번째").await?;
        minsu.browser.find("composer").await?.send_keys("쓰다 만 말").await?;
        minsu.until_composer_text("쓰다 만 말").await?;

        minsu.browser.reload().await?;
        minsu.open_composer().await?;

        minsu.until_stored("두 번째").await?;
        let shown = minsu.messages().await?;
        assert_eq!(texts(&shown), ["첫 번째", "두 번째"]);
        assert!(shown.iter().all(|message| message.mine && message.author == "민수"));
        minsu.until_present(&["민수"]).await?;
        minsu.until_composer_text("쓰다 만 말").await
    })
    .await
}

/// The tests of the client and of the hub show the times, on a clock that stands still. Here they would depend on the
/// speed of the machine.
#[tokio::test]
async fn t2_3_typing_shows_and_ends_after_the_last_keystroke() -> Result<()> {
    BrowserTest::run("typing", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.until_present(&["민수", "Jane"]).await?;
        record_typing(&minsu).await?;
        let composer = jane.browser.find("composer").await?;

        composer.send_keys("hello").await?;
        let lines = until("typing was shown and ended", async || {
            let lines = typing_lines(&minsu).await?;
            Ok(Some(lines).filter(|lines| lines.last().is_some_and(String::is_empty)))
        })
        .await?;
        // A keystroke may come late on a busy machine; each start has an end all the same.
        for change in lines.chunks(2) {
            assert_eq!(change, ["💬 Jane 님이 입력 중…", ""], "{lines:?}");
        }

        composer.send_keys("!").await?;
        until_true("typing shows again", async || {
            Ok(minsu.browser.text("typing").await?.is_some_and(|line| !line.is_empty()))
        })
        .await?;
        composer.send_keys(Key::Enter).await?;
        minsu.until_stored("hello!").await?;
        minsu.browser.until_text("typing", str::is_empty).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t0_3_joining_and_leaving_users_are_announced() -> Result<()> {
    BrowserTest::run("presence", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        minsu.until_present(&["민수"]).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.until_present(&["민수", "Jane"]).await?;
        jane.until_present(&["Jane", "민수"]).await?;
        assert!(!minsu.browser.has("crowd").await?, "the lines are off at first");
        minsu.switch("presence-lines").await?;
        minsu.browser.until_text("crowd", |line| line == "Jane 님이 들어왔습니다").await?;
        minsu.send("어서 와요").await?;
        jane.until_stored("어서 와요").await?;

        // A second tab belongs to the same user, who stays present until the last tab closes.
        let first = jane.browser.tab().await?;
        let second = jane.browser.new_tab().await?;
        jane.browser.goto(&test.server.url("/")).await?;
        jane.open_composer().await?;
        jane.browser.switch_to(&first).await?;
        jane.browser.close_tab().await?;
        jane.browser.switch_to(&second).await?;
        jane.send("still here").await?;
        minsu.until_stored("still here").await?;
        minsu.until_present(&["민수", "Jane"]).await?;

        // Leaving the app ends the connection at once, although the browser caches the page for going back.
        jane.browser.goto("about:blank").await?;
        minsu.until_present(&["민수"]).await?;
        until_true("the timeline says that Jane left", async || {
            let lines: Vec<String> = minsu
                .browser
                .eval(
                    "return [...document.querySelectorAll('[data-testid=\"crowd\"]')] \
                    .map(line => line.textContent)",
                    [],
                )
                .await?;
            Ok(lines == ["Jane 님이 들어왔습니다", "Jane 님이 나갔습니다"])
        })
        .await?;

        jane.browser.back().await?;
        jane.until_connection("live").await?;
        minsu.until_present(&["민수", "Jane"]).await
    })
    .await
}

/// Records the contents of the typing line above the composer.
async fn record_typing(page: &ChatPage) -> Result<()> {
    let script = "window.typingLines = []; \
        const line = document.querySelector('[data-testid=\"typing\"]'); \
        new MutationObserver(() => window.typingLines.push(line.textContent)) \
            .observe(line, { childList: true, characterData: true, subtree: true })";
    page.browser.run_script(script, []).await
}

async fn typing_lines(page: &ChatPage) -> Result<Vec<String>> {
    page.browser.eval("return window.typingLines", []).await
}
