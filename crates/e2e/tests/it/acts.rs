//! Acts that are undone or asked about, and the place in the title of the tab.

use anyhow::{Context, Result, ensure};
use thirtyfour::Key;

use crate::orders::{order_noodles, press};
use crate::support::axe::check_appearance;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

async fn until_rooms(page: &ChatPage, names: &[&str]) -> Result<()> {
    until_true(format_args!("the joined rooms are {names:?}"), async || {
        Ok(page.rooms().await? == names)
    })
    .await
}

#[tokio::test]
async fn a_double_click_leaves_or_joins_one_room_and_leaving_is_undone() -> Result<()> {
    BrowserTest::run("leave", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let tea = jane.create_room("tea").await?;
        let tram = jane.create_room("tram").await?;
        let browser = &jane.browser;
        browser.click("view-menu").await?;
        browser.until_animations_end().await?;
        browser.double_click("room-leave").await?;
        browser.until_text("undo-bar", |text| text.contains("tram")).await?;
        jane.until_left(tram).await?;
        until_rooms(&jane, &["tea", "마당 Madang"]).await?;
        check_appearance(browser, "undo-en-desktop").await?;
        browser.click("undo").await?;
        jane.until_room_open(tram).await?;
        until_rooms(&jane, &["tram", "tea", "마당 Madang"]).await?;
        ensure!(!browser.has("undo-bar").await?, "an offer is taken once");

        // By the keyboard: the focus moves to the offer.
        browser.tab_to("view-menu").await?;
        browser.keys(Key::Enter).await?;
        browser.tab_to("room-leave").await?;
        browser.keys(Key::Enter).await?;
        browser.until_focus("undo").await?;
        browser.keys(Key::Enter).await?;
        jane.until_room_open(tram).await?;

        for room in [tram, tea] {
            jane.open_room(room).await?;
            jane.leave_room().await?;
            jane.until_left(room).await?;
        }
        browser.click("browse-rooms").await?;
        browser.find(&format!("room-join-{tea}")).await?;
        check_appearance(browser, "browse-rooms-en-desktop").await?;
        browser.double_click(&format!("room-join-{tea}")).await?;
        jane.until_room_open(tea).await?;
        until_rooms(&jane, &["tea", "마당 Madang"]).await?;

        // Without a connection, coming back withdraws the leaving.
        browser.expect_console_error("net::ERR_INTERNET_DISCONNECTED");
        jane.set_network(false).await?;
        jane.until_connection("offline").await?;
        jane.leave_room().await?;
        until_rooms(&jane, &["마당 Madang"]).await?;
        jane.until_left(tea).await?;
        browser.click("undo").await?;
        jane.until_room_open(tea).await?;
        until_rooms(&jane, &["tea", "마당 Madang"]).await?;

        // The question before a sign-out counts the commands that it loses.
        jane.send("not sent yet").await?;
        browser.click("me").await?;
        browser.click("sign-out").await?;
        browser.until_text("sign-out-unsent", |text| text.contains("will be lost")).await?;
        check_appearance(browser, "sign-out-unsent-en-desktop").await?;
        browser.click("sign-out-cancel").await?;
        browser.until_focus("sign-out").await?;
        browser.keys(Key::Escape).await?;
        browser.until_focus("me").await?;
        jane.set_network(true).await?;
        jane.until_stored("not sent yet").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_order_is_cancelled_with_a_reason_and_comes_back() -> Result<()> {
    BrowserTest::run("cancel", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let (customer, board) = (&minsu.browser, &jane.browser);
        customer.goto(&test.server.url("/orders")).await?;
        order_noodles(customer).await?;
        // The table of the last order is still there.
        for _ in 0..2 {
            press(customer, "more-1").await?;
            customer.click("order-place").await?;
        }
        customer.find("order-3").await?;
        board.goto(&test.server.url("/orders/board")).await?;
        board.until_text("count-pending", |count| count == "3").await?;

        // The second click of a double click accepts no other order, and closes or confirms no question.
        board.double_click("accepted-1").await?;
        board.until_attribute("order-1", "data-status", "accepted").await?;
        board.click("menu-2").await?;
        board.double_click("cancelled-2").await?;
        board.until_focus("cancel-order-cancel").await?;
        board.until_text("count-pending", |count| count == "2").await?;
        board.click("reason-sold_out").await?;
        check_appearance(board, "cancel-question-en-desktop").await?;
        board.keys(Key::Escape).await?;
        board.until_gone("cancel-order-confirm").await?;
        ensure!(board.attribute("order-2", "data-status").await?.as_deref() == Some("pending"));
        check_appearance(board, "board-en-desktop").await?;
        board.click("cancelled-2").await?;
        board.click("reason-sold_out").await?;
        board.click("cancel-order-confirm").await?;
        board.click("undo").await?;
        board.until_attribute("order-2", "data-status", "pending").await?;
        board.until_text("board-log", |log| log.contains("#2 Cancelled → Pending")).await?;
        board.click("menu-2").await?;
        board.click("cancelled-2").await?;
        board.click("reason-sold_out").await?;
        board.click("cancel-order-confirm").await?;
        customer.until_text("order-2", |text| text.contains("재료가 떨어졌습니다")).await?;

        press(customer, "cancelled-3").await?;
        customer.find("cancel-order-confirm").await?;
        ensure!(customer.attribute("order-3", "data-status").await?.as_deref() == Some("pending"));
        customer.click("cancel-reason").await?;
        customer.insert_text("늦을 것 같아요").await?;
        check_appearance(customer, "cancel-question-ko-phone").await?;
        customer.click("cancel-order-confirm").await?;
        customer.until_attribute("order-3", "data-status", "cancelled").await?;
        board.until_text("order-3", |text| text.contains("늦을 것 같아요")).await?;
        board.until_attribute("order-1", "data-status", "accepted").await
    })
    .await
}

#[tokio::test]
async fn discarded_changes_of_a_post_come_back() -> Result<()> {
    BrowserTest::run("edit-undo", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        browser.goto(&test.server.url("/feed")).await?;
        browser.click("post-composer").await?;
        browser.insert_text("소식").await?;
        browser.click("post-send").await?;
        browser.click("edit").await?;
        browser.until_focus("editor").await?;
        browser.keys(Key::Escape).await?;
        browser.until_gone("editor").await?;
        ensure!(!browser.has("undo-bar").await?, "nothing was changed, so nothing is lost");

        browser.click("edit").await?;
        browser.until_focus("editor").await?;
        browser.insert_text(" 새 ").await?;
        browser.keys(Key::Escape).await?;
        browser.until_text("undo-bar", |text| text.contains("고친 내용을 버렸습니다")).await?;
        check_appearance(browser, "undo-ko-phone").await?;
        browser.click("undo").await?;
        until_true("the changed text is back", async || {
            let script = "return document.querySelector('[data-testid=editor]')?.value ?? ''";
            Ok(browser.eval::<String>(script, []).await?.contains('새'))
        })
        .await
    })
    .await
}

/// Goes to a path of the app without loading it again.
const GO: &str =
    "history.pushState(null, '', arguments[0]); dispatchEvent(new PopStateEvent('popstate'))";

#[tokio::test]
async fn the_title_names_the_place_and_an_unknown_path_says_so() -> Result<()> {
    BrowserTest::run("titles", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        assert_eq!(browser.title().await?, "마당 Madang · Madang");
        let pages = reqwest::get(test.server.url("/pages.txt")).await?.text().await?;
        ensure!(pages.lines().count() > 10, "{pages:?}");
        for (app, other) in [("Madang", "lang-ko"), ("마당", "lang-en")] {
            for path in pages.lines() {
                browser.run_script(GO, [path.into()]).await?;
                until_true(format_args!("the title names {path}"), async || {
                    let heading: String = browser
                        .eval("return document.querySelector('.header-title').textContent", [])
                        .await?;
                    let title = browser.title().await?;
                    Ok(heading != app && title == format!("{heading} · {app}"))
                })
                .await?;
            }
            jane.choose(other).await?;
        }
        jane.open_room(FIRST_ROOM).await?;
        jane.open_composer().await?;
        // The menu says whether the browser copied the link.
        browser.click("view-menu").await?;
        browser.click("copy-link").await?;
        browser
            .until_text("copy-link", |text| text == "Copied" || text.contains("not allow"))
            .await?;
        browser.keys(Key::Escape).await?;

        browser.expect_console_error("404 (Not Found)");
        let status = reqwest::get(test.server.url("/nonsense")).await?.status().as_u16();
        assert_eq!(status, 404);
        browser.goto(&test.server.url("/nonsense")).await?;
        let heading = browser.find_css(".content-message h2").await?;
        assert_eq!(heading.text().await?, "There is no such page");
        assert_eq!(browser.title().await?, "There is no such page · Madang");
        check_appearance(browser, "no-such-page-en-desktop").await?;
        jane.choose("lang-ko").await?;
        until_true("the title is in Korean", async || {
            Ok(browser.title().await? == "없는 페이지입니다 · 마당")
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_page_without_a_server_shows_a_skeleton_of_its_own() -> Result<()> {
    BrowserTest::run("skeletons", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        for page in [&jane, &minsu] {
            // Loads the code of the pages.
            page.browser.run_script(GO, ["/learn".into()]).await?;
            page.browser.find_css(".lab-page").await?;
        }
        test.server.kill().await?;
        for (page, device) in [(&jane, "en-desktop"), (&minsu, "ko-phone")] {
            page.until_connection("waiting").await?;
            for (path, shape) in [
                ("/feed", "cards"),
                ("/orders", "rows"),
                ("/orders/board", "cards"),
                ("/bitcoin", "figure"),
                ("/counter", "figure"),
            ] {
                page.browser.run_script(GO, [path.into()]).await?;
                page.browser.until_attribute("skeleton", "data-shape", shape).await?;
                page.browser.until_animations_end().await?;
                let name = path.replace('/', "-");
                page.browser.screenshot(&format!("skeleton{name}-{device}")).await?;
            }
        }
        test.server.restart().await?;
        jane.browser.until_gone("skeleton").await.context("the content arrives")
    })
    .await
}
