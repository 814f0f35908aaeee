//! The page of a banned person: until when and why. It covers the app, whose connection has ended.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{ConnectionState, DisconnectReason, Slice};
use madang_shared::CloseCode;
use madang_shared::moderation::{Ban, OwnBan};

use crate::auth::Auth;
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::session;
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Mark;

const TITLE: Words = Words::new("들어올 수 없습니다", "You cannot come in");
const LEAVE: Words = Words::new("나가기", "Leave");
const ADDRESS: Words =
    Words::new("이 네트워크의 주소가 차단되었습니다.", "The address of your network is banned.");

/// The path of the session, whose answer has the ban.
const SESSION_PATH: &str = "/api/session";

/// The answer to the question which ban keeps this browser out.
#[derive(Clone)]
enum BanAnswer {
    /// None yet.
    Pending,
    /// The account of this browser's session has no ban, so the ban is of the address.
    OfAddress,
    OfAccount(Ban),
}

/// The cover, once the server has closed the connection because of a ban.
pub(crate) fn banned() -> AnyView {
    let store = use_app().driver.store();
    let is_banned = memo(move || {
        store.read(Slice::Connection, |client| {
            let banned = DisconnectReason::Closed(CloseCode::Banned.number());
            *client.connection() == ConnectionState::Ended(banned)
        })
    });
    when(move || is_banned.get(), cover)
}

fn cover() -> AnyView {
    let auth: Auth = expect_context();
    let ban = load();
    let heading = NodeRef::<leptos::html::H1>::new();
    effect(move || {
        if let Some(heading) = heading.get() {
            crate::browser::focus_on(&heading);
        }
    });
    view! {
        <div class="banned" role="alertdialog" aria-modal="true" aria-labelledby="banned-title" data-testid="banned">
            <div class="content-message">
                <Mark />
                <h1 id="banned-title" tabindex="-1" node_ref=heading>{TITLE.now()}</h1>
                {line(ban)}
                <button class="button button-strong" data-testid="banned-leave" on:click=events::click_once(move |_| auth.sign_out(true))>{LEAVE.now()}</button>
            </div>
        </div>
    }
    .into_any()
}

/// Asks for the ban of this browser's session.
fn load() -> State<BanAnswer> {
    let ban = state(BanAnswer::Pending);
    spawn_local(async move {
        // The session of a banned address is refused as a whole.
        let own = session::load::<OwnBan>(SESSION_PATH).await;
        ban.try_set(
            own.ok().and_then(|own| own.ban).map_or(BanAnswer::OfAddress, BanAnswer::OfAccount),
        );
    });
    ban
}

fn line(ban: State<BanAnswer>) -> AnyView {
    let lang = use_lang();
    let times = Times::new();
    let sentence = text(move || {
        let lang = lang.get();
        match ban.get() {
            BanAnswer::Pending => String::new(),
            BanAnswer::OfAddress => ADDRESS.of(lang).to_owned(),
            BanAnswer::OfAccount(ban) => sentence(lang, &ban, times),
        }
    });
    view! { <p class="user-text" dir="auto" role="status" data-testid="banned-why">{sentence}</p> }
        .into_any()
}

/// The line about the ban of this browser's session, for the page that signs in; nothing without a ban.
pub(crate) fn ban_line() -> AnyView {
    let ban = load();
    let has_ban = move || ban.with(|ban| matches!(ban, BanAnswer::OfAccount(_)));
    when(has_ban, move || view! { <div class="callout">{line(ban)}</div> }.into_any())
}

fn sentence(lang: Lang, Ban { until, reason }: &Ban, times: Times) -> String {
    let until = until.map(|until| times.full(lang, until));
    match (lang, until) {
        (Lang::Ko, None) => format!("이 계정은 차단되었습니다. 이유: {reason}"),
        (Lang::Ko, Some(until)) => format!("이 계정은 {until}까지 차단되었습니다. 이유: {reason}"),
        (Lang::En, None) => format!("This account is banned. Reason: {reason}"),
        (Lang::En, Some(until)) => {
            format!("This account is banned until {until}. Reason: {reason}")
        }
    }
}
