//! axe-core: accessibility checks of a page.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::browser::Browser;

/// The environment variable with the path of the script.
const PATH: &str = "MADANG_AXE";

#[derive(Deserialize)]
struct Violation {
    id: String,
    impact: Option<String>,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    html: String,
    failure_summary: Option<String>,
}

/// The violations on the page in its present state, as readable text; empty if there are none.
pub(crate) async fn violations(browser: &Browser) -> Result<String> {
    let path = std::env::var_os(PATH)
        .with_context(|| format!("{PATH} is not set to the path of axe-core: run `just e2e`"))?;
    if !browser.eval::<bool>("return window.axe !== undefined", []).await? {
        let axe = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        browser.run_script(&axe, []).await?;
    }
    // Colours in the middle of an animation have contrasts of their own.
    browser.until_animations_end().await?;
    let script = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }) \
        .then(found => done(found.violations), error => done([{ id: 'axe', impact: null, \
            help: String(error), nodes: [] }]))";
    let violations: Vec<Violation> = browser.eval_async(script, []).await?;
    let mut found = String::new();
    for Violation { id, impact, help, nodes } in violations {
        writeln!(found, "  {id} ({}): {help}", impact.unwrap_or_default())?;
        for Node { html, failure_summary } in nodes {
            writeln!(found, "    {html}\n      {}", failure_summary.unwrap_or_default())?;
        }
    }
    Ok(found)
}

/// Fails if axe finds a violation on the page in its present state.
pub(crate) async fn check(browser: &Browser, page: &str) -> Result<()> {
    let found = violations(browser).await?;
    ensure!(found.is_empty(), "axe finds on {page}:\n{found}");
    Ok(())
}

/// Takes a picture of the page in its present state, light and dark, and checks that there are no violations.
pub(crate) async fn check_appearance(browser: &Browser, view: &str) -> Result<()> {
    for theme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        browser.devtools("Emulation.setEmulatedMedia", features).await?;
        browser.until_animations_end().await?;
        browser.screenshot(&format!("{view}-{theme}")).await?;
        let found = violations(browser).await?;
        ensure!(found.is_empty(), "{view} {theme}:\n{found}");
    }
    Ok(())
}
