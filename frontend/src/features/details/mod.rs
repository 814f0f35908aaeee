//! The details of the open room in the header: its description and the number of its members. The list of members,
//! the card of a person and the form for the description are in the lazy part of the app.

mod card;
mod describe;
mod member_list;
mod members;

use leptos::prelude::*;
use madang_client::Slice;

use crate::context::AppContext;
use crate::i18n::{tr, use_lang};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::text;

pub(crate) use card::person_card;
pub(crate) use describe::{describe_form, description_field};
pub(crate) use members::members;

/// The line below the room's name: the description, or else the users who are here, in words.
pub(crate) fn topic_line(app: AppContext) -> AnyView {
    let lang = use_lang();
    let line = memo(move || {
        let lang = lang.get();
        let store = app.driver.store();
        let described = store
            .read(Slice::Details, |client| client.features().details().description().to_owned());
        if !described.is_empty() {
            return described;
        }
        store.read(Slice::Presence, |client| {
            let here = client.features().presence();
            let names: Vec<&str> = here.present().map(|user| user.name.as_str()).collect();
            if names.is_empty() { String::new() } else { lang.here(&names) }
        })
    });
    let line = text(move || line.get());
    view! { <p class="header-topic" dir="auto" data-testid="topic" title=line>{line}</p> }
        .into_any()
}

/// The number of members beside the button that shows them; empty until it is known.
pub(crate) fn member_count(app: AppContext) -> Signal<String> {
    text(move || known(app).map(|count| count.to_string()).unwrap_or_default())
}

/// The name of the button that shows the members.
pub(crate) fn members_label(app: AppContext) -> Signal<String> {
    let lang = use_lang();
    text(move || {
        let label = tr(|t| t.open_presence).get();
        match known(app) {
            Some(count) => format!("{label}: {}", lang.get().people(count)),
            None => label.to_owned(),
        }
    })
}

fn known(app: AppContext) -> Option<usize> {
    let count =
        app.driver.store().read(Slice::Details, |client| client.features().details().members());
    usize::try_from(count?).ok()
}
