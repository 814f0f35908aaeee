//! The open room: [`rows`] turns messages into rows, [`timeline`] lists them, [`message`] draws one row with the
//! [`mentions`] in its text, and [`composer`] is the form. In the lazy part of the app: [`tools`] has the actions of a
//! message, [`jump`] scrolls to a linked message, and [`announcer`] reads new messages to screen readers.

mod announcer;
mod composer;
mod jump;
mod mentions;
mod message;
pub(crate) mod preferences;
mod reading;
mod rows;
mod timeline;
pub(crate) mod tools;

use leptos::prelude::*;
use madang_shared::RoomId;

use crate::context::use_app;
use crate::features::first_steps;
use crate::features::presence::TypingLine;
use crate::ui::erased::signal::state;
use crate::ui::virtual_list::VirtualList;

/// The open room.
#[component]
pub(crate) fn ChatPane(room: RoomId) -> impl IntoView {
    let list = VirtualList::new();
    let reply_to = state(None);
    let lazy = use_app().lazy;
    view! {
        <section class="chat">
            {lazy.draw_when_loaded(move |views| (views.pinned_bar)(room))}
            <timeline::Timeline room=room list=list reply_to=reply_to />
            {first_steps::place(room)}
            <TypingLine />
            <composer::Composer room=room reply_to=reply_to on_sent=Callback::new(move |()| list.to_end()) />
        </section>
    }
}
