//! The entry points of the lazy part (see `crate::lazy`): code that the app reaches only through [`views`]
//! is in the second module.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use madang_client::NewLazyViews;
use madang_shared::{RoomId, Seq};
#[cfg(feature = "lazy-part")]
use wasm_split_helpers::wasm_split;

use super::{palette, screen_keyboard, shortcuts, view_menu};
use crate::auth::Auth;
use crate::context::use_app;
use crate::draft::DraftField;
use crate::features::read_count::read_count;
use crate::features::{
    account, apps, chat, details, first_steps, inspector, later, membership, moderation, notices,
    profile, rooms,
};
use crate::lazy::{LazyViews, LoadError};
use crate::route::Page;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::State;
use crate::ui::undo_bar::use_undo_bar;
use crate::{features, lab};

/// Fetches the lazy part.
pub(crate) fn load() -> Pin<Box<dyn Future<Output = Result<LazyViews, LoadError>>>> {
    Box::pin(load_views())
}

#[cfg(feature = "lazy-part")]
#[wasm_split(pages, fallible)]
fn load_views() -> Result<LazyViews, LoadError> {
    Ok(views())
}

#[cfg(not(feature = "lazy-part"))]
#[expect(
    clippy::unused_async,
    reason = "with the feature `lazy-part`, this waits for the second module"
)]
async fn load_views() -> Result<LazyViews, LoadError> {
    Ok(views())
}

fn views() -> LazyViews {
    LazyViews {
        page,
        inspector: inspector::content,
        palette: palette::content,
        shortcuts: shortcuts::content,
        room_tools: chat::tools::tools,
        room_statuses: chat::tools::statuses,
        presence_line: chat::tools::presence_line,
        message_refusal: chat::tools::message_refusal,
        message_editor: chat::tools::message_editor,
        quote: chat::tools::quote,
        pinned_bar: chat::tools::pinned_bar,
        reply_bar: chat::tools::reply_bar,
        completion: chat::tools::completion,
        composer_tools,
        message_reactions: chat::tools::message_reactions,
        deleted_message: chat::tools::deleted_message,
        formatted_text: chat::tools::formatted_text,
        own_menu: account::menu,
        view_menu: view_menu::content,
        new_room: rooms::new_room,
        order_choice: rooms::order_choice,
        join_card: membership::join_card,
        other_rooms: rooms::other_rooms,
        mood: lab::sentiment::mark,
        first_steps: first_steps::card,
        topic_line: details::topic_line,
        member_count: details::member_count,
        read_count,
        members: details::members,
        bars,
        undo_bar: || use_undo_bar().draw(),
    }
}

/// A page; a page of an app that is off says so instead.
fn page(page: Page) -> AnyView {
    let auth: Auth = expect_context();
    let is_offered = memo(move || auth.offers(page));
    part(move || if is_offered.get() { draw(page) } else { apps::not_offered(page) })
}

/// The buttons beside the message field.
fn composer_tools(room: RoomId, field: DraftField, reply_to: State<Option<Seq>>) -> AnyView {
    view! {
        {chat::tools::emoji_button(field)}
        {later::schedule_button(room, field, reply_to)}
    }
    .into_any()
}

/// The lazy part gives the commands whose refusals are shown here, and has the views of the topics that it follows.
fn bars() -> AnyView {
    use_app().driver.load_views(NewLazyViews::all());
    screen_keyboard::follow_focus();
    apps::follow();
    profile::tell_surroundings(use_app());
    view! {
        {membership::refusals()}
        {moderation::banned()}
        {notices::notifications()}
        {details::person_card()}
    }
    .into_any()
}

/// Makes `draw` out of the table of pages.
macro_rules! draw_pages {
    ($($page:ident { path: $path:literal, title: $title:tt, area: $area:expr, topics: $topics:expr, skeleton: $skeleton:expr, draw: $draw:path })*) => {
        fn draw(page: Page) -> AnyView {
            match page {
                $(Page::$page => $draw().into_any(),)*
            }
        }
    };
}
crate::route::pages!(draw_pages);
