//! Follows the facts about the server, and the topics of the open page while the server offers the page.

use leptos::prelude::*;
use madang_client::{Action, Slice};
use madang_shared::compact;
use madang_shared::session::CurrentSession;

use crate::auth::Auth;
use crate::browser;
use crate::context::use_app;
use crate::route::Page;
use crate::ui::erased::reactive::effect;
use crate::workspace;

/// The attribute of the page with `none` on a server without apps: its rail has no link to them. `index.html` sets it from
/// the remembered facts.
const ATTRIBUTE: &str = "data-apps";

/// Follows them until the session ends. It is in the lazy part of the app, as all pages are.
pub(crate) fn follow() {
    let app = use_app();
    let auth: Auth = expect_context();
    effect(move || {
        let page = app.router.get().page().filter(|page| auth.offers(*page));
        app.driver.act(Action::FollowTopics(page.map_or(&[], Page::topics)));
    });
    // An administrator changes the facts while the page is open.
    effect(move || {
        let told = |client: &madang_client::Client| client.workspace().cloned();
        let told = app.driver.store().read(Slice::Connection, told);
        if let Some(told) = told
            && auth.workspace.with_untracked(|known| *known != told)
        {
            auth.workspace.set(told);
        }
    });
    // A page that stays open while the server restarts learns here which apps are on.
    effect(move || {
        let told = |client: &madang_client::Client| client.welcome().map(|welcome| welcome.apps);
        let told = app.driver.store().read(Slice::Connection, told);
        if let Some(apps) = told
            && auth.workspace.with_untracked(|known| known.apps != apps)
        {
            auth.workspace.update(|known| known.apps = apps);
        }
    });
    effect(move || {
        auth.workspace.with(|facts| {
            let answer = CurrentSession { workspace: facts.clone(), ..CurrentSession::default() };
            workspace::remember(&compact::to_text(&answer));
            browser::set_root_attribute(ATTRIBUTE, if facts.apps.is_empty() { "none" } else { "" });
        });
    });
}
