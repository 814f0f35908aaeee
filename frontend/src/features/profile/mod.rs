//! How people show themselves: the section of the account's page, local times, and the hours in which the user is not
//! disturbed. All but the names in the timeline is in the lazy part of the app.

mod form;
mod status_end;
mod zone;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_shared::User;
use madang_shared::profile::{OwnProfile, PROFILE_PATH, Profile, ProfileChange};

use crate::account_requests::{answer_of, post_to};
use crate::browser;
use crate::context::AppContext;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};

pub(crate) use form::profile_form;
pub(crate) use zone::local_time;

const ERASED: Words = Words::new("지워진 계정", "Erased account");
const CARD: Words = Words::new("프로필 보기", "show the profile");

/// The user whose time zone and language this browser has told the server.
const TOLD_KEY: &str = "madang.profile-told";

/// The name that is shown for a user: the display name, or else the handle. It changes with the details of the open room.
pub(crate) fn shown_name(app: AppContext, user: User) -> Memo<String> {
    let store = app.driver.store();
    let lang = use_lang();
    memo(move || {
        store.read(Slice::Details, |client| {
            name_of(lang.get(), client.features().details().shown_name(&user), &user).to_owned()
        })
    })
}

/// The name, or words in its place for an erased account.
pub(crate) fn name_of<'n>(lang: Lang, name: &'n str, user: &User) -> &'n str {
    if user.is_erased() { ERASED.of(lang) } else { name }
}

/// Whether the user does not want to be disturbed now.
pub(crate) fn is_quiet(app: AppContext) -> bool {
    let quiet =
        app.driver.store().peek(|client| client.features().notices().quiet_hours().cloned());
    quiet.is_some_and(|hours| {
        zone::minute_of_day(&hours.time_zone).is_some_and(|minute| hours.contain(minute))
    })
}

/// The name of a person in a list, which opens the card.
pub(crate) fn person_link(app: AppContext, user: User, content: AnyView) -> AnyView {
    let label = format!("{}: {}", isolated(&user.name), CARD.of(use_lang().get_untracked()));
    let open = move |_| app.show_card(user.clone());
    view! { <button type="button" class="person-link" aria-haspopup="dialog" aria-label=label data-testid="person-link" on:click=events::click_once(open)>{content}</button> }
        .into_any()
}

/// Emoji and status of a profile in one line; empty without them.
pub(crate) fn status_line(profile: &Profile) -> String {
    let (emoji, status) = profile.status_at(browser::now());
    if emoji.is_empty() || status.is_empty() {
        format!("{emoji}{status}")
    } else {
        format!("{emoji} {status}")
    }
}

/// Tells the server the time zone and the language of this browser, unless the profile names a time zone already. It does so
/// once per browser and user.
pub(crate) fn tell_surroundings(app: AppContext) {
    let me = app.driver.store().me().id.to_string();
    if browser::remembered(TOLD_KEY).as_deref() == Some(&*me) {
        return;
    }
    let language = use_lang().get_untracked().code().to_owned();
    spawn_local(async move {
        // Without an answer, the next page load tries again.
        let Ok(own) = answer_of::<OwnProfile>(PROFILE_PATH).await else { return };
        if own.profile.time_zone.is_empty()
            && let Some(zone) = zone::of_browser()
        {
            let language = own.language.is_empty().then_some(language);
            let change =
                ProfileChange { time_zone: Some(zone), language, ..ProfileChange::default() };
            if post_to::<_, OwnProfile>(PROFILE_PATH, &change).await.is_err() {
                return;
            }
        }
        browser::remember(TOLD_KEY, &me);
    });
}
