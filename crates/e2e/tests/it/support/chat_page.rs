//! The page object of a signed-in user: rooms, timeline, composer, presence.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use madang_shared::RoomId;
use serde::Deserialize;
use serde_json::json;
use thirtyfour::Key;

use super::browser::Browser;
use super::wait::{until, until_true};

/// The room that every user joins at sign-up.
pub(crate) const FIRST_ROOM: RoomId = RoomId(1);

/// A JavaScript expression: the content of each drawn row of the timeline.
const ROWS: &str = "[...document.querySelectorAll('[data-testid=\"message\"]')].map(row => ({ \
    text: row.querySelector('.formatted, .user-text').textContent, \
    author: row.querySelector('strong').textContent, \
    state: row.dataset.state, \
    mine: row.dataset.mine === 'true', \
    seq: row.dataset.seq === undefined ? null : Number(row.dataset.seq) }))";

/// A message as the timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ShownMessage {
    pub(crate) text: String,
    pub(crate) author: String,
    pub(crate) state: String,
    pub(crate) mine: bool,
    pub(crate) seq: Option<u64>,
}

impl ShownMessage {
    pub(crate) fn is_stored(&self) -> bool {
        self.state == "stored" && self.seq.is_some()
    }
}

/// The texts of messages, in order.
pub(crate) fn texts(messages: &[ShownMessage]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

/// Seq, author and text of the stored ones among messages, to compare with `Database::messages`.
pub(crate) fn as_stored(shown: &[ShownMessage]) -> Vec<(u64, String, String)> {
    let stored = shown.iter().filter(|message| message.is_stored());
    stored.map(|it| (it.seq.unwrap_or_default(), it.author.clone(), it.text.clone())).collect()
}

/// The page of a signed-in user.
pub(crate) struct ChatPage {
    pub(crate) browser: Rc<Browser>,
}

impl ChatPage {
    /// Waits for the page.
    pub(crate) async fn new(browser: Rc<Browser>) -> Result<Self> {
        browser.find("badge").await?;
        Ok(Self { browser })
    }

    /// Waits until the composer exists and the client is connected.
    pub(crate) async fn open_composer(&self) -> Result<()> {
        self.browser.find("composer").await?;
        self.until_connection("live").await
    }

    /// The drawn rows of the timeline: those near its scroll position.
    pub(crate) async fn messages(&self) -> Result<Vec<ShownMessage>> {
        self.browser.eval(&format!("return {ROWS}"), []).await
    }

    /// Waits until the drawn rows fulfil a condition. Use [`until_stored`](Self::until_stored) for a single message,
    /// and [`whole_timeline`](Self::whole_timeline) where rows may be out of sight.
    pub(crate) async fn until_messages(
        &self,
        what: &str,
        wanted: impl Fn(&[ShownMessage]) -> bool,
    ) -> Result<Vec<ShownMessage>> {
        let mut last = Vec::new();
        let found = until(what, async || {
            last = self.messages().await?;
            Ok(wanted(&last).then(|| last.clone()))
        })
        .await;
        found.with_context(|| format!("the timeline shows {last:#?}"))
    }

    /// Waits until a message is drawn as stored.
    pub(crate) async fn until_stored(&self, text: &str) -> Result<ShownMessage> {
        let is_it = |message: &ShownMessage| message.text == text && message.is_stored();
        let what = format!("{text:?} is stored");
        let messages = self.until_messages(&what, |messages| messages.iter().any(is_it)).await?;
        messages.into_iter().find(is_it).context("the message is no longer drawn")
    }

    /// All messages of the room, oldest first, read by scrolling from the end of the timeline to its start.
    pub(crate) async fn whole_timeline(&self) -> Result<Vec<ShownMessage>> {
        #[derive(Deserialize)]
        struct Step {
            rows: Vec<ShownMessage>,
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
            let step: Step = self.browser.eval_async(&script, [up.into()]).await?;
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

    /// Types a text and sends it.
    pub(crate) async fn send(&self, text: &str) -> Result<()> {
        let composer = self.browser.find("composer").await?;
        // ChromeDriver 148 types no characters outside the Basic Multilingual Plane, as emoji are; 156 does.
        if text.chars().any(|letter| letter.len_utf16() > 1) {
            composer.focus().await?;
            self.browser.insert_text(text).await?;
            self.browser.keys(Key::Enter).await?;
        } else {
            composer.send_keys(text.to_owned() + Key::Enter).await?;
        }
        until_true("the composer is empty", async || Ok(self.composer_text().await?.is_empty()))
            .await
    }

    /// The text in the composer.
    pub(crate) async fn composer_text(&self) -> Result<String> {
        self.browser.eval("return document.getElementById('composer').value", []).await
    }

    pub(crate) async fn until_composer_text(&self, text: &str) -> Result<()> {
        let same = async || Ok(self.composer_text().await? == text);
        until_true(format_args!("the composer holds {text:?}"), same).await
    }

    /// Waits for a state of the connection: `live`, `waiting`, `connecting`, `offline` or `ended`.
    pub(crate) async fn until_connection(&self, state: &str) -> Result<()> {
        self.browser.until_attribute("badge", "data-link", state).await
    }

    /// Switches the tab's network on or off.
    pub(crate) async fn set_network(&self, online: bool) -> Result<()> {
        let conditions = json!({
            "offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.browser.devtools("Network.enable", json!({})).await?;
        self.browser.devtools("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }

    /// The number of unsent messages in the bar of the connection.
    pub(crate) async fn unsent_count(&self) -> Result<Option<usize>> {
        let script = "return document.querySelector('.connection-extra')?.textContent ?? null";
        let line: Option<String> = self.browser.eval(script, []).await?;
        let digits = |line: String| line.chars().filter(char::is_ascii_digit).collect::<String>();
        Ok(line.map(digits).and_then(|digits| digits.parse().ok()))
    }

    /// The names in the presence list.
    pub(crate) async fn present_names(&self) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll('[data-testid=\"people-here\"] \
            .person-name')].map(name => name.textContent)";
        self.browser.eval(script, []).await
    }

    pub(crate) async fn until_present(&self, names: &[&str]) -> Result<()> {
        until(format_args!("{names:?} are present"), async || {
            let present = self.present_names().await?;
            ensure!(present == names, "{present:?} are present");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until a name is first in the presence list, as the user's own name is.
    pub(crate) async fn until_present_first(&self, name: &str) -> Result<()> {
        until_true(format_args!("{name} is first in the list"), async || {
            Ok(self.present_names().await?.first().is_some_and(|first| first == name))
        })
        .await
    }

    /// The names of the joined rooms.
    pub(crate) async fn rooms(&self) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll('[data-testid=\"room-list\"] \
            .room-name')].map(name => name.textContent)";
        self.browser.eval(script, []).await
    }

    /// The room in the address bar.
    pub(crate) async fn room(&self) -> Result<RoomId> {
        let path: String = self.browser.eval("return location.pathname", []).await?;
        let id = path.strip_prefix("/rooms/").and_then(|id| id.parse().ok());
        id.map(RoomId).with_context(|| format!("{path} is no room"))
    }

    /// Shows the list of rooms: beside every room, a page of its own on a phone, and not beside other pages.
    pub(crate) async fn show_rooms(&self) -> Result<()> {
        let script = "const shown = (id) => document.querySelector(`[data-testid='${id}']`)?.checkVisibility(); \
            return shown('room-filter') ? null : shown('rail-chat') ? 'rail-chat' : 'back'";
        if let Some(way) = self.browser.eval::<Option<String>>(script, []).await? {
            self.browser.click(&way).await?;
        }
        self.browser.find("room-filter").await?;
        Ok(())
    }

    /// Opens an index or a page that it lists: `apps`, `learn`, or the path of an app, such as `feed`.
    pub(crate) async fn open_app(&self, app: &str) -> Result<()> {
        let on_phone =
            "return document.querySelector('[data-testid=\"rail-apps\"]').checkVisibility()";
        if !self.browser.eval::<bool>(on_phone, []).await? {
            self.show_rooms().await?;
        }
        self.browser.click("rail-apps").await?;
        self.browser.click(&format!("page-{app}")).await
    }

    /// Leaves the open room.
    pub(crate) async fn leave_room(&self) -> Result<()> {
        self.browser.click("view-menu").await?;
        self.browser.click("room-leave").await
    }

    /// Gives the focus to a drawn message.
    pub(crate) async fn focus_message(&self, seq: u64) -> Result<()> {
        let focus = "const row = document.querySelector(`[data-seq='${arguments[0]}']`); \
            row?.focus(); return row !== null && document.activeElement === row";
        until_true(format_args!("message {seq} has the focus"), async || {
            self.browser.eval(focus, [seq.into()]).await
        })
        .await
    }

    /// Opens the menu of a drawn message, by the keyboard.
    pub(crate) async fn open_message_menu(&self, seq: u64) -> Result<()> {
        self.focus_message(seq).await?;
        self.browser.keys("m").await?;
        self.browser.find("message-menu").await?;
        Ok(())
    }

    /// Switches something in the menu of the open room, such as `presence-lines`, and closes the menu.
    pub(crate) async fn switch(&self, id: &str) -> Result<()> {
        self.browser.click("view-menu").await?;
        self.browser.click(id).await?;
        self.browser.keys(Key::Escape).await?;
        self.browser.until_gone(id).await
    }

    /// Opens the inspector.
    pub(crate) async fn open_inspector(&self) -> Result<()> {
        self.browser.click("view-menu").await?;
        self.browser.click("open-inspector").await
    }

    /// Chooses something in the user's own menu, such as `lang-ko`, and closes the menu.
    pub(crate) async fn choose(&self, id: &str) -> Result<()> {
        self.browser.click("me").await?;
        self.browser.click(id).await?;
        self.browser.keys(Key::Escape).await?;
        self.browser.until_gone(id).await
    }

    /// Waits until a room is not among the joined ones.
    pub(crate) async fn until_left(&self, room: RoomId) -> Result<()> {
        self.browser.until_gone(&format!("room-{room}")).await
    }

    /// Opens a joined room.
    pub(crate) async fn open_room(&self, room: RoomId) -> Result<()> {
        self.show_rooms().await?;
        self.browser.click(&format!("room-{room}")).await?;
        self.until_room_open(room).await
    }

    /// Waits until a room is open and its composer exists.
    pub(crate) async fn until_room_open(&self, room: RoomId) -> Result<()> {
        until_true(format_args!("room {room} is open"), async || Ok(self.room().await? == room))
            .await?;
        self.browser.find("composer").await?;
        Ok(())
    }

    /// Creates a room, which opens it.
    pub(crate) async fn create_room(&self, name: &str) -> Result<RoomId> {
        self.show_rooms().await?;
        // A phone shows the list of rooms at an address without a room.
        let before = self.room().await.ok();
        self.browser.click("room-create").await?;
        self.browser.find("room-create-name").await?.send_keys(name).await?;
        self.browser.click("room-create-submit").await?;
        let open = async || Ok(Some(self.room().await?).filter(|room| Some(*room) != before));
        let room = until("the new room is open", open).await?;
        self.until_room_open(room).await?;
        Ok(room)
    }

    /// Joins a room that another user created.
    pub(crate) async fn join_room(&self, room: RoomId) -> Result<()> {
        self.show_rooms().await?;
        self.browser.click("browse-rooms").await?;
        self.browser.click(&format!("room-join-{room}")).await?;
        self.until_room_open(room).await
    }

    /// The unread count beside a joined room, as text.
    pub(crate) async fn unread(&self, room: RoomId) -> Result<Option<String>> {
        let script = "const badge = document.querySelector(`[data-testid=\"unread-${arguments[0]}\"]`); \
            return (badge?.querySelector('[aria-hidden]') ?? badge)?.textContent ?? null";
        self.browser.eval(script, [room.0.into()]).await
    }

    /// Waits for a room's unread count, in the list and in the title, while no other room has unread messages.
    pub(crate) async fn until_only_unread(&self, room: RoomId, count: u64) -> Result<()> {
        until(format_args!("{count} are unread"), async || {
            let (shown, title) = (self.unread(room).await?, self.browser.title().await?);
            let as_wanted = match count {
                0 => shown.is_none() && !title.starts_with('('),
                _ => shown == Some(count.to_string()) && title.starts_with(&format!("({count}) ")),
            };
            if !as_wanted {
                bail!("the room shows {shown:?}, the title {title:?}");
            }
            Ok(Some(()))
        })
        .await
    }
}
