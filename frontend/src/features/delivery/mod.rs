//! The delivery of a message: a dialog that polls the server over HTTP while it is open, so that chatting does
//! not wait for it.

mod strings;

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::delivery::{Delivery, GatewayReceipts, ReadStatus, Recipient, path};
use madang_shared::{Failure, RoomId, Seq, compact};

use self::strings::Reception;
use crate::http;
use crate::i18n::{Lang, Words, use_lang};
use crate::session;
use crate::time::Formats;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const TITLE: Words = Words::new("이 메시지는 어디까지 갔나", "Delivery of this message");
const CLOSE: Words = Words::new("닫기", "Close");
const ASKING: Words = Words::new("알아보는 중…", "Loading…");
const PEOPLE: Words = Words::new("사람마다", "Recipients");
const DETAILS: Words = Words::new("자세히", "Details");
const TITLE_ID: &str = "delivery-title";

/// The interval of polling while the dialog is open.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The message whose delivery the dialog shows, and whether the dialog is open. Copies share one state.
#[derive(Clone, Copy)]
pub(crate) struct DeliveryTarget {
    open: State<bool>,
    message: StoredValue<Seq>,
}

impl DeliveryTarget {
    pub(crate) fn new() -> Self {
        Self { open: state(false), message: StoredValue::new(Seq(0)) }
    }

    /// Opens the dialog for a stored message.
    pub(crate) fn show(self, message: Seq) {
        self.message.set_value(message);
        self.open.set(true);
    }
}

/// The dialog of a message's delivery, in the lazy part of the app.
pub(crate) fn delivery_dialog(room: RoomId, target: DeliveryTarget) -> AnyView {
    let DeliveryTarget { open, message } = target;
    dialog(open, TITLE_ID, move || content(room, message.get_value(), open))
}

type Answer = Option<Result<Delivery, Failure>>;

/// The content of the dialog.
fn content(room: RoomId, message: Seq, open: State<bool>) -> AnyView {
    let answer = state(None::<Result<Delivery, Failure>>);
    let fetch = move || {
        spawn_local(async move {
            let now: Answer = Some(fetch(room, message).await);
            // The dialog may be closed by now. An equal answer is not drawn again.
            if answer.try_get_untracked().is_some_and(|before| before != now) {
                answer.set(now);
            }
        });
    };
    fetch();
    if let Ok(timer) = set_interval_with_handle(fetch, POLL_INTERVAL) {
        on_cleanup(move || timer.clear());
    }
    let lang = use_lang();
    let body = part(move || {
        let lang = lang.get();
        answer.with(|answer| match answer {
            None => view! { <p class="hint"><span class="spinner"></span>{ASKING.of(lang)}</p> }
                .into_any(),
            Some(Err(failure)) => {
                view! { <p class="error" role="alert">{lang.refusal(failure)}</p> }.into_any()
            }
            Some(Ok(delivery)) => steps(delivery, lang),
        })
    });
    let technical = part(move || {
        let lang = lang.get();
        answer.with(|answer| match answer {
            Some(Ok(delivery)) => details(delivery, lang),
            _ => ().into_any(),
        })
    });
    view! {
        <div class="delivery" data-testid="delivery">
            <h2 id=TITLE_ID class="dialog-title" tabindex="-1" autofocus=true>{TITLE.now()}</h2>
            {body}
            <details class="delivery-details">
                <summary data-testid="delivery-details">{DETAILS.now()}</summary>
                {technical}
            </details>
            <div class="dialog-actions">
                <button class="button" data-testid="delivery-close" on:click=events::click(move |_| open.set(false))>{CLOSE.now()}</button>
            </div>
        </div>
    }
    .into_any()
}

async fn fetch(room: RoomId, message: Seq) -> Result<Delivery, Failure> {
    let answer = http::get(&path(room, message), None).await;
    let answer = answer.map_err(session::unreachable_server)?;
    if !answer.ok() {
        return Err(session::failure(&answer));
    }
    compact::from_text(&answer.text).map_err(|_| session::unexpected_answer())
}

fn steps(delivery: &Delivery, lang: Lang) -> AnyView {
    let formats = Formats::new(lang);
    let summary = strings::summary(&delivery.people, lang);
    let groups = Reception::ALL.map(|reception| group(&delivery.people, reception, &formats, lang));
    let more = (delivery.more > 0).then(|| {
        view! { <p class="delivery-more">{strings::more(delivery.more, lang)}</p> }
    });
    view! {
        <p class="delivery-summary" data-testid="delivery-summary">{summary}</p>
        <div class="delivery-people" tabindex="0" role="group" aria-label=PEOPLE.of(lang) data-testid="delivery-people">
            {Vec::from(groups)}
            {more}
        </div>
    }
    .into_any()
}

/// The recipients of one kind, by name; nothing if there are none.
fn group(people: &[Recipient], reception: Reception, formats: &Formats, lang: Lang) -> AnyView {
    let of_kind = people.iter().filter(|person| Reception::of(person) == Some(reception));
    let lines: Vec<AnyView> = of_kind.map(|person| line(person, formats, lang)).collect();
    if lines.is_empty() {
        return ().into_any();
    }
    view! {
        <h3 class="delivery-people-title">{reception.title(lang)}</h3>
        <ul data-testid=reception.test_id()>{lines}</ul>
    }
    .into_any()
}

/// The position of the message, and the connections that have it.
fn details(delivery: &Delivery, lang: Lang) -> AnyView {
    let formats = Formats::new(lang);
    let position = strings::position(delivery.position, lang);
    let everywhere = delivery.delivered == delivery.subscribed;
    let clients = delivery.gateway.as_ref().map(|clients| confirmed(clients, lang));
    let connections: Vec<AnyView> = delivery
        .people
        .iter()
        .filter(|person| !matches!(person.status, ReadStatus::Left { .. }))
        .map(|person| {
            let name = person.user.name.clone();
            let connected = strings::connections(person, &formats, lang);
            view! { <li class="delivery-person"><strong class="isolated" translate="no">{name}</strong><span class="delivery-detail">{connected}</span></li> }
                .into_any()
        })
        .collect();
    view! {
        <ol class="delivery-steps">
            {step(true, "stored", strings::stored(&formats.full(delivery.stored_at), lang), Some(position))}
            {step(everywhere, "handed", strings::handed(delivery.delivered, delivery.subscribed, lang), None)}
            {clients}
        </ol>
        <ul>{connections}</ul>
    }
    .into_any()
}

fn step(done: bool, id: &'static str, sentence: String, detail: Option<String>) -> AnyView {
    let icon = if done { Icon::Check } else { Icon::Clock };
    let detail = detail.map(|detail| view! { <span class="delivery-detail">{detail}</span> });
    view! {
        <li class="delivery-step" data-testid=format!("delivery-{id}") data-done=done.to_string()>
            {icon.draw()}
            <span>{sentence}{detail}</span>
        </li>
    }
    .into_any()
}

fn confirmed(GatewayReceipts { requested, confirmed }: &GatewayReceipts, lang: Lang) -> AnyView {
    let all = confirmed.len() as u64 == *requested;
    let ids = (!confirmed.is_empty()).then(|| confirmed.join(", "));
    step(all, "confirmed", strings::confirmed(confirmed.len(), *requested, lang), ids)
}

fn line(person: &Recipient, formats: &Formats, lang: Lang) -> AnyView {
    let why = strings::reason(person, formats, lang);
    view! {
        <li class="delivery-person" data-read=(person.status == ReadStatus::Read).to_string()>
            <strong class="isolated" translate="no">{person.user.name.clone()}</strong>
            <span class="delivery-detail">{why}</span>
        </li>
    }
    .into_any()
}
