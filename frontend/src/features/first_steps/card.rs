//! The card with the first steps. It is in the lazy part of the app.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{Client, Slice};
use madang_shared::chat::ChatCommand;
use madang_shared::{Command, RoomId};

use crate::browser;
use crate::clipboard::{COPIED, copy};
use crate::composer::COMPOSER_ID;
use crate::context::use_app;
use crate::features::notices::{is_allowed, is_possible, request};
use crate::features::rooms::new_room;
use crate::i18n::{Words, use_lang};
use crate::newcomer::{self, Step};
use crate::route::Route;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, flag, part};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const TITLE: Words = Words::new("처음이시죠? 이렇게 시작해 보세요", "New here? Start like this");
const DISMISS: Words = Words::new("이 안내 닫기", "Dismiss the first steps");
const DONE: Words = Words::new("했어요", "done");
const NOT_POSSIBLE: Words =
    Words::new("이 브라우저에서는 안 됩니다", "Not possible in this browser");

fn words(step: Step) -> Words {
    match step {
        Step::Hello => Words::new("인사 건네기", "Say hello"),
        Step::Room => Words::new("방 만들기", "Make a room"),
        Step::Invite => Words::new("초대 링크 복사", "Copy an invitation link"),
        Step::Notify => Words::new("브라우저 알림 받기", "Let the browser tell you"),
    }
}

fn icon(step: Step) -> Icon {
    match step {
        Step::Hello => Icon::Chat,
        Step::Room => Icon::Plus,
        Step::Invite => Icon::Link,
        Step::Notify => Icon::Bell,
    }
}

/// The state of the card.
#[derive(Clone, Copy)]
struct Card {
    room: RoomId,
    open: State<bool>,
    /// Counts the changes of what the browser remembers.
    changes: State<u32>,
    /// Whether the dialog for a new room is open.
    creating: State<bool>,
    /// The address of the room, where the browser did not copy it.
    address: State<Option<String>>,
}

impl Card {
    fn is_done(self, step: Step) -> bool {
        self.changes.get();
        newcomer::has_done(step)
    }

    fn complete(self, step: Step) {
        newcomer::mark_done(step);
        self.changes.update(|changes| *changes += 1);
        if Step::ALL.into_iter().all(newcomer::has_done) {
            self.close();
        }
    }

    fn close(self) {
        newcomer::end();
        self.open.set(false);
    }

    fn act(self, step: Step) {
        match step {
            Step::Hello => browser::focus(COMPOSER_ID),
            Step::Room => self.creating.set(true),
            Step::Invite => self.invite(),
            Step::Notify if is_possible() => request(move || {
                // The card may be gone when the user answers the browser.
                if self.open.try_get_untracked().is_some() && !is_waiting() {
                    self.complete(Step::Notify);
                }
            }),
            Step::Notify => self.complete(step),
        }
    }

    fn invite(self) {
        let origin = window().location().origin().unwrap_or_default();
        let address = origin + &Route::Room(self.room).path();
        spawn_local(async move {
            let is_copied = copy(&address).await;
            // The card may be gone by now.
            if self.address.try_set((!is_copied).then_some(address)) {
                self.complete(Step::Invite);
            }
        });
    }
}

/// Whether the user has not answered the browser's question.
fn is_waiting() -> bool {
    is_possible() && !is_allowed()
}

/// Whether the user has said something in the room.
fn has_spoken(client: &Client, room: RoomId) -> bool {
    let me = client.features().me().id;
    let timeline = client.features().timeline(room);
    let is_sent = timeline.is_some_and(|it| it.messages().iter().any(|it| it.author.id == me));
    is_sent
        || client.outbox().items().iter().any(|item| {
            matches!(item.command(), Some(Command::Chat(ChatCommand::Post { room: of, .. })) if *of == room)
        })
}

/// The content of the card; the state closes it.
pub(crate) fn card(room: RoomId, open: State<bool>) -> AnyView {
    let store = use_app().driver.store();
    let (creating, address) = (state(false), state(None));
    let card = Card { room, open, changes: state(0), creating, address };
    effect(move || {
        store.read(Slice::Outbox, |_| ());
        let has_spoken = store.read(Slice::Timeline, |client| has_spoken(client, room));
        if has_spoken && !newcomer::has_done(Step::Hello) {
            // Not within the effect that reads the timeline: the last step closes the card.
            request_animation_frame(move || {
                if open.try_get_untracked().is_some() {
                    card.complete(Step::Hello);
                }
            });
        }
    });
    let steps: Vec<AnyView> = Step::ALL.into_iter().map(|step| item(card, step)).collect();
    view! {
        <div class="first-steps-head">
            <h2 class="first-steps-title">{TITLE.now()}</h2>
            <button class="icon-button" data-testid="steps-dismiss" aria-label=DISMISS.now() title=DISMISS.now() on:click=events::click_once(move |_| card.close())>
                {Icon::Close.draw()}
            </button>
        </div>
        <ul class="first-steps-list" data-testid="first-steps">{steps}</ul>
        {dialog(creating, "new-room-title", move || new_room(creating))}
    }
    .into_any()
}

fn item(card: Card, step: Step) -> AnyView {
    let lang = use_lang();
    let note = derived(move || {
        let lang = lang.get();
        match (card.is_done(step), step) {
            (true, Step::Invite) => {
                card.address.get().unwrap_or_else(|| COPIED.of(lang).to_owned())
            }
            (_, Step::Notify) if !is_waiting() && !is_allowed() => NOT_POSSIBLE.of(lang).to_owned(),
            (true, _) => DONE.of(lang).to_owned(),
            (false, _) => String::new(),
        }
    });
    let sign = part(move || match (card.is_done(step), step) {
        (true, Step::Notify) if !is_allowed() => Icon::BellOff.draw(),
        (true, _) => Icon::Check.draw(),
        (false, _) => icon(step).draw(),
    });
    view! {
        <li>
            <button class="button first-step" data-testid=step.id() data-done=flag(move || card.is_done(step)) on:click=events::click_once(move |_| card.act(step))>
                {sign}
                <span class="first-step-words">
                    <span>{words(step).now()}</span>
                    <span class="first-step-note" role="status">{note}</span>
                </span>
            </button>
        </li>
    }
    .into_any()
}
