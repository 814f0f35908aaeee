//! The user's account: name, language, colours, signing out.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{Client, PendingState, Slice};
use madang_shared::Command;
use madang_shared::membership::MembershipCommand;

use crate::auth::Auth;
use crate::context::use_app;
use crate::i18n::{tr, use_lang};
use crate::session;
use crate::theme::Theme;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::question::{Question, question};

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
        {sign_out_question(asking)}
    }
}

fn sign_out_question(asking: State<bool>) -> AnyView {
    let app = use_app();
    let auth: Auth = expect_context();
    let lang = use_lang();
    let failed = state(false);
    provide_context(failed);
    let sign_out = move || {
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
    let texts = Question {
        id: "sign-out",
        title: text(move || lang.get().texts().sign_out_question.to_owned()),
        warning: tr(|t| t.sign_out_warning),
        keep: tr(|t| t.cancel),
        act: tr(|t| t.sign_out),
    };
    question(asking, texts, consequences, sign_out)
}

/// The commands that signing out loses, and the failure of an attempt.
fn consequences() -> AnyView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let failed: State<bool> = expect_context();
    let unsent = memo(move || store.read(Slice::Outbox, unsent));
    let lost = move || {
        let line = text(move || lang.get().unsent_lost(unsent.get()));
        view! { <p class="error" data-testid="sign-out-unsent">{line}</p> }.into_any()
    };
    view! {
        {when(move || unsent.get() > 0, lost)}
        <p class="error" role="alert">{when(move || failed.get(), || tr(|t| t.unreachable).into_any())}</p>
    }
    .into_any()
}

/// The number of commands that the server has not stored, refused ones included.
fn unsent(client: &Client) -> usize {
    let lost = client.outbox().items().iter().filter(|item| {
        !matches!(item.state, PendingState::Stored(_))
            && !matches!(item.command, Command::Membership(MembershipCommand::Read { .. }))
    });
    lost.count()
}
