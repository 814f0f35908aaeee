//! The whole app: the sign-in form, or the shell behind it.

use leptos::prelude::*;

use crate::auth::{Auth, AuthState};
use crate::features::sign_in::{Checking, SignIn, Unreachable};
use crate::i18n::{self, Lang};
use crate::lazy::Loader;
use crate::route::{Page, Route};
use crate::router;
use crate::shell::{self, Shell};
use crate::theme::{self, Theme};
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::state;
use crate::ui::skeleton::Shape;

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
        AuthState::SignedOut { expired } => match router::current() {
            Route::Page(page @ (Page::PasswordSignIn | Page::Link)) => entrance(page),
            _ => view! { <SignIn session_over=expired /> }.into_any(),
        },
        AuthState::SignedIn(me) => view! { <Shell me=me /> }.into_any(),
    })
}

/// A page that is shown without a session. Its code is in the lazy part.
fn entrance(page: Page) -> AnyView {
    let content = Loader::start(shell::load).draw(Shape::Rows, move |views| (views.page)(page));
    view! { <main class="sign-in">{content}</main> }.into_any()
}
