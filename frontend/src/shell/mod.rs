//! The frame around every room and page: the side panels, the header and the content that the address selects.

mod header;
mod keys;
mod lazy_views;
mod navigation;
mod page_links;
mod shortcuts;
mod title;

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::User;

use crate::auth::Auth;
use crate::context::{AppContext, Drawer, View, use_app};
use crate::driver::Driver;
use crate::features::chat::ChatPane;
use crate::features::connection::NewVersion;
use crate::features::inspector;
use crate::features::membership::{JoinCard, Refusals};
use crate::features::notices::notify_when_hidden;
use crate::features::presence::PresencePanel;
use crate::features::rooms::RoomsPanel;
use crate::i18n::{Texts, tr};
use crate::lazy::Loader;
use crate::route::Router;
use crate::time::provide_today;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, effect, flag, part, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Mark;
use crate::ui::skeleton::{Shape, skeleton};
use crate::ui::undo_bar::UndoBar;

/// The app behind the sign-in form, for as long as the session lasts.
#[component]
pub(crate) fn Shell(me: User) -> impl IntoView {
    let driver = Driver::start(me);
    let store = driver.store();
    let router = Router::new();
    let view = memo(move || {
        let route = router.get();
        store.read(Slice::Rooms, |_| ());
        store.read(Slice::Unread, |client| View::of(client, route))
    });
    let lazy = Loader::start(lazy_views::load);
    let app = AppContext {
        driver,
        router,
        drawer: state(None),
        inspector: state(false),
        shortcuts: state(false),
        view,
        lazy,
    };
    provide_context(app);
    let undo = UndoBar::new();
    provide_context(undo);
    provide_today();
    navigation::follow_route(app);
    title::update_title(app);
    notify_when_hidden(app);
    keys::listen(app);
    sign_out_with_driver(app);

    let is_page = move || app.view.with(View::is_page);
    let presence = move || {
        let behind = derived(move || app.is_behind(Some(Drawer::Presence)));
        view! { <PresencePanel behind=behind /> }.into_any()
    };
    view! {
        <div class="shell" data-page=flag(is_page)>
            <RoomsPanel behind=derived(move || app.is_behind(Some(Drawer::Rooms))) tools=tools page_links=page_links::page_links />
            <main class="main" prop:inert=derived(move || app.is_behind(None))>
                <NewVersion />
                <Refusals />
                <header::Header />
                <Content />
                {undo.draw()}
            </main>
            {when(move || !is_page(), presence)}
            {inspector::inspector()}
            {shortcuts::dialog()}
            <div class="scrim" data-shown=flag(move || app.drawer.get().is_some()) on:click=events::click(move |_| app.close_drawer())></div>
        </div>
    }
}

/// The buttons beside the wordmark.
fn tools() -> AnyView {
    view! {
        {inspector::opener()}
        {shortcuts::opener()}
    }
    .into_any()
}

#[component]
fn Content() -> impl IntoView {
    let app = use_app();
    part(move || match app.view.get() {
        View::Loading => skeleton(Shape::Messages),
        View::NoRoom => message(|t| t.choose_room, |t| t.choose_room_hint),
        View::RoomNotFound => message(|t| t.no_such_room, |t| t.no_such_room_hint),
        View::PageNotFound => message(|t| t.no_such_page, |t| t.no_such_page_hint),
        View::NotJoined(room) => view! { <JoinCard room=room /> }.into_any(),
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
