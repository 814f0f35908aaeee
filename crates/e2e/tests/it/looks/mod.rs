//! Pictures of every page and of its states, for reviewers: `just looks`.
//!
//! A picture that is newer than the program stays, so that a run that was stopped continues. `looks.html` beside the
//! pictures shows those of each page in one table. A page that is longer than the screen has a picture of its end, too.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use madang_shared::RoomId;

use crate::appearance::{languages_and_themes, set_language_and_theme};
use crate::layout::{go_to, page_paths, set_size};
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::repository_path;
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;

mod states;

use states::State;

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

/// Creates the rooms; the first of their users stays connected.
async fn make_a_team(server: &TestServer) -> Result<(Vec<RoomId>, TestClient)> {
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
    Ok((rooms, minsu))
}

/// Orders on their way, and posts.
async fn fill_the_apps(server: &TestServer) -> Result<()> {
    let mut sora = TestClient::connect(server, "소라").await?;
    sora.post("오늘은 마당에서 국수를 먹습니다. 모두 오세요.").await?;
    sora.post("The river path is open again: https://example.com/river").await?;
    let shell = server.database()?;
    let somewhere = "'서울 마포구 양화로 45, 301호', '010-1234-5678'";
    for (note, table, address) in [
        ("덜 맵게 해 주세요", "4", "NULL, NULL"),
        ("", "12", "NULL, NULL"),
        ("문 앞에 놓아 주세요", "NULL", somewhere),
        ("", "NULL", somewhere),
        ("no kimchi", "NULL", somewhere),
        ("", "NULL", somewhere),
        ("", "7", "NULL, NULL"),
    ] {
        shell.execute(&format!(
            "INSERT INTO orders (customer_id, note, table_number, address, phone) \
            SELECT id, '{note}', {table}, {address} FROM users WHERE name = 'Jane'"
        ))?;
    }
    shell.execute(
        "INSERT INTO order_lines VALUES (1, 1, 2, 7000), (2, 5, 1, 14000), (3, 3, 1, 9500), \
        (4, 6, 3, 6500), (5, 4, 2, 9000), (6, 2, 1, 8000), (6, 7, 2, 3000), (7, 1, 1, 7000)",
    )?;
    for (status, orders) in
        [("accepted", "3, 4, 5, 6, 7"), ("cooking", "4, 5, 6, 7"), ("ready", "5, 6")]
    {
        shell.execute(&format!("UPDATE orders SET status = '{status}' WHERE id IN ({orders})"))?;
    }
    // The order of the reader of the pages.
    shell.execute(
        "UPDATE orders SET customer_id = (SELECT id FROM users WHERE name = '하늘') WHERE id IN (2, 7)",
    )?;
    Ok(())
}

/// The name of the pictures of a path.
fn name_of(path: &str) -> String {
    match path.trim_start_matches('/') {
        "" => "list".to_owned(),
        path => path.replace('/', "-"),
    }
}

fn paths() -> Vec<(&'static str, String)> {
    let all = page_paths().filter(|path| *path != "/lab").chain([
        "/rooms/1",
        // Unread messages.
        "/rooms/2",
        // Not joined.
        "/rooms/9",
        "/rooms/999",
        "/",
    ]);
    all.map(|path| (path, name_of(path))).collect()
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

/// A picture to take, by its name: of a path, or of a state.
enum Subject {
    Path(&'static str),
    State(&'static State),
}

/// The server and the user of pictures.
#[derive(Clone, Copy)]
enum World {
    /// A team with rooms, messages, orders and posts.
    Team,
    /// A newcomer on a new server.
    Nobody,
}

impl World {
    fn subjects(self) -> Vec<(String, Subject)> {
        let only = std::env::var(ONLY).unwrap_or_default();
        let only: Vec<&str> = only.split_whitespace().collect();
        let of_states = |states: &'static [State]| {
            states.iter().map(|state| (state.name.to_owned(), Subject::State(state)))
        };
        let mut all: Vec<(String, Subject)> = match self {
            Self::Team => {
                let paths = paths().into_iter().map(|(path, name)| (name, Subject::Path(path)));
                paths.chain(of_states(states::OF_A_TEAM)).collect()
            }
            Self::Nobody => {
                let gate = ("gate".to_owned(), Subject::Path("/"));
                std::iter::once(gate).chain(of_states(states::OF_NOBODY)).collect()
            }
        };
        all.retain(|(name, _)| only.is_empty() || only.contains(&name.as_str()));
        all
    }
}

#[tokio::test]
#[ignore = "pictures for reviewers: `just looks`"]
async fn every_page_in_every_size_language_and_theme() -> Result<()> {
    let mut failures = String::new();
    for (lang, theme) in languages_and_themes() {
        for size in SIZES {
            for world in [World::Team, World::Nobody] {
                let mut missing = Vec::new();
                for (name, subject) in world.subjects() {
                    let picture = picture(&name, size.0, lang, theme);
                    if !is_current(&folder().join(format!("{picture}.png")))? {
                        missing.push((picture, subject));
                    }
                }
                // One browser for a dozen: a test has a time limit.
                while !missing.is_empty() {
                    let rest = missing.split_off(missing.len().min(16));
                    let some = std::mem::replace(&mut missing, rest);
                    if let Err(error) = take(world, lang, theme, size, some).await {
                        writeln!(failures, "{} {theme} {size:?}: {error:#}", lang.code())?;
                    }
                }
            }
        }
    }
    write_index()?;
    ensure!(failures.is_empty(), "{failures}");
    Ok(())
}

async fn take(
    world: World,
    lang: Lang,
    theme: &'static str,
    size: (u32, u32),
    missing: Vec<(String, Subject)>,
) -> Result<()> {
    let arguments: &[&str] = match world {
        World::Team => &["--price-source", "simulated"],
        World::Nobody => &[],
    };
    BrowserTest::run_with("looks", arguments, async move |test| {
        let page = match world {
            World::Team => Box::pin(join_the_team(test)).await?,
            World::Nobody => {
                let form = test.sign_in_page(Device::desktop(Lang::Ko)).await?;
                dress(&form.browser, lang, theme, size).await?;
                if missing.iter().any(|(_, subject)| matches!(subject, Subject::Path(_))) {
                    form.browser.find("signin-name").await?;
                    form.browser.until_animations_end().await?;
                    take_picture(&form.browser, &picture("gate", size.0, lang, theme)).await?;
                }
                // Not as the other tests sign in: a newcomer sees the first steps.
                form.submit_name("하늘").await?;
                ChatPage::new(form.browser).await?
            }
        };
        let browser = &page.browser;
        dress(browser, lang, theme, size).await?;
        let mut failures = String::new();
        let mut is_offline = false;
        for (picture, subject) in missing {
            let taken = async {
                match subject {
                    Subject::Path(path) if matches!(world, World::Team) => {
                        go_to(browser, path).await?;
                    }
                    Subject::Path(_) => return Ok(()),
                    Subject::State(state) => {
                        if states::is_offline(state) && !is_offline {
                            is_offline = true;
                            states::go_offline(browser).await?;
                        }
                        states::show(browser, state, is_offline).await?;
                    }
                }
                take_picture(browser, &picture).await
            };
            if let Err(error) = taken.await {
                writeln!(failures, "{picture}: {error:#}")?;
                browser.screenshot(&format!("failed-{picture}")).await?;
            }
        }
        browser.expect_console_error("net::ERR_");
        browser.expect_console_error("WebSocket connection to");
        ensure!(failures.is_empty(), "{failures}");
        Ok(())
    })
    .await
}

/// Sets language, theme and size.
async fn dress(
    browser: &std::rc::Rc<Browser>,
    lang: Lang,
    theme: &str,
    (width, height): (u32, u32),
) -> Result<()> {
    set_language_and_theme(browser, lang, theme).await?;
    set_size(browser, width, height, SIZES[..2].contains(&(width, height))).await
}

/// A user of the team's rooms, with a draft, unread messages and a mention.
async fn join_the_team(test: &BrowserTest) -> Result<ChatPage> {
    let (rooms, mut minsu) = make_a_team(&test.server).await?;
    let page = test.chat_page("하늘", Device::desktop(Lang::Ko)).await?;
    fill_the_apps(&test.server).await?;
    for room in rooms.iter().take(7) {
        page.join_room(*room).await?;
    }
    page.browser.find("composer").await?.send_keys("쓰다 만 말").await?;
    let mut jiu = TestClient::connect(&test.server, "지우").await?;
    jiu.send(FIRST_ROOM, "@하늘 내일 회의 자료 봐 주실 수 있나요?").await?;
    page.open_room(FIRST_ROOM).await?;
    // The bar with that question would be on every picture.
    let script = "localStorage.setItem(arguments[0], 'off')";
    page.browser.run_script(script, [states::NOTIFICATIONS.into()]).await?;
    let unread = (1..=30).map(|number| format!("{number}번째 줄: 새 소식이 있어요."));
    minsu.send_all(*rooms.first().context("a room")?, unread).await?;
    Ok(page)
}

/// Takes a picture, and another one of the end of a long page.
async fn take_picture(browser: &Browser, picture: &str) -> Result<()> {
    browser.screenshot(picture).await?;
    let script = "const page = document.querySelector('.page'); \
        if (!page || document.querySelector('dialog[open]') || page.scrollHeight < page.clientHeight + 40) return false; \
        page.scrollTop = page.scrollHeight; return true";
    if browser.eval::<bool>(script, []).await? {
        browser.until_animations_end().await?;
        browser.screenshot(&format!("{picture}-end")).await?;
    }
    Ok(())
}

/// Writes the table of all pictures.
fn write_index() -> Result<()> {
    let mut html = String::from("<!doctype html><meta charset=utf-8><title>Looks</title>");
    for (name, _) in [World::Team, World::Nobody].into_iter().flat_map(World::subjects) {
        write!(html, "<h2>{name}</h2>")?;
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
