//! The ways to sign in with a passkey or an identity provider.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::factors::{
    PROVIDER_FAILURE_MARK, PROVIDER_PATH, ProviderFailure, ProviderInfo, SignInMethods,
};

use super::{refusal, requests};
use crate::account_requests::{enter, take_token};
use crate::auth::Auth;
use crate::i18n::{Lang, Words, use_lang};
use crate::passkey;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;

/// The purpose of the field for the name: browsers offer passkeys there.
pub(crate) const PASSKEY_FIELD: &str = "username webauthn";

const WITH_PASSKEY: Words = Words::new("패스키로 로그인", "Sign in with a passkey");
const NOT_CHOSEN: Words = Words::new(
    "패스키를 고르지 않았거나, 이 기기에 이 서버의 패스키가 없습니다.",
    "No passkey was chosen, or this device has none for this server.",
);

/// The ways beside a password, and the failure of a provider. `has_mail` becomes true if the server mails links.
pub(crate) fn other_ways(has_mail: State<bool>) -> AnyView {
    let methods: State<SignInMethods> = state(SignInMethods::default());
    spawn_local(async move {
        // Without an answer, the password remains.
        if let Ok(found) = requests::methods().await {
            has_mail.try_set(found.mail);
            methods.try_set(found);
        }
    });
    let failure = provider_failure();
    let ways = part(move || {
        let SignInMethods { passkeys, providers, .. } = methods.get();
        let providers: Vec<AnyView> = providers.into_iter().map(provider_link).collect();
        view! {
            {passkeys.then(passkey_way)}
            {providers}
        }
        .into_any()
    });
    view! { {failure} <div class="factor-ways">{ways}</div> }.into_any()
}

fn passkey_way() -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let failure: State<Option<Failure>> = state(None);
    let note = state(false);
    offer(auth);
    let choose = move |_| {
        failure.set(None);
        note.set(false);
        spawn_local(async move {
            match sign_in(false).await {
                Ok(Some(user)) => enter(auth, user),
                Ok(None) => {
                    note.try_set(true);
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
        });
    };
    let said = text(move || if note.get() { NOT_CHOSEN.of(lang.get()) } else { "" }.to_owned());
    view! {
        <button class="button" data-testid="passkey-sign-in" on:click=events::click(choose)>{WITH_PASSKEY.now()}</button>
        <p class="hint" role="status" data-testid="passkey-sign-in-note">{said}</p>
        {error_line(failure, refusal)}
    }
    .into_any()
}

/// Offers the passkeys in the field for the name, where the browser can.
fn offer(auth: Auth) {
    spawn_local(async move {
        // The button remains if anything fails.
        if let Ok(Some(user)) = sign_in(true).await {
            enter(auth, user);
        }
    });
}

/// Signs in with a passkey; none if no passkey was chosen.
async fn sign_in(as_offer: bool) -> Result<Option<madang_shared::User>, Failure> {
    if as_offer && !passkey::can_offer().await {
        return Ok(None);
    }
    let start = requests::begin_passkey_sign_in().await?;
    let Ok(credential) = passkey::choose(&start.options, as_offer).await else { return Ok(None) };
    requests::finish_passkey_sign_in(start.challenge, credential).await.map(Some)
}

fn provider_link(ProviderInfo { id, name }: ProviderInfo) -> AnyView {
    let lang = use_lang();
    let words = text(move || match lang.get() {
        Lang::Ko => format!("{name} 계정으로 로그인"),
        Lang::En => format!("Sign in with {name}"),
    });
    view! { <a class="button" rel="external" href=format!("{PROVIDER_PATH}/{id}") data-testid="provider">{words}</a> }
        .into_any()
}

/// The sentence about a provider that signed nobody in, if the address names one.
pub(super) fn provider_failure() -> AnyView {
    let token = take_token();
    let Some(failure) = token.strip_prefix(PROVIDER_FAILURE_MARK).and_then(ProviderFailure::parse)
    else {
        return ().into_any();
    };
    let words = match failure {
        ProviderFailure::Failed => Words::new(
            "로그인하지 못했습니다. 다시 해 보고, 계속 안 되면 관리자에게 알려 주세요.",
            "The sign-in failed. Try again; if it keeps failing, tell an administrator.",
        ),
        ProviderFailure::Refused => Words::new(
            "이 서버에 계정이 없거나 쓸 수 없는 계정입니다. 관리자에게 물어보세요.",
            "You have no account here, or it is deactivated. Ask an administrator.",
        ),
        ProviderFailure::Taken => Words::new(
            "그 계정은 이 서버의 다른 사람에게 연결되어 있습니다.",
            "That account is linked to another person here.",
        ),
        ProviderFailure::Expired => Words::new(
            "시간이 지났습니다. 처음부터 다시 해 주세요.",
            "This took too long. Start again.",
        ),
    };
    view! { <p class="callout" role="alert" data-testid="provider-failure">{words.now()}</p> }
        .into_any()
}
