//! The kinds of notices that the user wants, notifications of the browser, and the demonstration.

use leptos::prelude::*;
use madang_shared::notices::{NoticeKind, NoticesCommand};

use super::strings::{self, kind_name};
use super::{browser_notifications, read, shown, switch};
use crate::context::{link_to, use_app};
use crate::i18n::{Words, use_lang};
use crate::route::{Page, Route};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::text;

const KINDS: Words = Words::new("무엇을 알릴까요", "Which notices");
const KINDS_HINT: Words = Words::new(
    "끈 알림은 세지도 보이지도 않습니다. 모든 탭과 기기에 적용됩니다.",
    "Notices that are switched off are neither counted nor shown, in any tab and on any of your devices.",
);
const DEMO_RUN: Words = Words::new("시범 켜기", "Run the demonstration");
const DEMO_HINT: Words = Words::new(
    "켜면 서버가 10초마다 하나씩, 2분 동안 모두에게 알립니다. 그다음에는 저절로 꺼집니다. 아무도 요청하지 않아도 오는 알림이 어떤 것인지 보여 줍니다.",
    "The server sends everybody a notice every ten seconds for two minutes, then stops by itself. It shows notices that arrive without a request.",
);
const TO_INBOX: Words = Words::new("알림 보기", "Open the inbox");

/// The page with the settings.
#[component]
pub(crate) fn NoticeSettingsPage() -> impl IntoView {
    let driver = use_app().driver;
    let store = driver.store();
    let muted = memo(move || read(store, |client| shown(client).muted));
    let kind = move |kind: NoticeKind| {
        let is_enabled = move || muted.with(|muted| !muted.contains(&kind));
        let toggle = move || {
            let muted = muted.with_untracked(|muted| !muted.contains(&kind));
            driver.command(NoticesCommand::Mute { kind, muted });
        };
        switch(&format!("hear-{}", strings::id(kind)), kind_name(kind), is_enabled, toggle)
    };
    let kinds: Vec<AnyView> = NoticeKind::ALL.into_iter().map(kind).collect();
    view! {
        <div class="page">
            <div class="page-body page-reading">
                <section class="settings" aria-labelledby="settings-kinds">
                    <h2 id="settings-kinds" class="settings-title">{KINDS.now()}</h2>
                    <p class="hint">{KINDS_HINT.now()}</p>
                    {kinds}
                </section>
                <section class="settings" aria-labelledby="settings-browser">
                    {browser_notifications::control("settings-browser")}
                </section>
            </div>
        </div>
    }
}

/// The page with the demonstration of scheduled notices.
#[component]
pub(crate) fn DemonstrationPage() -> impl IntoView {
    let app = use_app();
    let driver = app.driver;
    let store = driver.store();
    let lang = use_lang();
    let runs =
        move || read(store, |client| client.features().notices().demo_expected(client.outbox()));
    let toggle = move || {
        let runs = store.peek(|client| client.features().notices().demo_expected(client.outbox()));
        driver.command(NoticesCommand::Demo { on: !runs });
    };
    let by = text(move || {
        let by = read(store, |client| {
            client.features().notices().demo().map(|demo| demo.by.name.clone())
        });
        by.map(|by| strings::started(lang.get(), &by)).unwrap_or_default()
    });
    view! {
        <div class="page">
            <div class="page-body page-reading">
                <p class="page-intro">{DEMO_HINT.now()}</p>
                <div class="settings">{switch("demo", DEMO_RUN, runs, toggle)}</div>
                <p class="hint" role="status" data-testid="demo-by">{by}</p>
                <p><a class="button button-link" href=Page::Notices.path() on:click=link_to(app, Route::Page(Page::Notices))>{TO_INBOX.now()}</a></p>
            </div>
        </div>
    }
}
