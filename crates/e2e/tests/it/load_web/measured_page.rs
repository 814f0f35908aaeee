//! A page of either compared app in a new browser. Both pages have the same test ids, so the same scripts measure them.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::Key;

use super::measured_server::MeasuredServer;
use crate::support::browser::Browser;
use crate::support::device::{Device, Lang};
use crate::support::wait::{until, until_true};

/// A script that runs before those of the page. It stores the WebAssembly memory and the time of the first drawn
/// message in `window`.
const INIT_SCRIPT: &str = "
    for (const name of ['instantiate', 'instantiateStreaming']) {
        const real = WebAssembly[name];
        WebAssembly[name] = async (...given) => {
            const made = await real.apply(WebAssembly, given);
            window.wasmMemory = (made.instance ?? made).exports.memory ?? window.wasmMemory;
            return made;
        };
    }
    const look = () => {
        if (document.querySelector('[data-seq]') === null) return requestAnimationFrame(look);
        window.firstMessage = performance.now();
    };
    requestAnimationFrame(look);";

const LIST: &str = "const list = document.querySelector('[data-testid=\"timeline\"]'); \
    const rows = () => [...list.querySelectorAll('[data-seq]')]; \
    const top = row => row.getBoundingClientRect().top - list.getBoundingClientRect().top;";

/// The steps of a first load, in milliseconds since its start.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct FirstVisit {
    pub(super) paint: f64,
    /// The field for the name accepts input.
    pub(super) interactive: f64,
    /// The whole app runs.
    pub(super) running: f64,
}

/// The steps of a later load, in milliseconds since its start.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct SecondVisit {
    pub(super) paint: f64,
    /// The first message is drawn.
    pub(super) messages: f64,
}

/// The processor time of the page's main thread, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct CpuTime {
    pub(super) task: f64,
    pub(super) script: f64,
}

/// The times between frames, in milliseconds.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Frames {
    pub(super) over_50: f64,
    pub(super) worst: f64,
    pub(super) count: f64,
}

/// The page's memory, in megabytes.
pub(super) struct Memory {
    pub(super) script: f64,
    pub(super) wasm: f64,
}

/// A browser that is open at a page of either app.
pub(super) struct MeasuredPage(Browser);

impl MeasuredPage {
    /// Starts a browser with an empty profile.
    pub(super) async fn open(server: &MeasuredServer) -> Result<Self> {
        let browser = Browser::start(&server.chromedriver, Device::desktop(Lang::En)).await?;
        browser
            .devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": INIT_SCRIPT }))
            .await?;
        // Processor time instead of wall-clock time, because other programs run on the machine.
        browser.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await?;
        Ok(Self(browser))
    }

    pub(super) async fn quit(self) {
        self.0.quit().await;
    }

    pub(super) async fn goto(&self, url: &str) -> Result<()> {
        self.0.goto(url).await
    }

    /// Emulates a slow phone, if `slow`.
    pub(super) async fn emulate_slow_phone(&self, slow: bool) -> Result<()> {
        if slow {
            self.0.emulate_slow_phone().await?;
        }
        Ok(())
    }

    /// Waits until the whole app runs.
    pub(super) async fn load(&self) -> Result<FirstVisit> {
        let script = "const at = name => performance.getEntriesByName(name)[0]?.startTime; \
            const paint = at('first-contentful-paint'), interactive = at('madang:interactive'); \
            const running = at('madang:running'); \
            return paint && interactive && running ? { paint, interactive, running } : null";
        until("the page runs", async || self.0.eval(script, []).await).await
    }

    pub(super) async fn second_visit(&self) -> Result<SecondVisit> {
        let script = "const paint = performance.getEntriesByName('first-contentful-paint')[0]; \
            return paint && window.firstMessage \
                ? { paint: paint.startTime, messages: window.firstMessage } : null";
        until("messages are shown on the second visit", async || self.0.eval(script, []).await)
            .await
    }

    /// Signs in under a name and opens the room.
    pub(super) async fn enter(&self, name: &str) -> Result<()> {
        let field = self.0.find("signin-name").await?;
        until_true("the field holds the name", async || {
            field.clear().await?;
            field.send_keys(name).await?;
            Ok(field.value().await?.as_deref() == Some(name))
        })
        .await?;
        self.0.keys(Key::Enter + "").await?;
        self.0.find("timeline").await?;
        self.0.find("composer").await?;
        Ok(())
    }

    /// Waits until the app is cached for the next visit.
    pub(super) async fn settle(&self) -> Result<()> {
        let script = "const done = arguments[0]; \
            const worker = navigator.serviceWorker?.getRegistrations().then(all => all.length > 0 \
                ? navigator.serviceWorker.ready : null) ?? Promise.resolve(); \
            worker.then(() => setTimeout(() => done(true), 1500))";
        self.0.eval_async::<bool>(script, []).await?;
        Ok(())
    }

    /// Waits until a message is the last drawn one.
    pub(super) async fn until_last(&self, seq: usize) -> Result<()> {
        let script = format!("{LIST} return Number(rows().at(-1)?.dataset.seq ?? 0)");
        until(format_args!("message {seq} is shown"), async || {
            let last: usize = self.0.eval(&script, []).await?;
            anyhow::ensure!(last == seq, "the last is {last}");
            Ok(Some(()))
        })
        .await
    }

    /// Scrolls up until the page has loaded all messages or the time limit has passed. Returns the number of loaded
    /// messages: the distance from the first drawn message to the last one.
    pub(super) async fn load_history(&self, all: usize, limit: Duration) -> Result<usize> {
        let script = format!(
            "{LIST} const [until, done] = arguments; const start = performance.now(); \
            const step = () => {{ list.scrollTop = 0; const first = Number(rows()[0]?.dataset.seq ?? 1e9); \
                if (first === 1 || performance.now() - start > until) return done(first); \
                requestAnimationFrame(step); }}; step()"
        );
        let deadline = std::time::Instant::now() + limit;
        loop {
            let first: usize = self.0.eval_async(&script, [30_000.into()]).await?;
            if first == 1 || std::time::Instant::now() > deadline {
                return Ok(all + 1 - first);
            }
        }
    }

    pub(super) async fn to_bottom(&self) -> Result<()> {
        let script = format!(
            "{LIST} const done = arguments[0]; let times = 20; \
            const step = () => {{ list.scrollTop = list.scrollHeight; times -= 1; \
                if (times === 0) done(true); else requestAnimationFrame(step); }}; step()"
        );
        self.0.eval_async::<bool>(&script, []).await?;
        Ok(())
    }

    pub(super) async fn memory(&self) -> Result<Memory> {
        self.0.devtools("HeapProfiler.collectGarbage", json!({})).await?;
        let heap = self.0.devtools("Runtime.getHeapUsage", json!({})).await?;
        let used = heap.get("usedSize").and_then(Value::as_f64).context("no size")?;
        let wasm: f64 = self.0.eval("return window.wasmMemory?.buffer.byteLength ?? 0", []).await?;
        Ok(Memory { script: used / 1e6, wasm: wasm / 1e6 })
    }

    pub(super) async fn cpu_time(&self) -> Result<CpuTime> {
        let answer = self.0.devtools("Performance.getMetrics", json!({})).await?;
        let metrics = answer.get("metrics").and_then(Value::as_array).context("no metrics")?;
        let of = |name: &str| {
            let named = |it: &&Value| it.get("name").and_then(Value::as_str) == Some(name);
            let value = metrics.iter().find(named).and_then(|it| it.get("value")?.as_f64());
            value.map(|seconds| seconds * 1_000.0).with_context(|| name.to_owned())
        };
        Ok(CpuTime { task: of("TaskDuration")?, script: of("ScriptDuration")? })
    }

    /// Starts recording the times between frames.
    pub(super) async fn watch_frames(&self) -> Result<()> {
        let script = "let last = performance.now(); window.gaps = []; window.watching = true; \
            const next = now => { window.gaps.push(now - last); last = now; \
                if (window.watching) requestAnimationFrame(next); }; requestAnimationFrame(next)";
        self.0.run_script(script, []).await
    }

    /// Waits for 300 frames.
    pub(super) async fn rest(&self) -> Result<()> {
        let script = "const done = arguments[0]; let left = 300; \
            const next = () => (left -= 1) > 0 ? requestAnimationFrame(next) : done(true); next()";
        self.0.eval_async::<bool>(script, []).await?;
        Ok(())
    }

    /// Ends the recording and returns its summary.
    pub(super) async fn frames(&self) -> Result<Frames> {
        let script = "window.watching = false; const gaps = window.gaps.slice(1); \
            return { over_50: gaps.filter(gap => gap > 50).length, worst: Math.max(0, ...gaps), \
                count: gaps.length }";
        self.0.eval(script, []).await
    }

    /// Presses keys and returns the time from key press to drawn letter: median, p99 and maximum.
    pub(super) async fn type_keys(&self, keys: usize, every: Duration) -> Result<[f64; 3]> {
        self.0.find("composer").await?.focus().await?;
        // A message that is posted in the animation frame arrives right after the frame with the letter.
        let script = "window.shown = []; const area = document.getElementById('composer'); \
            area.addEventListener('input', event => { const pressed = window.pressed; \
                requestAnimationFrame(() => { const after = new MessageChannel(); \
                    after.port1.onmessage = () => window.shown.push(performance.now() - pressed); \
                    after.port2.postMessage(0); }); }); \
            area.addEventListener('keydown', event => { window.pressed = event.timeStamp; }, true)";
        self.0.run_script(script, []).await?;
        for number in 0..keys {
            tokio::time::sleep(every).await;
            let letter = ["a", "e", "i", "o", "u"].get(number % 5).copied().unwrap_or("a");
            let key = json!({ "type": "keyDown", "text": letter, "key": letter });
            self.0.devtools("Input.dispatchKeyEvent", key).await?;
            let key = json!({ "type": "keyUp", "key": letter });
            self.0.devtools("Input.dispatchKeyEvent", key).await?;
        }
        let mut times: Vec<f64> = until("every letter is shown", async || {
            let times: Vec<f64> = self.0.eval("return window.shown", []).await?;
            Ok(Some(times).filter(|times| times.len() == keys))
        })
        .await?;
        times.sort_by(f64::total_cmp);
        let at =
            |share: usize| times.get((times.len() * share / 100).min(times.len() - 1)).copied();
        Ok([at(50), at(99), at(100)].map(Option::unwrap_or_default))
    }

    /// Scrolls through the list: up and down by some screens a second, with jumps to distant places whose rows were
    /// never drawn. Returns the greatest shift of a visible row beyond the scrolled distance, in pixels.
    pub(super) async fn scroll(&self) -> Result<f64> {
        let script = format!(
            "{LIST} const done = arguments[0]; let worst = 0, step = 0; \
            const start = performance.now(); \
            const frame = () => {{ \
                if ((step += 1) > 600 || performance.now() - start > 60_000) return done(worst); \
                if (step % 60 === 0) {{ \
                    list.scrollTop = list.scrollHeight * ((step * 7 % 600) / 600); \
                    return requestAnimationFrame(frame); }} \
                const row = rows().find(row => top(row) > list.clientHeight / 3); \
                const seq = row?.dataset.seq; const before = row ? top(row) : 0; \
                const from = list.scrollTop; \
                list.scrollTop = from + (step % 120 < 60 ? -220 : 220); \
                const scrolled = from - list.scrollTop; \
                requestAnimationFrame(() => setTimeout(() => {{ \
                    const again = list.querySelector(`[data-seq=\"${{seq}}\"]`); \
                    if (again) worst = Math.max(worst, Math.abs(top(again) - before - scrolled)); \
                    frame(); }})); \
            }}; requestAnimationFrame(frame)"
        );
        self.0.eval_async(&script, []).await
    }
}
