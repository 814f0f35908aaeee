//! Layout on every page: narrow windows, fingers, forced colours, drawers, and nothing that jumps sideways.

mod large_letters;

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use crate::appearance::set_language_and_theme;
use crate::orders::order_noodles;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};
use crate::support::wait::{until, until_true};

mod low_window;

/// Finds elements that do not fit, targets that are too small for fingers, and letters that are cut off.
const LAYOUT_FAULTS: &str = concat!(
    include_str!("width_faults.js"),
    include_str!("target_faults.js"),
    include_str!("letter_faults.js"),
    "return [...found];"
);
/// Finds elements that do not fit.
const WIDTH_FAULTS: &str = concat!(include_str!("width_faults.js"), "return [...found];");
/// Finds chosen elements that look like the others of their kind in forced colours.
const FORCED_COLOUR_FAULTS: &str = include_str!("forced_colour_faults.js");

/// Finds elements whose animation or transition would be seen: a description of each.
const MOTION_FAULTS: &str = include_str!("motion_faults.js");

/// The paths of all pages, from their table.
pub(crate) fn page_paths() -> impl Iterator<Item = &'static str> {
    let table = include_str!("../../../../../frontend/src/route/mod.rs");
    table.lines().filter_map(|line| line.trim_start().strip_prefix("path: \"")?.strip_suffix("\","))
}

/// Makes the first user the owner, who sees the administrator's page.
fn be_owner(test: &BrowserTest) -> Result<()> {
    test.server.database()?.execute("UPDATE users SET role = 'owner' WHERE id = 1")?;
    Ok(())
}

pub(crate) async fn set_size(
    browser: &Browser,
    width: u32,
    height: u32,
    touch: bool,
) -> Result<()> {
    let metrics =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch });
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
    let touch = json!({ "enabled": touch, "maxTouchPoints": if touch { 5 } else { 1 } });
    browser.devtools("Emulation.setTouchEmulationEnabled", touch).await?;
    Ok(())
}

/// Waits until the view of the address is drawn. The page of components shows skeletons for ever.
async fn until_drawn(browser: &Browser) -> Result<()> {
    let script = "return document.querySelector('[data-testid=\"badge\"]')?.dataset.link === 'live' \
        && document.querySelector('.page-body, .composer, .content-message, .entrance') !== null \
        && document.querySelector('.skeleton:not(.components .skeleton)') === null";
    until_true("the page is drawn", async || browser.eval(script, []).await).await?;
    browser.until_animations_end().await
}

/// Goes to an address without loading the app again.
pub(crate) async fn open_path(browser: &Browser, path: &str) -> Result<()> {
    let script = "const [path, done] = arguments; history.pushState(null, '', path); \
        dispatchEvent(new PopStateEvent('popstate')); \
        requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
    browser.eval_async::<bool>(script, [path.into()]).await?;
    Ok(())
}

/// Goes to an address without loading the app again, and waits until its view is drawn.
pub(crate) async fn go_to(browser: &Browser, path: &str) -> Result<()> {
    open_path(browser, path).await?;
    until_drawn(browser).await
}

pub(crate) async fn layout_faults(browser: &Browser) -> Result<Vec<String>> {
    browser.eval(LAYOUT_FAULTS, []).await
}

#[tokio::test]
async fn every_page_fits_320_pixels_and_fingers_and_large_letters() -> Result<()> {
    BrowserTest::run("layout-narrow", async |test| {
        let page = test.chat_page("정지우", Device::phone(Lang::Ko)).await?;
        let browser = &page.browser;
        page.send("https://example.com/a/long/address/without/a/place/to/break/it?and=a&query=too")
            .await?;
        page.send("@정지우 Going up the hill by eight").await?;
        go_to(browser, "/feed").await?;
        browser.find("post-composer").await?.send_keys("A post with its buttons").await?;
        browser.click("post-send").await?;
        go_to(browser, "/orders").await?;
        order_noodles(browser).await?;
        browser.find("order-1").await?;
        set_size(browser, 320, 568, true).await?;
        let root: String =
            browser.eval("return getComputedStyle(document.documentElement).fontSize", []).await?;
        let mut found = String::new();
        if root != "16px" {
            writeln!(found, "a rem is {root} instead of the browser's own font size")?;
        }
        be_owner(test)?;
        browser.expect_console_error("/api/rooms/999");
        let first_room = "/rooms/1";
        for lang in [Lang::Ko, Lang::En] {
            set_language_and_theme(browser, lang, "light").await?;
            for path in page_paths().chain([first_room, "/rooms/999", "/"]) {
                go_to(browser, path).await?;
                let mut views = vec![(path.to_owned(), layout_faults(browser).await?)];
                if path == "/" {
                    browser.click("me").await?;
                    browser.find("lang-ko").await?;
                    browser.until_animations_end().await?;
                    views.push(("me".to_owned(), layout_faults(browser).await?));
                    browser.keys(Key::Escape).await?;
                    browser.until_gone("lang-ko").await?;
                }
                if path == first_room {
                    page.open_message_menu(2).await?;
                    browser.until_animations_end().await?;
                    views.push(("message-menu".to_owned(), layout_faults(browser).await?));
                    browser.keys(Key::Escape).await?;
                    browser.until_gone("message-menu").await?;
                    browser.click("open-presence").await?;
                    browser.until_animations_end().await?;
                    views.push(("members".to_owned(), layout_faults(browser).await?));
                    browser.click("close-presence").await?;
                    browser.until_animations_end().await?;
                    browser.click("view-menu").await?;
                    browser.find("copy-link").await?;
                    browser.until_animations_end().await?;
                    views.push(("view-menu".to_owned(), layout_faults(browser).await?));
                    browser.click("open-inspector").await?;
                    browser.find("frame-kind").await?;
                    browser.until_animations_end().await?;
                    views.push(("inspector".to_owned(), layout_faults(browser).await?));
                    browser.keys(Key::Escape).await?;
                    browser.until_gone("inspector").await?;
                }
                for (view, faults) in views {
                    for fault in faults {
                        writeln!(found, "{} {view}: {fault}", lang.code())?;
                    }
                }
            }
        }
        ensure!(found.is_empty(), "on a narrow screen for fingers:\n{found}");
        // A window of 1280 x 800 at 200 %: half as many pixels of the style sheet.
        set_size(browser, 640, 400, false).await?;
        for path in page_paths().chain([first_room, "/"]) {
            go_to(browser, path).await?;
            let faults: Vec<String> = browser.eval(WIDTH_FAULTS, []).await?;
            for fault in faults {
                writeln!(found, "{path}: {fault}")?;
            }
        }
        ensure!(found.is_empty(), "on a desktop at 200 %:\n{found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_state_shows_in_forced_colours_and_nothing_moves_where_motion_is_reduced()
-> Result<()> {
    BrowserTest::run("forced-colours", async |test| {
        let page = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &page.browser;
        page.create_room("Second room").await?;
        let wishes = json!({ "features": [
            { "name": "forced-colors", "value": "active" },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        browser.devtools("Emulation.setEmulatedMedia", wishes).await?;
        be_owner(test)?;
        let mut found = String::new();
        for path in page_paths().chain(["/rooms/1", "/"]) {
            go_to(browser, path).await?;
            browser.screenshot(&format!("forced-colours{}", path.replace('/', "-"))).await?;
            let looks: Vec<String> = browser.eval(FORCED_COLOUR_FAULTS, []).await?;
            let motion: Vec<String> = browser.eval(MOTION_FAULTS, []).await?;
            for fault in looks.into_iter().chain(motion) {
                writeln!(found, "{path}: {fault}")?;
            }
        }
        ensure!(found.is_empty(), "states without a difference, or motion:\n{found}");
        Ok(())
    })
    .await
}

async fn is_shown(browser: &Browser, selector: &str) -> Result<bool> {
    let script = "const it = document.querySelector(arguments[0]); \
        const { left, right } = it.getBoundingClientRect(); \
        return it.checkVisibility({ visibilityProperty: true }) && right > 1 && left < innerWidth - 1";
    browser.eval(script, [selector.into()]).await
}

#[tokio::test]
async fn on_a_medium_window_the_people_are_a_drawer() -> Result<()> {
    BrowserTest::run("layout-medium", async |test| {
        let ChatPage { browser } = test.chat_page("민수", Device::desktop(Lang::Ko)).await?;
        for (width, height, is_drawer) in
            [(1100, 800, false), (1099, 800, true), (721, 800, true), (844, 390, true)]
        {
            set_size(&browser, width, height, false).await?;
            until_true(
                format_args!("at {width} pixels the people are a drawer: {is_drawer}"),
                async || {
                    Ok(is_shown(&browser, "#presence").await? != is_drawer
                        && is_shown(&browser, "#open-presence").await?)
                },
            )
            .await?;
            for part in ["#rooms", ".rail", "#composer"] {
                assert!(is_shown(&browser, part).await?, "{width}: {part} stays");
            }
            if is_drawer {
                browser.click("open-presence").await?;
                until_true("the drawer opens", async || is_shown(&browser, "#presence").await)
                    .await?;
                browser.until_animations_end().await?;
                browser.click("close-presence").await?;
                browser.until_focus("open-presence").await?;
                browser.until_animations_end().await?;
            }
        }
        // A drawer that becomes a panel is no drawer any more: nothing lies behind it.
        browser.click("open-presence").await?;
        set_size(&browser, 1280, 800, false).await?;
        browser.until_attribute("drawer-presence", "data-open", "false").await?;

        // The column of the members folds, and the browser remembers it.
        browser.click("close-presence").await?;
        browser.until_focus("open-presence").await?;
        assert!(!is_shown(&browser, "#presence").await?);
        browser.reload().await?;
        browser.until_attribute("open-presence", "aria-expanded", "false").await?;
        browser.click("open-presence").await?;
        until_true("the members are back", async || is_shown(&browser, "#presence").await).await
    })
    .await
}

#[tokio::test]
async fn nothing_jumps_sideways() -> Result<()> {
    BrowserTest::run("layout-sideways", async |test| {
        let ChatPage { browser } = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let left = async |selector: &str| -> Result<f64> {
            let script = "return document.querySelector(arguments[0]).getBoundingClientRect().left";
            browser.eval(script, [selector.into()]).await
        };
        let mut places = Vec::new();
        for height in [1600, 320] {
            for width in [1280, 1920] {
                set_size(&browser, width, height, false).await?;
                for path in ["/orders", "/orders/board", "/orders/rider"] {
                    go_to(&browser, path).await?;
                    places.push((
                        width,
                        left(".tabs").await?,
                        format!("{path} of height {height}"),
                    ));
                }
            }
        }
        for (width, place, path) in &places {
            let first = places.iter().find(|it| it.0 == *width).map(|it| it.1);
            ensure!(first == Some(*place), "the tabs of {path} are elsewhere: {places:#?}");
        }
        // The composer has no scroll bar, and the messages above it have one.
        go_to(&browser, "/rooms/1").await?;
        let centre = "const [list, composer] = ['.virtual-list-window', '.composer'].map(it => { \
            const { left, right } = document.querySelector(it).getBoundingClientRect(); \
            return (left + right) / 2 }); return Math.abs(list - composer) < 1";
        until(format_args!("messages and composer have one centre"), async || {
            Ok(browser.eval::<bool>(centre, []).await?.then_some(()))
        })
        .await
    })
    .await
}
