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

use super::browser::{Browser, Look};
use super::chat_page::ChatPage;
use super::chromedriver::Chromedriver;
use super::server::Server;
use super::sign_in_page::SignInPage;

/// So many tests run at once, whatever the test runner would like: each has a server and several
/// browsers, and a starved browser shows nothing but its hunger.
static PLACES: Semaphore = Semaphore::const_new(2);
/// No test takes longer than this.
const CURFEW: Duration = Duration::from_secs(150);

/// A server with the browsers that look at it.
pub(crate) struct Stage {
    pub(crate) server: Server,
    name: &'static str,
    chromedriver: Chromedriver,
    browsers: RefCell<Vec<Rc<Browser>>>,
}

impl Stage {
    /// Sets a stage, plays on it, and looks at every console afterwards. Whatever goes wrong, each
    /// browser leaves a picture (`failed-…`), and none is left behind.
    pub(crate) fn play(
        name: &'static str,
        play: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) -> LocalBoxFuture<'static, Result<()>> {
        Self::play_with(name, &[], play)
    }

    /// The same, on a server with these arguments to `madang serve`.
    pub(crate) fn play_with(
        name: &'static str,
        arguments: &[&str],
        play: impl AsyncFnOnce(&Self) -> Result<()> + 'static,
    ) -> LocalBoxFuture<'static, Result<()>> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // A whole play is too much for a stack.
        Self::play_out(name, arguments, play).boxed_local()
    }

    async fn play_out(
        name: &'static str,
        arguments: Vec<String>,
        play: impl AsyncFnOnce(&Self) -> Result<()>,
    ) -> Result<()> {
        let _place = PLACES.acquire().await?;
        let stage = Self {
            server: Server::start(&arguments).await?,
            name,
            chromedriver: Chromedriver::start().await?,
            browsers: RefCell::default(),
        };
        let outcome = AssertUnwindSafe(async {
            let played = tokio::time::timeout(CURFEW, play(&stage)).await;
            played.context("the test takes too long")??;
            stage.check_consoles().await
        })
        .catch_unwind()
        .await;
        let failed = !matches!(outcome, Ok(Ok(())));
        for (index, browser) in stage.browsers.take().into_iter().enumerate() {
            if failed {
                let picture = browser.picture(&format!("failed-{}-{index}", stage.name)).await;
                drop(picture);
            }
            browser.quit().await;
        }
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                Err(error.context(format!("the server's log:\n{}", stage.server.log())))
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    /// A browser with nothing of ours in it yet.
    pub(crate) async fn browser(&self, look: Look) -> Result<Rc<Browser>> {
        let browser = Rc::new(Browser::start(&self.chromedriver, look).await?);
        self.browsers.borrow_mut().push(browser.clone());
        Ok(browser)
    }

    /// A browser at the gate.
    pub(crate) async fn visitor(&self, look: Look) -> Result<SignInPage> {
        let browser = self.browser(look).await?;
        browser.goto(&self.server.url("/")).await?;
        SignInPage::new(browser).await
    }

    /// A browser with somebody signed in, in the first room.
    pub(crate) async fn person(&self, name: &str, look: Look) -> Result<ChatPage> {
        let page = self.visitor(look).await?.sign_in(name).await?;
        page.open_composer().await?;
        Ok(page)
    }

    async fn check_consoles(&self) -> Result<()> {
        let browsers = self.browsers.borrow().clone();
        let mut found = String::new();
        for browser in browsers {
            for complaint in browser.complaints(self.server.was_down()).await? {
                writeln!(found, "{complaint}")?;
            }
        }
        if !found.is_empty() {
            bail!("the consoles complain:\n{found}");
        }
        Ok(())
    }
}
