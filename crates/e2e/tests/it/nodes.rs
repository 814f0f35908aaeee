//! A chat between browsers on different nodes, which die one after the other.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM, ShownMessage, as_stored, texts};
use crate::support::cluster::Cluster;
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;
use crate::support::wait::{until, until_true};

/// Collects the states of the connection, and the alerts.
const OBSERVE: &str = "window.linkStates = [];
    const badge = document.querySelector('[data-testid=\"badge\"]');
    new MutationObserver(() => window.linkStates.push(badge.dataset.link))
        .observe(badge, { attributes: true, attributeFilter: ['data-link'] });
    window.alerts = [];
    new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
        const alerts = node.querySelectorAll ? [node, ...node.querySelectorAll('*')] : [];
        alerts.filter(it => it.matches('[role=\"alert\"]') && it.textContent)
            .forEach(it => window.alerts.push(it.textContent));
    }))).observe(document.body, { childList: true, subtree: true });";

#[tokio::test]
async fn people_on_two_nodes_chat_while_nodes_die_and_lose_nothing() -> Result<()> {
    BrowserTest::run("nodes", async |test| {
        // This test has servers of its own. Those that die leave network errors in the consoles.
        test.server.kill().await?;
        let mut cluster = Cluster::start().await?;
        let minsu = chat_page(test, &cluster, 0, "민수", Lang::Ko).await?;
        let jane = chat_page(test, &cluster, 1, "Jane", Lang::En).await?;
        let visitor = cluster.visitor(2, "소라", FIRST_ROOM).await?;
        for (page, names) in [(&minsu, ["민수", "Jane", "소라"]), (&jane, ["Jane", "민수", "소라"])]
        {
            page.until_present(&names).await?;
            page.browser.run_script(OBSERVE, []).await?;
        }
        check_typing(&jane, &minsu).await?;
        exchange(&minsu, &jane, "하나", "one").await?;

        // The third node dies. Its user leaves, the others notice nothing else.
        cluster.kill(2).await?;
        visitor.abort();
        exchange(&minsu, &jane, "둘", "two").await?;
        minsu.until_present(&["민수", "Jane"]).await?;
        jane.until_present(&["Jane", "민수"]).await?;
        exchange(&minsu, &jane, "셋", "three").await?;
        check_typing(&minsu, &jane).await?;
        for page in [&minsu, &jane] {
            let states: Vec<String> = page.browser.eval("return window.linkStates", []).await?;
            ensure!(states.is_empty(), "the connection was {states:?}");
        }
        minsu.browser.screenshot("desktop-ko-nodes-after-a-kill").await?;

        // The node of one browser dies as well. The balancer leads to another node, and a message of meanwhile is sent.
        cluster.kill(0).await?;
        jane.send("four").await?;
        until_true("the browser has noticed it", async || {
            let states: Vec<String> = minsu.browser.eval("return window.linkStates", []).await?;
            Ok(states.iter().any(|state| state == "waiting"))
        })
        .await?;
        minsu.send("넷").await?;
        minsu.until_connection("live").await?;
        exchange(&minsu, &jane, "다섯", "five").await?;
        minsu.until_present(&["민수", "Jane"]).await?;
        jane.until_present(&["Jane", "민수"]).await?;
        check_typing(&jane, &minsu).await?;

        let stored = cluster.messages(FIRST_ROOM).await?;
        let mut sent: Vec<&str> = stored.iter().map(|(.., text)| text.as_str()).collect();
        sent.sort_unstable();
        let mut expected =
            ["하나", "둘", "셋", "넷", "다섯", "one", "two", "three", "four", "five"];
        expected.sort_unstable();
        assert_eq!(sent, expected, "each message once");
        for page in [&minsu, &jane] {
            until_true("no message is unsent", async || Ok(page.unsent_count().await?.is_none()))
                .await?;
            until("the screen shows the messages of the database", async || {
                let shown = page.whole_timeline().await?;
                let is_same =
                    shown.iter().all(ShownMessage::is_stored) && as_stored(&shown) == stored;
                ensure!(is_same, "{:?} instead of {stored:?}", texts(&shown));
                Ok(Some(()))
            })
            .await?;
            let alerts: Vec<Value> = page.browser.eval("return window.alerts", []).await?;
            ensure!(alerts.is_empty(), "the page shows {alerts:?}");
            page.browser.until_animations_end().await?;
        }
        minsu.browser.screenshot("desktop-ko-nodes").await?;
        jane.browser.screenshot("desktop-en-nodes").await
    })
    .await
}

/// Signs a user up on a node, and opens the first room.
async fn chat_page(
    test: &BrowserTest,
    cluster: &Cluster,
    node: usize,
    name: &str,
    lang: Lang,
) -> Result<ChatPage> {
    let browser = test.browser(Device::desktop(lang)).await?;
    browser.goto(&cluster.url(node)?).await?;
    let page = SignInPage::new(browser).await?.sign_in(name).await?;
    page.open_composer().await?;
    Ok(page)
}

/// Sends a message in each direction, and waits until it is stored on both screens.
async fn exchange(first: &ChatPage, second: &ChatPage, one: &str, other: &str) -> Result<()> {
    first.send(one).await?;
    second.until_stored(one).await?;
    second.send(other).await?;
    first.until_stored(other).await?;
    first.until_stored(one).await?;
    second.until_stored(other).await?;
    Ok(())
}

/// Types at one page until the other shows it, and takes the text back.
async fn check_typing(writer: &ChatPage, reader: &ChatPage) -> Result<()> {
    let composer = writer.browser.find("composer").await?;
    until_true("typing shows", async || {
        composer.send_keys("a").await?;
        Ok(reader.browser.text("typing").await?.is_some_and(|line| !line.is_empty()))
    })
    .await?;
    composer.clear().await?;
    writer.until_composer_text("").await?;
    reader.browser.until_text("typing", str::is_empty).await?;
    Ok(())
}
