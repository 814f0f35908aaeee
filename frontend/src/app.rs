//! The whole app: the sign-in form, or the shell behind it.

use leptos::prelude::*;

use crate::auth::{Auth, AuthState};
use crate::features::sign_in::{Checking, SignIn, Unreachable};
use crate::i18n::{self, Lang};
use crate::shell::Shell;
use crate::theme::{self, Theme};
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::state;

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let lang = state(Lang::remembered());
    provide_context(lang);
    i18n::apply(lang);
    let theme = state(Theme::remembered());
    provide_context(theme);
    theme::apply(theme);
    let auth = Auth::new();
    provide_context(auth);
    auth.check();
    part(move || match auth.get() {
        AuthState::Checking => view! { <Checking /> }.into_any(),
        AuthState::Unreachable => view! { <Unreachable /> }.into_any(),
        AuthState::SignedOut { expired } => view! { <SignIn session_over=expired /> }.into_any(),
        AuthState::SignedIn(me) => view! { <Shell me=me /> }.into_any(),
    })
}
