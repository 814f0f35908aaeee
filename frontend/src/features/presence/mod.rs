//! Presence and typing in the open room.

use std::collections::BinaryHeap;

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::User;

use crate::context::{MEMBERS_ID, use_app};
use crate::i18n::{tr, use_lang};
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, flag, text};
use crate::ui::icon::Icon;

/// A user who is in the room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Person {
    user: User,
    is_me: bool,
    typing: bool,
}

impl Person {
    fn item(self) -> Item {
        // A person who starts or stops typing is drawn again.
        let key = self.user.id.0 * 2 + u64::from(self.typing);
        Item::new(key, move || self.draw())
    }

    fn draw(&self) -> AnyView {
        let name = &self.user.name;
        let you = || view! { <span class="tag">{tr(|t| t.you)}</span> };
        let typing = || {
            let label = tr(|t| t.is_typing);
            view! { <span class="person-typing" role="img" aria-label=label>"💬"</span> }
        };
        view! {
            <li class="person">
                {avatar(&self.user)}
                <span class="person-name isolated" translate="no" title=name.clone()>{name.clone()}</span>
                {self.is_me.then(you)}
                {self.typing.then(typing)}
            </li>
        }
        .into_any()
    }
}

/// The members: a column beside the room, or a drawer.
#[component]
pub(crate) fn MembersPanel() -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let people = memo(move || {
        store.read(Slice::Presence, |client| {
            let here = client.features().presence();
            let me = client.features().me().id;
            let person = |user: &User| Person {
                user: user.clone(),
                is_me: user.id == me,
                typing: here.typing().any(|typist| typist.id == user.id),
            };
            // A heap sorts with a sixth of the code of `sort`.
            let order = here.present().map(|user| (user.id != me, &user.name, user));
            let people = order.collect::<BinaryHeap<_>>().into_sorted_vec();
            people.into_iter().map(|(.., user)| person(user)).collect::<Vec<_>>()
        })
    });
    view! {
        <aside
            id=MEMBERS_ID
            class="members"
            tabindex="-1"
            data-testid="drawer-presence"
            data-open=flag(move || app.members.get())
            aria-labelledby="presence-title"
            prop:inert=derived(move || app.is_covered())
        >
            <div class="column-head">
                <h2 id="presence-title" class="column-title">{tr(|t| t.presence)}</h2>
                <button class="icon-button" data-testid="close-presence" aria-label=tr(|t| t.close) title=tr(|t| t.close) on:click=events::click(move |_| app.show_members(false))>
                    {Icon::Close.draw()}
                </button>
            </div>
            <p class="column-label">{text(move || lang.get().people(people.with(Vec::len)))}</p>
            <ul class="people" data-testid="presence-list" tabindex="0" aria-labelledby="presence-title">
                {each(derived(move || people.get().into_iter().map(Person::item).collect()))}
            </ul>
        </aside>
    }
}

/// The line above the composer with the users who are typing.
#[component]
pub(crate) fn TypingLine() -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let line = memo(move || {
        let lang = lang.get();
        store.read(Slice::Presence, |client| {
            let names: Vec<&str> =
                client.features().presence().typing().map(|user| user.name.as_str()).collect();
            lang.typing(&names).unwrap_or_default()
        })
    });
    view! { <p class="typing-line" data-testid="typing">{text(move || line.get())}</p> }
}
