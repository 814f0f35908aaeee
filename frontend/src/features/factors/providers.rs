//! The identity providers of the account: linking and unlinking.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::factors::{FactorsInfo, LINKED_PROVIDERS_PATH, LinkedProvider, ProviderStart};
use madang_shared::{ErrorCode, compact};

use super::confirmation::Confirm;
use super::sign_in::provider_failure;
use super::{FactorsView, section};
use crate::account_requests::{self, answer, delete_at};
use crate::http;
use crate::i18n::{Lang, Words, use_lang};
use crate::session::unreachable_server;
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;

const TITLE: Words = Words::new("다른 계정으로 로그인", "Sign in with another account");
const ABOUT: Words = Words::new(
    "연결한 계정으로도 이 서버에 로그인할 수 있습니다.",
    "You can sign in here with the accounts that you link.",
);
const LINK: Words = Words::new("연결하기", "Link");
const UNLINK: Words = Words::new("연결 끊기", "Unlink");
const LINKED: Words = Words::new("연결됨", "Linked");

/// The section; nothing on a server without providers.
pub(super) fn provider_section(view: FactorsView, info: &FactorsInfo) -> AnyView {
    if info.providers.is_empty() {
        return ().into_any();
    }
    let failure = state(None);
    let rows: Vec<AnyView> =
        info.providers.iter().map(|it| row(view, failure, it.clone())).collect();
    let content = view! {
        <p class="hint">{ABOUT.now()}</p>
        {provider_failure()}
        <ul class="settings-list" data-testid="providers">{rows}</ul>
        {error_line(failure, refusal)}
    };
    section("account-providers", TITLE, content.into_any())
}

fn row(view: FactorsView, failure: State<Option<Failure>>, provider: LinkedProvider) -> AnyView {
    let (lang, confirm): (_, Confirm) = (use_lang(), expect_context());
    let LinkedProvider { id, name, linked } = provider;
    let path = format!("{LINKED_PROVIDERS_PATH}/{id}");
    let act = move |_| {
        let path = path.clone();
        failure.set(None);
        confirm.then(move || {
            let path = path.clone();
            spawn_local(async move {
                let outcome = if linked { delete_at(&path).await } else { visit(&path).await };
                match outcome {
                    Ok(()) if linked => view.load(),
                    // The browser goes to the provider.
                    Ok(()) => {}
                    Err(refused) => {
                        failure.try_set(Some(refused));
                    }
                }
            });
        });
    };
    let words = if linked { UNLINK } else { LINK };
    let label = format!("{}: {name}", words.of(lang.get_untracked()));
    let hint = text(move || if linked { LINKED.of(lang.get()) } else { "" }.to_owned());
    view! {
        <li class="setting" data-testid=format!("provider-{id}") data-linked=linked.to_string()>
            <div class="setting-about">
                <p class="setting-name" dir="auto">{name}</p>
                <p class="hint">{hint}</p>
            </div>
            <button class="button" aria-label=label data-testid=format!("link-{id}") on:click=events::click(act)>{words.now()}</button>
        </li>
    }
    .into_any()
}

/// Leads the browser to the provider.
async fn visit(path: &str) -> Result<(), Failure> {
    let answered = http::post(path, &compact::to_text(&())).await.map_err(unreachable_server)?;
    let start: ProviderStart = answer(&answered)?;
    // Fails for no address at all.
    window().location().assign(&start.location).ok();
    Ok(())
}

fn refusal(lang: Lang, failure: &Failure) -> String {
    let words = match failure.code {
        ErrorCode::Forbidden => Words::new(
            "로그인할 수 있는 마지막 방법입니다. 먼저 비밀번호를 정하거나 패스키를 추가해 주세요.",
            "This is your last way to sign in. Set a password or add a passkey first.",
        ),
        _ => return account_requests::refusal(lang, failure),
    };
    words.of(lang).to_owned()
}
