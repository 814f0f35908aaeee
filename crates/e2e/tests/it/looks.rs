//! Pictures of every page, for reviewers: `just looks`.

use anyhow::Result;
use madang_shared::RoomId;

use crate::appearance::{languages_and_themes, set_language_and_theme};
use crate::layout::{go_to, page_paths, set_size};
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::FIRST_ROOM;
use crate::support::device::{Device, Lang};
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;

/// Widths and heights; the first two have a pointer for fingers.
const SIZES: [(u32, u32); 5] = [(390, 844), (844, 390), (768, 1024), (1024, 768), (1440, 900)];

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

#[tokio::test]
#[ignore = "pictures for reviewers: `just looks`"]
async fn every_page_in_every_size_language_and_theme() -> Result<()> {
    for (lang, theme) in languages_and_themes() {
        take_all(lang, theme).await?;
    }
    Ok(())
}

async fn take_all(lang: Lang, theme: &'static str) -> Result<()> {
    BrowserTest::run("looks", async move |test| {
        let rooms = make_a_team(&test.server).await?;
        let page = test.chat_page("하늘", Device::desktop(Lang::Ko)).await?;
        for room in rooms.iter().take(7) {
            page.join_room(*room).await?;
        }
        page.browser.find("composer").await?.send_keys("쓰다 만 말").await?;
        let mut minsu = TestClient::connect(&test.server, "지우").await?;
        minsu.send(FIRST_ROOM, "@하늘 내일 회의 자료 봐 주실 수 있나요?").await?;
        page.open_room(FIRST_ROOM).await?;
        let browser = &page.browser;
        set_language_and_theme(browser, lang, theme).await?;
        for (index, (width, height)) in SIZES.into_iter().enumerate() {
            set_size(browser, width, height, index < 2).await?;
            for path in page_paths().chain(["/rooms/1", "/rooms/9", "/rooms/999", "/"]) {
                if path == "/lab" {
                    continue;
                }
                go_to(browser, path).await?;
                let name = path.trim_start_matches('/').replace('/', "-");
                let name = if name.is_empty() { "list" } else { &name };
                let view = format!("looks-{name}-{width}-{}-{theme}", lang.code());
                browser.screenshot(&view).await?;
            }
        }
        Ok(())
    })
    .await
}
