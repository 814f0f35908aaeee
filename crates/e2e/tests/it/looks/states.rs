//! The states of pages that an address alone does not show: menus, dialogs, searches, unread messages, no network.

use anyhow::Result;
use serde_json::json;
use thirtyfour::Key;

use crate::layout::{go_to, open_path};
use crate::orders::press;
use crate::support::browser::Browser;

/// An act of a user before the picture is taken.
pub(super) enum Act {
    /// Clicks an element, by its test id.
    Click(&'static str),
    /// Clicks the first element of a selector.
    ClickCss(&'static str),
    /// Gives the focus to the first element of a selector.
    Focus(&'static str),
    /// Types into a field.
    Type(&'static str, &'static str),
    /// Inserts a text of some lines into a field.
    Insert(&'static str, &'static str),
    /// Presses a key without a field.
    Press(&'static str),
    /// Removes a remembered choice, and loads the app again.
    Forget(&'static str),
}

use Act::{Click, ClickCss, Focus, Forget, Insert, Press, Type};

/// A state: the name of its picture, the address, the acts, and a selector of something that it shows.
pub(super) struct State {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) acts: &'static [Act],
    pub(super) shows: &'static str,
}

const fn state(
    name: &'static str,
    path: &'static str,
    acts: &'static [Act],
    shows: &'static str,
) -> State {
    State { name, path, acts, shows }
}

/// Where the browser remembers the choice about its notifications.
pub(super) const NOTIFICATIONS: &str = "madang.notices.browser";

const FIRST_MESSAGE: &str = "[data-mine='false'] > .chat-author > .isolated";

/// The states with a team's rooms, orders and posts. The last ones are without a network.
pub(super) const OF_A_TEAM: &[State] = &[
    state("own-menu", "/apps", &[Click("me")], "[data-testid=lang-ko]"),
    state("sign-out", "/apps", &[Click("me"), Click("sign-out")], "[data-testid=sign-out-confirm]"),
    state("shortcuts", "/apps", &[Press("?")], "[data-testid=shortcuts]"),
    state("room-menu", "/rooms/1", &[Click("view-menu")], "[data-testid=copy-link]"),
    state(
        "room-leave",
        "/rooms/2",
        &[Click("view-menu"), Click("room-leave")],
        "[data-testid=undo-bar]",
    ),
    state(
        "room-describe",
        "/rooms/1",
        &[Click("view-menu"), Click("room-describe")],
        "[data-testid=room-description]",
    ),
    state(
        "inspector",
        "/rooms/1",
        &[Click("view-menu"), Click("open-inspector")],
        "[data-testid=frame-kind]",
    ),
    state("members", "/rooms/1", &[Click("open-presence")], "#open-presence"),
    state("person", "/rooms/1", &[ClickCss(FIRST_MESSAGE)], "[data-testid=person-card]"),
    state(
        "message-menu",
        "/rooms/1",
        &[Focus("[data-seq='2']"), Press("m")],
        "[data-testid=message-menu]",
    ),
    state(
        "composer",
        "/rooms/1",
        &[Insert("composer", "줄 1\n줄 2\n줄 3\n줄 4\n줄 5\n줄 6\n줄 7\n줄 8")],
        "#composer",
    ),
    state("new-room", "/", &[Click("room-create")], "[data-testid=room-create-name]"),
    state("list-no-match", "/", &[Type("room-filter", "zzz")], "[data-testid=no-match]"),
    state(
        "browse-no-match",
        "/rooms",
        &[Type("browse-filter", "zzz")],
        "[data-testid=browse-none]",
    ),
    state(
        "settings-no-match",
        "/settings",
        &[Type("settings-search", "zzz")],
        "[data-testid=settings-found]",
    ),
    state("message-gone", "/rooms/1/messages/9999", &[], ".chat-status"),
    state("nowhere", "/nowhere", &[], ".content-message"),
    state("inbox-preview", "/notices", &[ClickCss(".notices-list a")], ".preview, .composer"),
    state("orders-choice", "/orders", &[Click("more-1"), Click("to-address")], "#order-address"),
    state(
        "orders-refused",
        "/orders",
        &[Click("more-1"), Click("to-table"), Click("order-place")],
        "#where-error:not(:empty)",
    ),
    state(
        "board-cancel",
        "/orders/board",
        &[Click("menu-1"), Click("cancelled-1")],
        "[data-testid=cancel-reason]",
    ),
    state("offer", "/notices", &[Forget(NOTIFICATIONS)], "[data-testid=offer]"),
    state("offline-room", "/rooms/1", &[], ".connection-text"),
    state("offline-orders", "/orders", &[], ".connection-text"),
    state("offline-price", "/bitcoin", &[], ".connection-text"),
    state("offline-browse", "/rooms", &[], ".connection-text"),
];

/// The pages of a server without content.
pub(super) const OF_NOBODY: &[State] = &[
    state("empty-room", "/rooms/1", &[], ".first-steps"),
    state("empty-list", "/", &[], ".rail"),
    state("empty-rooms", "/rooms", &[], ".browse"),
    state("empty-inbox", "/notices", &[], ".page-body"),
    state("empty-feed", "/feed", &[], ".page-body"),
    state("empty-orders", "/orders", &[], ".page-body"),
    state("empty-board", "/orders/board", &[], ".page-body"),
    state("empty-rider", "/orders/rider", &[], ".page-body"),
    state("empty-price", "/bitcoin", &[], ".page-body"),
];

/// Whether a state is without a network; all states after it are, too.
pub(super) fn is_offline(state: &State) -> bool {
    state.name.starts_with("offline")
}

/// Takes the network from the tab.
pub(super) async fn go_offline(browser: &Browser) -> Result<()> {
    let nothing = json!({
        "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
    });
    browser.devtools("Network.enable", json!({})).await?;
    browser.devtools("Network.emulateNetworkConditions", nothing).await?;
    browser.run_script("dispatchEvent(new Event('offline'))", []).await
}

/// Brings a page into a state. Menus and dialogs of the state before are closed.
pub(super) async fn show(browser: &Browser, state: &State, is_offline: bool) -> Result<()> {
    for _ in 0..2 {
        browser.keys(Key::Escape).await?;
    }
    if is_offline {
        // Nothing arrives without a network.
        open_path(browser, state.path).await?;
    } else {
        go_to(browser, state.path).await?;
    }
    for act in state.acts {
        match act {
            Click(id) => press(browser, id).await?,
            ClickCss(css) => browser.click_css(css).await?,
            Focus(css) => browser.find_css(css).await?.focus().await?,
            Insert(id, text) => {
                browser.find(id).await?.focus().await?;
                browser.insert_text(text).await?;
            }
            Type(id, text) => browser.find(id).await?.send_keys(*text).await?,
            Press(key) => browser.keys(*key).await?,
            Forget(key) => {
                browser
                    .run_script("localStorage.removeItem(arguments[0])", [(*key).into()])
                    .await?;
                browser.reload().await?;
                go_to(browser, state.path).await?;
            }
        }
        browser.until_animations_end().await?;
    }
    browser.find_css(state.shows).await?;
    browser.until_animations_end().await
}
