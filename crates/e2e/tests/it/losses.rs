//! What can be lost is lost; what was written is not.

use std::cell::Cell;

use anyhow::Result;

use crate::support::browser::{Lang, Look};
use crate::support::chat_page::{ChatPage, FIRST_ROOM, Shown, texts};
use crate::support::stage::Stage;
use crate::support::wait::{until, until_true};

/// So many messages each of two people writes while the server dies.
const EACH: usize = 30;

#[tokio::test]
async fn nothing_is_lost_doubled_or_reordered_when_the_server_is_killed_under_two_writers()
-> Result<()> {
    Stage::play("killed", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        let written = Cell::new(0);
        let have_written = async |count: usize| {
            until_true(format_args!("{count} are written"), async || Ok(written.get() >= count))
                .await
        };
        let die = async || {
            for (killed_at, back_at) in [(8, 16), (32, 36)] {
                have_written(killed_at).await?;
                stage.server.kill().await?;
                have_written(back_at).await?;
                stage.server.restart().await?;
            }
            Ok(())
        };
        tokio::try_join!(
            write(&minsu, "민수 말", &written),
            write(&jane, "Jane says", &written),
            die(),
        )?;

        for page in [&minsu, &jane] {
            page.until_link("live").await?;
            page.until_stored(&format!("민수 말 {EACH}")).await?;
            page.until_stored(&format!("Jane says {EACH}")).await?;
        }
        let stored = stage.server.database()?.messages(FIRST_ROOM)?;
        let places: Vec<u64> = stored.iter().map(|(seq, ..)| *seq).collect();
        assert_eq!(places, (1..=2 * u64::try_from(EACH)?).collect::<Vec<_>>(), "without holes");
        for (name, words) in [("민수", "민수 말"), ("Jane", "Jane says")] {
            let own = stored.iter().filter(|(_, author, _)| author == name);
            let own: Vec<&str> = own.map(|(.., text)| text.as_str()).collect();
            let expected: Vec<String> = (1..=EACH).map(|n| format!("{words} {n}")).collect();
            assert_eq!(own, expected, "once, in the order of writing");
        }
        for page in [&minsu, &jane] {
            let shown = page.whole_timeline().await?;
            assert!(shown.iter().all(Shown::is_stored), "{shown:#?}");
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
    for n in 1..=EACH {
        page.say(&format!("{words} {n}")).await?;
        written.set(written.get() + 1);
    }
    Ok(())
}

#[tokio::test]
async fn t1_2_what_is_written_while_the_server_is_away_is_sent_once_and_in_order() -> Result<()> {
    Stage::play("away", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        jane.say("before").await?;
        minsu.until_stored("before").await?;

        stage.server.kill().await?;
        minsu.until_link("waiting").await?;
        for text in ["하나", "둘", "셋"] {
            minsu.say(text).await?;
        }
        until_waiting(&minsu, 3).await?;
        minsu
            .until_messages("three messages wait", |messages| {
                let waiting = messages.iter().filter(|message| message.state == "pending");
                waiting.count() == 3 && texts(messages) == ["before", "하나", "둘", "셋"]
            })
            .await?;
        minsu.browser.until_still().await?;
        minsu.browser.picture("desktop-ko-waiting").await?;

        stage.server.restart().await?;
        for page in [&minsu, &jane] {
            page.until_messages("everything is there once, in order", |messages| {
                messages.iter().all(Shown::is_stored)
                    && texts(messages) == ["before", "하나", "둘", "셋"]
            })
            .await?;
            page.until_link("live").await?;
        }
        let stored = stage.server.database()?.messages(FIRST_ROOM)?;
        let stored: Vec<&str> = stored.iter().map(|(.., text)| text.as_str()).collect();
        assert_eq!(stored, ["before", "하나", "둘", "셋"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_was_not_sent_outlives_a_reload() -> Result<()> {
    Stage::play("outbox", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        let jane = stage.person("Jane", Look::desktop(Lang::En)).await?;
        minsu.browser.until_on_device().await?;
        stage.server.kill().await?;
        minsu.until_link("waiting").await?;
        minsu.say("하나").await?;
        minsu.say("둘").await?;
        until_waiting(&minsu, 2).await?;

        // Nobody is there to answer: the app comes from the device, and what was written is there.
        minsu.browser.reload().await?;
        until_waiting(&minsu, 2).await?;
        stage.server.restart().await?;
        minsu.browser.goto(&stage.server.url("/")).await?;

        for page in [&minsu, &jane] {
            page.until_messages("both messages are there, once", |messages| {
                messages.iter().all(Shown::is_stored) && texts(messages) == ["하나", "둘"]
            })
            .await?;
        }
        let stored = stage.server.database()?.messages(FIRST_ROOM)?;
        assert_eq!(stored.len(), 2, "{stored:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_device_without_a_network_says_so_and_connects_at_once_when_it_is_back() -> Result<()> {
    Stage::play("offline", async |stage| {
        let minsu = stage.person("민수", Look::desktop(Lang::Ko)).await?;
        stage.server.kill().await?;
        minsu.until_link("waiting").await?;
        minsu.network(false).await?;
        minsu.until_link("offline").await?;
        minsu.say("지하에서").await?;
        until_waiting(&minsu, 1).await?;
        stage.server.restart().await?;
        minsu.network(true).await?;
        minsu.until_link("live").await?;
        minsu.until_stored("지하에서").await?;
        Ok(())
    })
    .await
}

async fn until_waiting(page: &ChatPage, count: usize) -> Result<()> {
    until(format_args!("the badge says that {count} wait"), async || {
        Ok(page.waiting().await?.filter(|waiting| *waiting == count))
    })
    .await?;
    Ok(())
}
