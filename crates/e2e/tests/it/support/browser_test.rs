//! A server, browsers, and what must be true when the play is over.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::Semaphore;

use super::browser::{Browser, Device};
use super::chat_page::ChatPage;
use super::chromedriver::Chromedriver;
use super::sign_in_page::SignInPage;
use super::test_server::TestServer;

/// So many tests run at once, whatever the test runner would like: each has a server and several
/// browsers, and a starved browser shows nothing but its hunger.
static SLOTS: Semaphore = Semaphore::const_new(2);
/// No test takes longer than this.
const TIME_LIMIT: Duration = Duration::from_secs(150);

/// A server with the browsers that look at it.
pub(crate) struct BrowserTest {
    pub(crate) server: TestServer,
    name: &'static str,
    chromedriver: Chromedriver,
    browsers: RefCell<Vec<Rc<Browser>>>,
}

impl BrowserTest {
    /// Sets a stage, plays on it, and looks at every console afterwards. Whatever goes wrong, each
    /// browser leaves a picture (`failed-…`), and none is left behind.
    pub(crate) fn run(
        name: &'static str,
        run_on_page: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) -> LocalBoxFuture<'static, Result<()>> {
        Self::run_with(name, &[], run_on_page)
    }

    /// The same, on a server with these arguments to `madang serve`.
    pub(crate) fn run_with(
        name: &'static str,
        arguments: &[&str],
        run_on_page: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) -> LocalBoxFuture<'static, Result<()>> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // A whole play is too much for a stack.
        Self::run_to_end(name, arguments, run_on_page).boxed_local()
    }

    async fn run_to_end(
        name: &'static str,
        arguments: Vec<String>,
        run_on_page: impl AsyncFnOnce(&Self) -> Result<()>,
    ) -> Result<()> {
        let _place = SLOTS.acquire().await?;
        let test = Self {
            server: TestServer::start(&arguments).await?,
            name,
            chromedriver: Chromedriver::start().await?,
            browsers: RefCell::default(),
        };
        let outcome = AssertUnwindSafe(async {
            let played = tokio::time::timeout(TIME_LIMIT, run_on_page(&test)).await;
            played.context("the test takes too long")??;
            test.check_consoles().await
        })
        .catch_unwind()
        .await;
        let failed = !matches!(outcome, Ok(Ok(())));
        for (index, browser) in test.browsers.take().into_iter().enumerate() {
            if failed {
                let screenshot = browser.screenshot(&format!("failed-{}-{index}", test.name)).await;
                drop(screenshot);
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

    /// A browser with nothing of ours in it yet.
    pub(crate) async fn browser(&self, device: Device) -> Result<Rc<Browser>> {
        let browser = Rc::new(Browser::start(&self.chromedriver, device).await?);
        self.browsers.borrow_mut().push(browser.clone());
        Ok(browser)
    }

    /// A browser at the gate.
    pub(crate) async fn sign_in_page(&self, device: Device) -> Result<SignInPage> {
        let browser = self.browser(device).await?;
        browser.goto(&self.server.url("/")).await?;
        SignInPage::new(browser).await
    }

    /// A browser with somebody signed in, in the first room.
    pub(crate) async fn chat_page(&self, name: &str, device: Device) -> Result<ChatPage> {
        let page = self.sign_in_page(device).await?.sign_in(name).await?;
        page.open_composer().await?;
        Ok(page)
    }

    async fn check_consoles(&self) -> Result<()> {
        let browsers = self.browsers.borrow().clone();
        let mut found = String::new();
        for browser in browsers {
            for complaint in browser.console_errors(self.server.was_down()).await? {
                writeln!(found, "{complaint}")?;
            }
        }
        if !found.is_empty() {
            bail!("the consoles complain:\n{found}");
        }
        Ok(())
    }
}
