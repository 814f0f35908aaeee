//! The browser app of Madang: views over the client state machine of `madang-client`.
//!
//! Reading order: `app` (what is on the page), `driver` (carries the client's wishes out: socket,
//! timers, storage), `store` (how views read the client), then one module per feature in
//! `features`, made of the parts in `ui`.

#![expect(
    unreachable_pub,
    reason = "the component macro makes its own copy of each component public"
)]

mod apart;
mod app;
mod features;
mod ui;

mod driver;
mod outbox_storage;
mod plain_socket;
mod session;
mod socket;
mod store;
mod wire;

mod browser;
mod draft;
mod gate;
mod http;
mod i18n;
mod kept;
mod letters;
mod links;
mod measured;
mod route;
mod theme;
mod time;

/// Puts the app on the page.
pub fn start() {
    gate::when_nobody_composes(|| {
        leptos::mount::mount_to_body(app::App);
        gate::remove();
        browser::mark("madang:running");
    });
}
