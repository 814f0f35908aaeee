//! The switches of the kinds of notices, and the demonstration.

use leptos::prelude::*;
use madang_shared::grants::Grant;
use madang_shared::notices::{NoticeKind, NoticesCommand};

use super::{read, shown, strings, switch};
use crate::context::{link_to, use_app};
use crate::features::grants::MyGrants;
use crate::i18n::{Words, use_lang};
use crate::lab::code::show_code;
use crate::route::{Page, Route};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::text;
use crate::ui::switch::labelled_switch;

const DEMO_RUN: Words = Words::new("시범 켜기", "Run the demonstration");
const DEMO_HINT: Words = Words::new(
    "켜면 서버가 10초마다 하나씩, 2분 동안 모두에게 알립니다. 그다음에는 저절로 꺼집니다. 아무도 요청하지 않아도 오는 알림이 어떤 것인지 보여 줍니다.",
    "The server sends everybody a notice every ten seconds for two minutes, then stops by itself. It shows notices that arrive without a request.",
);
const TO_INBOX: Words = Words::new("알림 보기", "Open the inbox");

/// The switch of a kind of notices, named by the element with the id.
pub(crate) fn kind_switch(kind: NoticeKind, labelled_by: &'static str) -> AnyView {
    let driver = use_app().driver;
    let store = driver.store();
    let muted = memo(move || read(store, |client| shown(client).muted));
    let is_enabled = move || muted.with(|muted| !muted.contains(&kind));
    let toggle = move || {
        let muted = muted.with_untracked(|muted| !muted.contains(&kind));
        driver.command(NoticesCommand::Mute { kind, muted });
    };
    labelled_switch(strings::switch_id(kind), labelled_by, is_enabled, toggle)
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
    let control = MyGrants::load().guard(&[Grant::Demonstrate], move || {
        view! { <div class="settings">{switch("demo", DEMO_RUN, runs, toggle)}</div> }.into_any()
    });
    view! {
        <div class="page">
            <div class="page-body page-reading">
                <p class="page-intro">{DEMO_HINT.now()}</p>
                {control}
                <p class="hint" role="status" data-testid="demo-by">{by}</p>
                <p class="lab-below"><a class="button button-link" href=Page::Notices.path() on:click=link_to(app, Route::Page(Page::Notices))>{TO_INBOX.now()}</a></p>
                {show_code(Page::LabNotices)}
            </div>
        </div>
    }
}
