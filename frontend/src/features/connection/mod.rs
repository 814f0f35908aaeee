//! The bar with the state of the connection and the number of waiting commands, while there is no connection.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use madang_client::{Client, ConnectionState, DisconnectReason, PendingState, Slice};
use madang_shared::membership::MembershipCommand;
use madang_shared::{CloseCode, Command};

use crate::auth::Auth;
use crate::browser;
use crate::context::use_app;
use crate::i18n::{Lang, tr, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{derived, effect, part, text, when};
use crate::ui::erased::signal::{State, state};

/// The time for which "caught up" is shown, in milliseconds.
const CAUGHT_UP_MS: u64 = 5_000;
/// The interval at which the seconds until the next attempt are updated, in milliseconds.
const COUNTDOWN_MS: u64 = 250;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The state that the bar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Live,
    Connecting,
    /// The seconds until the next attempt.
    Waiting(u64),
    Offline,
    Ended(DisconnectReason),
}

impl Shown {
    fn of(client: &Client) -> Self {
        match client.connection() {
            ConnectionState::Live => Self::Live,
            ConnectionState::Connecting | ConnectionState::Handshake => Self::Connecting,
            ConnectionState::Waiting { until } => {
                Self::Waiting(until.since(browser::now()).div_ceil(1_000))
            }
            ConnectionState::Offline => Self::Offline,
            ConnectionState::Ended(ending) => Self::Ended(*ending),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Connecting => "connecting",
            Self::Waiting(_) => "waiting",
            Self::Offline => "offline",
            Self::Ended(_) => "ended",
        }
    }

    fn sentence(self, lang: Lang) -> String {
        let texts = lang.texts();
        let fixed = match self {
            Self::Live => texts.online,
            Self::Connecting => texts.connecting,
            Self::Waiting(seconds) => return lang.reconnecting(seconds),
            Self::Offline => texts.offline,
            Self::Ended(DisconnectReason::Closed(code)) if code == CloseCode::Version.number() => {
                texts.must_reload
            }
            Self::Ended(DisconnectReason::Closed(_)) => texts.refused,
            Self::Ended(DisconnectReason::OtherUser) => texts.other_user,
            Self::Ended(DisconnectReason::SignedOut) => texts.session_over,
        };
        fixed.to_owned()
    }

    /// Screen readers get the kind of state, not every second of the countdown.
    fn announcement(self, lang: Lang) -> String {
        match self {
            Self::Waiting(_) => lang.texts().disconnected.to_owned(),
            shown => shown.sentence(lang),
        }
    }
}

/// The bar. It is shown from the loss of the connection until the next one, and while "caught up" is shown.
#[component]
pub(crate) fn ConnectionBar() -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let count = Trigger::new();
    let shown = memo(move || {
        count.track();
        store.read(Slice::Connection, Shown::of)
    });
    let ticking = StoredValue::new(None::<TimeoutHandle>);
    effect(move || {
        count.track();
        // One timer at a time, however often the state changes.
        if let Some(timer) = ticking.get_value() {
            timer.clear();
        }
        let waits = matches!(shown.get(), Shown::Waiting(_));
        let tick = Duration::from_millis(COUNTDOWN_MS);
        let timer = waits.then(|| set_timeout_with_handle(move || count.notify(), tick).ok());
        ticking.set_value(timer.flatten());
    });
    sign_out_when_unknown(shown);
    let waiting = memo(move || store.read(Slice::Outbox, unsent));
    let caught_up = caught_up();
    let extra = memo(move || {
        let lang = lang.get();
        match (shown.get(), waiting.get(), caught_up.get()) {
            (Shown::Live, _, 0) | (_, 0, 0) => String::new(),
            (Shown::Live, _, messages) => lang.caught_up(messages),
            (_, 0, _) => String::new(),
            (_, waiting, _) if app.driver.outbox_unsaved.get() => lang.waiting_unsaved(waiting),
            (_, waiting, _) => lang.waiting(waiting),
        }
    });
    let kind = memo(move || shown.get().name());
    let action = move || {
        part(move || {
            match kind.get() {
        "waiting" | "offline" => view! {
            <button class="button" data-testid="reconnect-now" on:click=events::click(move |_| app.driver.connect_now())>{tr(|t| t.now)}</button>
        }
        .into_any(),
        "ended" => view! {
            <button class="button" data-testid="reload" on:click=events::click(move |_| browser::reload())>{tr(|t| t.reload)}</button>
        }
        .into_any(),
        _ => ().into_any(),
    }
        })
    };
    let announced = memo(move || shown.get().announcement(lang.get()));
    let sentence = text(move || shown.get().sentence(lang.get()));
    // A first attempt and the attempts of a broken connection look alike, so the loss is remembered.
    let lost = state(false);
    effect(move || match shown.get() {
        Shown::Live => lost.set(false),
        Shown::Connecting => {}
        _ => lost.set(true),
    });
    let content = move || {
        view! {
            <span class="connection-text">{sentence}</span>
            {when(move || extra.with(|line| !line.is_empty()), move || view! { <span class="connection-extra">{text(move || extra.get())}</span> }.into_any())}
            {action()}
        }
        .into_any()
    };
    view! {
        <div class="connection" data-testid="badge" data-link=derived(move || kind.get())>
            {when(move || lost.get() || caught_up.get() > 0, content)}
        </div>
        <span class="visually-hidden" role="status">{text(move || announced.get())}</span>
    }
}

/// The number of waiting commands. Read marks are not counted, because the user did not give them.
fn unsent(client: &Client) -> usize {
    let waiting = client.outbox().items().iter().filter(|item| {
        let unsent = matches!(item.state, PendingState::Waiting | PendingState::Sent);
        unsent
            && !matches!(item.command(), Some(Command::Membership(MembershipCommand::Read { .. })))
    });
    waiting.count()
}

/// The number of messages of the last catch-up, for [`CAUGHT_UP_MS`]; 0 after that.
fn caught_up() -> State<u64> {
    let store = use_app().driver.store();
    let news = state(0);
    let caught_up = memo(move || store.read(Slice::Connection, Client::caught_up));
    effect(move || {
        let caught_up = caught_up.get();
        if caught_up.complete && caught_up.messages > 0 {
            news.set(caught_up.messages);
            let forget = move || {
                news.try_set(0);
            };
            set_timeout(forget, Duration::from_millis(CAUGHT_UP_MS));
        }
    });
    news
}

/// Signs out when the server closes the connection because the session has ended.
fn sign_out_when_unknown(shown: Memo<Shown>) {
    let auth: Auth = expect_context();
    effect(move || {
        let ended = [CloseCode::Unauthenticated, CloseCode::Deactivated, CloseCode::Erased];
        let ended = ended.map(|code| Shown::Ended(DisconnectReason::Closed(code.number())));
        if ended.contains(&shown.get()) {
            auth.sign_out(false);
        }
    });
}

/// Offers a reload when the server has another version than the app.
#[component]
pub(crate) fn NewVersion() -> impl IntoView {
    let store = use_app().driver.store();
    let outdated = memo(move || {
        store.read(Slice::Connection, |client| {
            let other = client.welcome().is_some_and(|welcome| welcome.version != VERSION);
            other || client.undecodable_frames() > 0
        })
    });
    let banner = || {
        view! {
            <div class="banner" role="status" data-testid="new-version">
                <span>{tr(|t| t.new_version)}</span>
                <button class="button" on:click=events::click(move |_| browser::reload())>{tr(|t| t.reload)}</button>
            </div>
        }
        .into_any()
    };
    when(move || outdated.get(), banner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_announced_once_and_not_as_an_attempt() {
        for lang in [Lang::Ko, Lang::En] {
            let waits = Shown::Waiting(9).announcement(lang);
            assert_eq!(waits, Shown::Waiting(8).announcement(lang));
            assert_ne!(waits, Shown::Connecting.announcement(lang));
        }
    }
}
