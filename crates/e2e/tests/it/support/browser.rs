//! A Chromium with its own profile, driven over `WebDriver`.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, WindowHandle};

use super::chromedriver::Chromedriver;
use super::device::Device;
use super::repository_path;
use super::wait::{until, until_true};

/// The time limit of a script in a page.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(90);

/// The time limit of a page's load, below that of a wait: a wait tries again after a load that hangs.
const LOAD_TIMEOUT: Duration = Duration::from_secs(20);

/// A running browser with an empty profile.
pub(crate) struct Browser {
    driver: WebDriver,
    /// Console errors that contain one of these are expected.
    expected_errors: RefCell<Vec<&'static str>>,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start(chromedriver: &Chromedriver, device: Device) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let mut wanted = DesiredCapabilities::chrome();
        if let Some(chromium) = std::env::var_os("CHROMIUM") {
            wanted.set_binary(&chromium.to_string_lossy())?;
        }
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,940",
        ] {
            wanted.add_arg(argument)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        if device.ignores_certificate_errors {
            wanted.add_arg("--ignore-certificate-errors")?;
        }
        wanted.add_arg(&format!("--lang={}", device.lang.code()))?;
        wanted.add_arg(&format!("--accept-lang={}", device.lang.accepted()))?;
        // In Chromium's preferences, 1 allows and 2 blocks.
        let preferences = json!({
            "intl.accept_languages": device.lang.accepted(),
            "profile.default_content_setting_values.cookies": if device.blocks_cookies { 2 } else { 1 },
        });
        wanted.add_experimental_option("prefs", preferences)?;
        if device.phone {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true });
            let emulation = json!({ "deviceMetrics": metrics });
            wanted.add_experimental_option("mobileEmulation", emulation)?;
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(chromedriver.url(), wanted).await?;
        driver.set_script_timeout(SCRIPT_TIMEOUT).await?;
        driver.set_page_load_timeout(LOAD_TIMEOUT).await?;
        let browser = Self { driver, expected_errors: RefCell::default(), _profile: profile };
        if !device.phone {
            // The size of the window would include the browser's bars.
            let size =
                json!({ "width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        }
        Ok(browser)
    }

    /// Ends the browser. Errors are ignored: the browser may have ended already.
    pub(crate) async fn quit(&self) {
        self.driver.clone().quit().await.ok();
    }

    pub(crate) async fn goto(&self, url: &str) -> Result<()> {
        Ok(self.driver.goto(url).await?)
    }

    /// Goes back to the previous page of the tab.
    pub(crate) async fn back(&self) -> Result<()> {
        Ok(self.driver.back().await?)
    }

    /// Reloads the page. If the server is down and the app is not cached, the browser shows its own error page.
    pub(crate) async fn reload(&self) -> Result<()> {
        match self.driver.refresh().await {
            Err(error) if !matches!(*error, WebDriverErrorInner::UnknownError(_)) => {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    /// Waits until the service worker has cached the app's files.
    pub(crate) async fn until_worker_active(&self) -> Result<()> {
        let script = "const done = arguments[0]; navigator.serviceWorker.getRegistration() \
            .then(it => done(it?.active?.state === 'activated'))";
        until_true("the service worker is active", async || self.eval_async(script, []).await).await
    }

    pub(crate) async fn title(&self) -> Result<String> {
        Ok(self.driver.title().await?)
    }

    /// Opens a tab and switches to it.
    pub(crate) async fn new_tab(&self) -> Result<WindowHandle> {
        let tab = self.driver.new_tab().await?;
        self.switch_to(&tab).await?;
        Ok(tab)
    }

    pub(crate) async fn tab(&self) -> Result<WindowHandle> {
        Ok(self.driver.window().await?)
    }

    pub(crate) async fn switch_to(&self, tab: &WindowHandle) -> Result<()> {
        Ok(self.driver.switch_to_window(tab.clone()).await?)
    }

    /// Restores or minimizes the window.
    pub(crate) async fn set_visible(&self, visible: bool) -> Result<()> {
        let window = self.devtools("Browser.getWindowForTarget", json!({})).await?;
        let state = if visible { "normal" } else { "minimized" };
        let window = window.get("windowId").context("the window has no id")?;
        let bounds = json!({ "windowId": window, "bounds": { "windowState": state } });
        self.devtools("Browser.setWindowBounds", bounds).await?;
        until_true(format_args!("the window is {state}"), async || {
            self.eval("return document.hidden !== arguments[0]", [visible.into()]).await
        })
        .await
    }

    /// Closes the present tab.
    pub(crate) async fn close_tab(&self) -> Result<()> {
        Ok(self.driver.close_window().await?)
    }

    /// Emulates a mid-range phone: 1.6 Mbit/s, 150 ms latency, a processor four times slower.
    pub(crate) async fn emulate_slow_phone(&self) -> Result<()> {
        let bytes_per_second = 1_600_000 / 8;
        let conditions = json!({
            "offline": false, "latency": 150,
            "downloadThroughput": bytes_per_second, "uploadThroughput": bytes_per_second,
        });
        self.devtools("Network.enable", json!({})).await?;
        self.devtools("Network.emulateNetworkConditions", conditions).await?;
        self.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).await?;
        Ok(())
    }

    /// Sends a command of the Chrome `DevTools` Protocol.
    pub(crate) async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let answer = self.driver.cdp().send_raw(method, parameters).await;
        answer.with_context(|| method.to_owned())
    }

    /// Runs a function body and returns its result.
    pub(crate) async fn eval<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: impl Into<Vec<Value>>,
    ) -> Result<T> {
        Ok(self.driver.execute(script, arguments.into()).await?.convert()?)
    }

    /// Runs a function body and returns the value that it passes to its last argument, a callback.
    pub(crate) async fn eval_async<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: impl Into<Vec<Value>>,
    ) -> Result<T> {
        Ok(self.driver.execute_async(script, arguments.into()).await?.convert()?)
    }

    /// Runs a function body.
    pub(crate) async fn run_script(
        &self,
        script: &str,
        arguments: impl Into<Vec<Value>>,
    ) -> Result<()> {
        self.driver.execute(script, arguments.into()).await?;
        Ok(())
    }

    /// Waits for the element with a test id.
    pub(crate) async fn find(&self, id: &str) -> Result<WebElement> {
        self.find_css(&selector(id)).await
    }

    /// Waits for the first element that matches a selector.
    pub(crate) async fn find_css(&self, css: &str) -> Result<WebElement> {
        let find = async || Ok(self.driver.find_all(By::Css(css)).await?.into_iter().next());
        until(format_args!("{css} exists"), find).await
    }

    /// Whether an element exists now.
    pub(crate) async fn has(&self, id: &str) -> Result<bool> {
        self.eval("return document.querySelector(arguments[0]) !== null", [selector(id).into()])
            .await
    }

    pub(crate) async fn until_gone(&self, id: &str) -> Result<()> {
        until_true(format_args!("{id} is gone"), async || Ok(!self.has(id).await?)).await
    }

    /// The whole text of an element, if it exists now.
    pub(crate) async fn text(&self, id: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.textContent ?? null";
        self.eval(script, [selector(id).into()]).await
    }

    /// Waits until an element's text fulfils a condition.
    pub(crate) async fn until_text(
        &self,
        id: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        until(format_args!("the text of {id} is as expected"), async || {
            Ok(self.text(id).await?.filter(|text| wanted(text)))
        })
        .await
    }

    /// An element's attribute, if both exist now.
    pub(crate) async fn attribute(&self, id: &str, name: &str) -> Result<Option<String>> {
        let script =
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.eval(script, [selector(id).into(), name.into()]).await
    }

    pub(crate) async fn until_attribute(&self, id: &str, name: &str, value: &str) -> Result<()> {
        until_true(format_args!("{name} of {id} is {value:?}"), async || {
            Ok(self.attribute(id, name).await?.as_deref() == Some(value))
        })
        .await
    }

    /// Waits until an element can be clicked, and clicks it.
    pub(crate) async fn click(&self, id: &str) -> Result<()> {
        self.click_css(&selector(id)).await
    }

    pub(crate) async fn click_css(&self, css: &str) -> Result<()> {
        until(format_args!("{css} can be clicked"), async || {
            let found = self.driver.find_all(By::Css(css)).await?.into_iter().next();
            let Some(element) = found else { return Ok(None) };
            Ok(Some(element.click().await?))
        })
        .await
    }

    /// Presses the mouse on an element, and holds it.
    pub(crate) async fn press_and_hold(&self, element: &WebElement) -> Result<()> {
        Ok(self.driver.action_chain().click_and_hold_element(element).perform().await?)
    }

    /// Releases the mouse.
    pub(crate) async fn release(&self) -> Result<()> {
        Ok(self.driver.action_chain().release().perform().await?)
    }

    /// Clicks an element twice at the pace of a double click.
    pub(crate) async fn double_click(&self, id: &str) -> Result<()> {
        let element = self.find(id).await?;
        Ok(self.driver.action_chain().double_click_element(&element).perform().await?)
    }

    /// The test id of the focused element, or else its id.
    pub(crate) async fn focus(&self) -> Result<String> {
        let script = "const it = document.activeElement; \
            return it?.dataset.testid ?? it?.id ?? ''";
        self.eval(script, []).await
    }

    pub(crate) async fn until_focus(&self, id: &str) -> Result<()> {
        until(format_args!("the focus is on {id}"), async || {
            let focus = self.focus().await?;
            ensure!(focus == id, "the focus is on {focus:?}");
            Ok(Some(()))
        })
        .await
    }

    /// Types into the focused element.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Inserts a text at the cursor, as pasting does. Its Unicode form is preserved.
    pub(crate) async fn insert_text(&self, text: &str) -> Result<()> {
        self.devtools("Input.insertText", json!({ "text": text })).await?;
        Ok(())
    }

    /// Replaces the text of a field, as pasting does.
    pub(crate) async fn fill(&self, id: &str, text: &str) -> Result<()> {
        let field = self.find(id).await?;
        field.clear().await?;
        field.focus().await?;
        self.insert_text(text).await
    }

    /// Chooses an option of a list, by its value.
    pub(crate) async fn select(&self, id: &str, value: &str) -> Result<()> {
        let option = format!("[data-testid={id}] option[value=\"{value}\"]");
        Ok(self.find_css(&option).await?.click().await?)
    }

    /// Presses Tab until an element has the focus.
    pub(crate) async fn tab_to(&self, id: &str) -> Result<()> {
        until(format_args!("Tab leads to {id}"), async || {
            if self.focus().await? == id {
                return Ok(Some(()));
            }
            self.keys(Key::Tab).await?;
            Ok(None)
        })
        .await
    }

    /// Presses a key while a modifier is down.
    pub(crate) async fn chord(&self, modifier: Key, key: impl Into<TypingData>) -> Result<()> {
        let chain = self.driver.action_chain().key_down(modifier.value());
        Ok(chain.send_keys(key).key_up(modifier.value()).perform().await?)
    }

    /// Waits until no finite animation is running.
    pub(crate) async fn until_animations_end(&self) -> Result<()> {
        let script = "return document.getAnimations().every(it => it.playState !== 'running' \
            || it.effect.getComputedTiming().iterations === Infinity)";
        until_true("all animations have ended", async || self.eval(script, []).await).await
    }

    /// Writes a screenshot to the folder in `MADANG_SCREENSHOTS`, by default `screenshots`.
    pub(crate) async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = std::env::var_os("MADANG_SCREENSHOTS")
            .map_or_else(|| repository_path("screenshots"), PathBuf::from);
        std::fs::create_dir_all(&folder)?;
        Ok(self.driver.screenshot(&folder.join(format!("{name}.png"))).await?)
    }

    /// Accepts console errors that contain a text, because the test provokes them.
    pub(crate) fn expect_console_error(&self, part: &'static str) {
        self.expected_errors.borrow_mut().push(part);
    }

    /// The unexpected console errors since the last call. `network_failed` accepts errors of the network.
    pub(crate) async fn console_errors(&self, network_failed: bool) -> Result<Vec<ConsoleError>> {
        let entries = self.driver.browser_log().await?;
        let console_errors =
            entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| ConsoleError {
                source: entry.source.unwrap_or_default(),
                message: entry.message,
            });
        let is_expected = |error: &ConsoleError| {
            let says = |part: &str| error.message.contains(part);
            let network = says("net::ERR_") || says("WebSocket connection to");
            self.expected_errors.borrow().iter().any(|part| says(part))
                || (network_failed && network)
        };
        Ok(console_errors.filter(|error| !is_expected(error)).collect())
    }
}

/// An error in a browser's console.
#[derive(Clone, Debug)]
pub(crate) struct ConsoleError {
    pub(crate) source: String,
    pub(crate) message: String,
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

fn selector(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}
