//! Cuts the compiled app in two and binds it to JavaScript.
//!
//! The order matters: the linker's relocations say which function reaches which, and wasm-bindgen drops
//! them. So the module is cut first.
//!
//!     madang-app-split LINKED FOLDER
//!
//! FOLDER then holds `app_bg.wasm` with its script `app.js`, `split_pages.wasm`, and `__wasm_split.js`,
//! which loads it.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::Options;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(linked), Some(folder), None) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        anyhow::bail!("usage: madang-app-split LINKED FOLDER");
    };
    let module = std::fs::read(&linked).with_context(|| linked.display().to_string())?;
    let first = folder.join("app.wasm");
    let mut options = Options::new(&module);
    options.output_dir = &folder;
    options.main_out_path = &first;
    options.main_module = "./app.js";
    wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?;
    Bindgen::new()
        .input_path(&first)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true)
        .generate(&folder)
}
