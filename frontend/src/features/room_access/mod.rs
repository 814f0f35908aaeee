//! The people who can see a room or a message, and the reason why the user can. It is in the lazy part of the app.

mod strings;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::room_access::{AccessGroup, RoomAccess, room_access_path};
use madang_shared::{Failure, RoomId, Seq};

use self::strings::{group_words, own_words};
use crate::i18n::{Words, tr, use_lang};
use crate::session;
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};

/// The name of the entry in the menus of rooms and messages.
pub(crate) const WHO_CAN_SEE: Words = Words::new("누가 볼 수 있나요", "Who can see this");
const OPERATOR: Words = Words::new(
    "서버를 직접 운영하는 사람은 저장된 내용을 읽을 수 있습니다.",
    "The person who runs the server can read what it stores.",
);
const TITLE_ID: &str = "room-access-title";

/// The message that the dialog is about, and whether the dialog is open. Copies share one state.
#[derive(Clone, Copy)]
pub(crate) struct AccessQuestion {
    open: State<bool>,
    message: StoredValue<Seq>,
}

impl AccessQuestion {
    pub(crate) fn new() -> Self {
        Self { open: state(false), message: StoredValue::new(Seq(0)) }
    }

    /// Opens the dialog for a stored message.
    pub(crate) fn ask(self, message: Seq) {
        self.message.set_value(message);
        self.open.set(true);
    }
}

/// The dialog about a message.
pub(crate) fn access_dialog(
    room: RoomId,
    AccessQuestion { open, message }: AccessQuestion,
) -> AnyView {
    dialog(open, TITLE_ID, move || {
        view! {
            <h2 id=TITLE_ID class="dialog-title" tabindex="-1" autofocus=true>{WHO_CAN_SEE.now()}</h2>
            {answer(room, Some(message.get_value()))}
            <div class="dialog-actions">
                <button class="button" data-testid="access-close" on:click=events::click(move |_| open.set(false))>{tr(|t| t.close)}</button>
            </div>
        }
        .into_any()
    })
}

/// The answer about a room, or about a message in it.
pub(crate) fn answer(room: RoomId, message: Option<Seq>) -> AnyView {
    let answer = state(None::<Result<RoomAccess, Failure>>);
    spawn_local(async move {
        let now = session::load::<RoomAccess>(&room_access_path(room, message)).await;
        // The menu may be closed by now.
        answer.try_set(Some(now));
    });
    let lang = use_lang();
    let times = Times::new();
    let body = part(move || {
        let lang = lang.get();
        answer.with(|answer| match answer {
            None => view! { <p class="hint">{tr(|t| t.loading)}</p> }.into_any(),
            Some(Err(failure)) => {
                view! { <p class="error" role="alert">{lang.refusal(failure)}</p> }.into_any()
            }
            Some(Ok(RoomAccess { own, since, groups })) => {
                let since = since.map(|since| times.narrow(lang, since));
                let own = own.map(|own| own_words(lang, own, since.as_deref()));
                let row = |group: &AccessGroup| {
                    let id = format!("access-{}", group.rule.name());
                    view! { <li data-testid=id>{group_words(lang, *group, message.is_some())}</li> }
                };
                view! {
                    <p class="access-own" data-testid="access-own">{own}</p>
                    <ul class="access-groups">{groups.iter().map(row).collect_view()}</ul>
                }
                .into_any()
            }
        })
    });
    view! {
        <div class="room-access" data-testid="room-access" aria-live="polite">
            {body}
            <p class="hint">{OPERATOR.now()}</p>
        </div>
    }
    .into_any()
}
