//! Reads new messages out to those who cannot see them. A region of its own: the timeline draws old
//! messages whenever it is scrolled, and they are not news.

use leptos::prelude::*;
use madang_client::{Client, Slice};
use madang_shared::{RoomId, Seq};

use crate::context::use_app;
use crate::i18n::{Lang, use_lang};
use crate::ui::erased::reactive::{Item, derived, each, effect};
use crate::ui::erased::signal::state;

/// So many messages at once are read out; more are counted.
const READ_OUT: usize = 3;
/// So much of a message is read out, in characters.
const LENGTH: usize = 200;

/// The region.
#[component]
pub(crate) fn Announcer(room: RoomId) -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let lines = state(Vec::<(u64, String)>::new());
    let mut heard = None::<Seq>;
    effect(move || {
        let newest = store.read(Slice::Timeline, |client| {
            let timeline = client.features().timeline(room)?;
            let newest = timeline.is_known().then(|| timeline.newest())?;
            if let Some(heard) = heard.filter(|heard| newest > *heard) {
                let news = news(client, room, heard, lang.get_untracked());
                lines.update(|lines| {
                    lines.extend((heard.0..).zip(news));
                    let old = lines.len().saturating_sub(READ_OUT);
                    lines.drain(..old);
                });
            }
            Some(newest)
        });
        heard = newest;
    });
    let item = |(id, line): (u64, String)| {
        Item::new(id, move || view! { <p>{line.clone()}</p> }.into_any())
    };
    let items = derived(move || lines.get().into_iter().map(item).collect());
    view! {
        <div class="visually-hidden" role="log" aria-live="polite" data-testid="announcer">{each(items)}</div>
    }
}

fn news(client: &Client, room: RoomId, heard: Seq, lang: Lang) -> Vec<String> {
    let features = client.features();
    let Some(timeline) = features.timeline(room) else {
        return Vec::new();
    };
    let me = features.me().id;
    let after = timeline.messages().iter().rev().take_while(|message| message.seq > heard);
    let mut news: Vec<_> = after.filter(|message| message.author.id != me).collect();
    if news.len() > READ_OUT {
        return vec![lang.new_messages(u64::try_from(news.len()).unwrap_or(u64::MAX))];
    }
    news.reverse();
    let line = |text: &str| text.chars().take(LENGTH).collect::<String>();
    news.iter().map(|message| format!("{}: {}", message.author.name, line(&message.text))).collect()
}
