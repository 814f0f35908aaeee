//! The user's account: name, language, colours, signing out.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::auth::Auth;
use crate::context::use_app;
use crate::i18n::{tr, use_lang};
use crate::session;
use crate::theme::Theme;
use crate::ui::avatar::avatar;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

/// Changes the language.
#[component]
pub(crate) fn LanguageSwitch() -> impl IntoView {
    let lang = use_lang();
    view! {
        <button
            class="icon-button"
            data-testid="lang-switch"
            lang=derived(move || lang.get().other().code())
            aria-label=tr(|t| t.switch_language)
            title=tr(|t| t.switch_language)
            on:click=events::click(move |_| lang.update(|lang| *lang = lang.other()))
        >
            {Icon::Language.draw()}
        </button>
    }
}

/// Changes the colours.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let theme: State<Theme> = expect_context();
    let lang = use_lang();
    let label = text(move || {
        let texts = lang.get().texts();
        match theme.get() {
            Theme::Auto => texts.theme_auto,
            Theme::Light => texts.theme_light,
            Theme::Dark => texts.theme_dark,
        }
        .to_owned()
    });
    let icon = part(move || match theme.get() {
        Theme::Auto => Icon::Auto.draw(),
        Theme::Light => Icon::Sun.draw(),
        Theme::Dark => Icon::Moon.draw(),
    });
    view! {
        <button
            class="icon-button"
            data-testid="theme-switch"
            aria-label=label
            title=label
            on:click=events::click(move |_| theme.update(|theme| *theme = theme.next()))
        >
            {icon}
        </button>
    }
}

/// The name of the user, with the switches.
#[component]
pub(crate) fn Account() -> impl IntoView {
    let app = use_app();
    let me = app.driver.store().me();
    let asking = state(false);
    view! {
        <div class="account">
            {avatar(&me)}
            <span class="account-name isolated" translate="no" title=me.name.clone()>{me.name.clone()}</span>
            <LanguageSwitch />
            <ThemeSwitch />
            <button
                class="icon-button"
                data-testid="sign-out"
                aria-label=tr(|t| t.sign_out)
                title=tr(|t| t.sign_out)
                on:click=events::click(move |_| asking.set(true))
            >
                {Icon::SignOut.draw()}
            </button>
        </div>
        {dialog(asking, "sign-out-title", move || view! { <SignOut asking=asking /> }.into_any())}
    }
}

#[component]
fn SignOut(asking: State<bool>) -> impl IntoView {
    let app = use_app();
    let auth: Auth = expect_context();
    let failed = state(false);
    let sign_out = move |_| {
        failed.set(false);
        let clean_up = app.driver.cleanup();
        spawn_local(async move {
            if session::end().await.is_ok() {
                clean_up();
                auth.sign_out(true);
            } else {
                failed.set(true);
            }
        });
    };
    view! {
        <h2 id="sign-out-title" class="dialog-title">{tr(|t| t.sign_out_question)}</h2>
        <p>{tr(|t| t.sign_out_warning)}</p>
        <p class="error" role="alert">{when(move || failed.get(), || tr(|t| t.unreachable).into_any())}</p>
        <div class="dialog-actions">
            <button class="button" on:click=events::click(move |_| asking.set(false))>{tr(|t| t.cancel)}</button>
            <button class="button button-danger" data-testid="sign-out-confirm" on:click=events::click(sign_out)>{tr(|t| t.sign_out)}</button>
        </div>
    }
}
