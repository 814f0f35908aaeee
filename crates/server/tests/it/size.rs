//! Budgets for the size of the first view, and of the whole app. The figures behind them are in
//! `docs/figures.md`.

use std::path::Path;

/// Budget for module and script of the first view (sign-in, then the chat), as brotli, in bytes.
/// The goal is 150 KB. Moved by `docs/decisions/147-pins-are-in-the-timeline-of-their-room.md`.
const FIRST_VIEW: u64 = 214 * 1024;

/// Budget for the same with the second module, as brotli, in bytes. The goal is 250 KB. Moved by
/// `docs/decisions/146-emoji-are-a-file-that-is-fetched-when-needed.md`.
const WHOLE: u64 = 628 * 1024;

/// The size of the only file in `frontend/dist` with this start and end of its name, in bytes; none
/// if there is none.
fn size(start: &str, end: &str) -> Option<u64> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/dist");
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files = files.filter(|file| {
        let name = file.file_name().into_string().unwrap();
        name.starts_with(start) && name.ends_with(end)
    });
    let size = files.next()?.metadata().unwrap().len();
    assert!(files.next().is_none(), "more than one file is named {start}…{end}");
    Some(size)
}

/// Sizes of module, script and second module; none in a fresh clone, where a plain `cargo test` has
/// no app to measure: `just test` builds it.
fn sizes() -> Option<[u64; 3]> {
    let files = [
        ("madang-app-", "_bg.wasm.br"),
        ("madang-app-", ".js.br"),
        ("madang-pages-", "_bg.wasm.br"),
    ];
    let sizes = files.map(|(start, end)| size(start, end));
    if sizes == [None; 3] && std::env::var_os("MADANG_BIN").is_none() {
        return None;
    }
    Some(sizes.map(|size| size.expect("the app is built")))
}

#[test]
fn the_first_view_keeps_to_its_budget() {
    let Some([module, script, _]) = sizes() else { return };
    assert!(
        module + script <= FIRST_VIEW,
        "module {module} and script {script} are more than {FIRST_VIEW} bytes: find what grew (docs/figures.md, Size)"
    );
}

#[test]
fn the_whole_app_keeps_to_its_budget() {
    let Some([module, script, part]) = sizes() else { return };
    assert!(
        module + script + part <= WHOLE,
        "module {module}, script {script} and part {part} are more than {WHOLE} bytes: find what grew (docs/figures.md, Size)"
    );
}
