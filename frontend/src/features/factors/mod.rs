//! Passkeys, one-time passwords and identity providers: their sections on the page of the account, and the ways to sign in
//! with them. They are in the lazy part of the app.

mod codes;
mod confirmation;
mod passkeys;
mod providers;
mod requests;
mod second_step;
mod sign_in;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::factors::FactorsInfo;
use madang_shared::{ErrorCode, Failure};

use self::codes::totp_section;
use self::passkeys::passkey_section;
use self::providers::provider_section;
use crate::account_requests;
use crate::i18n::{Lang, Words};
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;

pub(crate) use confirmation::Confirm;
pub(crate) use requests::{PasswordAnswer, password_answer, sign_in as sign_in_with_password};
pub(crate) use second_step::second_step;
pub(crate) use sign_in::{PASSKEY_FIELD, other_ways};

/// The state of the sections.
#[derive(Clone, Copy)]
struct FactorsView {
    info: State<Option<FactorsInfo>>,
    failure: State<Option<Failure>>,
}

impl FactorsView {
    /// Requests the factors again.
    fn load(self) {
        spawn_local(async move {
            // The page may be gone.
            match requests::factors().await {
                Ok(info) => self.info.try_set(Some(info)),
                Err(failure) => self.failure.try_set(Some(failure)),
            };
        });
    }
}

/// The sections of the account's page.
pub(crate) fn factor_sections() -> AnyView {
    let view = FactorsView { info: state(None), failure: state(None) };
    view.load();
    let content = part(move || match view.info.get() {
        Some(info) => view! {
            {passkey_section(view, &info)}
            {totp_section(view, &info)}
            {provider_section(view, &info)}
        }
        .into_any(),
        None => error_line(view.failure, refusal),
    });
    content.into_any()
}

/// A section under its heading.
fn section(id: &'static str, title: Words, content: AnyView) -> AnyView {
    view! {
        <section class="settings" aria-labelledby=id>
            <h2 id=id class="settings-title">{title.now()}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// The sentence for a refusal about a factor.
fn refusal(lang: Lang, failure: &Failure) -> String {
    let words = match failure.code {
        ErrorCode::Invalid | ErrorCode::Forbidden => Words::new(
            "코드가 맞지 않거나 이미 쓰였습니다. 앱에 나오는 다음 코드를 적어 주세요.",
            "The code is wrong, or was used before. Enter the next one that the app shows.",
        ),
        ErrorCode::Unauthenticated => Words::new(
            "시간이 지났거나 이미 끝난 일입니다. 처음부터 다시 해 주세요.",
            "This took too long, or was done before. Start again.",
        ),
        ErrorCode::RateLimited => Words::new(
            "너무 여러 번 틀렸습니다. 15분 뒤에 다시 하거나 복구 코드를 쓰세요.",
            "Too many wrong codes. Wait 15 minutes, or use a recovery code.",
        ),
        _ => return account_requests::refusal(lang, failure),
    };
    words.of(lang).to_owned()
}
