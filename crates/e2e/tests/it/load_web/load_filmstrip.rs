//! The first load of the app over a slow network, as a strip of six screenshots.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::measured_server::{ComparedApp, MeasuredServer};
use crate::support::browser::Browser;
use crate::support::device::{Device, Lang};
use crate::support::repository_path;

const PICTURES: usize = 6;
const STRIP: &str = "docs/images/load.png";

/// Takes the screenshots and writes the strip.
pub(super) async fn record() -> Result<()> {
    let server = MeasuredServer::open(ComparedApp::Madang, 0).await?;
    let browser = Browser::start(&server.chromedriver, Device::phone(Lang::Ko)).await?;
    browser.emulate_slow_phone().await?;
    let started = Instant::now();
    browser.devtools("Page.navigate", json!({ "url": server.url("/") })).await?;
    let mut shots: Vec<(u128, String)> = Vec::new();
    let running = "return performance.getEntriesByName('madang:running').length > 0";
    loop {
        let over = browser.eval::<bool>(running, []).await?;
        let format = json!({ "format": "jpeg", "quality": 70, "optimizeForSpeed": true });
        let shot = browser.devtools("Page.captureScreenshot", format).await?;
        let data = shot.get("data").and_then(Value::as_str).context("no picture")?;
        shots.push((started.elapsed().as_millis(), data.to_owned()));
        if over {
            break;
        }
    }
    // The screenshots are spread evenly over the load, with its start and its end.
    let chosen = (0..PICTURES).filter_map(|n| shots.get(n * (shots.len() - 1) / (PICTURES - 1)));
    let mut page = "<style>body{display:flex;gap:10px;margin:12px;background:#fff;font:14px sans-serif}\
        figure{margin:0;text-align:center}img{width:200px;border:1px solid #ccc;border-radius:10px}</style>"
        .to_owned();
    for (at, data) in chosen {
        let screenshot = format!("<img src='data:image/jpeg;base64,{data}'>");
        write!(page, "<figure>{screenshot}<figcaption>{at} ms</figcaption></figure>")?;
    }
    let screen = Browser::start(&server.chromedriver, Device::desktop(Lang::En)).await?;
    screen.goto("about:blank").await?;
    screen.run_script("document.body.innerHTML = arguments[0]", [page.into()]).await?;
    let clip = json!({ "x": 0, "y": 0, "width": 1280, "height": 490, "scale": 1 });
    let strip =
        screen.devtools("Page.captureScreenshot", json!({ "format": "png", "clip": clip })).await?;
    let data = strip.get("data").and_then(Value::as_str).context("no strip")?;
    std::fs::write(repository_path(STRIP), BASE64_STANDARD.decode(data)?)?;
    browser.quit().await;
    screen.quit().await;
    server.close().await;
    Ok(())
}
