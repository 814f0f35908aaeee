//! Letters alone at 200 %: the user's own font size, in a window of 1280 by 800.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::{be_owner, go_to, page_paths, set_size};
use crate::appearance::set_language_and_theme;
use crate::orders::press;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;

/// Finds elements that do not fit, letters that are cut off, and texts that something covers.
const FAULTS: &str = concat!(
    include_str!("width_faults.js"),
    include_str!("letter_faults.js"),
    include_str!("overlap_faults.js"),
    "return [...found];"
);

const ORDERS: &str = "INSERT INTO orders (customer_id, table_number) VALUES (1, 4), (1, 12), (1, 7), (1, 9);
    INSERT INTO orders (customer_id, address, phone, note) VALUES
        (1, '서울특별시 마포구 양화로 45, 메세나폴리스 301호', '+82 10-1234-5678', '문 앞에 놓아 주세요'),
        (1, '서울 마포구 1', '010-1234-5678', ''), (1, '서울 마포구 2', '010-1234-5678', '');
    INSERT INTO order_lines SELECT id, 5, 12, 14000 FROM orders;
    INSERT INTO order_lines SELECT id, 1, 2, 7000 FROM orders;
    UPDATE orders SET status = 'accepted', ready_at = (unixepoch() + 900) * 1000 WHERE id > 1;
    UPDATE orders SET status = 'cooking' WHERE id > 2;
    UPDATE orders SET status = 'ready' WHERE id > 3;
    UPDATE orders SET status = 'delivering', rider_id = 1 WHERE id > 5;
    UPDATE orders SET status = 'delivered' WHERE id = 7";

#[tokio::test]
async fn letters_of_twice_the_size_fit_every_page() -> Result<()> {
    BrowserTest::run_with("layout-letters", &["--price-source", "simulated"], async |test| {
        let page = test.chat_page("정지우", Device::desktop(Lang::Ko)).await?;
        let browser = &page.browser;
        let mut minsu = TestClient::connect(&test.server, "민수").await?;
        minsu.send(FIRST_ROOM, "@정지우 Going up the hill by eight, 같이 가요").await?;
        minsu.post("A post with its buttons, and a few more words for a second line").await?;
        page.send("8시에 출발합니다").await?;
        let shell = test.server.database()?;
        for statement in ORDERS.split(';') {
            shell.execute(statement)?;
        }
        set_size(browser, 1280, 800, false).await?;
        be_owner(test)?;
        browser.expect_console_error("/api/rooms/999");
        let mut found = String::new();
        for lang in [Lang::Ko, Lang::En] {
            set_language_and_theme(browser, lang, "light").await?;
            browser.run_script("document.documentElement.style.fontSize = '200%'", []).await?;
            for path in page_paths().chain(["/rooms/1", "/rooms/999"]) {
                go_to(browser, path).await?;
                let name = format!("letters{}-{}", path.replace('/', "-"), lang.code());
                browser.screenshot(&name).await?;
                if path == "/orders" {
                    press(browser, "more-1").await?;
                }
                if path == "/lab/transports" {
                    browser.click("transports-toggle").await?;
                    browser.find_css(".transports-chart polyline").await?;
                }
                let faults: Vec<String> = browser.eval(FAULTS, []).await?;
                for fault in faults {
                    writeln!(found, "{} {path}: {fault}", lang.code())?;
                }
            }
        }
        ensure!(found.is_empty(), "with letters of twice the size:\n{found}");
        Ok(())
    })
    .await
}
