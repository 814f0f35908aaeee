//! The state of signing in, for the whole app.

use leptos::task::spawn_local;
use madang_shared::User;
use madang_shared::session::CurrentSession;
use madang_shared::workspace::Workspace;

use crate::offline_cache;
use crate::route::Page;
use crate::session;
use crate::ui::erased::signal::{State, state};
use crate::workspace;

/// The state of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthState {
    /// The server has not answered yet.
    Checking,
    /// The server did not answer.
    Unreachable,
    /// There is no session. `expired` says that one ended without the user's request.
    SignedOut { expired: bool },
    /// There is a session.
    SignedIn(User),
}

/// Signs in and out. Copies are the same state; every view finds it in its context.
#[derive(Clone, Copy)]
pub(crate) struct Auth {
    state: State<AuthState>,
    /// The facts about the server, which come with the session; each connection brings the apps.
    pub(crate) workspace: State<Workspace>,
}

impl Auth {
    pub(crate) fn new() -> Self {
        Self { state: state(AuthState::Checking), workspace: state(workspace::remembered()) }
    }

    /// The state now, and again when it has changed.
    pub(crate) fn get(self) -> AuthState {
        self.state.get()
    }

    /// The state now, once.
    pub(crate) fn get_untracked(self) -> AuthState {
        self.state.get_untracked()
    }

    /// Whether the server offers the page: the app of the page is on, or it belongs to none.
    pub(crate) fn offers(self, page: Page) -> bool {
        self.workspace.with(|workspace| workspace.offers(page.app()))
    }

    /// Requests the session from the server. Until the answer, the app shows the likely state: the offline
    /// cache of the last user, or the form if this browser never had a session. The guess is wrong only if
    /// the browser's storage was emptied and its cookies were not.
    pub(crate) fn check(self) {
        let had_session = offline_cache::had_session();
        let before = match offline_cache::last_user() {
            Some(user) => AuthState::SignedIn(user),
            None if had_session => AuthState::Checking,
            None => AuthState::SignedOut { expired: false },
        };
        self.state.set(before.clone());
        spawn_local(async move {
            let answer = session::current().await;
            let answer = answer.map(|CurrentSession { user, workspace, .. }| {
                self.workspace.set(workspace);
                user
            });
            // The user signed in or out meanwhile, so the answer is obsolete.
            if self.state.get_untracked() != before {
                return;
            }
            match answer {
                Ok(Some(user)) => self.sign_in(user),
                Ok(None) if had_session => self.sign_out(false),
                Err(_) if before == AuthState::Checking => self.state.set(AuthState::Unreachable),
                // The form stays as it is, and so does the cached state of a browser without a network.
                Ok(None) | Err(_) => {}
            }
        });
    }

    /// A session has begun.
    pub(crate) fn sign_in(self, user: User) {
        offline_cache::sign_in(&user);
        let now = AuthState::SignedIn(user);
        if self.state.get_untracked() != now {
            self.state.set(now);
        }
    }

    /// The session is over; `requested` says that the user ended it.
    pub(crate) fn sign_out(self, requested: bool) {
        offline_cache::sign_out();
        self.state.set(AuthState::SignedOut { expired: !requested });
    }
}
