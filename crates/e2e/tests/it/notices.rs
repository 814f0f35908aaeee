//! Notices: scheduled ones, those that wait for an absent user, and read marks.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::layout::set_size;
use crate::support::axe::{self, check_appearance};
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until_true;

/// A configuration with a notice every two seconds.
const SCHEDULE: &str =
    "[[notices]]\nko = \"쉬었다 하세요\"\nen = \"Take a break\"\nevery_seconds = 2\n";

async fn until_unread_count(browser: &Browser, count: &str) -> Result<()> {
    let shown = if count == "0" { "false" } else { "true" };
    browser.until_attribute("bell-count", "data-shown", shown).await?;
    browser.until_text("bell-count", |text| text == count).await?;
    Ok(())
}

#[tokio::test]
async fn t2_2_scheduled_notices_arrive_and_continue_after_a_restart() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, SCHEDULE)?;
    let arguments = ["--config", file.to_str().unwrap_or_default()];
    BrowserTest::run_with("scheduled", &arguments, async move |test| {
        let _folder = &folder;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        minsu.show_rooms().await?;
        browser.click("bell").await?;
        let first = browser.until_text("notices", |text| text.contains("쉬었다 하세요")).await?;
        browser
            .until_text("notices", |text| {
                text.matches("쉬었다").count() > first.matches("쉬었다").count()
            })
            .await?;
        test.server.kill().await?;
        minsu.until_connection("waiting").await?;
        let before = browser.text("notices").await?.unwrap_or_default().matches("쉬었다").count();
        test.server.restart().await?;
        browser.until_text("notices", |text| text.matches("쉬었다").count() > before).await?;
        // Muted notices are neither counted nor shown.
        let settings = test.server.url("/notices/settings");
        browser.click("notice-settings").await?;
        browser.click("hear-schedule").await?;
        browser.until_attribute("hear-schedule", "aria-checked", "false").await?;
        check_appearance(browser, "notice-settings-ko-phone").await?;
        browser.click("back").await?;
        browser.find("notices-empty").await?;
        until_unread_count(browser, "0").await?;
        browser.until_animations_end().await?;
        browser.screenshot("notices-muted-ko-phone").await?;
        browser.reload().await?;
        browser.find("notices-empty").await?;
        axe::check(browser, "an empty inbox").await?;
        browser.goto(&settings).await?;
        browser.until_attribute("hear-schedule", "aria-checked", "false").await?;
        browser.click("hear-schedule").await?;
        browser.click("back").await?;
        browser.until_text("notices", |text| text.contains("쉬었다 하세요")).await?;
        axe::check(browser, "notices").await
    })
    .await
}

#[tokio::test]
async fn t2_2_missed_notices_wait_and_reading_clears_them_in_every_tab() -> Result<()> {
    BrowserTest::run("inbox", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        until_unread_count(&jane.browser, "0").await?;
        jane.browser.goto("about:blank").await?;

        minsu.send("@jane 점심 같이 먹어요").await?;
        minsu.until_stored("@jane 점심 같이 먹어요").await?;
        test.server
            .database()?
            .execute("INSERT INTO orders (customer_id) SELECT id FROM users WHERE name = 'Jane'")?;
        test.server.database()?.execute("UPDATE orders SET status = 'accepted'")?;
        test.server.kill().await?;
        test.server.database()?.execute("UPDATE orders SET status = 'cooking'")?;
        test.server.restart().await?;

        let browser = &jane.browser;
        browser.goto(&test.server.url("/notices")).await?;
        until_unread_count(browser, "3").await?;
        browser
            .until_text("notices", |text| {
                text.contains("민수 mentioned you")
                    && text.contains("점심 같이 먹어요")
                    && text.contains("마당 Madang · ")
                    && text.contains("Your order #1: Pending → Accepted")
                    && text.contains("Your order #1: Accepted → Cooking")
            })
            .await?;
        browser.until_animations_end().await?;
        browser.screenshot("notices-en-desktop").await?;
        axe::check(browser, "notices").await?;
        // A new order causes a notice for everybody but its customer Jane.
        until_unread_count(&minsu.browser, "1").await?;

        // Each filter has the number of its notices.
        for (filter, label, listed) in
            [("mention", "Mentions1", 1), ("unread", "Unread3", 3), ("all", "All3", 3)]
        {
            browser.click(&format!("notices-{filter}")).await?;
            browser.until_text(&format!("notices-{filter}"), |text| text == label).await?;
            let rows = "return document.querySelectorAll('.notice').length";
            until_true(format_args!("{filter} lists {listed}"), async || {
                Ok(browser.eval::<usize>(rows, []).await? == listed)
            })
            .await?;
        }

        let first = browser.tab().await?;
        let second = browser.new_tab().await?;
        browser.goto(&test.server.url("/notices")).await?;
        until_unread_count(browser, "3").await?;
        browser.click("read-notice-own-2").await?;
        until_unread_count(browser, "2").await?;
        browser.switch_to(&first).await?;
        until_unread_count(browser, "2").await?;
        browser.click("notices-read-all").await?;
        until_unread_count(browser, "0").await?;
        browser.switch_to(&second).await?;
        until_unread_count(browser, "0").await?;
        browser.reload().await?;
        browser.find("notices").await?;
        until_unread_count(browser, "0").await?;

        // A notice of a post links to the post, and opening it marks the notice as read.
        minsu.browser.goto(&test.server.url("/feed")).await?;
        minsu.browser.click("post-composer").await?;
        minsu.browser.insert_text("새 소식입니다").await?;
        minsu.browser.click("post-send").await?;
        until_unread_count(browser, "1").await?;
        browser.until_text("notices", |text| text.contains("민수 wrote a post")).await?;
        browser.click_css("[data-testid='notices'] li:first-child a").await?;
        until_unread_count(browser, "0").await?;
        browser.click("preview-open").await?;
        browser.until_text("posts", |text| text.contains("새 소식입니다")).await?;

        // A mention that the preview has shown is read in its room too, and the gear stays where it is.
        browser.back().await?;
        browser.until_attribute("chat-count", "data-shown", "true").await?;
        let mut hana = TestClient::connect(&test.server, "하나").await?;
        hana.send(FIRST_ROOM, "@jane 또 불러요").await?;
        until_unread_count(browser, "1").await?;
        let gear = "const { left, top } = document.querySelector('[data-testid=\"notice-settings\"]') \
            .getBoundingClientRect(); return `${left}, ${top}`";
        let before: String = browser.eval(gear, []).await?;
        browser.click_css("[data-testid='notices'] li:first-child a").await?;
        browser.until_text("preview", |text| text.contains("또 불러요")).await?;
        browser.until_attribute("chat-count", "data-shown", "false").await?;
        until_unread_count(browser, "0").await?;
        let after: String = browser.eval(gear, []).await?;
        ensure!(before == after, "the gear moved: {before}; {after}");
        browser.until_animations_end().await?;
        browser.screenshot("notices-preview-en-desktop").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t2_2_the_demonstration_is_switched_for_everybody() -> Result<()> {
    BrowserTest::run("demonstration", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::phone(Lang::En)).await?;
        minsu.browser.run_script("localStorage.setItem('madang.theme', 'dark')", []).await?;
        for page in [&minsu, &jane] {
            page.browser.goto(&test.server.url("/lab/notices")).await?;
        }
        minsu.browser.click("demo").await?;
        jane.browser.until_attribute("demo", "aria-checked", "true").await?;
        jane.browser.until_text("demo-by", |by| by == "Started by 민수.").await?;
        check_appearance(&jane.browser, "demonstration-en-phone").await?;
        for page in [&minsu, &jane] {
            page.browser.goto(&test.server.url("/notices")).await?;
        }
        jane.browser.until_text("notices", |text| text.contains("notice 1 of 12")).await?;
        for (page, name) in [(&minsu, "notices-ko-desktop-dark"), (&jane, "notices-en-phone")] {
            page.browser.until_animations_end().await?;
            page.browser.screenshot(name).await?;
            axe::check(&page.browser, name).await?;
        }
        for page in [&minsu, &jane] {
            page.browser.goto(&test.server.url("/lab/notices")).await?;
        }
        jane.browser.click("demo").await?;
        minsu.browser.until_attribute("demo", "aria-checked", "false").await
    })
    .await
}

#[tokio::test]
async fn t2_2_a_hidden_tab_shows_browser_notifications_after_permission() -> Result<()> {
    BrowserTest::run("outside", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        // A headless browser shows no notifications, so a stub records the app's requests.
        let stub = "window.asked = 0; window.told = []; \
            window.Notification = class { \
                static permission = 'default'; \
                static requestPermission() { asked += 1; this.permission = 'granted'; return Promise.resolve('granted'); } \
                constructor(title, options) { told.push(title + ': ' + options.body); } \
            };";
        let script = serde_json::json!({ "source": stub });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        browser.goto(&test.server.url("/notices/settings")).await?;
        browser.until_attribute("outside", "aria-checked", "false").await?;
        assert_eq!(browser.eval::<u32>("return asked", []).await?, 0, "no request for permission before the click");
        browser.click("outside").await?;
        browser.until_attribute("outside", "aria-checked", "true").await?;
        assert_eq!(browser.eval::<u32>("return asked", []).await?, 1);
        minsu.send("@Jane 보고 있죠").await?;
        until_unread_count(browser, "1").await?;
        assert_eq!(browser.eval::<Vec<String>>("return told", []).await?.len(), 0, "no browser notification while the tab is visible");

        browser.set_visible(false).await?;
        minsu.send("@Jane 어디 갔어요").await?;
        until_true("the browser shows the notification", async || {
            let told: Vec<String> = browser.eval("return told", []).await?;
            Ok(told == ["Madang: 민수 mentioned you"])
        })
        .await
    })
    .await
}

#[tokio::test]
async fn the_permission_is_offered_after_the_first_mention_and_only_once() -> Result<()> {
    BrowserTest::run("offer", async |test| {
        let jane = test.sign_in_page(Device::desktop(Lang::En)).await?.sign_in("Jane").await?;
        let browser = &jane.browser;
        let stub = "window.asked = 0; window.Notification = class { \
                static permission = 'default'; \
                static requestPermission() { asked += 1; return Promise.resolve('default'); } \
            };";
        let script = serde_json::json!({ "source": stub });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        browser.reload().await?;
        jane.open_composer().await?;
        assert!(!browser.has("offer").await?, "no offer before a mention");
        TestClient::connect(&test.server, "민수").await?.send(FIRST_ROOM, "@Jane 안녕").await?;
        jane.until_stored("@Jane 안녕").await?;
        assert!(!browser.has("offer").await?, "a room does not move for an offer");
        // Another room may have the bar from the start.
        jane.create_room("Second room").await?;
        browser.find("offer").await?;
        browser.click("bell").await?;
        browser.find("offer").await?;
        assert_eq!(
            browser.eval::<u32>("return asked", []).await?,
            0,
            "no request before the click"
        );
        check_appearance(browser, "offer-en-desktop").await?;
        browser.click("offer-accept").await?;
        browser.until_gone("offer").await?;
        assert_eq!(browser.eval::<u32>("return asked", []).await?, 1);
        browser.reload().await?;
        browser.find("notices").await?;
        assert!(!browser.has("offer").await?, "the answer is remembered");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_mention_links_to_its_message_or_says_that_it_is_gone() -> Result<()> {
    BrowserTest::run("mentioned", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        browser.goto(&test.server.url("/notices")).await?;
        browser.find("notices").await?;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "@Jane 이 말을 찾아 주세요").await?;
        // Two senders, because of the rate limit per user.
        let mut haneul = TestClient::connect(&test.server, "하늘").await?;
        for (sender, lines) in [(&mut minsu, 2..=90), (&mut haneul, 91..=180)] {
            let lines = lines.map(|n| format!("이야기 {n}{}", " 더 긴 이야기".repeat(n % 7)));
            sender.send_all(FIRST_ROOM, lines).await?;
        }
        until_unread_count(browser, "1").await?;
        // The window is wide, so the notice is shown beside the list first; the timeline has not loaded its message.
        browser.click_css("[data-testid='notices'] li:first-child a").await?;
        browser.until_text("preview", |text| text.contains("이 말을 찾아 주세요")).await?;
        browser.click("preview-open").await?;
        browser.find_css("[data-seq='1'][data-found='true']").await?;
        until_true("the message has the focus and is visible", async || {
            let script = "const it = document.activeElement; const place = it.getBoundingClientRect(); \
                const list = it.closest('[data-testid=\"timeline\"]')?.getBoundingClientRect(); \
                return it.dataset.seq === '1' && place.top >= list.top && place.bottom <= list.bottom";
            browser.eval(script, []).await
        })
        .await?;
        browser.until_gone("message-seeking").await?;
        until_unread_count(browser, "0").await?;
        browser.until_animations_end().await?;
        browser.screenshot("mention-found-en-desktop").await?;
        axe::check(browser, "a linked message").await?;

        // The address leads to the message after a reload, too.
        browser.reload().await?;
        browser.find_css("[data-seq='1'][data-found='true']").await?;
        test.server.database()?.execute("DELETE FROM messages WHERE seq = 1")?;
        browser.reload().await?;
        browser.until_text("message-gone", |text| text.contains("not here any more")).await?;
        browser.screenshot("mention-gone-en-desktop").await?;

        // A message near the end, which the list cannot scroll to the top.
        browser.goto(&test.server.url("/rooms/1/messages/180")).await?;
        browser.find_css("[data-seq='180'][data-found='true']").await?;
        haneul.send(FIRST_ROOM, "그다음 말").await?;
        jane.until_stored("그다음 말").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_chosen_notice_is_shown_beside_the_list_where_there_is_room() -> Result<()> {
    BrowserTest::run("preview", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        for text in ["early", "before", "@Jane <b>two</b>\nlines", "after", "late"] {
            minsu.send(FIRST_ROOM, text).await?;
        }
        jane.until_stored("late").await?;
        browser.click("bell").await?;
        browser.find("preview-empty").await?;
        axe::check(browser, "an inbox without a chosen notice").await?;
        browser.find_css("[data-testid='notices'] a").await?.send_keys(Key::Enter).await?;
        browser
            .until_text("preview", |text| {
                text.contains("마당 Madang") && text.contains("<b>two</b>\nlines")
            })
            .await?;
        let script = "return [...document.querySelectorAll('.preview-message')] \
            .map(it => it.querySelector('.user-text').textContent + (it.ariaCurrent === 'true' ? '!' : ''))";
        let shown: Vec<String> = browser.eval(script, []).await?;
        assert_eq!(shown, ["early", "before", "@Jane <b>two</b>\nlines!", "after", "late"]);
        until_unread_count(browser, "0").await?;
        check_appearance(browser, "preview-en-desktop").await?;
        browser.click("preview-open").await?;
        browser.find_css("[data-seq='3'][data-found='true']").await?;
        // Without the room for it, the link leads to the room at once.
        set_size(browser, 900, 800, false).await?;
        browser.click("bell").await?;
        browser.click_css("[data-testid='notices'] a").await?;
        browser.find_css("[data-seq='3'][data-found='true']").await?;
        Ok(())
    })
    .await
}
