//! A Chromium of one's own.

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
use super::repository_path;
use super::wait::{until, until_true};

/// How long a script in a page may take.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(90);

/// A language that a browser can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    Ko,
    En,
}

impl Lang {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    fn accepted(self) -> &'static str {
        match self {
            Self::Ko => "ko-KR,ko",
            Self::En => "en-US,en",
        }
    }
}

/// What kind of browser it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    lang: Lang,
    phone: bool,
    ignores_certificate_errors: bool,
}

impl Device {
    /// A window of 1280 by 800.
    pub(crate) fn desktop(lang: Lang) -> Self {
        Self { lang, phone: false, ignores_certificate_errors: false }
    }

    /// A screen of 390 by 844 that is touched.
    pub(crate) fn phone(lang: Lang) -> Self {
        Self { lang, phone: true, ignores_certificate_errors: false }
    }

    /// Whoever vouches for the server: a test's certificate nobody does.
    pub(crate) fn ignoring_certificate_errors(self) -> Self {
        Self { ignores_certificate_errors: true, ..self }
    }
}

/// A browser with a profile of its own.
pub(crate) struct Browser {
    driver: WebDriver,
    /// Complaints that contain one of these were asked for.
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
        let preferences = json!({ "intl.accept_languages": device.lang.accepted() });
        wanted.add_experimental_option("prefs", preferences)?;
        if device.phone {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true });
            let emulation = json!({ "deviceMetrics": metrics });
            wanted.add_experimental_option("mobileEmulation", emulation)?;
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(chromedriver.url(), wanted).await?;
        driver.set_script_timeout(SCRIPT_TIMEOUT).await?;
        let browser = Self { driver, expected_errors: RefCell::default(), _profile: profile };
        if !device.phone {
            // The window's own size would include the browser's bars.
            let size =
                json!({ "width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        }
        Ok(browser)
    }

    /// Ends it; a browser that is gone already has ended too.
    pub(crate) async fn quit(&self) {
        drop(self.driver.clone().quit().await);
    }

    pub(crate) async fn goto(&self, url: &str) -> Result<()> {
        Ok(self.driver.goto(url).await?)
    }

    /// Goes back to where the tab was before.
    pub(crate) async fn back(&self) -> Result<()> {
        Ok(self.driver.back().await?)
    }

    /// Loads the page anew. With the server down, and no app on the device, the browser shows a page of its own.
    pub(crate) async fn reload(&self) -> Result<()> {
        match self.driver.refresh().await {
            Err(error) if !matches!(*error, WebDriverErrorInner::UnknownError(_)) => {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    /// Waits until the app's files are kept on the device.
    pub(crate) async fn until_worker_active(&self) -> Result<()> {
        let script = "const done = arguments[0]; navigator.serviceWorker.getRegistration() \
            .then(it => done(it?.active?.state === 'activated'))";
        until_true("the worker is there", async || self.eval_async(script, []).await).await
    }

    pub(crate) async fn title(&self) -> Result<String> {
        Ok(self.driver.title().await?)
    }

    /// Opens a tab, and goes into it.
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

    /// Puts the window away, or back on the screen.
    pub(crate) async fn set_visible(&self, shown: bool) -> Result<()> {
        let window = self.devtools("Browser.getWindowForTarget", json!({})).await?;
        let state = if shown { "normal" } else { "minimized" };
        let window = window.get("windowId").context("the window has no id")?;
        let bounds = json!({ "windowId": window, "bounds": { "windowState": state } });
        self.devtools("Browser.setWindowBounds", bounds).await?;
        until_true(format_args!("the window is {state}"), async || {
            self.eval("return document.hidden !== arguments[0]", [shown.into()]).await
        })
        .await
    }

    /// Closes the tab that it is in.
    pub(crate) async fn close_tab(&self) -> Result<()> {
        Ok(self.driver.close_window().await?)
    }

    /// As on a middling phone with a middling connection.
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

    /// A command of Chromium's own protocol, as its developer tools give it.
    pub(crate) async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let answer = self.driver.cdp().send_raw(method, parameters).await;
        answer.with_context(|| method.to_owned())
    }

    /// What a function body answers.
    pub(crate) async fn eval<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: impl Into<Vec<Value>>,
    ) -> Result<T> {
        Ok(self.driver.execute(script, arguments.into()).await?.convert()?)
    }

    /// What a function body hands to its last argument, later.
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

    /// The element that a test id names, once it is there.
    pub(crate) async fn find(&self, id: &str) -> Result<WebElement> {
        self.find_css(&selector(id)).await
    }

    /// The first element that a selector names, once it is there.
    pub(crate) async fn find_css(&self, css: &str) -> Result<WebElement> {
        let find = async || Ok(self.driver.find_all(By::Css(css)).await?.into_iter().next());
        until(format_args!("{css} is there"), find).await
    }

    /// Whether an element is there now.
    pub(crate) async fn has(&self, id: &str) -> Result<bool> {
        self.eval("return document.querySelector(arguments[0]) !== null", [selector(id).into()])
            .await
    }

    pub(crate) async fn until_gone(&self, id: &str) -> Result<()> {
        until_true(format_args!("{id} is gone"), async || Ok(!self.has(id).await?)).await
    }

    /// All text of an element, if it is there now.
    pub(crate) async fn text(&self, id: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.textContent ?? null";
        self.eval(script, [selector(id).into()]).await
    }

    /// Waits for an element's text to be as wanted.
    pub(crate) async fn until_text(
        &self,
        id: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        until(format_args!("{id} says what it should"), async || {
            Ok(self.text(id).await?.filter(|text| wanted(text)))
        })
        .await
    }

    /// An element's attribute, if both are there now.
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

    /// Clicks an element, once it is there and nothing is in front of it.
    pub(crate) async fn click(&self, id: &str) -> Result<()> {
        self.click_css(&selector(id)).await
    }

    pub(crate) async fn click_css(&self, css: &str) -> Result<()> {
        until(format_args!("{css} takes a click"), async || {
            let found = self.driver.find_all(By::Css(css)).await?.into_iter().next();
            let Some(element) = found else { return Ok(None) };
            Ok(Some(element.click().await?))
        })
        .await
    }

    /// The test id of what has the focus, or else its id.
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

    /// Types into whatever has the focus.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Puts a text, in whatever Unicode form, where the cursor is, as pasting would.
    pub(crate) async fn insert_text(&self, text: &str) -> Result<()> {
        self.devtools("Input.insertText", json!({ "text": text })).await?;
        Ok(())
    }

    /// Presses Tab until the focus is where it should be.
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

    /// Presses a key while another is held.
    pub(crate) async fn chord(&self, held: Key, key: impl Into<TypingData>) -> Result<()> {
        let chain = self.driver.action_chain().key_down(held.value());
        Ok(chain.send_keys(key).key_up(held.value()).perform().await?)
    }

    /// Waits for whatever moves to have arrived; what moves for ever does not count.
    pub(crate) async fn until_animations_end(&self) -> Result<()> {
        let script = "return document.getAnimations().every(it => it.playState !== 'running' \
            || it.effect.getComputedTiming().iterations === Infinity)";
        until_true("everything stands still", async || self.eval(script, []).await).await
    }

    /// Takes a picture into the folder that `MADANG_SCREENSHOTS` names, `screenshots` otherwise.
    pub(crate) async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = std::env::var_os("MADANG_SCREENSHOTS")
            .map_or_else(|| repository_path("screenshots"), PathBuf::from);
        std::fs::create_dir_all(&folder)?;
        Ok(self.driver.screenshot(&folder.join(format!("{name}.png"))).await?)
    }

    /// Complaints that contain this are no fault: the test asks for them.
    pub(crate) fn expect_console_error(&self, part: &'static str) {
        self.expected_errors.borrow_mut().push(part);
    }

    /// What the console holds since it was last looked at that is a fault.
    pub(crate) async fn console_errors(&self, network_failed: bool) -> Result<Vec<ConsoleError>> {
        let entries = self.driver.browser_log().await?;
        let console_errors =
            entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| ConsoleError {
                source: entry.source.unwrap_or_default(),
                message: entry.message,
            });
        let is_expected = |complaint: &ConsoleError| {
            let says = |part: &str| complaint.message.contains(part);
            let network = says("net::ERR_") || says("WebSocket connection to");
            self.expected_errors.borrow().iter().any(|part| says(part))
                || (network_failed && network)
        };
        Ok(console_errors.filter(|complaint| !is_expected(complaint)).collect())
    }
}

/// An entry of the console that should not be there.
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
