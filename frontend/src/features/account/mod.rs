//! The user's account: the menu with the language, the colours and signing out, and the switches of the sign-in form.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{Client, PendingState, Slice};
use madang_shared::Command;
use madang_shared::membership::MembershipCommand;

use crate::auth::Auth;
use crate::context::{link_to, use_app};
use crate::i18n::{CANCEL, Lang, Words, tr, use_lang};
use crate::route::{Page, Route};
use crate::session;
use crate::theme::Theme;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::ui::question::{Question, question};

const LANGUAGE: Words = Words::new("언어", "Language");
const COLOURS: Words = Words::new("화면 색", "Colours");
const SYSTEM: Words = Words::new("시스템", "System");
const LIGHT: Words = Words::new("밝게", "Light");
const DARK: Words = Words::new("어둡게", "Dark");
const SIGN_OUT: Words = Words::new("로그아웃", "Sign out");
const SIGN_OUT_QUESTION: Words = Words::new("로그아웃할까요?", "Sign out?");
const SIGN_OUT_WARNING: Words = Words::new(
    "비밀번호가 없는 계정이라, 로그아웃하면 이 이름으로 돌아올 수 없습니다.",
    "This name has no password: after signing out, you cannot use it again.",
);
const SHORTCUTS: Words = Words::new("키보드 단축키", "Keyboard shortcuts");

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

/// The content of the user's own menu.
pub(crate) fn menu() -> AnyView {
    let app = use_app();
    let me = app.driver.store().me();
    let lang = use_lang();
    let theme: State<Theme> = expect_context();
    let asking = state(false);
    let language = move |of: Lang, name: &'static str| {
        let pick = move |_| lang.set(of);
        choice(format!("lang-{}", of.code()), derived(move || name), move || lang.get() == of, pick)
    };
    let colours = move |of: Theme, words: Words| {
        let pick = move |_| theme.set(of);
        choice(format!("theme-{}", of.name()), words.now(), move || theme.get() == of, pick)
    };
    let show_shortcuts = move |_| {
        app.own_menu.set(false);
        // The menu gives the focus back first, so that the next dialog returns it to the same button.
        request_animation_frame(move || app.shortcuts.set(true));
    };
    let mut to_settings = link_to(app, Route::Page(Page::NoticeSettings));
    let show_settings = move |event| {
        app.own_menu.set(false);
        to_settings(event);
    };
    view! {
        <div class="own-menu-head">
            {avatar(&me)}
            <h2 id="own-menu-title" class="menu-title isolated" translate="no" title=me.name.clone()>{me.name.clone()}</h2>
        </div>
        <p class="menu-label" id="own-menu-lang">{LANGUAGE.now()}</p>
        <div class="choices" role="group" aria-labelledby="own-menu-lang">
            {language(Lang::Ko, "한국어")}
            {language(Lang::En, "English")}
        </div>
        <p class="menu-label" id="own-menu-theme">{COLOURS.now()}</p>
        <div class="choices" role="group" aria-labelledby="own-menu-theme">
            {colours(Theme::Auto, SYSTEM)}
            {colours(Theme::Light, LIGHT)}
            {colours(Theme::Dark, DARK)}
        </div>
        <ul class="menu-items">
            <li>
                <a class="menu-item" href=Page::NoticeSettings.path() data-testid="own-notifications" on:click=events::click(show_settings)>
                    {Icon::Bell.draw()}<span>{Page::NoticeSettings.title().now()}</span>
                </a>
            </li>
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

/// One of several values; the pressed one is current.
fn choice(
    id: String,
    words: Signal<&'static str>,
    is_current: impl Fn() -> bool + Send + Sync + 'static,
    pick: impl FnMut(ev::MouseEvent) + 'static,
) -> AnyView {
    view! {
        <button class="choice" data-testid=id aria-pressed=flag(is_current) on:click=events::click(pick)>{words}</button>
    }
    .into_any()
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
        title: text(move || SIGN_OUT_QUESTION.of(lang.get()).to_owned()),
        warning: SIGN_OUT_WARNING.now(),
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
            && !matches!(item.command, Command::Membership(MembershipCommand::Read { .. }))
    });
    lost.count()
}
