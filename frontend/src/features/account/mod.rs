//! The user's account: the own menu, the choices of language and colours, and signing out.

pub(crate) mod choices;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{Client, PendingState, Slice};
use madang_shared::Command;
use madang_shared::membership::MembershipCommand;
use madang_shared::roles::Role;

use self::choices::languages;
use crate::account_requests;
use crate::auth::Auth;
use crate::context::{link_to, use_app};
use crate::i18n::{CANCEL, Words, tr, use_lang};
use crate::route::{Page, Route};
use crate::session;
use crate::shell::palette;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, effect, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::question::{Question, question};

pub(crate) const SIGN_OUT: Words = Words::new("로그아웃", "Sign out");
const SIGN_OUT_QUESTION: Words = Words::new("로그아웃할까요?", "Sign out?");
const NO_WAY_BACK: Words = Words::new(
    "비밀번호가 없는 계정이라, 로그아웃하면 이 이름과 이 이름의 것으로 돌아올 수 없습니다. 설정 → 계정에서 먼저 비밀번호를 정할 수 있습니다.",
    "This name has no password: after signing out, you cannot reach it, or what belongs to it, again. You can set one first, under Settings → Account.",
);
const WAY_BACK: Words = Words::new(
    "이름과 비밀번호로 언제든 다시 로그인할 수 있습니다.",
    "You can sign in again at any time with your name and password.",
);
pub(crate) const SHORTCUTS: Words = Words::new("키보드 단축키", "Keyboard shortcuts");

/// The content of the user's own menu.
pub(crate) fn menu() -> AnyView {
    let app = use_app();
    let me = app.driver.store().me();
    let asking = state(false);
    let role = state(None::<Role>);
    spawn_local(async move {
        role.try_set(session::role().await);
    });
    let administration = move || {
        if role.get().is_none_or(|role| role < Role::Administrator) {
            return ().into_any();
        }
        let mut to_page = link_to(app, Route::Page(Page::Administration));
        let show = move |event| {
            app.own_menu.set(false);
            to_page(event);
        };
        view! {
            <li>
                <a class="menu-item" href=Page::Administration.path() data-testid="own-administration" on:click=events::click(show)>
                    {Icon::Settings.draw()}<span>{Page::Administration.title().now()}</span>
                </a>
            </li>
        }
        .into_any()
    };
    let show_shortcuts = move |_| {
        app.own_menu.set(false);
        // The menu gives the focus back first, so that the next dialog returns it to the same button.
        request_animation_frame(move || app.shortcuts.set(true));
    };
    let show_palette = move |_| {
        app.own_menu.set(false);
        request_animation_frame(move || app.palette.set(true));
    };
    let mut to_settings = link_to(app, Route::Page(Page::Settings));
    let show_settings = move |event| {
        app.own_menu.set(false);
        to_settings(event);
    };
    view! {
        <div class="own-menu-head">
            {avatar(&me)}
            <h2 id="own-menu-title" class="menu-title isolated" translate="no" title=me.name.clone()>{me.name.clone()}</h2>
        </div>
        {languages()}
        <ul class="menu-items">
            <li>
                <button class="menu-item" data-testid="open-palette" on:click=events::click(show_palette)>
                    {Icon::Search.draw()}<span>{palette::TITLE.now()}</span>
                </button>
            </li>
            <li>
                <a class="menu-item" href=Page::Settings.path() data-testid="own-settings" on:click=events::click(show_settings)>
                    {Icon::Settings.draw()}<span>{Page::Settings.title().now()}</span>
                </a>
            </li>
            {part(administration)}
            <li>
                <button class="menu-item menu-shortcuts" data-testid="open-shortcuts" on:click=events::click(show_shortcuts)>
                    {Icon::Keyboard.draw()}<span>{SHORTCUTS.now()}</span>
                </button>
            </li>
            <li>
                <button class="menu-item" data-testid="sign-out" on:click=events::click(move |_| asking.set(true))>
                    {Icon::SignOut.draw()}<span>{SIGN_OUT.now()}</span>
                </button>
            </li>
        </ul>
        {sign_out_question(asking)}
    }
    .into_any()
}

/// The dialog that asks before signing out.
pub(crate) fn sign_out_question(asking: State<bool>) -> AnyView {
    let app = use_app();
    let auth: Auth = expect_context();
    let lang = use_lang();
    let failed = state(false);
    provide_context(failed);
    // Without an answer, the dialog warns.
    let secured = state(false);
    effect(move || {
        if asking.get() {
            spawn_local(async move {
                if let Ok(account) = account_requests::account().await {
                    secured.try_set(account.secured);
                }
            });
        }
    });
    let sign_out = move || {
        failed.set(false);
        let clean_up = app.driver.cleanup();
        spawn_local(async move {
            if session::end().await.is_ok() {
                clean_up();
                auth.sign_out(true);
            } else {
                failed.try_set(true);
            }
        });
    };
    let texts = Question {
        id: "sign-out",
        title: text(move || SIGN_OUT_QUESTION.of(lang.get()).to_owned()),
        warning: derived(move || if secured.get() { WAY_BACK } else { NO_WAY_BACK }.of(lang.get())),
        keep: CANCEL.now(),
        act: SIGN_OUT.now(),
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
            && !matches!(item.command(), Some(Command::Membership(MembershipCommand::Read { .. })))
    });
    lost.count()
}
