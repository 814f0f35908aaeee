//! What is on the page: the gate, and behind it the courtyard.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::User;

use crate::browser;
use crate::features::courtyard::Courtyard;
use crate::features::sign_in::{Checking, SignIn, Unreachable};
use crate::i18n::{self, Lang};
use crate::session;
use crate::theme::{self, Theme};
use crate::ui::reactive::part;

/// Kept while this browser has a session; the session itself is where no script can read it.
const KNOWN_KEY: &str = "madang.known";

/// Where the visitor stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// The server is being asked who this is.
    Asking,
    /// It did not answer.
    Unreachable,
    /// Somebody without a session; `back` says that there was one until now.
    Stranger { back: bool },
    /// Somebody with a session.
    In(User),
}

/// The gate, in reach of every view.
#[derive(Clone, Copy)]
pub(crate) struct Door(RwSignal<Gate>);

impl Door {
    /// Asks the server who this is. Where this browser seems never to have had a session, the visitor
    /// does not wait for the answer: there will be nobody, unless the browser's storage was emptied
    /// and its cookies were not.
    pub(crate) fn ask(self) {
        let known = browser::remembered(KNOWN_KEY).is_some();
        self.0.set(if known { Gate::Asking } else { Gate::Stranger { back: false } });
        spawn_local(async move {
            match session::current().await {
                Ok(Some(user)) => self.enter(user),
                Ok(None) if known => self.leave(false),
                Err(_) if known => self.0.set(Gate::Unreachable),
                // Whoever is choosing a name goes on with that.
                Ok(None) | Err(_) => {}
            }
        });
    }

    /// A session has begun.
    pub(crate) fn enter(self, user: User) {
        browser::remember(KNOWN_KEY, "yes");
        self.0.set(Gate::In(user));
    }

    /// The session is over; `expected` if the user ended it.
    pub(crate) fn leave(self, expected: bool) {
        browser::forget(KNOWN_KEY);
        self.0.set(Gate::Stranger { back: !expected });
    }
}

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let lang = RwSignal::new(Lang::remembered());
    provide_context(lang);
    i18n::apply(lang);
    let theme = RwSignal::new(Theme::remembered());
    provide_context(theme);
    theme::apply(theme);
    let gate = RwSignal::new(Gate::Asking);
    let door = Door(gate);
    provide_context(door);
    door.ask();
    part(move || match gate.get() {
        Gate::Asking => view! { <Checking /> }.into_any(),
        Gate::Unreachable => view! { <Unreachable /> }.into_any(),
        Gate::Stranger { back } => view! { <SignIn session_over=back /> }.into_any(),
        Gate::In(me) => view! { <Courtyard me=me /> }.into_any(),
    })
}
