//! Messages survive kills of the server, reloads and a missing network.

use std::cell::Cell;

use anyhow::Result;

use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM, ShownMessage, as_stored, texts};
use crate::support::device::{Device, Lang};
use crate::support::wait::{until, until_true};

/// The number of messages that each of two users writes while the server is killed.
const MESSAGES_PER_WRITER: usize = 30;

#[tokio::test]
async fn no_message_is_lost_duplicated_or_reordered_when_the_server_is_killed() -> Result<()> {
    BrowserTest::run("killed", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let sent = Cell::new(0);
        let until_sent = async |count: usize| {
            until_true(format_args!("{count} messages are sent"), async || Ok(sent.get() >= count))
                .await
        };
        let kill_and_restart = async || {
            for (kill_at, restart_at) in [(8, 16), (32, 36)] {
                until_sent(kill_at).await?;
                test.server.kill().await?;
                until_sent(restart_at).await?;
                test.server.restart().await?;
            }
            Ok(())
        };
        tokio::try_join!(
            write(&minsu, "민수 말", &sent),
            write(&jane, "Jane says", &sent),
            kill_and_restart(),
        )?;

        // The rows of one message may be out of sight, so the whole timelines are compared with the database.
        let database = test.server.database()?;
        for page in [&minsu, &jane] {
            page.until_connection("live").await?;
            until_true("no message is unsent", async || Ok(page.unsent_count().await?.is_none()))
                .await?;
            until("the screen shows the messages of the database", async || {
                let shown = page.whole_timeline().await?;
                let is_complete = shown.len() == 2 * MESSAGES_PER_WRITER;
                let is_same = as_stored(&shown) == database.messages(FIRST_ROOM)?;
                // The other writer's last messages may still be on their way to this screen.
                Ok((is_complete && is_same).then_some(()))
            })
            .await?;
        }
        let stored = database.messages(FIRST_ROOM)?;
        let seqs: Vec<u64> = stored.iter().map(|(seq, ..)| *seq).collect();
        let expected: Vec<u64> = (1..=2 * u64::try_from(MESSAGES_PER_WRITER)?).collect();
        assert_eq!(seqs, expected, "without gaps");
        for (name, words) in [("민수", "민수 말"), ("Jane", "Jane says")] {
            let own = stored.iter().filter(|(_, author, _)| author == name);
            let own: Vec<&str> = own.map(|(.., text)| text.as_str()).collect();
            let expected: Vec<String> =
                (1..=MESSAGES_PER_WRITER).map(|n| format!("{words} {n}")).collect();
            assert_eq!(own, expected, "each message once, in the order of writing");
        }
        Ok(())
    })
    .await
}

async fn write(page: &ChatPage, words: &str, sent: &Cell<usize>) -> Result<()> {
    for n in 1..=MESSAGES_PER_WRITER {
        page.send(&format!("{words} {n}")).await?;
        sent.set(sent.get() + 1);
    }
    Ok(())
}

#[tokio::test]
async fn t1_2_messages_written_while_the_server_is_down_are_sent_once_and_in_order() -> Result<()> {
    BrowserTest::run("away", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.send("before").await?;
        minsu.until_stored("before").await?;

        test.server.kill().await?;
        minsu.until_connection("waiting").await?;
        for text in ["하나", "둘", "셋"] {
            minsu.send(text).await?;
        }
        until_unsent(&minsu, 3).await?;
        minsu
            .until_messages("three messages are pending", |messages| {
                let pending = messages.iter().filter(|message| message.state == "pending");
                pending.count() == 3 && texts(messages) == ["before", "하나", "둘", "셋"]
            })
            .await?;
        minsu.browser.until_animations_end().await?;
        minsu.browser.screenshot("desktop-ko-waiting").await?;

        test.server.restart().await?;
        for page in [&minsu, &jane] {
            page.until_messages("every message is stored once, in order", |messages| {
                messages.iter().all(ShownMessage::is_stored)
                    && texts(messages) == ["before", "하나", "둘", "셋"]
            })
            .await?;
            page.until_connection("live").await?;
        }
        let stored = test.server.database()?.messages(FIRST_ROOM)?;
        let stored: Vec<&str> = stored.iter().map(|(.., text)| text.as_str()).collect();
        assert_eq!(stored, ["before", "하나", "둘", "셋"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unsent_messages_survive_a_reload() -> Result<()> {
    BrowserTest::run("outbox", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        minsu.browser.until_worker_active().await?;
        test.server.kill().await?;
        minsu.until_connection("waiting").await?;
        minsu.send("하나").await?;
        minsu.send("둘").await?;
        until_unsent(&minsu, 2).await?;

        // The server is down: the app and the unsent messages come from the device.
        minsu.browser.reload().await?;
        until_unsent(&minsu, 2).await?;
        test.server.restart().await?;
        minsu.browser.goto(&test.server.url("/")).await?;

        for page in [&minsu, &jane] {
            page.until_messages("both messages are stored once", |messages| {
                messages.iter().all(ShownMessage::is_stored) && texts(messages) == ["하나", "둘"]
            })
            .await?;
        }
        let stored = test.server.database()?.messages(FIRST_ROOM)?;
        assert_eq!(stored.len(), 2, "{stored:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_device_shows_that_it_is_offline_and_reconnects_with_the_network() -> Result<()> {
    BrowserTest::run("offline", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        test.server.kill().await?;
        minsu.until_connection("waiting").await?;
        minsu.set_network(false).await?;
        minsu.until_connection("offline").await?;
        minsu.send("지하에서").await?;
        until_unsent(&minsu, 1).await?;
        test.server.restart().await?;
        minsu.set_network(true).await?;
        minsu.until_connection("live").await?;
        minsu.until_stored("지하에서").await?;
        Ok(())
    })
    .await
}

async fn until_unsent(page: &ChatPage, count: usize) -> Result<()> {
    until(format_args!("the badge shows {count} unsent messages"), async || {
        Ok(page.unsent_count().await?.filter(|waiting| *waiting == count))
    })
    .await?;
    Ok(())
}
