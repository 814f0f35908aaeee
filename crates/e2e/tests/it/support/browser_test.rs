//! The frame of a browser test: a server, browsers, and a check of their consoles at the end.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::Semaphore;

use super::browser::Browser;
use super::chat_page::{ChatPage, FIRST_ROOM};
use super::chromedriver::Chromedriver;
use super::device::Device;
use super::sign_in_page::SignInPage;
use super::test_server::TestServer;

/// Limits the tests that run at a time, below the test runner's own number: each test has a server and several
/// browsers, and a browser without processor time misses every time limit.
static SLOTS: Semaphore = Semaphore::const_new(2);
/// The time limit of a test.
const TIME_LIMIT: Duration = Duration::from_secs(150);

/// A running test: a server and the browsers that use it.
pub(crate) struct BrowserTest {
    pub(crate) server: TestServer,
    name: &'static str,
    chromedriver: Chromedriver,
    browsers: RefCell<Vec<Rc<Browser>>>,
}

impl BrowserTest {
    /// Runs a test and then checks every browser's console. After a failure, each browser leaves a screenshot
    /// `failed-…`. All browsers are ended in every case.
    pub(crate) fn run(
        name: &'static str,
        body: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) -> LocalBoxFuture<'static, Result<()>> {
        Self::run_with(name, &[], body)
    }

    /// As [`run`](Self::run), on a server with additional arguments to `madang serve`.
    pub(crate) fn run_with(
        name: &'static str,
        arguments: &[&str],
        body: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) -> LocalBoxFuture<'static, Result<()>> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // Boxed, because the future of a whole test is too large for the stack.
        Self::run_to_end(name, arguments, body).boxed_local()
    }

    async fn run_to_end(
        name: &'static str,
        arguments: Vec<String>,
        body: impl AsyncFnOnce(&Self) -> Result<()>,
    ) -> Result<()> {
        let _slot = SLOTS.acquire().await?;
        let test = Self {
            server: TestServer::start(&arguments).await?,
            name,
            chromedriver: Chromedriver::start().await?,
            browsers: RefCell::default(),
        };
        let outcome = AssertUnwindSafe(async {
            let result = tokio::time::timeout(TIME_LIMIT, body(&test)).await;
            result.context("the test exceeded its time limit")??;
            test.check_consoles().await
        })
        .catch_unwind()
        .await;
        let failed = !matches!(outcome, Ok(Ok(())));
        for (index, browser) in test.browsers.take().into_iter().enumerate() {
            if failed {
                let screenshot = browser.screenshot(&format!("failed-{}-{index}", test.name)).await;
                // The error of the test matters more than that of its screenshot.
                screenshot.ok();
            }
            browser.quit().await;
        }
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                Err(error.context(format!("the server's log:\n{}", test.server.log())))
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Starts a browser with an empty page.
    pub(crate) async fn browser(&self, device: Device) -> Result<Rc<Browser>> {
        let browser = Rc::new(Browser::start(&self.chromedriver, device).await?);
        self.browsers.borrow_mut().push(browser.clone());
        Ok(browser)
    }

    /// Starts a browser and opens the sign-in form.
    pub(crate) async fn sign_in_page(&self, device: Device) -> Result<SignInPage> {
        let browser = self.browser(device).await?;
        browser.goto(&self.server.url("/")).await?;
        SignInPage::new(browser).await
    }

    /// Starts a browser, signs a new user up and opens the first room. A phone shows the list of rooms first.
    pub(crate) async fn chat_page(&self, name: &str, device: Device) -> Result<ChatPage> {
        let page = self.sign_in_page(device).await?.sign_in(name).await?;
        if device.phone {
            page.open_room(FIRST_ROOM).await?;
        }
        page.open_composer().await?;
        Ok(page)
    }

    async fn check_consoles(&self) -> Result<()> {
        let browsers = self.browsers.borrow().clone();
        let mut found = String::new();
        for browser in browsers {
            for error in browser.console_errors(self.server.was_down()).await? {
                writeln!(found, "{error}")?;
            }
        }
        if !found.is_empty() {
            bail!("unexpected errors in the consoles:\n{found}");
        }
        Ok(())
    }
}
