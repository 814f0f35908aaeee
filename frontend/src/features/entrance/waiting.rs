//! Waiting until the user's other device lets this one in.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::account::DeviceTicket;
use madang_shared::{ErrorCode, Failure};

use crate::account_requests::{enter, finish_device, refusal};
use crate::auth::Auth;
use crate::i18n::{Words, use_lang};
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::{State, state};

const WAITING: Words = Words::new(
    "로그인한 기기에서 이 기기를 허락해 주세요.",
    "Let this device in on the one that is signed in.",
);

/// The time between two requests for the answer of the other device.
const POLL: Duration = Duration::from_secs(2);

/// The proof that this device waits.
#[derive(Clone)]
pub(super) struct Wait(pub(super) DeviceTicket);

/// Shows that the device waits, and enters when it is let in.
pub(super) fn waiting(Wait(ticket): Wait) -> AnyView {
    let auth: Auth = expect_context();
    let lang = use_lang();
    let failure = state(None::<Failure>);
    let name = ticket.name.clone();
    poll(auth, ticket, failure);
    let error = text(move || {
        let lang = lang.get();
        failure.with(|failure| failure.as_ref().map(|it| refusal(lang, it)).unwrap_or_default())
    });
    view! {
        <p role="status" data-testid="device-waiting">
            <strong class="isolated" translate="no">{name}</strong>
            <br />
            {WAITING.now()}
        </p>
        <p class="error" role="alert" data-testid="device-error">{error}</p>
    }
    .into_any()
}

fn poll(auth: Auth, ticket: DeviceTicket, failure: State<Option<Failure>>) {
    spawn_local(async move {
        match finish_device(ticket.ticket.clone()).await {
            Ok(Some(user)) => enter(auth, user),
            Err(refused) if refused.code == ErrorCode::NotFound => {
                failure.try_set(Some(refused));
            }
            // Not yet, or the network is away.
            Ok(None) | Err(_) => {
                // Ends with the page.
                if failure.try_get_untracked().is_some() {
                    set_timeout(move || poll(auth, ticket, failure), POLL);
                }
            }
        }
    });
}
