//! The frame around every room and page: the rail, the column with the rooms, the header, the content that the
//! address selects, and the members.

mod header;
mod keys;
mod lazy_views;
mod navigation;
mod page_source;
pub(crate) mod palette;
mod rail;
mod screen_keyboard;
mod shortcuts;
mod title;
mod view_menu;

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::User;

use crate::auth::Auth;
use crate::context::{AppContext, MAX_PHONE_WIDTH, View, is_at_most, use_app};
use crate::driver::Driver;
use crate::features::chat::ChatPane;
use crate::features::connection::{ConnectionBar, NewVersion};
use crate::features::inspector;
use crate::features::presence::MembersPanel;
use crate::features::rooms::{RoomsPanel, orders_by_name};
use crate::i18n::{Texts, tr};
use crate::lazy::Loader;
use crate::preference::Preference;
use crate::route::{Area, Route};
use crate::router::Router;
use crate::time::provide_today;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, effect, flag, part, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Mark;
use crate::ui::skeleton::{Shape, skeleton};
use crate::ui::undo_bar::UndoBar;

pub(crate) use lazy_views::load;

/// The app behind the sign-in form, for as long as the session lasts.
#[component]
pub(crate) fn Shell(me: User) -> impl IntoView {
    let driver = Driver::start(me);
    let store = driver.store();
    let router = Router::new();
    let view = memo(move || {
        let route = router.get();
        store.read(Slice::Unread, |client| View::of(client, route))
    });
    let lazy = Loader::start(load);
    let app = AppContext {
        driver,
        router,
        phone: state(is_at_most(MAX_PHONE_WIDTH)),
        members: state(false),
        members_folded: state(AppContext::remembers_folded_members()),
        inspector: state(false),
        palette: state(false),
        new_room: state(false),
        shortcuts: state(false),
        own_menu: state(false),
        view_menu: state(false),
        card: state(None),
        card_open: state(false),
        by_name: state(orders_by_name()),
        presence_lines: Preference::remembered("madang.presence-lines"),
        compact: Preference::remembered("madang.compact"),
        view,
        lazy,
    };
    provide_context(app);
    provide_context(UndoBar::new());
    provide_today();
    navigation::follow_route(app);
    title::update_title(app);
    keys::listen(app);
    sign_out_with_driver(app);

    let place = memo(move || match app.router.get() {
        Route::Home => "list",
        Route::Room(_) | Route::Message(..) => "room",
        Route::Page(_) | Route::NotFound => "page",
    });
    let in_chat = move || app.router.get().area() == Area::Chat;
    let has_members = move || {
        app.router.get().room().is_some()
            && app.view.with(|view| matches!(view, View::Room(_) | View::Loading))
    };
    view! {
        <div
            class="shell"
            data-place=derived(move || place.get())
            data-rooms=flag(in_chat)
            data-compact=flag(move || app.compact.get())
            data-members=flag(move || has_members() && !app.members_folded.get())
        >
            {rail::rail()}
            {when(in_chat, || view! { <RoomsPanel /> }.into_any())}
            <main class="main" prop:inert=derived(move || app.is_behind())>
                <header::Header />
                <ConnectionBar />
                <NewVersion />
                {lazy.draw_when_loaded(|views| (views.bars)())}
                <Content />
                {lazy.draw_when_loaded(|views| (views.undo_bar)())}
            </main>
            {when(has_members, || view! { <MembersPanel /> }.into_any())}
            {inspector::inspector()}
            {palette::dialog()}
            {shortcuts::dialog()}
            {rail::own_menu(app)}
            {header::view_menu(app)}
            <div class="scrim" data-shown=flag(move || app.members.get()) on:click=events::click(move |_| app.show_members(false))></div>
        </div>
    }
}

#[component]
fn Content() -> impl IntoView {
    let app = use_app();
    part(move || match app.view.get() {
        View::Loading => skeleton(Shape::Messages),
        View::NoRoom => message(|t| t.choose_room, |t| t.choose_room_hint),
        View::PageNotFound => message(|t| t.no_such_page, |t| t.no_such_page_hint),
        View::NotJoined(room) => {
            app.lazy.draw(Shape::Messages, move |views| (views.join_card)(room))
        }
        View::Room(room) => view! { <ChatPane room=room.id /> }.into_any(),
        View::Page(page) => app.lazy.draw(page.skeleton(), move |views| (views.page)(page)),
    })
}

type Pick = fn(&'static Texts) -> &'static str;

fn message(title: Pick, hint: Pick) -> AnyView {
    view! {
        <div class="content-message">
            <Mark />
            <h2>{tr(title)}</h2>
            <p>{tr(hint)}</p>
        </div>
    }
    .into_any()
}

/// Signs out when the driver finds that the server has ended the session.
fn sign_out_with_driver(app: AppContext) {
    let auth: Auth = expect_context();
    effect(move || {
        if app.driver.signed_out.get() {
            auth.sign_out(false);
        }
    });
}
