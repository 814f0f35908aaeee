//! Moderation: a deleted message, a muted person, a report and its outcome, and a ban of a person who is looking.

use std::rc::Rc;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

/// Sets the page's wall clock ahead by this many milliseconds.
const AHEAD: &str = "const now = Date.now; Date.now = () => now.call(Date) + arguments[0]";

const HOUR_MS: u64 = 3_600_000;

async fn look(browser: &Browser, view: &str) -> Result<()> {
    browser.until_animations_end().await?;
    axe::check(browser, view).await?;
    browser.screenshot(view).await
}

/// The first owner of the server; the command line of the server's machine makes one too.
fn make_owner(test: &BrowserTest, name: &str) -> Result<()> {
    let sql = format!("UPDATE users SET role = 'owner' WHERE name = '{name}'");
    ensure!(test.server.database()?.execute(&sql)? == 1, "there is no {name}");
    Ok(())
}

/// Opens the menu of a message with the keyboard.
async fn open_menu(page: &ChatPage, seq: u64) -> Result<()> {
    page.open_message_menu(seq).await
}

#[tokio::test]
async fn a_deleted_message_disappears_while_another_person_looks() -> Result<()> {
    BrowserTest::run("moderation-delete", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let room = minsu.create_room("점심").await?;
        jane.join_room(room).await?;
        jane.open_room(room).await?;
        for text in ["first words", "BUY THIS NOW"] {
            jane.send(text).await?;
            minsu.until_stored(text).await?;
        }
        // The author takes the first message back, by the keyboard alone.
        open_menu(&jane, 1).await?;
        jane.browser.tab_to("delete-message").await?;
        jane.browser.keys(Key::Enter).await?;
        jane.browser.until_focus("message-delete-cancel").await?;
        look(&jane.browser, "moderation-delete-en-desktop").await?;
        jane.browser.tab_to("message-delete-confirm").await?;
        jane.browser.keys(Key::Enter).await?;
        for (page, words) in [(&jane, "This message was deleted"), (&minsu, "삭제된 메시지입니다")]
        {
            page.browser.until_text("deleted", |text| text == words).await?;
        }
        // The manager deletes the second one, with a reason.
        open_menu(&minsu, 2).await?;
        minsu.browser.click("delete-message").await?;
        minsu.browser.click("message-delete-confirm").await?;
        ensure!(minsu.browser.has("message-delete-reason").await?, "the reason is missing");
        minsu.browser.fill("message-delete-reason", "광고").await?;
        look(&minsu.browser, "moderation-delete-ko-phone").await?;
        minsu.browser.click("message-delete-confirm").await?;
        jane.until_messages("deleted by a moderator", |messages| {
            messages.iter().all(|message| !message.text.contains("BUY"))
        })
        .await?;
        let words: Vec<String> = jane
            .browser
            .eval("return [...document.querySelectorAll('[data-testid=deleted]')].map(it => it.textContent)", [])
            .await?;
        ensure!(words == ["This message was deleted", "A moderator deleted this message"], "{words:?}");
        let row = format!("room-{room}");
        jane.browser.until_text(&row, |text| text.contains("You: Deleted message")).await?;
        look(&jane.browser, "moderation-deleted-en-desktop").await?;
        look(&minsu.browser, "moderation-deleted-ko-phone").await?;
        // A page that is opened later gets the place alone.
        jane.browser.reload().await?;
        jane.until_messages("after a reload", |messages| messages.len() == 2).await?;
        let stored = test.server.database()?.messages(room)?;
        ensure!(stored.iter().all(|(_, _, text)| text == " "), "{stored:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_muted_person_reads_until_when_and_why_until_it_ends() -> Result<()> {
    BrowserTest::run("moderation-mute", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let room = jane.create_room("Tea").await?;
        minsu.show_rooms().await?;
        minsu.join_room(room).await?;
        minsu.open_room(room).await?;
        minsu.open_composer().await?;
        let browser = &jane.browser;
        browser.click("view-menu").await?;
        browser.click("room-manage").await?;
        browser.until_text("room-members", |text| text.contains("민수")).await?;
        let mute = "return document.querySelector('[data-testid^=mute-]').dataset.testid";
        let mute: String = browser.eval(mute, []).await?;
        browser.click(&mute).await?;
        browser.select("restriction-lasts", &HOUR_MS.to_string()).await?;
        browser.fill("restriction-reason", "Please calm down").await?;
        look(browser, "moderation-mute-en-desktop").await?;
        browser.click("restriction-confirm").await?;
        minsu
            .browser
            .until_text("silenced", |text| {
                text.contains("Please calm down") && text.contains("까지")
            })
            .await?;
        until_true("the composer is away", async || {
            let shown = "return document.querySelector('[data-testid=composer]').checkVisibility()";
            Ok(!minsu.browser.eval::<bool>(shown, []).await?)
        })
        .await?;
        look(&minsu.browser, "moderation-muted-ko-phone").await?;
        // The clocks move on: that of the server by its rows, that of the page by its wall clock.
        let past = format!("UPDATE silences SET ends_at = ends_at - {HOUR_MS}");
        ensure!(test.server.database()?.execute(&past)? == 1);
        minsu.browser.run_script(AHEAD, [HOUR_MS.into()]).await?;
        minsu.browser.until_gone("silenced").await?;
        minsu.send("차분해졌어요").await?;
        jane.browser.keys(Key::Escape).await?;
        jane.until_stored("차분해졌어요").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_report_reaches_the_queue_and_its_outcome_the_reporter() -> Result<()> {
    BrowserTest::run("moderation-report", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let owner = test.chat_page("주인", Device::desktop(Lang::Ko)).await?;
        make_owner(test, "주인")?;
        owner.browser.goto(&test.server.url("/admin")).await?;
        owner.browser.click("admin-reports").await?;
        jane.send("you are a fool").await?;
        let message = minsu.until_stored("you are a fool").await?;
        open_menu(&minsu, message.seq.unwrap_or_default()).await?;
        minsu.browser.click("report-message").await?;
        minsu.browser.select("report-category", "harassment").await?;
        minsu.browser.fill("report-words", "욕설입니다").await?;
        look(&minsu.browser, "moderation-report-ko-phone").await?;
        minsu.browser.click("message-report-send").await?;
        minsu.browser.find("message-reported").await?;
        minsu.browser.click("message-report-close").await?;

        // The queue is live.
        let browser: &Rc<Browser> = &owner.browser;
        browser.until_text("reported-text", |text| text == "you are a fool").await?;
        look(browser, "moderation-queue-ko-desktop").await?;
        browser.click("decide-1").await?;
        browser.select("decide-action", "deleted").await?;
        browser.fill("decide-reason", "욕설").await?;
        look(browser, "moderation-decide-ko-desktop").await?;
        browser.click("decide-confirm").await?;
        browser.until_text("outcome-1", |text| text == "메시지 삭제").await?;
        jane.browser
            .until_text("deleted", |text| text == "A moderator deleted this message")
            .await?;
        minsu.browser.goto(&test.server.url("/notices")).await?;
        minsu.browser.until_text("notices", |text| text.contains("메시지 삭제")).await?;
        look(&minsu.browser, "moderation-outcome-ko-phone").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_banned_person_who_looks_reads_why() -> Result<()> {
    BrowserTest::run("moderation-ban", async |test| {
        let owner = test.chat_page("Owner", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        make_owner(test, "Owner")?;
        let browser = &owner.browser;
        browser.goto(&test.server.url("/admin")).await?;
        browser.click("ban-2").await?;
        browser.select("restrict-lasts", "0").await?;
        browser.fill("restrict-reason", "spam in every room").await?;
        look(browser, "moderation-ban-en-desktop").await?;
        browser.click("restrict-confirm").await?;
        minsu.browser.until_text("banned-why", |text| text.contains("spam in every room")).await?;
        look(&minsu.browser, "moderation-banned-ko-phone").await?;
        browser.find("unban-2").await?;
        minsu.browser.reload().await?;
        minsu.browser.find("signin-name").await?;
        // An address of one's own is not banned.
        browser.click("admin-addresses").await?;
        browser.expect_console_error("422");
        browser.fill("ban-network", "127.0.0.1").await?;
        browser.fill("ban-reason", "a mistake").await?;
        look(browser, "moderation-addresses-en-desktop").await?;
        browser.click("ban-address").await?;
        browser.until_text("admin-refused", |text| text.contains("own machine")).await?;
        // After the end of the ban, the person is back with the same session.
        browser.click("admin-people").await?;
        browser.click("unban-2").await?;
        browser.fill("restrict-reason", "apologised").await?;
        browser.click("restrict-confirm").await?;
        browser.find("ban-2").await?;
        minsu.browser.reload().await?;
        minsu.open_room(FIRST_ROOM).await?;
        minsu.open_composer().await?;
        Ok(())
    })
    .await
}
