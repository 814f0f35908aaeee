//! The look of messages at both densities, and their actions under the pointer and by a long press.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::days::{noon_time_zone, set_time_zone};
use crate::layout::set_size;
use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::{until, until_true};

/// Places a conversation of two users in the first room, and returns the page of one of them.
async fn conversation(test: &BrowserTest, device: Device) -> Result<ChatPage> {
    let mut minsu = TestClient::connect(&test.server, "민수").await?;
    let page = test.chat_page("지우", device).await?;
    let texts =
        ["@지우야 점심 먹었어?", "@민수님이 산대요", "🍜", "https://example.com/menu 여기 어때?"];
    minsu.send_all(FIRST_ROOM, texts.map(str::to_owned)).await?;
    page.until_stored("🍜").await?;
    page.send("아직! 같이 가자 @민수").await?;
    page.send("👍🏽👍🏽").await?;
    page.until_stored("👍🏽👍🏽").await?;
    Ok(page)
}

/// For each drawn message: its mentions, whether it is large, whether author, picture and time are in sight, and whether
/// it is the first and the last of its group.
const LOOKS: &str = "const isShown = (it) => it !== null && it.checkVisibility() && it.getBoundingClientRect().width > 2 \
        && getComputedStyle(it).opacity !== '0'; \
    return [...document.querySelectorAll('[data-testid=\"message\"]')].map(row => ({ \
        mentions: [...row.querySelectorAll('.mention')].map(it => [it.textContent, it.dataset.me === 'true']), \
        large: parseFloat(getComputedStyle(row.querySelector('.chat-bubble')).fontSize) > 30, \
        author: isShown(row.querySelector('.chat-author')), \
        picture: isShown(row.querySelector('.avatar')), \
        time: isShown(row.querySelector('.chat-time')), \
        left: row.querySelector('.chat-bubble').getBoundingClientRect().left, \
        mine: row.dataset.mine === 'true', \
        head: row.dataset.head === 'true', tail: row.dataset.tail === 'true' }))";

async fn check_looks(browser: &Browser, compact: bool) -> Result<()> {
    let rows: Vec<Value> = browser.eval(LOOKS, []).await?;
    ensure!(rows.len() == 6, "{rows:#?}");
    for row in &rows {
        let is = |name: &str| row[name] == json!(true);
        let shows_author = is("head") && (compact || !is("mine"));
        ensure!(is("author") == shows_author && is("picture") == shows_author, "{row:#?}");
        ensure!(is("time") == is("tail"), "a group has one time: {row:#?}");
    }
    let of = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    let no: [[Value; 0]; 1] = [[]];
    assert_eq!(
        of("mentions"),
        [
            json!([["@지우", true]]),
            json!([["@민수", false]]),
            json!(no[0]),
            json!(no[0]),
            json!([["@민수", false]]),
            json!(no[0]),
        ]
    );
    assert_eq!(of("large"), [false, false, true, false, false, true].map(Value::from));
    let left = |row: usize| rows.get(row)?.get("left")?.as_f64();
    let (theirs, own) = (left(0), left(4));
    ensure!((theirs == own) == compact, "their side is {theirs:?}, the user's own is {own:?}");
    Ok(())
}

#[tokio::test]
async fn own_and_other_messages_differ_at_both_densities() -> Result<()> {
    BrowserTest::run("densities", async |test| {
        let page = conversation(test, Device::desktop(Lang::Ko)).await?;
        let browser = &page.browser;
        for compact in [false, true] {
            if compact {
                page.switch("compact").await?;
            }
            let density = if compact { "compact" } else { "bubbles" };
            for (width, height, device) in [(1440, 900, "desktop"), (390, 844, "phone")] {
                set_size(browser, width, height, false).await?;
                browser.find("composer").await?;
                // The pointer shows the time of its message.
                browser.click("composer").await?;
                browser.until_animations_end().await?;
                check_looks(browser, compact).await?;
                check_appearance(browser, &format!("room-{density}-{device}")).await?;
            }
            set_size(browser, 1280, 800, false).await?;
        }
        browser.reload().await?;
        page.until_stored("👍🏽👍🏽").await?;
        check_looks(browser, true).await
    })
    .await
}

/// The middle of a message's bubble, in the window.
async fn middle(browser: &Browser, seq: u64) -> Result<(f64, f64)> {
    let script = "const at = document.querySelector(`[data-seq='${arguments[0]}'] .chat-bubble`) \
        .getBoundingClientRect(); return [at.left + at.width / 2, at.top + at.height / 2]";
    browser.eval(script, [seq.into()]).await
}

#[tokio::test]
async fn a_message_has_its_actions_under_the_pointer() -> Result<()> {
    BrowserTest::run("message-pointer", async |test| {
        let page = conversation(test, Device::desktop(Lang::Ko)).await?;
        let browser = &page.browser;
        // A test has no permission to read the clipboard.
        browser
            .run_script(
                "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve() }",
                [],
            )
            .await?;
        for seq in [1, 5] {
            until("the toolbar is beside the message", async || {
                let (x, y) = middle(browser, seq).await?;
                for nudge in [0.0, 1.0] {
                    let at = json!({ "type": "mouseMoved", "x": x + nudge, "y": y, "pointerType": "mouse" });
                    browser.devtools("Input.dispatchMouseEvent", at).await?;
                }
                let buttons: u64 = browser
                    .eval("return document.querySelectorAll('.message-toolbar[data-shown=\"true\"] button').length", [])
                    .await?;
                // The author's own messages can be changed too.
                ensure!(buttons == if seq == 1 { 4 } else { 5 }, "{buttons} buttons");
                Ok(Some(()))
            })
            .await?;
            browser.screenshot(&format!("message-toolbar-{seq}-ko-desktop")).await?;
            // The toolbar has the quick actions, and the menu has all.
            browser.click_css(".message-toolbar [data-testid='message-more']").await?;
            browser.click_css(".message-menu [data-testid='copy-text']").await?;
            let expected = if seq == 1 { "@지우야 점심 먹었어?" } else { "아직! 같이 가자 @민수" };
            until_true("the text is copied", async || {
                browser.eval("return window.copied === arguments[0]", [expected.into()]).await
            })
            .await?;
            browser.click_css(".message-menu [data-testid='copy-message-link']").await?;
            let end = format!("/rooms/1/messages/{seq}");
            until_true("the link is copied", async || {
                browser.eval("return window.copied.endsWith(arguments[0])", [end.clone().into()]).await
            })
            .await?;
            browser.keys(Key::Escape).await?;
            until_true("the menu is closed", async || {
                browser.eval("return !document.querySelector('.message-menu').open", []).await
            })
            .await?;
        }
        browser.click_css(".message-toolbar [data-testid='inspect']").await?;
        browser.find("delivery-stored").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_long_press_opens_the_menu_of_a_message() -> Result<()> {
    BrowserTest::run("long-press", async |test| {
        let page = conversation(test, Device::phone(Lang::Ko)).await?;
        let browser = &page.browser;
        let touch = async |kind: &str, points: Value| {
            let event = json!({ "type": kind, "touchPoints": points });
            browser.devtools("Input.dispatchTouchEvent", event).await
        };
        // The part of the app with the tools comes later.
        browser.find("message-toolbar").await?;
        let (x, y) = middle(browser, 1).await?;
        touch("touchStart", json!([{ "x": x, "y": y }])).await?;
        browser.find("message-menu").await?;
        touch("touchEnd", json!([])).await?;
        browser.until_animations_end().await?;
        check_appearance(browser, "message-menu-ko-phone").await?;
        browser.click_css("dialog [data-testid='inspect']").await?;
        browser.find("delivery-stored").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_keeps_its_height_when_it_is_read_and_when_others_follow() -> Result<()> {
    BrowserTest::run("row-height", async |test| {
        // A member is a recipient of later messages.
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.browser.goto("about:blank").await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        // An hour of two digits needs the most width.
        set_time_zone(&minsu.browser, &noon_time_zone(&minsu.browser).await?).await?;
        let text = "국수를 먹으러 갈까요, 아니면 도시락을 먹을까요? ".repeat(7);
        minsu.send(text.trim()).await?;
        minsu.until_stored(text.trim()).await?;
        let browser = &minsu.browser;
        let height = async || -> Result<f64> {
            let script = "return document.querySelector('[data-seq=\"1\"] .chat-message-body') \
                .getBoundingClientRect().height";
            browser.eval(script, []).await
        };
        let before = height().await?;
        ensure!(before > 100.0, "{before} pixels are several lines");
        jane.browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        jane.until_stored(text.trim()).await?;
        browser.find("read-count").await?;
        ensure!((height().await? - before).abs() < 0.5, "the read count changes the height");
        minsu.send("도시락!").await?;
        minsu.until_stored("도시락!").await?;
        ensure!((height().await? - before).abs() < 0.5, "the next message changes the height");
        Ok(())
    })
    .await
}
