//! The choice of people whom the user may know: for a direct conversation, and for an invitation.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::people::{PEOPLE_PATH, PeoplePage};
use madang_shared::profile::Profile;
use madang_shared::{Failure, User, UserId};

use super::browse::SEARCH_PAUSE;
use crate::features::profile::status_line;
use crate::i18n::{Words, use_lang};
use crate::session;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, effect, flag, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const FIND: Words = Words::new("사람 찾기", "Find people");
const NOBODY: Words = Words::new("찾는 사람이 없습니다.", "Nobody matches.");

/// A search, and a list in which the user chooses people.
pub(super) fn people_choice(chosen: State<Vec<User>>) -> AnyView {
    let lang = use_lang();
    let wanted = state(String::new());
    let found = state(None::<Result<PeoplePage, Failure>>);
    let known = state(Vec::<Profile>::new());
    effect(move || {
        let search = wanted.get().trim().to_owned();
        let start = move || {
            spawn_local(async move {
                let page = find_people(&search).await;
                // The user may have typed on, or closed the dialog.
                if wanted.try_get_untracked().is_some_and(|now| now.trim() == search) {
                    if let (Ok(page), Some(mut profiles)) = (&page, known.try_get_untracked()) {
                        profiles.extend(page.profiles.iter().cloned());
                        known.try_set(profiles);
                    }
                    found.try_set(Some(page));
                }
            });
        };
        set_timeout(start, SEARCH_PAUSE);
    });
    let people = memo(move || {
        let mut people = chosen.get();
        let found = found.get().and_then(Result::ok).map(|page| page.people);
        people.extend(
            found
                .unwrap_or_default()
                .into_iter()
                .filter(|user| !chosen.with(|chosen| chosen.contains(user))),
        );
        people
    });
    let toggle = move |user: &User| {
        chosen.update(|chosen| match chosen.iter().position(|it| it == user) {
            Some(index) => {
                chosen.remove(index);
            }
            None => chosen.push(user.clone()),
        });
    };
    let item = move |user: User| {
        Item::new(user.id.0, move || {
            let profile = known.with_untracked(|known| {
                known.iter().rev().find(|profile| profile.user == user.id).cloned()
            });
            row(&user, profile, chosen, toggle)
        })
    };
    let error = text(move || {
        found.with(|found| match found {
            Some(Err(failure)) => lang.get().refusal(failure),
            _ => String::new(),
        })
    });
    let nobody = move || {
        found.with(|found| found.as_ref().is_some_and(Result::is_ok)) && people.with(Vec::is_empty)
    };
    view! {
        <label class="search">
            {Icon::Search.draw()}
            <input type="search" dir="auto" class="search-field" data-testid="people-search" aria-label=FIND.now() placeholder=FIND.now()
                on:input=events::change(move |event| wanted.set(event_target_value(&event))) />
        </label>
        <ul class="people-choice" data-testid="people-choice">{each(derived(move || people.get().into_iter().map(item).collect()))}</ul>
        {when(nobody, || view! { <p class="hint" role="status">{NOBODY.now()}</p> }.into_any())}
        <p class="error" role="alert">{error}</p>
    }
    .into_any()
}

/// The first people whom the user may know and whose names contain the text.
pub(crate) async fn find_people(search: &str) -> Result<PeoplePage, Failure> {
    let search = String::from(js_sys::encode_uri_component(search));
    session::load(&format!("{PEOPLE_PATH}?search={search}")).await
}

fn row(
    user: &User,
    profile: Option<Profile>,
    chosen: State<Vec<User>>,
    toggle: impl Fn(&User) + Copy + Send + Sync + 'static,
) -> AnyView {
    let (id, of_row) = (user.id, user.clone());
    let name = profile.as_ref().map(|profile| profile.name.clone()).filter(|it| !it.is_empty());
    // The handle is beside the display name, which others may have too.
    let handle = name.is_some().then(|| format!("@{}", user.name));
    let shown = User { id, name: name.unwrap_or_else(|| user.name.clone()) };
    let status = profile.map(|profile| status_line(&profile)).unwrap_or_default();
    let is_chosen = move || chosen.with(|chosen| contains(chosen, id));
    view! {
        <li>
            <button type="button" class="person" data-testid=format!("choose-{id}") aria-pressed=flag(is_chosen) on:click=events::click(move |_| toggle(&of_row))>
                {avatar(&shown)}
                <span class="person-name isolated" translate="no">{shown.name}</span>
                <span class="person-handle isolated" translate="no">{handle}</span>
                <span class="person-sign isolated">{status}</span>
                {when(is_chosen, || Icon::Check.draw())}
            </button>
        </li>
    }
    .into_any()
}

fn contains(chosen: &[User], id: UserId) -> bool {
    chosen.iter().any(|user| user.id == id)
}
