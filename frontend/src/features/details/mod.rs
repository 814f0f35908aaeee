//! The details of the open room: its description and the number of its members in the header, the list of members, the
//! card of a person, and the form for the description. All of it is in the lazy part of the app.

mod card;
mod describe;
mod member_list;
mod members;

use leptos::prelude::*;
use madang_client::Slice;

use crate::context::use_app;
use crate::i18n::use_lang;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::text;

pub(crate) use card::person_card;
pub(crate) use describe::{describe_form, optional_description_field};
pub(crate) use members::members;

/// The line below the room's name: the description, or else the users who are here, in words.
pub(crate) fn topic_line() -> AnyView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let line = memo(move || {
        let lang = lang.get();
        let described = store
            .read(Slice::Details, |client| client.features().details().description().to_owned());
        if !described.is_empty() {
            return described;
        }
        store.read(Slice::Presence, |client| {
            let here = client.features().presence();
            let details = client.features().details();
            let names: Vec<&str> = here.present().map(|user| details.shown_name(user)).collect();
            if names.is_empty() { String::new() } else { lang.here(&names) }
        })
    });
    let line = text(move || line.get());
    view! { <span title=line>{line}</span> }.into_any()
}

/// The number of members; nothing until it is known.
pub(crate) fn member_count() -> AnyView {
    let store = use_app().driver.store();
    let count = text(move || {
        let count = store.read(Slice::Details, |client| client.features().details().members());
        count.map(|count| count.to_string()).unwrap_or_default()
    });
    view! { <span class="count">{count}</span> }.into_any()
}
