//! What is on the page: the gate, and behind it the courtyard.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::User;

use crate::features::courtyard::Courtyard;
use crate::features::sign_in::{Checking, SignIn, Unreachable};
use crate::i18n::{self, Lang};
use crate::kept;
use crate::session;
use crate::theme::{self, Theme};
use crate::ui::reactive::part;
use crate::ui::state::{State, state};

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
pub(crate) struct Door(State<Gate>);

impl Door {
    /// Asks the server who this is. Whoever was signed in last goes in meanwhile, and finds what was kept;
    /// where this browser seems never to have had a session, the visitor does not wait either: there
    /// will be nobody, unless the browser's storage was emptied and its cookies were not.
    pub(crate) fn ask(self) {
        let known = kept::is_anybody_known();
        let before = match kept::known() {
            Some(user) => Gate::In(user),
            None if known => Gate::Asking,
            None => Gate::Stranger { back: false },
        };
        self.0.set(before.clone());
        spawn_local(async move {
            let answer = session::current().await;
            // Whoever came in or went out meanwhile knows better.
            if self.0.get_untracked() != before {
                return;
            }
            match answer {
                Ok(Some(user)) => self.enter(user),
                Ok(None) if known => self.leave(false),
                Err(_) if before == Gate::Asking => self.0.set(Gate::Unreachable),
                // Whoever is choosing a name goes on with that, and whoever reads without a network with this.
                Ok(None) | Err(_) => {}
            }
        });
    }

    /// A session has begun.
    pub(crate) fn enter(self, user: User) {
        kept::sign_in(&user);
        let now = Gate::In(user);
        if self.0.get_untracked() != now {
            self.0.set(now);
        }
    }

    /// The session is over; `expected` if the user ended it.
    pub(crate) fn leave(self, expected: bool) {
        kept::sign_out();
        self.0.set(Gate::Stranger { back: !expected });
    }
}

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let lang = state(Lang::remembered());
    provide_context(lang);
    i18n::apply(lang);
    let theme = state(Theme::remembered());
    provide_context(theme);
    theme::apply(theme);
    let gate = state(Gate::Asking);
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
