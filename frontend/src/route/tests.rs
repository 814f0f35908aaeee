//! Tests of the addresses.

use super::*;

#[test]
fn a_page_belongs_to_an_app_exactly_where_it_is_in_the_area_of_the_apps() {
    for page in PAGES.iter().filter(|page| **page != Page::Apps) {
        assert_eq!(page.app().is_some(), page.area() == Area::Apps, "{page:?}");
        // A page that followed the topics of two apps would need both.
        let is_of_app = |topic: &Topic| topic.app() == page.app();
        assert!(page.topics().iter().all(is_of_app), "{page:?}");
    }
    for app in App::ALL {
        assert!(PAGES.iter().any(|page| page.app() == Some(*app)), "{app:?} has no page");
    }
}

#[test]
fn a_path_and_its_route_are_each_other() {
    let pages = PAGES.iter().map(|page| Route::Page(*page));
    let message = Route::Message(RoomId(7), Seq(12));
    for route in [Route::Home, Route::Room(RoomId(7)), message].into_iter().chain(pages) {
        assert_eq!(Route::from_path(&route.path()), route);
        assert_eq!(Route::from_path(&format!("{}/", route.path())), route);
    }
}

/// The script that publishes the app writes the pages into the service worker: it takes them from this file.
#[test]
fn the_publishing_script_finds_every_page() {
    let found = include_str!("mod.rs")
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("path: \"")?.strip_suffix("\","));
    let pages = PAGES.iter().map(|page| page.path());
    let pages = pages.chain(FORMER_PATHS.iter().map(|former| former.path));
    assert_eq!(found.collect::<Vec<_>>(), pages.collect::<Vec<_>>());
}

#[test]
fn the_former_address_of_the_tutorials_leads_to_them() {
    assert_eq!(Route::from_path("/lab"), Route::Page(Page::Learn));
    assert_eq!(Route::from_path("/lab/echo"), Route::Page(Page::Echo));
}

#[test]
fn the_link_back_leads_to_the_index_of_the_area() {
    for (path, parent) in [
        ("/rooms/7", Some("/")),
        ("/rooms", Some("/")),
        ("/orders/board", Some("/apps")),
        ("/lab/echo", Some("/learn")),
        ("/notices/settings", Some("/notices")),
        ("/settings/workspace", Some("/settings")),
        ("/settings", None),
        ("/", None),
        ("/apps", None),
    ] {
        let found = Route::from_path(path).parent().map(Route::path);
        assert_eq!(found.as_deref(), parent, "{path}");
    }
}

#[test]
fn only_the_root_is_home_and_other_unknown_paths_are_not_found() {
    for path in ["", "/", "//"] {
        assert_eq!(Route::from_path(path), Route::Home, "{path}");
    }
    for path in [
        "/nonsense",
        "/Feed",
        "/feed/1",
        "/orders/boards",
        "/rooms/x",
        "/rooms/-1",
        "/rooms/1/messages",
        "/rooms/1/messages/x",
        "/rooms/1/messages/1/2",
    ] {
        assert_eq!(Route::from_path(path), Route::NotFound, "{path}");
    }
}
