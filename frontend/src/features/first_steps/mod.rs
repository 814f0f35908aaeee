//! The first steps of a newcomer, above the composer of the first room. Their place is there from the first view on, so
//! that the card, which is in the lazy part of the app, moves no message.

mod card;

use leptos::prelude::*;
use madang_shared::RoomId;

use crate::context::use_app;
use crate::newcomer;
use crate::ui::erased::reactive::when;
use crate::ui::erased::signal::state;

pub(crate) use card::card;

/// The room that every new user has joined.
const FIRST_ROOM: RoomId = RoomId(1);

/// The place of the card; nothing for a user who has seen it.
pub(crate) fn place(room: RoomId) -> AnyView {
    if room != FIRST_ROOM || !newcomer::is_newcomer() {
        return ().into_any();
    }
    let (lazy, open) = (use_app().lazy, state(true));
    when(
        move || open.get(),
        move || {
            let card = lazy.draw_when_loaded(move |views| (views.first_steps)(room, open));
            view! { <div class="first-steps-place"><div class="first-steps">{card}</div></div> }
                .into_any()
        },
    )
}
