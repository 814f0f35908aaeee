//! The page object of the sign-in form.

use std::rc::Rc;

use anyhow::Result;
use thirtyfour::Key;

use super::browser::Browser;
use super::chat_page::ChatPage;

/// The page with the sign-in form.
pub(crate) struct SignInPage {
    pub(crate) browser: Rc<Browser>,
}

impl SignInPage {
    /// Waits for the form.
    pub(crate) async fn new(browser: Rc<Browser>) -> Result<Self> {
        browser.find("signin-name").await?;
        Ok(Self { browser })
    }

    /// Types a name, in its exact Unicode form, and submits the form.
    pub(crate) async fn submit_name(&self, name: &str) -> Result<()> {
        let input = self.browser.find("signin-name").await?;
        input.clear().await?;
        input.focus().await?;
        self.browser.insert_text(name).await?;
        self.browser.keys(Key::Enter).await
    }

    /// Waits for an error below the field and returns it.
    pub(crate) async fn error(&self) -> Result<String> {
        self.browser.until_text("signin-error", |text| !text.is_empty()).await
    }

    /// Signs up under a free name, in a browser that has seen the card of the first steps: it takes height from the
    /// timeline, and has a test of its own.
    pub(crate) async fn sign_in(self, name: &str) -> Result<ChatPage> {
        let script = "localStorage.setItem('madang.first-steps', 'over')";
        self.browser.run_script(script, []).await?;
        self.submit_name(name).await?;
        ChatPage::new(self.browser).await
    }
}
