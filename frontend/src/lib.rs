//! The browser app of Madang: views over the client state machine of `madang-client`.
//!
//! Reading order: `app` (the sign-in form or the shell), `driver` (executes the client's outputs: socket,
//! timers, storage), `client_store` (how views read the client), `route` (the table of pages), `shell` (the frame
//! around all pages), then one module per feature in `features` and `lab`, made of the components in `ui`.

#![expect(
    unreachable_pub,
    reason = "the component macro makes its own copy of each component public"
)]

mod account_requests;
mod app;
mod auth;
mod context;
mod features;
mod lab;
mod lazy;
mod route;
mod router;
mod shell;
mod ui;

mod client_store;
mod driver;
mod frame_log;
mod newcomer;
mod offline_cache;
mod outbox_storage;
mod passkey;
mod search;
mod session;
mod socket;
mod websocket;
mod workspace;

mod boot_form;
mod browser;
mod clipboard;
mod clock;
mod composer;
mod draft;
mod format;
mod http;
mod i18n;
mod input_method;
mod linkify;
mod preference;
mod text;
mod theme;
mod time;

/// Mounts the app in place of the form that `index.html` shows.
pub fn start() {
    input_method::guard_keys();
    boot_form::after_composition(|| {
        leptos::mount::mount_to_body(app::App);
        boot_form::remove();
        browser::mark("madang:running");
    });
}
