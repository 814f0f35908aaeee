//! Behind the gate: rooms, the open room, who is here.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use madang_shared::RoomId;
use serde::Deserialize;
use serde_json::json;
use thirtyfour::Key;

use super::browser::Browser;
use super::wait::{until, until_true};

/// The room that everybody is in from the start.
pub(crate) const FIRST_ROOM: RoomId = RoomId(1);

/// In a script: what each row of the timeline that is drawn shows.
const ROWS: &str = "[...document.querySelectorAll('[data-testid=\"message\"]')].map(row => ({ \
    text: row.querySelector('.user-text').textContent, \
    author: row.querySelector('strong').textContent, \
    state: row.dataset.state, \
    mine: row.dataset.mine === 'true', \
    seq: row.dataset.seq === undefined ? null : Number(row.dataset.seq) }))";

/// A message as a screen shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) author: String,
    pub(crate) state: String,
    pub(crate) mine: bool,
    pub(crate) seq: Option<u64>,
}

impl Shown {
    pub(crate) fn is_stored(&self) -> bool {
        self.state == "stored" && self.seq.is_some()
    }
}

/// The texts of some messages.
pub(crate) fn texts(messages: &[Shown]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

/// The page of somebody who is signed in.
pub(crate) struct ChatPage {
    pub(crate) browser: Rc<Browser>,
}

impl ChatPage {
    /// Waits for the page.
    pub(crate) async fn new(browser: Rc<Browser>) -> Result<Self> {
        browser.find("badge").await?;
        Ok(Self { browser })
    }

    /// Waits until one can write, and is connected.
    pub(crate) async fn open_composer(&self) -> Result<()> {
        self.browser.find("composer").await?;
        self.until_link("live").await
    }

    /// What the timeline shows near the place where it is.
    pub(crate) async fn messages(&self) -> Result<Vec<Shown>> {
        self.browser.ask(&format!("return {ROWS}"), []).await
    }

    /// Waits for the timeline to be as wanted.
    pub(crate) async fn until_messages(
        &self,
        what: &str,
        wanted: impl Fn(&[Shown]) -> bool,
    ) -> Result<Vec<Shown>> {
        let mut last = Vec::new();
        let found = until(what, async || {
            last = self.messages().await?;
            Ok(wanted(&last).then(|| last.clone()))
        })
        .await;
        found.with_context(|| format!("the timeline shows {last:#?}"))
    }

    /// Waits for a message to be there, stored.
    pub(crate) async fn until_stored(&self, text: &str) -> Result<Shown> {
        let is_it = |message: &Shown| message.text == text && message.is_stored();
        let what = format!("{text:?} is stored");
        let messages = self.until_messages(&what, |messages| messages.iter().any(is_it)).await?;
        messages.into_iter().find(is_it).context("it was there a moment ago")
    }

    /// Everything that the room's timeline has, oldest first, by scrolling from its end to its start.
    pub(crate) async fn whole_timeline(&self) -> Result<Vec<Shown>> {
        #[derive(Deserialize)]
        struct Step {
            rows: Vec<Shown>,
            at_start: bool,
        }
        let script = format!(
            "const [up, done] = arguments; \
            const list = document.querySelector('[data-testid=\"timeline\"]'); \
            list.scrollTop = up ? list.scrollTop - list.clientHeight : list.scrollHeight; \
            requestAnimationFrame(() => requestAnimationFrame(() => done({{ rows: {ROWS}, \
                at_start: list.scrollTop <= 0 && document.querySelector('.chat-divider-start') !== null }})))"
        );
        let mut found = BTreeMap::new();
        let mut up = false;
        until("the timeline's start is reached", async || {
            let step: Step = self.browser.ask_later(&script, [up.into()]).await?;
            up = true;
            for row in step.rows {
                let seq = row.seq.with_context(|| format!("{row:?} is not stored yet"))?;
                found.insert(seq, row);
            }
            Ok(step.at_start.then_some(()))
        })
        .await?;
        Ok(found.into_values().collect())
    }

    /// Types a text, and sends it.
    pub(crate) async fn say(&self, text: &str) -> Result<()> {
        let composer = self.browser.find("composer").await?;
        composer.send_keys(text.to_owned() + Key::Enter).await?;
        until_true("the composer is empty", async || Ok(self.composed().await?.is_empty())).await
    }

    /// What stands in the composer.
    pub(crate) async fn composed(&self) -> Result<String> {
        self.browser.ask("return document.getElementById('composer').value", []).await
    }

    pub(crate) async fn until_composed(&self, text: &str) -> Result<()> {
        let same = async || Ok(self.composed().await? == text);
        until_true(format_args!("the composer holds {text:?}"), same).await
    }

    /// Waits until the connection stands like this: `live`, `waiting`, `connecting`, `offline`, `ended`.
    pub(crate) async fn until_link(&self, link: &str) -> Result<()> {
        self.browser.until_attribute("badge", "data-link", link).await
    }

    /// Takes the tab's network away, or gives it back.
    pub(crate) async fn network(&self, there: bool) -> Result<()> {
        let conditions = json!({
            "offline": !there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.browser.devtools("Network.enable", json!({})).await?;
        self.browser.devtools("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }

    /// How many messages the badge says wait to be sent.
    pub(crate) async fn waiting(&self) -> Result<Option<usize>> {
        let script = "return document.querySelector('.badge-extra')?.textContent ?? null";
        let line: Option<String> = self.browser.ask(script, []).await?;
        let digits = |line: String| line.chars().filter(char::is_ascii_digit).collect::<String>();
        Ok(line.map(digits).and_then(|digits| digits.parse().ok()))
    }

    /// The names of who is here.
    pub(crate) async fn present(&self) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll('[data-testid=\"presence-list\"] \
            .person-name')].map(name => name.textContent)";
        self.browser.ask(script, []).await
    }

    pub(crate) async fn until_present(&self, names: &[&str]) -> Result<()> {
        until(format_args!("{names:?} are here"), async || {
            let present = self.present().await?;
            ensure!(present == names, "{present:?} are here");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until somebody is here and listed first: oneself is.
    pub(crate) async fn until_present_first(&self, name: &str) -> Result<()> {
        until_true(format_args!("{name} is listed first"), async || {
            Ok(self.present().await?.first().is_some_and(|first| first == name))
        })
        .await
    }

    /// The names of the joined rooms.
    pub(crate) async fn rooms(&self) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll('[data-testid=\"room-list\"] \
            .room-name')].map(name => name.textContent)";
        self.browser.ask(script, []).await
    }

    /// The room in the address bar.
    pub(crate) async fn room(&self) -> Result<RoomId> {
        let path: String = self.browser.ask("return location.pathname", []).await?;
        let id = path.strip_prefix("/rooms/").and_then(|id| id.parse().ok());
        id.map(RoomId).with_context(|| format!("{path} is no room"))
    }

    /// Goes to a joined room.
    pub(crate) async fn open_room(&self, room: RoomId) -> Result<()> {
        self.browser.click(&format!("room-{room}")).await?;
        self.until_in(room).await
    }

    /// Waits until a room is open and its composer is there.
    pub(crate) async fn until_in(&self, room: RoomId) -> Result<()> {
        until_true(format_args!("room {room} is open"), async || Ok(self.room().await? == room))
            .await?;
        self.browser.find("composer").await?;
        Ok(())
    }

    /// Makes a room, and is in it.
    pub(crate) async fn create_room(&self, name: &str) -> Result<RoomId> {
        let before = self.room().await?;
        self.browser.click("room-create").await?;
        self.browser.find("room-create-name").await?.send_keys(name).await?;
        self.browser.click("room-create-submit").await?;
        let open = async || Ok(Some(self.room().await?).filter(|room| *room != before));
        let room = until("the new room is open", open).await?;
        self.until_in(room).await?;
        Ok(room)
    }

    /// Joins a room that others made.
    pub(crate) async fn join_room(&self, room: RoomId) -> Result<()> {
        self.browser.click(&format!("room-join-{room}")).await?;
        self.until_in(room).await
    }

    /// The unread count beside a joined room, as it is shown.
    pub(crate) async fn unread(&self, room: RoomId) -> Result<Option<String>> {
        let script = "const badge = document.querySelector(`[data-testid=\"unread-${arguments[0]}\"]`); \
            return (badge?.querySelector('[aria-hidden]') ?? badge)?.textContent ?? null";
        self.browser.ask(script, [room.0.into()]).await
    }

    /// Waits for a room's unread count, here and in the tab's title, where it is the only one.
    pub(crate) async fn until_only_unread(&self, room: RoomId, count: u64) -> Result<()> {
        until(format_args!("{count} are unread"), async || {
            let (shown, title) = (self.unread(room).await?, self.browser.title().await?);
            let as_wanted = match count {
                0 => shown.is_none() && !title.starts_with('('),
                _ => shown == Some(count.to_string()) && title.starts_with(&format!("({count}) ")),
            };
            if !as_wanted {
                bail!("the room says {shown:?}, the title {title:?}");
            }
            Ok(Some(()))
        })
        .await
    }
}
