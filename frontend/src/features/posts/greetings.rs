//! Greetings: to everybody, and to everybody except the sender.

use leptos::prelude::*;
use madang_client::views::posts::Greeting;
use madang_client::{Action, Slice};
use madang_shared::posts::PostsCommand;

use crate::context::use_app;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, text, when};
use crate::ui::erased::signal::state;

const GREET: Words = Words::new("인사하기", "Greet");
const TO_ALL: Words = Words::new("모두에게 인사", "Greet everyone");
const TO_ALL_HINT: Words = Words::new(
    "Socket.IO의 emit: 이 화면까지, 소식을 열어 둔 모든 화면에 나타납니다.",
    "Socket.IO's emit: shows on every open screen, including this one.",
);
const TO_OTHERS: Words = Words::new("나만 빼고 인사", "Greet everyone but me");
const TO_OTHERS_HINT: Words = Words::new(
    "Socket.IO의 broadcast: 이 화면만 빼고 모두에 나타납니다.",
    "Socket.IO's broadcast: shows on every open screen except this one.",
);
const SENT: Words = Words::new("다른 화면에 인사했습니다.", "You greeted all other screens.");

/// The two buttons, each with an explanation. They are folded: the page is for posts, which follow the composer.
#[component]
pub(super) fn GreetButtons() -> impl IntoView {
    let driver = use_app().driver;
    // A greeting to the others does not show on this screen, so a line confirms it.
    let was_for_others = state(false);
    let greet = move |others_only: bool| {
        driver.command(PostsCommand::Greet { others_only });
        // The screen recognises its own greeting by the id of the command.
        let own = driver.store().peek(|client| client.outbox().items().last().map(|item| item.id));
        if let Some(own) = own {
            driver.act(Action::GreetingSent(own));
        }
        was_for_others.set(others_only);
    };
    let button = move |others_only: bool, id: &'static str, label: Words, hint: Words| {
        let hint_id = format!("{id}-hint");
        view! {
            <div class="greeting-button">
                <button class="button" data-testid=id aria-describedby=hint_id.clone() on:click=events::click_once(move |_| greet(others_only))>
                    <span aria-hidden="true">"👋 "</span>{label.now()}
                </button>
                <p id=hint_id class="hint">{hint.now()}</p>
            </div>
        }
        .into_any()
    };
    let sent = || view! { <span data-testid="greeted-others">{SENT.now()}</span> }.into_any();
    view! {
        <details class="fold">
            <summary data-testid="greetings">{GREET.now()}</summary>
            <div class="greeting-buttons">
                {button(false, "greet-all", TO_ALL, TO_ALL_HINT)}
                {button(true, "greet-others", TO_OTHERS, TO_OTHERS_HINT)}
            </div>
            <p class="hint greeting-sent" role="status">{when(move || was_for_others.get(), sent)}</p>
        </details>
    }
}

/// The current greetings, in front of the page.
#[component]
pub(super) fn Greetings() -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let greetings = memo(move || {
        store.read(Slice::Posts, |client| client.features().posts().greetings().to_vec())
    });
    let item = move |greeting: Greeting| {
        let (high, low) = greeting.command.0.as_u64_pair();
        let key = high.rotate_left(17) ^ low ^ greeting.by.id.0.rotate_left(40);
        let line = text(move || sentence(lang.get(), &greeting));
        Item::new(key, move || {
            view! { <p class="greeting-toast" data-testid="greeting">{line}</p> }.into_any()
        })
    };
    let items = derived(move || greetings.get().into_iter().map(item).collect());
    view! { <div class="greeting-toasts" role="status">{each(items)}</div> }
}

fn sentence(lang: Lang, greeting: &Greeting) -> String {
    let name = isolated(&greeting.by.name);
    match (lang, greeting.others_only) {
        (Lang::Ko, false) => format!("👋 {name} 님이 모두에게 인사합니다"),
        (Lang::Ko, true) => format!("👋 {name} 님이 다른 모두에게 인사합니다"),
        (Lang::En, false) => format!("👋 {name} greets everyone"),
        (Lang::En, true) => format!("👋 {name} greets everyone else"),
    }
}
