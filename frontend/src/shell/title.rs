//! The title of the tab and the badge of the installed app: the name of the app and the unread count.

use leptos::prelude::*;

use madang_client::Slice;

use crate::browser;
use crate::context::AppContext;
use crate::features::notices::unread_beside_messages;
use crate::i18n::{capped, use_lang};
use crate::ui::erased::reactive::effect;

/// Keeps title and badge current until the session ends.
pub(super) fn update_title(app: AppContext) {
    let store = app.driver.store();
    let lang = use_lang();
    effect(move || {
        let name = lang.get().texts().app;
        let messages = store.read(Slice::Unread, |client| client.features().unread_total());
        let unread = messages + unread_beside_messages(store);
        browser::set_badge(unread);
        let title = match unread {
            0 => name.to_owned(),
            unread => format!("({}) {name}", capped(unread)),
        };
        document().set_title(&title);
    });
    on_cleanup(move || {
        browser::set_badge(0);
        document().set_title(lang.get_untracked().texts().app);
    });
}
