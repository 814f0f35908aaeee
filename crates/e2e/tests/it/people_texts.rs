//! Names and texts of people: copied, in parts, and from right to left.

use anyhow::{Result, ensure};
use madang_shared::Topic;
use thirtyfour::Key;

use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::wait::until;

#[tokio::test]
async fn copied_text_is_what_was_visible() -> Result<()> {
    BrowserTest::run("copied", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let mut minsu = TestClient::connect(&test.server, "Minsu").await?;
        minsu.send(FIRST_ROOM, "see https://example.com/a2, please").await?;
        minsu.send(FIRST_ROOM, "and more").await?;
        let browser = &jane.browser;
        jane.until_stored("and more").await?;

        let select =
            "getSelection().selectAllChildren(document.querySelector('.virtual-list-window'))";
        browser.run_script(select, []).await?;
        browser.chord(Key::Control, "c").await?;
        browser.find("composer").await?.focus().await?;
        browser.chord(Key::Control, "v").await?;
        let copied = until("the composer holds the copied text", async || {
            Ok(Some(jane.composer_text().await?).filter(|text| text.contains("and more")))
        })
        .await?;
        ensure!(copied.contains("see https://example.com/a2, please\n"), "{copied:?}");
        ensure!(!copied.contains("window"), "hidden words are copied: {copied:?}");
        ensure!(copied.matches("Minsu").count() == 1, "a hidden name is copied: {copied:?}");
        ensure!(!copied.lines().any(|line| line == "M"), "an avatar is copied: {copied:?}");

        // By the browser's own tables.
        for text in [
            "【https://example.com/b】とhttps://example.com/c\u{202E}/fdp.exe",
            "https://example.com/d، ثم《https://example.com/e》https://example.com/f\u{200B}에서",
            "https://example.com/g。https://example.com/h_(i)_❤\u{FE0F}\u{200D}🔥, https://쉼터.example/j।",
        ] {
            minsu.send(FIRST_ROOM, text).await?;
        }
        until("the links end where their addresses end", async || {
            let script =
                "return [...document.querySelectorAll('.user-text a')] \
                .map(link => link.getAttribute('href'))";
            let links: Vec<String> = browser.eval(script, []).await?;
            let paths = ["a2", "b", "c", "d", "e", "f", "g", "h_(i)_❤\u{FE0F}\u{200D}🔥"];
            let mut expected = paths.map(|path| format!("https://example.com/{path}")).to_vec();
            expected.push("https://쉼터.example/j".to_owned());
            ensure!(links == expected, "{links:?}");
            Ok(Some(()))
        })
        .await
    })
    .await
}

/// The texts and labels with letters from right to left that may change the order of the text around them.
async fn unisolated(browser: &Browser) -> Result<Vec<String>> {
    let script = r"
        const rtl = /[\u0590-\u08FF]/;
        const rest = text => text.replace(/\u2068[^\u2069]*\u2069/g, '');
        const found = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode.data;
            if (!rtl.test(rest(text)) || walker.currentNode.parentElement.matches('.avatar')) continue;
            let element = walker.currentNode.parentElement;
            while (element && getComputedStyle(element).unicodeBidi === 'normal') element = element.parentElement;
            const alone = element && element.textContent.trim() !== '' && element.matches('.isolated, bdi, [dir=auto], a[dir=ltr]');
            if (!alone) found.push(text);
        }
        for (const element of document.querySelectorAll('[title], [aria-label]')) {
            for (const name of ['title', 'aria-label']) {
                const text = rest(element.getAttribute(name) ?? '');
                if (rtl.test(text) && /[a-z가-힣]/i.test(text)) found.push(`${name}: ${text}`);
            }
        }
        return found;";
    browser.eval(script, []).await
}

#[tokio::test]
async fn texts_from_right_to_left_are_isolated_on_every_page() -> Result<()> {
    BrowserTest::run("right-to-left", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let mut dana = TestClient::connect(&test.server, "דנה 3").await?;
        dana.subscribe(Topic::Room(FIRST_ROOM)).await?;
        let other = dana.create_room("חדר 2").await?;
        dana.send(FIRST_ROOM, "@Jane שלום (https://example.com/א_(ב)).").await?;
        let browser = &jane.browser;
        let check = async |what: &str| {
            let found = unisolated(browser).await?;
            ensure!(found.is_empty(), "{what}: {found:?}");
            Ok(())
        };
        jane.until_stored("@Jane שלום (https://example.com/א_(ב) (opens in a new window)).")
            .await?;
        jane.until_present(&["Jane", "דנה 3"]).await?;
        check("a room").await?;
        browser.screenshot("right-to-left-room-en").await?;
        jane.open_message_menu(1).await?;
        check("the menu of a message").await?;
        browser.click_css("dialog [data-testid='inspect']").await?;
        browser.find("delivery-people").await?;
        browser.click("delivery-details").await?;
        browser.until_text("delivery", |text| text.contains("דנה 3")).await?;
        check("the delivery of a message").await?;
        browser.click("delivery-close").await?;
        browser.click("browse-rooms").await?;
        browser.find(&format!("room-join-{other}")).await?;
        check("all rooms").await?;
        browser.screenshot("right-to-left-browse-en").await?;
        jane.join_room(other).await?;
        check("the list of rooms").await?;
        browser.until_text("header-title", |text| text == "חדר 2").await?;
        check("a room's title").await?;

        browser.click("bell").await?;
        browser
            .until_text("notices", |text| text.contains("\u{2068}דנה 3\u{2069} mentioned you"))
            .await?;
        check("notices").await?;
        let direction = "return getComputedStyle(document.querySelector(arguments[0])).direction";
        browser.screenshot("right-to-left-notices-en").await?;

        let shell = test.server.database()?;
        shell.execute(
            "INSERT INTO orders (customer_id, note) VALUES \
            ((SELECT id FROM users WHERE name LIKE 'דנה%'), 'ללא בצל, 2 כפות')",
        )?;
        jane.open_app("orders").await?;
        browser.click("tab-orders-board").await?;
        browser.until_text("order-1", |text| text.contains("\u{2068}דנה 3\u{2069}")).await?;
        check("orders").await?;
        for (line, expected) in [(".order-note", "rtl"), (".order-note + .hint", "ltr")] {
            let shown: String = browser.eval(direction, [line.into()]).await?;
            assert_eq!(shown, expected, "{line}");
        }
        browser.screenshot("right-to-left-orders-en").await?;

        let sara = TestClient::sign_up(&test.server, "שרה").await?;
        let post = reqwest::Client::new()
            .post(test.server.url("/posts"))
            .bearer_auth(sara.token.unwrap_or_default());
        let answer = post.json(&serde_json::json!({ "text": "שלום עולם!" })).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        jane.open_app("feed").await?;
        browser.until_text("posts", |text| text.contains("שלום")).await?;
        check("posts").await
    })
    .await
}

#[tokio::test]
async fn avatars_and_excerpts_show_whole_grapheme_clusters() -> Result<()> {
    BrowserTest::run("signs", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let england = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
        let decomposed = "\u{1106}\u{1175}\u{11ab}";
        let names = [
            ("👩‍👩‍👧‍👦 Kim", "👩‍👩‍👧‍👦"),
            ("🇰🇷 Seoul", "🇰🇷"),
            (&format!("{england} Kate"), england),
            (&format!("{decomposed}\u{1109}\u{116e}"), decomposed),
            ("👋🏽", "👋🏽"),
            ("क्षितिज", "क्षि"),
            ("辻\u{E0100}本", "辻\u{E0100}"),
        ];
        let mut clients = Vec::new();
        for (name, _) in names {
            let mut client = TestClient::connect(&test.server, name).await?;
            client.subscribe(Topic::Room(FIRST_ROOM)).await?;
            clients.push(client);
        }
        let browser = &jane.browser;
        until("every avatar is a whole sign", async || {
            let script = "return [...document.querySelectorAll('.person .avatar')].map(it => it.textContent)";
            let shown: Vec<String> = browser.eval(script, []).await?;
            let missing = names.iter().find(|(_, sign)| !shown.iter().any(|shown| shown == sign));
            ensure!(missing.is_none(), "{missing:?} is not among {shown:?}");
            Ok(Some(()))
        })
        .await?;
        // The part of a message that screen readers get.
        clients[0].send(FIRST_ROOM, "👩‍👩‍👧‍👦".repeat(40)).await?;
        let announced = browser.until_text("announcer", |text| text.contains("👧")).await?;
        let text = announced.split_once(": ").map(|(_, text)| text.replace("👩‍👩‍👧‍👦", ""));
        assert_eq!(text.as_deref(), Some(""), "{announced}");
        browser.screenshot("signs-en").await
    })
    .await
}
