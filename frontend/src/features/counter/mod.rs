//! The shared counter.

use leptos::prelude::*;
use madang_client::{Client, ConnectionState, Slice};
use madang_shared::counter::{CounterCommand, CounterEvent};
use madang_shared::grants::Grant;

use crate::context::use_app;
use crate::features::grants::MyGrants;
use crate::format::grouped;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::route::Page;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{flag, part, text};
use crate::ui::skeleton::skeleton;

const INTRO: Words = Words::new(
    "모두가 같은 수를 봅니다. 누른 만큼은 내 화면에 바로 더해지고, 서버가 저장하면 모두의 화면에 나타납니다. 오십 명이 한꺼번에 눌러도 하나도 빠지지 않습니다.",
    "Everybody sees the same number. An addition shows on your screen at once, and on all others as soon as it is stored. Fifty people can press at the same time and no addition is lost.",
);
const NUMBER: Words = Words::new("지금 수", "Current number");
const STORED: Words = Words::new("모두에게 저장됨", "Stored for everybody");
const UNSTORED: Words = Words::new("저장하는 중…", "Saving…");
const AWAY: Words = Words::new(
    "서버에 연결되어 있지 않습니다. 마지막으로 받은 수입니다.",
    "Not connected: this is the last number received.",
);
const WAITING: Words = Words::new(
    "서버에 연결되어 있지 않습니다. 누른 만큼은 연결되면 저장됩니다.",
    "Not connected: your additions are stored once the server is back.",
);

const STEPS: [i32; 4] = [-10, -1, 1, 10];

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shown {
    expected: i64,
    stored: bool,
    connected: bool,
}

impl Shown {
    fn of(client: &Client) -> Option<Self> {
        let counter = client.features().counter();
        let expected = counter.expected(client.outbox())?;
        let connected = *client.connection() == ConnectionState::Live;
        Some(Self { expected, stored: counter.stored() == Some(expected), connected })
    }

    fn words(self) -> Words {
        match (self.connected, self.stored) {
            (true, true) => STORED,
            (true, false) => UNSTORED,
            (false, true) => AWAY,
            (false, false) => WAITING,
        }
    }
}

/// The page.
#[component]
pub(crate) fn CounterPage() -> impl IntoView {
    let store = use_app().driver.store();
    let shown = memo(move || {
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Connection, |_| ());
        store.read(Slice::Counter, Shown::of)
    });
    let is_known = memo(move || shown.get().is_some());
    part(move || {
        if is_known.get() {
            view! { <Number shown=shown /> }.into_any()
        } else {
            skeleton(Page::Counter.skeleton())
        }
    })
}

#[component]
fn Number(shown: Memo<Option<Shown>>) -> impl IntoView {
    let driver = use_app().driver;
    let lang = use_lang();
    let mine = MyGrants::load();
    let number = text(move || shown.get().map(|it| grouped(it.expected)).unwrap_or_default());
    let is_stored = move || shown.get().is_none_or(|shown| shown.stored);
    let state = text(move || {
        shown.get().map(|shown| shown.words().of(lang.get()).to_owned()).unwrap_or_default()
    });
    let last = text(move || {
        let last = driver
            .store()
            .read(Slice::Counter, |client| client.features().counter().last().cloned());
        last.map(|event| sentence(lang.get(), &event)).unwrap_or_default()
    });
    let step = move |amount: i32| {
        view! {
            <button
                class=if amount == 1 { "button button-strong counter-step" } else { "button counter-step" }
                data-testid=format!("add{amount:+}")
                on:click=events::click(move |_| driver.command(CounterCommand::Add { amount }))
            >
                {signed(i64::from(amount))}
            </button>
        }
        .into_any()
    };
    let steps = mine.guard(&[Grant::Count], move || {
        view! { <div class="counter-steps">{STEPS.into_iter().map(step).collect::<Vec<_>>()}</div> }.into_any()
    });
    view! {
        <div class="page">
            <div class="page-body counter">
                <p class="page-intro">{INTRO.now()}</p>
                <p class="counter-number" role="status" aria-label=NUMBER.now() data-testid="counter" data-stored=flag(is_stored)>{number}</p>
                <p class="hint" data-testid="counter-state">{state}</p>
                {steps}
                <p class="hint" data-testid="counter-last">{last}</p>
            </div>
        </div>
    }
}

fn sentence(lang: Lang, event: &CounterEvent) -> String {
    let CounterEvent::Added { by, amount, .. } = event;
    let (name, amount) = (isolated(&by.name), signed(i64::from(*amount)));
    match lang {
        Lang::Ko => format!("마지막: {name} 님이 {amount}"),
        Lang::En => format!("Last: {amount} by {name}"),
    }
}

/// The number with its sign.
fn signed(number: i64) -> String {
    if number > 0 { format!("+{}", grouped(number)) } else { grouped(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addition_without_a_connection_waits_and_is_not_being_saved() {
        let words =
            |connected, stored| Shown { expected: 1, stored, connected }.words().of(Lang::En);
        assert_eq!(words(true, true), "Stored for everybody");
        assert_eq!(words(true, false), "Saving…");
        for stored in [true, false] {
            assert!(words(false, stored).starts_with("Not connected: "));
        }
    }

    #[test]
    fn numbers_are_written_in_groups_with_their_sign() {
        for (number, written) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "−1,234,567")]
        {
            assert_eq!(grouped(number), written);
        }
        assert_eq!((signed(10), signed(-1), signed(0)), ("+10".into(), "−1".into(), "0".into()));
    }
}
