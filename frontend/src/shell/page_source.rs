//! The source of each page, for the menu that leads to it.

use crate::route::Page;

/// Makes `component` out of the table of pages.
macro_rules! name_components {
    ($($page:ident { path: $path:literal, title: $title:tt, area: $area:expr, topics: $topics:expr, skeleton: $skeleton:expr, draw: $draw:path })*) => {
        fn component(page: Page) -> &'static str {
            match page {
                $(Page::$page => stringify!($draw),)*
            }
        }
    };
}
crate::route::pages!(name_components);

/// The folder with the source of the page, out of the path of its component.
pub(super) fn source(page: Page) -> String {
    let component = component(page).replace(' ', "");
    let module = component.rsplit_once("::").map_or("", |(module, _)| module);
    format!("frontend/src/{}", module.replace("::", "/"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::route::PAGES;

    #[test]
    fn the_source_of_every_page_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for page in PAGES {
            let source = source(*page);
            assert!(root.join(&source).join("mod.rs").is_file(), "{source}");
        }
    }
}
