//! What can be lost is lost; what was written is not.

use std::cell::Cell;

use anyhow::Result;

use crate::support::browser::{Device, Lang};
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM, ShownMessage, texts};
use crate::support::wait::{until, until_true};

/// So many messages each of two people writes while the server dies.
const MESSAGES_PER_WRITER: usize = 30;

#[tokio::test]
async fn no_message_is_lost_duplicated_or_reordered_when_the_server_is_killed() -> Result<()> {
    BrowserTest::run("killed", async |test| {
        let minsu = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let written = Cell::new(0);
        let have_written = async |count: usize| {
            until_true(format_args!("{count} are written"), async || Ok(written.get() >= count))
                .await
        };
        let die = async || {
            for (killed_at, back_at) in [(8, 16), (32, 36)] {
                have_written(killed_at).await?;
                test.server.kill().await?;
                have_written(back_at).await?;
                test.server.restart().await?;
            }
            Ok(())
        };
        tokio::try_join!(
            write(&minsu, "민수 말", &written),
            write(&jane, "Jane says", &written),
            die(),
        )?;

        for page in [&minsu, &jane] {
            page.until_connection("live").await?;
            page.until_stored(&format!("민수 말 {MESSAGES_PER_WRITER}")).await?;
            page.until_stored(&format!("Jane says {MESSAGES_PER_WRITER}")).await?;
        }
        let stored = test.server.database()?.messages(FIRST_ROOM)?;
        let places: Vec<u64> = stored.iter().map(|(seq, ..)| *seq).collect();
        assert_eq!(
            places,
            (1..=2 * u64::try_from(MESSAGES_PER_WRITER)?).collect::<Vec<_>>(),
            "without holes"
        );
        for (name, words) in [("민수", "민수 말"), ("Jane", "Jane says")] {
            let own = stored.iter().filter(|(_, author, _)| author == name);
            let own: Vec<&str> = own.map(|(.., text)| text.as_str()).collect();
            let expected: Vec<String> =
                (1..=MESSAGES_PER_WRITER).map(|n| format!("{words} {n}")).collect();
            assert_eq!(own, expected, "once, in the order of writing");
        }
        for page in [&minsu, &jane] {
            let shown = page.whole_timeline().await?;
            assert!(shown.iter().all(ShownMessage::is_stored), "{shown:#?}");
            let shown: Vec<_> = shown
                .into_iter()
                .map(|it| (it.seq.unwrap_or_default(), it.author, it.text))
                .collect();
            assert_eq!(shown, stored, "both screens show what the database holds");
        }
        Ok(())
    })
    .await
}

async fn write(page: &ChatPage, words: &str, written: &Cell<usize>) -> Result<()> {
    for n in 1..=MESSAGES_PER_WRITER {
        page.send(&format!("{words} {n}")).await?;
        written.set(written.get() + 1);
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
        until_waiting(&minsu, 3).await?;
        minsu
            .until_messages("three messages wait", |messages| {
                let waiting = messages.iter().filter(|message| message.state == "pending");
                waiting.count() == 3 && texts(messages) == ["before", "하나", "둘", "셋"]
            })
            .await?;
        minsu.browser.until_animations_end().await?;
        minsu.browser.screenshot("desktop-ko-waiting").await?;

        test.server.restart().await?;
        for page in [&minsu, &jane] {
            page.until_messages("everything is there once, in order", |messages| {
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
        until_waiting(&minsu, 2).await?;

        // Nobody is there to answer: the app comes from the device, and what was written is there.
        minsu.browser.reload().await?;
        until_waiting(&minsu, 2).await?;
        test.server.restart().await?;
        minsu.browser.goto(&test.server.url("/")).await?;

        for page in [&minsu, &jane] {
            page.until_messages("both messages are there, once", |messages| {
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
        until_waiting(&minsu, 1).await?;
        test.server.restart().await?;
        minsu.set_network(true).await?;
        minsu.until_connection("live").await?;
        minsu.until_stored("지하에서").await?;
        Ok(())
    })
    .await
}

async fn until_waiting(page: &ChatPage, count: usize) -> Result<()> {
    until(format_args!("the badge says that {count} wait"), async || {
        Ok(page.unsent_count().await?.filter(|waiting| *waiting == count))
    })
    .await?;
    Ok(())
}
