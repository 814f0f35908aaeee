//! The orders of a restaurant: three pages, and external changes of the table.

use anyhow::{Result, ensure};

use crate::layout::set_size;
use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::wait::until_true;

async fn until_status(browser: &Browser, order: &str, status: &str) -> Result<()> {
    browser.until_attribute(order, "data-status", status).await
}

/// Clicks what may be below the bar with the sum: scrolled to the middle first, as people do.
pub(crate) async fn press(browser: &Browser, id: &str) -> Result<()> {
    browser.find(id).await?;
    let script = "document.querySelector(`[data-testid=${arguments[0]}]`).scrollIntoView({ block: 'center' })";
    browser.run_script(script, [id.into()]).await?;
    browser.click(id).await
}

/// On the customer's page: orders one dish to table 4.
pub(crate) async fn order_noodles(browser: &Browser) -> Result<()> {
    press(browser, "more-1").await?;
    press(browser, "order-table").await?;
    browser.insert_text("4").await?;
    browser.click("order-place").await
}

/// Whether the bar with the sum is inside the panel's visible part, and whether something is below it at the end.
const BAR: &str = "const [page, bar] = ['.page', '.order-bar'].map(it => document.querySelector(it)); \
    const box = it => it.getBoundingClientRect(); \
    const inside = () => box(bar).bottom <= box(page).bottom + 1 && box(bar).top >= box(page).top; \
    page.scrollTop = 0; const top = inside(); page.scrollTop = page.scrollHeight; \
    const last = [...document.querySelectorAll('.orders-customer > section')].at(-1); \
    return top && inside() && box(last).bottom <= box(bar).top + 1";

#[tokio::test]
async fn t3_1_customer_restaurant_and_rider_follow_one_order() -> Result<()> {
    BrowserTest::run("orders", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let haneul = test.chat_page("하늘", Device::phone(Lang::Ko)).await?;
        let (customer, board, rider) = (&minsu.browser, &jane.browser, &haneul.browser);
        jane.open_app("orders").await?;
        board.click("tab-orders-board").await?;
        customer.goto(&test.server.url("/orders")).await?;
        rider.goto(&test.server.url("/orders/rider")).await?;

        press(customer, "more-1").await?;
        press(customer, "more-1").await?;
        press(customer, "more-5").await?;
        customer.until_text("order-place", |text| text == "주문하기 · 28,000원").await?;
        press(customer, "order-note").await?;
        customer.insert_text("문 앞에 놓아 주세요").await?;
        customer.click("order-place").await?;
        customer.until_text("order-where-error", |text| text.contains("테이블 번호")).await?;
        customer.until_focus("order-table").await?;
        press(customer, "to-address").await?;
        press(customer, "order-address").await?;
        customer.insert_text("서울 마포구 양화로 45, 301호").await?;
        press(customer, "order-phone").await?;
        customer.insert_text("call me").await?;
        customer.click("order-place").await?;
        customer.until_text("order-where-error", |text| text.contains("전화번호")).await?;
        customer.run_script("document.getElementById('order-phone').select()", []).await?;
        customer.insert_text("010-1234-5678").await?;
        ensure!(customer.eval::<bool>(BAR, []).await?, "the bar covers nothing and stays in sight");
        customer.until_animations_end().await?;
        customer.screenshot("orders-customer-menu-ko-phone").await?;
        customer.click("order-place").await?;
        until_status(customer, "order-1", "pending").await?;
        board.until_text("board-alert", |text| text == "#1 New order").await?;
        board.until_text("count-pending", |count| count == "1").await?;
        board
            .until_text("order-1", |text| {
                text.contains("Noodles in anchovy broth\u{a0}×\u{a0}2") && text.contains("₩28,000")
            })
            .await?;
        board.find_css("[data-testid=estimate-1] [value='30']").await?.click().await?;
        for next in ["accepted", "cooking", "ready"] {
            board.click(&format!("{next}-1")).await?;
            until_status(customer, "order-1", next).await?;
            // The card travels from the column before.
            let card = format!("[data-testid='column-{next}'] .order-head[data-moved='true']");
            board.find_css(&card).await?;
            if next == "cooking" {
                customer.until_text("order-1", |text| text.contains("조리 중: 약 ")).await?;
                ensure!(customer.eval::<bool>(BAR, []).await?, "the bar covers no order");
                customer.until_animations_end().await?;
                customer.screenshot("orders-customer-cooking-ko-phone").await?;
            }
        }
        rider.until_text("rider-waiting", |text| text.contains("#1")).await?;
        rider.until_text("order-1", |text| text.starts_with("서울 마포구 양화로 45, 301호")).await?;
        let links = "return [...document.querySelectorAll('.order-links a')].map(it => it.href)";
        let links: Vec<String> = rider.eval(links, []).await?;
        ensure!(links.first().is_some_and(|link| link == "tel:01012345678"), "{links:?}");
        ensure!(
            links.get(1).is_some_and(|link| link.ends_with("?query=%EC%84%9C%EC%9A%B8%20%EB%A7%88%ED%8F%AC%EA%B5%AC%20%EC%96%91%ED%99%94%EB%A1%9C%2045%2C%20301%ED%98%B8")),
            "{links:?}"
        );
        rider.until_animations_end().await?;
        rider.screenshot("orders-rider-ko-phone").await?;
        rider.click("delivering-1").await?;
        customer.until_text("order-1", |text| text.contains("라이더 하늘")).await?;
        rider.until_text("rider-mine", |text| text.contains("#1")).await?;
        rider.click("delivered-1").await?;
        for browser in [customer, board] {
            until_status(browser, "order-1", "delivered").await?;
        }
        rider.until_gone("order-1").await?;
        board.until_text("board-log", |log| log.contains("#1 On its way → Delivered")).await?;
        customer.until_animations_end().await?;
        customer.screenshot("orders-customer-ko-phone").await?;

        // The next order goes to the same place, also after a reload.
        customer.reload().await?;
        customer.find("order-phone").await?;
        let fields = "return ['order-address', 'order-phone'].map(it => document.getElementById(it).value)";
        let fields: Vec<String> = customer.eval(fields, []).await?;
        ensure!(fields == ["서울 마포구 양화로 45, 301호", "010-1234-5678"], "{fields:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn t3_2_external_changes_of_the_table_are_shown_even_after_a_restart() -> Result<()> {
    BrowserTest::run("orders-external", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let haneul = test.chat_page("하늘", Device::phone(Lang::Ko)).await?;
        let (customer, board, rider) = (&minsu.browser, &jane.browser, &haneul.browser);
        customer.goto(&test.server.url("/orders")).await?;
        board.goto(&test.server.url("/orders/board")).await?;
        rider.goto(&test.server.url("/orders/rider")).await?;
        board.find("column-pending").await?;
        customer.find("menu").await?;
        rider.find("rider-waiting").await?;

        // Another program changes the table.
        let shell = test.server.database()?;
        shell.execute(
            "INSERT INTO orders (customer_id) VALUES \
            ((SELECT id FROM users WHERE name = '민수')), ((SELECT id FROM users WHERE name = 'Jane'))",
        )?;
        board.until_text("count-pending", |count| count == "2").await?;
        board.until_text("board-alert", |text| text.contains("New order")).await?;
        until_status(customer, "order-1", "pending").await?;
        for status in ["accepted", "cooking", "ready"] {
            let rows = shell.execute(&format!("UPDATE orders SET status = '{status}' WHERE id = 1"))?;
            ensure!(rows == 1, "{rows} rows");
        }
        rider.until_text("rider-waiting", |text| text.contains("#1")).await?;
        until_status(customer, "order-1", "ready").await?;
        until_status(board, "order-1", "ready").await?;
        board.until_text("board-alert", |text| text.contains("#1 Cooking → Ready")).await?;
        shell.execute("UPDATE orders SET table_number = 7 WHERE id = 2")?;
        board.until_text("order-2", |text| text.contains("Table 7")).await?;
        board.until_text("count-pending", |count| count == "1").await?;

        // Changes that are made while the server is down show after its restart.
        test.server.kill().await?;
        jane.until_connection("waiting").await?;
        shell.execute("UPDATE orders SET status = 'accepted' WHERE status = 'pending'")?;
        shell.execute("UPDATE orders SET status = 'cancelled', cancel_reason = 'closing' WHERE id = 1")?;
        shell.execute("INSERT INTO orders (customer_id, note) VALUES (1, 'by hand')")?;
        test.server.restart().await?;
        until_status(board, "order-2", "accepted").await?;
        until_status(board, "order-3", "pending").await?;
        until_status(customer, "order-1", "cancelled").await?;
        customer.until_text("order-1", |text| text.contains("영업이 끝났습니다")).await?;
        rider.until_gone("order-1").await?;
        board
            .until_text("board-log", |log| {
                log.contains("#2 Pending → Accepted") && log.contains("#1 Ready → Cancelled")
            })
            .await?;
        shell.execute("DELETE FROM orders WHERE id = 3")?;
        board.until_gone("order-3").await?;
        board.until_text("board-alert", |text| text.contains("#3 Deleted")).await?;

        // A change of the menu shows on the open page, too.
        shell.execute("UPDATE menu_items SET available = 0 WHERE id = 1")?;
        customer.until_text("menu-1", |text| text.contains("품절")).await?;
        Ok(())
    })
    .await
}

const FIVE_COLUMNS: &str = "const columns = [...document.querySelectorAll('.board > .board-column')]; \
    const scroll = columns[0].querySelector('.board-scroll'); \
    return columns.length === 5 && scroll.scrollHeight > 2 * scroll.clientHeight \
        && columns.every(it => { const box = it.getBoundingClientRect(); \
            return box.left >= 0 && box.right <= innerWidth && it.scrollWidth <= it.clientWidth \
                && box.height < innerHeight && box.height > innerHeight / 3 })";

#[tokio::test]
async fn the_board_can_be_searched_and_filtered_and_stays_open() -> Result<()> {
    BrowserTest::run("orders-board", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let board = &jane.browser;
        board.goto(&test.server.url("/orders/board")).await?;
        board.find("column-pending").await?;
        let shell = test.server.database()?;
        for note in ["no kimchi", "extra kimchi, please", "ring twice", "leave it at the door"] {
            shell.execute(&format!("INSERT INTO orders (customer_id, note) VALUES (1, '{note}')"))?;
        }
        shell.execute("INSERT INTO order_lines VALUES (1, 1, 2, 7000), (1, 5, 1, 14000), (2, 3, 1, 9500), (3, 6, 3, 6500), (4, 4, 2, 9000)")?;
        shell.execute("UPDATE orders SET status = 'accepted' WHERE id >= 3")?;
        shell.execute("UPDATE orders SET status = 'cooking' WHERE id = 4")?;
        until_status(board, "order-4", "cooking").await?;
        for (lang, theme) in [("en", "light"), ("ko", "dark")] {
            let script = "localStorage.setItem('madang.lang', arguments[0]); \
                localStorage.setItem('madang.theme', arguments[1])";
            board.run_script(script, [lang.into(), theme.into()]).await?;
            board.reload().await?;
            until_status(board, "order-4", "cooking").await?;
            for (page, seen) in
                [("/orders/board", "order-4"), ("/orders", "order-1"), ("/orders/rider", "rider-waiting")]
            {
                board.goto(&test.server.url(page)).await?;
                board.find(seen).await?;
                board.until_animations_end().await?;
                board.screenshot(&format!("orders{}-{lang}-{theme}", page.replace('/', "-"))).await?;
                let found = axe::violations(board).await?;
                ensure!(found.is_empty(), "axe finds on {page} ({lang}, {theme})\n{found}");
            }
            board.goto(&test.server.url("/orders/board")).await?;
            until_status(board, "order-4", "cooking").await?;
        }
        board.click("board-search").await?;
        board.insert_text("RING").await?;
        board.until_gone("order-1").await?;
        board.find("order-3").await?;
        board.click("board-pending-only").await?;
        board.until_gone("column-cooking").await?;
        board.click("board-shop").await?;
        board.until_attribute("board-shop", "data-open", "true").await?;
        board.reload().await?;
        board.until_attribute("board-shop", "data-open", "true").await?;
        board.find("order-1").await?;

        // An old order warns, by a word too. All five columns of many orders fit, and each scrolls by itself.
        shell.execute("UPDATE orders SET placed_at = placed_at - 660000 WHERE id = 1")?;
        board.until_attribute("order-1", "data-late", "true").await?;
        board.until_text("order-1", |text| text.contains("늦음")).await?;
        shell.execute(
            "WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 300) \
            INSERT INTO orders (customer_id, table_number) SELECT 1, i FROM n",
        )?;
        board.until_text("count-pending", |count| count == "298").await?;
        set_size(board, 1024, 768, false).await?;
        board.until_animations_end().await?;
        board.screenshot("board-many-ko-1024").await?;
        until_true("five columns fit and scroll", async || board.eval(FIVE_COLUMNS, []).await).await?;
        set_size(board, 768, 1024, true).await?;
        board.click("show-cooking").await?;
        until_true("a narrow window shows one column", async || {
            let shown = "return [...document.querySelectorAll('.board > .board-column')] \
                .filter(it => it.offsetWidth > 0).map(it => it.dataset.testid).join() === 'column-cooking'";
            board.eval(shown, []).await
        })
        .await?;
        board.screenshot("board-many-ko-tablet").await?;
        until_true("the page is not wider than the window", async || {
            board.eval("return document.documentElement.scrollWidth <= innerWidth", []).await
        })
        .await
    })
    .await
}
