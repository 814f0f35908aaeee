//! The direction of a message on a connection: one pair of arrows, wherever sent and received messages are shown.

use leptos::prelude::*;

use crate::i18n::Words;
use crate::ui::icon::Icon;

const SENT: Words = Words::new("보냄", "Sent");
const RECEIVED: Words = Words::new("받음", "Received");

/// The arrow alone, beside a text that names the direction: up for sent, down for received.
pub(crate) fn direction(sent: bool) -> AnyView {
    let icon = if sent { Icon::Send } else { Icon::Down };
    view! { <span class="direction" data-sent=sent.to_string()>{icon.draw()}</span> }.into_any()
}

/// The arrow, with the name of the direction for screen readers.
pub(crate) fn named_direction(sent: bool) -> AnyView {
    let name = if sent { SENT } else { RECEIVED };
    view! {
        {direction(sent)}
        <span class="visually-hidden">{name.now()}</span>
    }
    .into_any()
}
