//! What a browser downloads before it can show a page, kept small. The figures behind the budget stand in
//! `docs/figures.md`.

use std::path::Path;

/// Module and script of the app together, as brotli, in bytes. The goal is 250 KB.
const BUDGET: u64 = 302 * 1024;

/// The only file in `frontend/dist` whose name starts and ends so, in bytes; none if there is none.
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

#[test]
fn the_app_keeps_to_its_budget() {
    let (module, script) = (size("madang-app-", "_bg.wasm.br"), size("madang-app-", ".js.br"));
    // A plain `cargo test` in a fresh clone has no app to weigh; `just test` builds it, and says so.
    if module.is_none() && script.is_none() && std::env::var_os("MADANG_BIN").is_none() {
        return;
    }
    let (module, script) = (module.expect("the app is built"), script.expect("the app is built"));
    assert!(
        module + script <= BUDGET,
        "module {module} and script {script} are more than {BUDGET} bytes: find what grew (docs/figures.md, Size)"
    );
}
