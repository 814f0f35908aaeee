//! The title of the tab (the unread count, the open room or page, and the app), and the badge of the installed app.

use leptos::prelude::*;

use madang_client::Slice;

use crate::browser;
use crate::context::AppContext;
use crate::features::notices::unread_beside_messages;
use crate::i18n::{capped, isolated, use_lang};
use crate::ui::erased::reactive::effect;

/// Keeps title and badge current until the session ends.
pub(super) fn update_title(app: AppContext) {
    let store = app.driver.store();
    let lang = use_lang();
    effect(move || {
        let lang = lang.get();
        let messages = store.read(Slice::Unread, |client| client.features().unread_total());
        let unread = messages + unread_beside_messages(store);
        browser::set_badge(unread);
        let title = app.view.with(|view| title(unread, view.title(lang), lang.texts().app));
        document().set_title(&title);
    });
    on_cleanup(move || {
        browser::set_badge(0);
        document().set_title(lang.get_untracked().texts().app);
    });
}

/// "(3) general · Madang": a narrow tab shows the beginning, so the place is before the product.
fn title(unread: u64, place: Option<&str>, app: &str) -> String {
    let mut title = String::new();
    if unread > 0 {
        title = format!("({}) ", capped(unread));
    }
    if let Some(place) = place {
        title.push_str(&isolated(place));
        title.push_str(" · ");
    }
    title.push_str(app);
    title
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::route::PAGES;

    #[test]
    fn the_title_is_the_count_the_place_and_the_product() {
        assert_eq!(title(3, Some("general"), "Madang"), "(3) general · Madang");
        assert_eq!(title(0, Some("잡담"), "마당"), "잡담 · 마당");
        assert_eq!(title(1, Some("سارة"), "Madang"), "(1) \u{2068}سارة\u{2069} · Madang");
        assert_eq!(title(250, None, "Madang"), "(99+) Madang");
        assert_eq!(title(0, None, "마당"), "마당");
    }

    #[test]
    fn every_page_has_a_title_of_its_own_in_both_languages() {
        for lang in [Lang::Ko, Lang::En] {
            let titles: Vec<&str> = PAGES.iter().map(|page| page.title().of(lang)).collect();
            for (index, title) in titles.iter().enumerate() {
                assert!(!title.is_empty() && !titles[..index].contains(title), "{title}");
            }
        }
    }
}
