//! Pictures of every page, for reviewers: `just looks`.
//!
//! A picture that is newer than the program stays, so that a run that was stopped continues. `looks.html` beside the
//! pictures shows those of each page in one table.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use madang_shared::RoomId;

use crate::appearance::{languages_and_themes, set_language_and_theme};
use crate::layout::{go_to, page_paths, set_size};
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::repository_path;
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;

/// Widths and heights; the first two have a pointer for fingers.
const SIZES: [(u32, u32); 5] = [(390, 844), (844, 390), (768, 1024), (1024, 768), (1440, 900)];

/// The pages to take, by the names of their pictures, with spaces between; all without it.
const ONLY: &str = "MADANG_LOOKS";

/// Rooms as a team has them, with what was said in some of them.
const ROOMS: [(&str, &[&str]); 9] = [
    ("점심 모임", &["오늘은 국수 어때요?", "좋아요, 한 시에 봐요"]),
    ("design", &["The new tokens are in. Please look at the dark theme once more before Friday."]),
    ("프로젝트 발표 준비와 연습 일정", &["리허설은 목요일 세 시입니다"]),
    ("frontend", &["hydration is gone, good riddance"]),
    ("🍜 점심 club", &["🍜🍜🍜"]),
    ("release-2026-q4-planning-and-retrospective", &[]),
    ("운영", &["배포 끝났습니다", "로그 이상 없습니다", "고생하셨어요"]),
    ("잡담", &["주말에 뭐 하세요?"]),
    ("archive", &[]),
];

async fn make_a_team(server: &TestServer) -> Result<Vec<RoomId>> {
    let mut minsu = TestClient::connect(server, "민수").await?;
    let mut jane = TestClient::connect(server, "Jane").await?;
    jane.send(FIRST_ROOM, "Welcome to the yard!").await?;
    minsu.send(FIRST_ROOM, "반가워요. 여기서는 다 같이 이야기해요.").await?;
    let mut rooms = Vec::new();
    for (name, lines) in ROOMS {
        let room = minsu.create_room(name).await?;
        for line in lines {
            minsu.send(room, *line).await?;
        }
        rooms.push(room);
    }
    Ok(rooms)
}

/// Orders on their way, and posts.
async fn fill_the_apps(server: &TestServer) -> Result<()> {
    let mut sora = TestClient::connect(server, "소라").await?;
    sora.post("오늘은 마당에서 국수를 먹습니다. 모두 오세요.").await?;
    sora.post("The river path is open again: https://example.com/river").await?;
    let shell = server.database()?;
    for note in ["덜 맵게 해 주세요", "", "문 앞에 놓아 주세요", "", "no kimchi"] {
        shell.execute(&format!("INSERT INTO orders (customer_id, note) VALUES (1, '{note}')"))?;
    }
    shell.execute("INSERT INTO order_lines VALUES (1, 1, 2, 7000), (2, 5, 1, 14000), (3, 3, 1, 9500), (4, 6, 3, 6500), (5, 4, 2, 9000)")?;
    for (status, first) in [("accepted", 3), ("cooking", 4), ("ready", 5)] {
        shell.execute(&format!("UPDATE orders SET status = '{status}' WHERE id >= {first}"))?;
    }
    Ok(())
}

/// The name of the pictures of a path.
fn name_of(path: &str) -> String {
    match path.trim_start_matches('/') {
        "" => "list".to_owned(),
        path => path.replace('/', "-"),
    }
}

/// The paths that are wanted.
fn paths() -> Vec<(&'static str, String)> {
    let only = std::env::var(ONLY).unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    let all = page_paths().filter(|path| *path != "/lab").chain([
        "/rooms/1",
        "/rooms/9",
        "/rooms/999",
        "/",
    ]);
    let named = all.map(|path| (path, name_of(path)));
    named.filter(|(_, name)| only.is_empty() || only.contains(&name.as_str())).collect()
}

fn folder() -> PathBuf {
    std::env::var_os("MADANG_SCREENSHOTS")
        .map_or_else(|| repository_path("screenshots"), PathBuf::from)
}

fn picture(name: &str, width: u32, lang: Lang, theme: &str) -> String {
    format!("looks-{name}-{width}-{}-{theme}", lang.code())
}

/// Whether a picture is newer than the program.
fn is_current(picture: &Path) -> Result<bool> {
    let program = std::env::var_os("MADANG_BIN").context("MADANG_BIN is the program")?;
    let program = fs::metadata(program)?.modified()?;
    Ok(fs::metadata(picture).and_then(|it| it.modified()).is_ok_and(|taken| taken > program))
}

#[tokio::test]
#[ignore = "pictures for reviewers: `just looks`"]
async fn every_page_in_every_size_language_and_theme() -> Result<()> {
    for (lang, theme) in languages_and_themes() {
        for size in SIZES {
            // One browser for each: a test has a time limit.
            let mut missing = Vec::new();
            for (path, name) in paths() {
                let picture = picture(&name, size.0, lang, theme);
                if !is_current(&folder().join(format!("{picture}.png")))? {
                    missing.push((path, picture));
                }
            }
            if !missing.is_empty() {
                take(lang, theme, size, missing).await?;
            }
        }
    }
    write_index()
}

async fn take(
    lang: Lang,
    theme: &'static str,
    (width, height): (u32, u32),
    missing: Vec<(&'static str, String)>,
) -> Result<()> {
    BrowserTest::run_with("looks", &["--price-source", "simulated"], async move |test| {
        let rooms = make_a_team(&test.server).await?;
        fill_the_apps(&test.server).await?;
        let page = test.chat_page("하늘", Device::desktop(Lang::Ko)).await?;
        for room in rooms.iter().take(7) {
            page.join_room(*room).await?;
        }
        page.browser.find("composer").await?.send_keys("쓰다 만 말").await?;
        let mut jiu = TestClient::connect(&test.server, "지우").await?;
        jiu.send(FIRST_ROOM, "@하늘 내일 회의 자료 봐 주실 수 있나요?").await?;
        page.open_room(FIRST_ROOM).await?;
        let browser = &page.browser;
        set_language_and_theme(browser, lang, theme).await?;
        set_size(browser, width, height, SIZES[..2].contains(&(width, height))).await?;
        for (path, picture) in missing {
            go_to(browser, path).await?;
            browser.screenshot(&picture).await?;
        }
        Ok(())
    })
    .await
}

/// Writes the table of all pictures.
fn write_index() -> Result<()> {
    let mut html = String::from("<!doctype html><meta charset=utf-8><title>Looks</title>");
    for (path, name) in paths() {
        write!(html, "<h2>{path}</h2>")?;
        for (lang, theme) in languages_and_themes() {
            write!(html, "<p>{} {theme}<br>", lang.code())?;
            for (width, _) in SIZES {
                let file = picture(&name, width, lang, theme);
                write!(
                    html,
                    "<a href={file}.png><img src={file}.png alt={width} height=360 loading=lazy></a> "
                )?;
            }
        }
    }
    Ok(fs::write(folder().join("looks.html"), html)?)
}
