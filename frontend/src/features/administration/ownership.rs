//! The offer to set up a server that has no owner, for a person at the server's own machine.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::Failure;
use madang_shared::administration::{ActAnswer, INVITATION_PAGE, OWNERSHIP_PATH, OwnershipOffer};

use crate::account_requests::{answer_of, post_to};
use crate::i18n::{Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::{State, state};

const TITLE: Words =
    Words::new("이 서버에는 아직 소유자가 없습니다", "This server has no owner yet");
const ABOUT: Words = Words::new(
    "이 컴퓨터에서 실행한 서버라면 소유자가 될 수 있습니다. 서버 이름, 들어올 수 있는 사람, 앱을 정하고, 다른 사람의 역할을 정할 수 있게 됩니다.",
    "If you run it on this computer, you can become its owner. You then choose its name, who may come in and which apps are on, and you decide about the roles of others.",
);
const MAKE_MINE: Words = Words::new("내 서버로 만들기", "Make this your server");

/// The offer; nothing where it is not made.
pub(crate) fn ownership_offer() -> AnyView {
    let offered = state(false);
    spawn_local(async move {
        // Without an answer, nothing is offered. The page may be gone.
        if let Ok(offer) = answer_of::<OwnershipOffer>(OWNERSHIP_PATH).await {
            offered.try_set(offer.offered);
        }
    });
    part(move || if offered.get() { offer() } else { ().into_any() })
}

fn offer() -> AnyView {
    let lang = use_lang();
    let failure: State<Option<Failure>> = state(None);
    let claim = move |_| {
        failure.set(None);
        spawn_local(async move {
            match post_to::<_, ActAnswer>(OWNERSHIP_PATH, &()).await {
                Ok(answer) => {
                    let token = answer.token.unwrap_or_default();
                    // Fails for no address of our own.
                    window().location().assign(&format!("{INVITATION_PAGE}#{token}")).ok();
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
        });
    };
    let error = text(move || {
        failure.with(|it| it.as_ref().map(|it| lang.get().refusal(it)).unwrap_or_default())
    });
    view! {
        <section class="settings" aria-labelledby="ownership" data-testid="ownership">
            <h2 id="ownership" class="settings-title">{TITLE.now()}</h2>
            <p class="hint">{ABOUT.now()}</p>
            <p class="error" role="alert">{error}</p>
            <button class="button" data-testid="make-mine" on:click=events::click(claim)>{MAKE_MINE.now()}</button>
        </section>
    }
    .into_any()
}
