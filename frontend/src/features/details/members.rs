//! The members of the open room: first those who are here now, then the others.

use std::collections::BinaryHeap;
use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{Client, Slice};
use madang_shared::details::{MembersPage, members_path};
use madang_shared::{Failure, RoomId, User, UserId, compact};

use super::member_list::LoadedMembers;
use crate::context::{AppContext, use_app};
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::text::lower_case;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;
use crate::{browser, http, session};

const HERE: Words = Words::new("지금 여기", "Here now");
const OTHERS: Words = Words::new("다른 멤버", "Others");
const SHOW_MORE: Words = Words::new("더 보기", "Show more");

/// Rows in the list of those who are here. More are counted.
const MAX_HERE: usize = 200;

/// A member in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    user: User,
    /// The display name, or else the handle.
    shown: String,
    /// The emoji of the status, and the status.
    status: (String, String),
    is_me: bool,
    typing: bool,
    is_here: bool,
}

impl Person {
    fn item(self, app: AppContext) -> Item {
        // A person who changes is drawn again.
        let mut key = DefaultHasher::new();
        (self.user.id, self.typing, &self.shown, &self.status).hash(&mut key);
        Item::new(key.finish(), move || self.draw(app))
    }

    fn new(client: &Client, user: &User, is_here: bool) -> Self {
        let features = client.features();
        let details = features.details();
        let status = details.profile(user.id).map(|profile| profile.status_at(browser::now()));
        let (emoji, status) = status.unwrap_or_default();
        Self {
            user: user.clone(),
            shown: details.shown_name(user).to_owned(),
            status: (emoji.to_owned(), status.to_owned()),
            is_me: user.id == features.me().id,
            typing: is_here && features.presence().typing().any(|typist| typist.id == user.id),
            is_here,
        }
    }

    fn draw(&self, app: AppContext) -> AnyView {
        let user = self.user.clone();
        let (emoji, status) = self.status.clone();
        let sign = if emoji.is_empty() && !status.is_empty() { "💬".to_owned() } else { emoji };
        // A status in words alone has a sign too, so that it is found.
        let sign = (!sign.is_empty()).then(|| {
            let label = if status.is_empty() { sign.clone() } else { status.clone() };
            view! { <span class="person-sign" role="img" title=status aria-label=label data-testid="person-sign">{sign}</span> }
        });
        let shown = User { name: self.shown.clone(), ..user.clone() };
        let you = || view! { <span class="tag">{tr(|t| t.you)}</span> };
        let typing = || {
            let label = tr(|t| t.is_typing);
            view! { <span class="person-typing" role="img" aria-label=label>"💬"</span> }
        };
        let handle = format!("@{}", user.name);
        let open = move |_| app.show_card(user.clone());
        view! {
            <li>
                <button class="person" data-testid="person" data-here=self.is_here.to_string() aria-haspopup="dialog" on:click=events::click_once(open)>
                    {avatar(&shown)}
                    <span class="person-name isolated" translate="no" title=handle>{shown.name}</span>
                    {self.is_me.then(you)}
                    {sign}
                    {self.typing.then(typing)}
                </button>
            </li>
        }
        .into_any()
    }
}

/// The pages of members, and the state of the request for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Pages {
    loaded: LoadedMembers,
    /// The edition of the details in which the first page was requested.
    edition: u64,
    is_loading: bool,
    failure: Option<Failure>,
}

/// The content of the column.
pub(crate) fn members(room: RoomId) -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let pages = state(Pages::default());
    effect(move || {
        let edition = store.read(Slice::Details, |client| {
            let details = client.features().details();
            details.members().map(|_| details.edition())
        });
        // The events since the details arrived are known, so a page that is requested now is complete with them.
        // A phone has no column, and its drawer is closed most of the time.
        let is_visible = app.members.get() || !app.phone.get();
        if let Some(edition) = edition
            && is_visible
            && pages.with_untracked(|pages| pages.edition) != edition
        {
            pages.set(Pages { edition, ..Pages::default() });
            load(room, pages);
        }
    });
    let here = memo(move || {
        store.read(Slice::Details, |_| ());
        store.read(Slice::Presence, |client| {
            let here = client.features().presence();
            let me = client.features().me();
            let person = |user: &User| Person::new(client, user, true);
            let others = here.present().filter(|user| user.id != me.id);
            let own = here.contains(me.id).then_some(me);
            sorted(own.into_iter().chain(others).take(MAX_HERE).map(person))
        })
    });
    let here_count =
        memo(move || store.read(Slice::Presence, |client| client.features().presence().count()));
    let others = memo(move || {
        store.read(Slice::Presence, |_| ());
        pages.with(|pages| {
            store.read(Slice::Details, |client| {
                let features = client.features();
                let members = pages.loaded.after(features.details().changes());
                let is_here = |id| features.presence().contains(id);
                let away = members.values().filter(|member| !is_here(member.user.id));
                let person = |user: &User| Person::new(client, user, false);
                sorted(away.map(|member| person(&member.user)))
            })
        })
    });
    let has_more = move || pages.with(|pages| pages.loaded.more);
    let others_count = move || {
        let total = store.read(Slice::Details, |client| client.features().details().members());
        let total = total.and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
        if has_more() { total.saturating_sub(here_count.get()) } else { others.with(Vec::len) }
    };
    let here_more = move || here_count.get().saturating_sub(MAX_HERE);
    let more_here = move || {
        let line = text(move || more(lang.get(), here_more()));
        view! { <p class="column-label">{line}</p> }.into_any()
    };
    let more_others = move || {
        let failed = move || pages.with(|pages| pages.failure.is_some());
        let sentence = text(move || {
            let lang = lang.get();
            pages.with(|pages| {
                pages.failure.as_ref().map(|failure| lang.refusal(failure)).unwrap_or_default()
            })
        });
        let failure = move || view! { <p class="error" role="alert">{sentence}</p> }.into_any();
        let label =
            derived(
                move || if failed() { tr(|t| t.try_again).get() } else { SHOW_MORE.of(lang.get()) },
            );
        view! {
            {when(failed, failure)}
            <button class="button people-more" data-testid="members-more" aria-disabled=flag(move || pages.with(|pages| pages.is_loading)) on:click=events::click_once(move |_| load(room, pages))>
                {label}
            </button>
        }
        .into_any()
    };
    let needs_button = move || {
        pages.with(|pages| pages.failure.is_some() || pages.loaded.more && !pages.is_loading)
    };
    view! {
        <div class="people" data-testid="presence-list">
            {section(app, "here", HERE, derived(move || here_count.get()), here)}
            {when(move || here_more() > 0, more_here)}
            {part(move || if others_count() > 0 { section(app, "away", OTHERS, derived(others_count), others) } else { ().into_any() })}
            {when(needs_button, more_others)}
        </div>
    }
    .into_any()
}

/// The persons by name, the user's own first.
fn sorted(people: impl Iterator<Item = Person>) -> Vec<Person> {
    let people: Vec<Person> = people.collect();
    // A heap sorts with a sixth of the code of `sort`.
    let keys = people.iter().enumerate();
    let keys = keys.map(|(index, person)| (!person.is_me, lower_case(&person.shown), index));
    let keys = keys.collect::<BinaryHeap<_>>().into_sorted_vec();
    keys.into_iter().filter_map(|(.., index)| people.get(index).cloned()).collect()
}

/// A part of the list that folds. The browser remembers it.
fn section(
    app: AppContext,
    id: &'static str,
    title: Words,
    count: Signal<usize>,
    people: Memo<Vec<Person>>,
) -> AnyView {
    let key = format!("madang.folded.{id}");
    let folded = state(browser::remembered(&key).is_some());
    let toggle = move |_| {
        let now = !folded.get_untracked();
        folded.set(now);
        if now { browser::remember(&key, "") } else { browser::forget(&key) }
    };
    let items = move || people.get().into_iter().map(|person| person.item(app)).collect();
    let list = move || {
        view! { <ul data-testid=format!("people-{id}")>{each(derived(items))}</ul> }.into_any()
    };
    view! {
        <h3 class="section-title">
            <button class="section-fold" data-testid=format!("fold-{id}") aria-expanded=flag(move || !folded.get()) on:click=events::click(toggle)>
                {Icon::Chevron.draw()}
                {title.now()}
                <span class="count">{count}</span>
            </button>
        </h3>
        {when(move || !folded.get(), list)}
    }
    .into_any()
}

/// Loads the page after the loaded ones, unless it is on its way.
fn load(room: RoomId, pages: State<Pages>) {
    let Pages { loaded, edition, is_loading, .. } = pages.get_untracked();
    if is_loading {
        return;
    }
    pages.update(|pages| {
        pages.is_loading = true;
        pages.failure = None;
    });
    spawn_local(async move {
        let page = fetch(room, loaded.last()).await;
        // The room may be closed by now, or its details may have arrived again.
        let is_current = pages.try_get_untracked().is_some_and(|now| now.edition == edition);
        if !is_current {
            return;
        }
        pages.update(|pages| {
            pages.is_loading = false;
            match page {
                Ok(page) => pages.loaded.add(page),
                Err(failure) => pages.failure = Some(failure),
            }
        });
    });
}

/// Requests the page of members after a user.
pub(super) async fn fetch(room: RoomId, after: Option<UserId>) -> Result<MembersPage, Failure> {
    let answer = http::get(&members_path(room, after), None).await;
    let answer = answer.map_err(session::unreachable_server)?;
    if !answer.ok() {
        return Err(session::failure(&answer));
    }
    compact::from_text(&answer.text).map_err(|_| session::unexpected_answer())
}

fn more(lang: Lang, count: usize) -> String {
    match lang {
        Lang::Ko => format!("그 밖에 {count}명"),
        Lang::En => format!("and {count} more"),
    }
}
