//! Notices: those that nobody asks for, those that wait for somebody who is away, and what one has read.

use anyhow::Result;

use crate::support::axe;
use crate::support::browser::{Browser, Lang, Look};
use crate::support::chat_page::FIRST_ROOM;
use crate::support::program::Program;
use crate::support::stage::Stage;
use crate::support::wait::until_true;

/// A sentence every other second.
const SCHEDULE: &str =
    "[[notices]]\nko = \"쉬었다 하세요\"\nen = \"Take a break\"\nevery_seconds = 2\n";

async fn until_unread(browser: &Browser, count: &str) -> Result<()> {
    let shown = if count == "0" { "false" } else { "true" };
    browser.until_attribute("bell-count", "data-shown", shown).await?;
    browser.until_text("bell-count", |text| text == count).await?;
    Ok(())
}

#[tokio::test]
async fn t2_2_a_scheduled_notice_comes_without_a_request_and_a_restart_goes_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("madang.toml");
    std::fs::write(&file, SCHEDULE)?;
    let arguments = ["--config", file.to_str().unwrap_or_default()];
    Stage::play_with("scheduled", &arguments, async move |stage| {
        let _folder = &folder;
        let minsu = stage.person("민수", Look::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.click("bell").await?;
        let first = browser.until_text("notices", |text| text.contains("쉬었다 하세요")).await?;
        browser
            .until_text("notices", |text| {
                text.matches("쉬었다").count() > first.matches("쉬었다").count()
            })
            .await?;
        stage.server.kill().await?;
        minsu.until_link("waiting").await?;
        let before = browser.text("notices").await?.unwrap_or_default().matches("쉬었다").count();
        stage.server.restart().await?;
        browser.until_text("notices", |text| text.matches("쉬었다").count() > before).await?;
        // Muted, they are neither counted nor shown.
        browser.click("hear-schedule").await?;
        browser.until_attribute("hear-schedule", "aria-checked", "false").await?;
        browser.find("notices-empty").await?;
        until_unread(browser, "0").await?;
        browser.until_still().await?;
        browser.picture("notices-muted-ko-phone").await?;
        browser.reload().await?;
        browser.find("notices-empty").await?;
        browser.click("notices-schedule").await?;
        browser.until_text("notices", |text| text.contains("쉬었다 하세요")).await?;
        axe::check(browser, "notices").await
    })
    .await
}

#[tokio::test]
async fn t2_2_who_was_away_finds_what_happened_and_what_is_read_is_read_in_every_tab() -> Result<()>
{
    Stage::play("inbox", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        until_unread(&jane.browser, "0").await?;
        jane.browser.goto("about:blank").await?;

        minsu.say("@jane 점심 같이 먹어요").await?;
        minsu.until_stored("@jane 점심 같이 먹어요").await?;
        stage
            .server
            .database()?
            .execute("INSERT INTO orders (customer_id) SELECT id FROM users WHERE name = 'Jane'")?;
        stage.server.database()?.execute("UPDATE orders SET status = 'accepted'")?;
        stage.server.kill().await?;
        stage.server.database()?.execute("UPDATE orders SET status = 'cooking'")?;
        stage.server.restart().await?;

        let browser = &jane.browser;
        browser.goto(&stage.server.url("/notices")).await?;
        until_unread(browser, "3").await?;
        browser
            .until_text("notices", |text| {
                text.contains("민수 mentioned you")
                    && text.contains("점심 같이 먹어요")
                    && text.contains("Your order #1: Pending → Accepted")
                    && text.contains("Your order #1: Accepted → Cooking")
            })
            .await?;
        browser.until_still().await?;
        browser.picture("notices-en-desktop").await?;
        axe::check(browser, "notices").await?;
        // The newcomer's order is one's own doing to Jane, and news to everybody else.
        until_unread(&minsu.browser, "1").await?;

        let first = browser.tab().await?;
        let second = browser.new_tab().await?;
        browser.goto(&stage.server.url("/notices")).await?;
        until_unread(browser, "3").await?;
        browser.click("read-notice-own-2").await?;
        until_unread(browser, "2").await?;
        browser.switch_to(&first).await?;
        until_unread(browser, "2").await?;
        browser.click("notices-read-all").await?;
        until_unread(browser, "0").await?;
        browser.switch_to(&second).await?;
        until_unread(browser, "0").await?;
        browser.reload().await?;
        browser.find("notices").await?;
        until_unread(browser, "0").await?;

        // A post, a step on the way to its source, and the count is right again.
        minsu.browser.goto(&stage.server.url("/feed")).await?;
        minsu.browser.click("post-composer").await?;
        minsu.browser.insert("새 소식입니다").await?;
        minsu.browser.click("post-send").await?;
        until_unread(browser, "1").await?;
        browser.until_text("notices", |text| text.contains("민수 wrote a post")).await?;
        browser.click_css("[data-testid='notices'] li:first-child a").await?;
        until_unread(browser, "0").await?;
        browser.until_text("posts", |text| text.contains("새 소식입니다")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t2_2_the_demonstration_is_switched_for_everybody() -> Result<()> {
    Stage::play("demonstration", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::phone(Lang::En)).await?;
        minsu.browser.run("localStorage.setItem('madang.theme', 'dark')", []).await?;
        for page in [&minsu, &jane] {
            page.browser.goto(&stage.server.url("/notices")).await?;
        }
        minsu.browser.click("demo").await?;
        jane.browser.until_attribute("demo", "aria-checked", "true").await?;
        jane.browser.until_text("demo-by", |by| by == "Started by 민수.").await?;
        jane.browser.until_text("notices", |text| text.contains("notice 1 of 12")).await?;
        for (page, name) in [(&minsu, "notices-ko-desktop-dark"), (&jane, "notices-en-phone")] {
            page.browser.until_still().await?;
            page.browser.picture(name).await?;
            axe::check(&page.browser, name).await?;
        }
        jane.browser.click("demo").await?;
        minsu.browser.until_attribute("demo", "aria-checked", "false").await
    })
    .await
}

#[tokio::test]
async fn t2_2_a_hidden_tab_tells_through_the_browser_once_it_was_allowed_on_a_click() -> Result<()>
{
    Stage::play("outside", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        // Headless, nothing is shown: what the app asks the browser for is noted instead.
        let stub = "window.asked = 0; window.told = []; \
            window.Notification = class { \
                static permission = 'default'; \
                static requestPermission() { asked += 1; this.permission = 'granted'; return Promise.resolve('granted'); } \
                constructor(title, options) { told.push(title + ': ' + options.body); } \
            };";
        let script = serde_json::json!({ "source": stub });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        browser.goto(&stage.server.url("/notices")).await?;
        browser.until_attribute("outside", "aria-checked", "false").await?;
        assert_eq!(browser.ask::<u32>("return asked", []).await?, 0, "not before it is wanted");
        browser.click("outside").await?;
        browser.until_attribute("outside", "aria-checked", "true").await?;
        assert_eq!(browser.ask::<u32>("return asked", []).await?, 1);
        minsu.say("@Jane 보고 있죠").await?;
        until_unread(browser, "1").await?;
        assert_eq!(browser.ask::<Vec<String>>("return told", []).await?.len(), 0, "who looks sees it");

        browser.show(false).await?;
        minsu.say("@Jane 어디 갔어요").await?;
        until_true("the browser tells", async || {
            let told: Vec<String> = browser.ask("return told", []).await?;
            Ok(told == ["Madang: 민수 mentioned you"])
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_mention_leads_to_its_message_however_far_up_and_says_if_it_is_gone() -> Result<()> {
    Stage::play("mentioned", async |stage| {
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        browser.goto(&stage.server.url("/notices")).await?;
        browser.find("notices").await?;
        let mut minsu = Program::connect(&stage.server, "민수").await?;
        minsu.say(FIRST_ROOM, "@Jane 이 말을 찾아 주세요").await?;
        // Each may say only so much at once.
        let mut haneul = Program::connect(&stage.server, "하늘").await?;
        for (speaker, lines) in [(&mut minsu, 2..=90), (&mut haneul, 91..=180)] {
            let lines = lines.map(|n| format!("이야기 {n}{}", " 더 긴 이야기".repeat(n % 7)));
            speaker.say_all(FIRST_ROOM, lines).await?;
        }
        until_unread(browser, "1").await?;
        browser.click_css("[data-testid='notices'] li:first-child a").await?;
        browser.find_css("[data-seq='1'][data-found='true']").await?;
        until_true("it has the focus, on the screen", async || {
            let script = "const it = document.activeElement; const place = it.getBoundingClientRect(); \
                const list = it.closest('[data-testid=\"timeline\"]')?.getBoundingClientRect(); \
                return it.dataset.seq === '1' && place.top >= list.top && place.bottom <= list.bottom";
            browser.ask(script, []).await
        })
        .await?;
        browser.until_gone("message-seeking").await?;
        until_unread(browser, "0").await?;
        browser.until_still().await?;
        browser.picture("mention-found-en-desktop").await?;
        axe::check(browser, "a message that was led to").await?;

        // The address stands for the message, after a reload too.
        browser.reload().await?;
        browser.find_css("[data-seq='1'][data-found='true']").await?;
        stage.server.database()?.execute("DELETE FROM messages WHERE seq = 1")?;
        browser.reload().await?;
        browser.until_text("message-gone", |text| text.contains("not here any more")).await?;
        browser.picture("mention-gone-en-desktop").await?;

        // Near the end, where the list cannot scroll so far.
        browser.goto(&stage.server.url("/rooms/1/messages/180")).await?;
        browser.find_css("[data-seq='180'][data-found='true']").await?;
        haneul.say(FIRST_ROOM, "그다음 말").await?;
        jane.until_stored("그다음 말").await?;
        Ok(())
    })
    .await
}
