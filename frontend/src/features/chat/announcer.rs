//! Reads new messages to screen readers, in a region of its own: the timeline also draws old messages, whenever
//! it is scrolled.

use leptos::prelude::*;
use madang_client::{Client, Slice};
use madang_shared::chat::Message;
use madang_shared::{RoomId, Seq};

use crate::context::use_app;
use crate::i18n::{Lang, isolated, use_lang};
use crate::text::beginning;
use crate::ui::erased::reactive::{Item, derived, each, effect};
use crate::ui::erased::signal::state;

/// The maximum number of messages that are read at once; of more, only their number is read.
const MAX_READ: usize = 3;
/// The part of a message that is read, in code units.
const MAX_UNITS: u32 = 200;

/// The region.
#[component]
pub(crate) fn Announcer(
    room: RoomId,
    /// The newest message when the room was opened.
    first: Option<Seq>,
) -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let lines = state(Vec::<(u64, String)>::new());
    let mut announced = first;
    effect(move || {
        let newest = store.read(Slice::Timeline, |client| {
            let timeline = client.features().timeline(room)?;
            let newest = timeline.is_known().then(|| timeline.newest())?;
            // The text of an erased message is not kept here either.
            let is_erased = |seq: u64| {
                let mut newest_first = timeline.messages().iter().rev();
                newest_first.any(|message| message.seq.0 == seq && message.text.is_empty())
            };
            if lines.with_untracked(|lines| lines.iter().any(|(seq, _)| is_erased(*seq))) {
                lines.update(|lines| lines.retain(|(seq, _)| !is_erased(*seq)));
            }
            if let Some(announced) = announced.filter(|announced| newest > *announced) {
                let news = news(client, room, announced, lang.get_untracked());
                lines.update(|lines| {
                    lines.extend(news);
                    let old = lines.len().saturating_sub(MAX_READ);
                    lines.drain(..old);
                });
            }
            Some(newest)
        });
        announced = newest;
    });
    let item = |(id, line): (u64, String)| {
        Item::new(id, move || view! { <p>{line.clone()}</p> }.into_any())
    };
    let items = derived(move || lines.get().into_iter().map(item).collect());
    view! {
        <div class="visually-hidden" role="log" aria-live="polite" data-testid="announcer">{each(items)}</div>
    }
}

/// The lines for the messages after one, each with the seq of its message.
fn news(client: &Client, room: RoomId, announced: Seq, lang: Lang) -> Vec<(u64, String)> {
    let features = client.features();
    let Some(timeline) = features.timeline(room) else {
        return Vec::new();
    };
    let me = features.me().id;
    let after = timeline.messages().iter().rev().take_while(|message| message.seq > announced);
    let mut news: Vec<_> = after.filter(|message| message.author.id != me).collect();
    if let Some(newest) = news.first()
        && news.len() > MAX_READ
    {
        let count = u64::try_from(news.len()).unwrap_or(u64::MAX);
        return vec![(newest.seq.0, lang.new_messages(count))];
    }
    news.reverse();
    let line = |message: &&Message| {
        let name = features.details().shown_name(&message.author);
        let text = beginning(&message.text, MAX_UNITS);
        (message.seq.0, format!("{}: {}", isolated(name), isolated(&text)))
    };
    news.iter().map(line).collect()
}
