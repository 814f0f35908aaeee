//! Layout on a phone, themes, languages and accessibility. The screenshots are for reviewers.

use std::fmt::Write as _;
use std::rc::Rc;

use anyhow::{Result, ensure};
use madang_shared::RoomId;
use serde_json::json;
use thirtyfour::Key;

use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::{ChatPage, FIRST_ROOM};
use crate::support::device::{Device, Lang};
use crate::support::sign_in_page::SignInPage;
use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;
use crate::support::wait::{until, until_true};

const LANGUAGES: [Lang; 2] = [Lang::Ko, Lang::En];
const THEMES: [&str; 2] = ["light", "dark"];

#[tokio::test]
async fn on_a_phone_the_list_is_a_page_and_the_members_are_a_drawer() -> Result<()> {
    BrowserTest::run("phone", async |test| {
        let minsu = test.chat_page("민수", Device::phone(Lang::Ko)).await?;
        let browser = &minsu.browser;
        let is_shown = async |id: &str| {
            let script = "return document.querySelector(`[data-testid='${arguments[0]}']`)?.checkVisibility() ?? false";
            browser.eval::<bool>(script, [id.into()]).await
        };
        {
            let (drawer, opener, closer, panel) =
                ("drawer-presence", "open-presence", "close-presence", "presence");
            ensure!(!is_on_screen(browser, panel).await?, "{drawer} is closed at first");
            browser.click(opener).await?;
            browser.until_attribute(drawer, "data-open", "true").await?;
            until_on_screen(browser, panel, true).await?;
            until_focus_within(browser, panel).await?;
            // The content behind the drawer cannot get the focus.
            for _ in 0..12 {
                browser.keys(Key::Tab).await?;
                let backend: bool = browser
                    .eval("return document.activeElement?.closest('main, .rail') !== null", [])
                    .await?;
                assert!(!backend, "Tab leads behind {drawer}");
            }
            browser.keys(Key::Escape).await?;
            browser.until_attribute(drawer, "data-open", "false").await?;
            until_on_screen(browser, panel, false).await?;
            browser.until_focus(opener).await?;

            open_drawer(browser, opener, panel).await?;
            browser.click(closer).await?;
            until_on_screen(browser, panel, false).await?;
            browser.until_focus(opener).await?;
        }

        minsu.send("폰에서 씁니다").await?;
        minsu.until_stored("폰에서 씁니다").await?;
        // The bar at the bottom is with the list and with the pages, and leaves its place to an open room.
        ensure!(!is_shown("rail-chat").await? && is_shown("composer").await?);
        browser.click("back").await?;
        until_true("the list takes the place of the room", async || {
            Ok(is_shown("rail-chat").await? && !is_shown("composer").await?)
        })
        .await?;
        browser.screenshot("phone-ko-list").await?;
        browser.click("bell").await?;
        browser.find("notices").await?;
        ensure!(is_shown("rail-chat").await? && !is_shown("room-filter").await?);
        browser.back().await?;
        until_true("the way back leads to the list", async || is_shown("room-filter").await).await?;
        // The keyboard on the screen needs the place of the bar.
        browser.find("room-filter").await?.focus().await?;
        ensure!(!is_shown("rail-chat").await?);
        let room = minsu.create_room("폰에서 만든 방").await?;
        minsu.send("좁아도 괜찮아요").await?;
        minsu.until_stored("좁아도 괜찮아요").await?;
        minsu.open_room(FIRST_ROOM).await?;
        minsu.until_stored("폰에서 씁니다").await?;
        assert_ne!(room, FIRST_ROOM);
        let too_wide: bool =
            browser.eval("return document.documentElement.scrollWidth > innerWidth", []).await?;
        assert!(!too_wide, "the page is not wider than the window");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_theme_follows_the_system_until_one_is_chosen() -> Result<()> {
    BrowserTest::run("colours", async |test| {
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        let browser = &jane.browser;
        system_prefers(browser, "light").await?;
        until_dark(browser, false).await?;
        system_prefers(browser, "dark").await?;
        until_dark(browser, true).await?;
        browser.click("me").await?;
        browser.click("own-settings").await?;
        for (system, choice, dark) in
            [("dark", "theme-light", false), ("light", "theme-dark", true)]
        {
            system_prefers(browser, system).await?;
            browser.click(choice).await?;
            until_dark(browser, dark).await?;
        }
        browser.reload().await?;
        browser.find("theme-auto").await?;
        until_dark(browser, true).await?;
        browser.click("theme-auto").await?;
        until_dark(browser, false).await
    })
    .await
}

#[tokio::test]
async fn the_language_follows_the_browser_until_one_is_chosen() -> Result<()> {
    BrowserTest::run("language", async |test| {
        for (lang, title, write) in
            [(Lang::Ko, "마당", "메시지 쓰기"), (Lang::En, "Madang", "Write a message")]
        {
            let page =
                test.chat_page(&format!("user {}", lang.code()), Device::desktop(lang)).await?;
            assert_eq!(page.browser.title().await?, format!("마당 Madang · {title}"));
            assert_eq!(placeholder(&page).await?, write);
        }
        let jane = test.chat_page("Jane", Device::desktop(Lang::En)).await?;
        jane.choose("lang-ko").await?;
        until_true("the app is in Korean", async || {
            Ok(placeholder(&jane).await? == "메시지 쓰기"
                && jane.browser.title().await?.ends_with(" · 마당"))
        })
        .await?;
        jane.browser.reload().await?;
        jane.open_composer().await?;
        assert_eq!(placeholder(&jane).await?, "메시지 쓰기", "the choice is remembered");
        Ok(())
    })
    .await
}

async fn placeholder(page: &ChatPage) -> Result<String> {
    page.browser.eval("return document.getElementById('composer').placeholder", []).await
}

#[tokio::test]
async fn axe_finds_nothing_on_a_desktop() -> Result<()> {
    BrowserTest::run("axe-desktop", async |test| {
        let [tea, _, outside] = Box::pin(create_rooms_and_messages(&test.server)).await?;
        let SignInPage { browser: form } = test.sign_in_page(Device::desktop(Lang::Ko)).await?;
        let jiu = test.chat_page("지우", Device::desktop(Lang::Ko)).await?;
        jiu.join_room(tea).await?;
        jiu.open_room(FIRST_ROOM).await?;
        jiu.send("저도 지금 가요").await?;
        let mut found = AxeFindings::default();
        for (lang, theme) in languages_and_themes() {
            let dressed = format!("{}-{theme}", lang.code());
            set_language_and_theme(&form, lang, theme).await?;
            form.find("signin-name").await?;
            found.check(&form, &format!("sign-in-{dressed}")).await?;

            set_language_and_theme(&jiu.browser, lang, theme).await?;
            jiu.open_composer().await?;
            jiu.until_stored("저도 지금 가요").await?;
            jiu.until_present_first("지우").await?;
            found.check(&jiu.browser, &format!("desktop-{dressed}")).await?;

            jiu.open_room(tea).await?;
            jiu.browser.find("empty").await?;
            found.check(&jiu.browser, &format!("desktop-{dressed}-empty")).await?;

            jiu.browser.click("room-create").await?;
            jiu.browser.until_focus("room-create-name").await?;
            found.check(&jiu.browser, &format!("desktop-{dressed}-new-room")).await?;
            jiu.browser.keys(Key::Escape).await?;
            jiu.browser.until_gone("room-create-name").await?;

            for (opener, content) in [("me", "lang-ko"), ("view-menu", "copy-link")] {
                jiu.browser.click(opener).await?;
                jiu.browser.find(content).await?;
                found.check(&jiu.browser, &format!("desktop-{dressed}-{opener}")).await?;
                jiu.browser.keys(Key::Escape).await?;
                jiu.browser.until_gone(content).await?;
                jiu.browser.until_focus(opener).await?;
            }

            jiu.browser.goto(&test.server.url(&format!("/rooms/{outside}"))).await?;
            jiu.browser.find("join-this").await?;
            found.check(&jiu.browser, &format!("desktop-{dressed}-join")).await?;
            jiu.browser.goto(&test.server.url(&format!("/rooms/{FIRST_ROOM}"))).await?;
        }
        found.finish()
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_on_a_phone() -> Result<()> {
    BrowserTest::run("axe-phone", async |test| {
        Box::pin(create_rooms_and_messages(&test.server)).await?;
        let jiu = test.chat_page("지우", Device::phone(Lang::Ko)).await?;
        jiu.send("저도 지금 가요").await?;
        let mut found = AxeFindings::default();
        for (lang, theme) in languages_and_themes() {
            let dressed = format!("{}-{theme}", lang.code());
            set_language_and_theme(&jiu.browser, lang, theme).await?;
            jiu.open_composer().await?;
            jiu.until_stored("저도 지금 가요").await?;
            jiu.until_present_first("지우").await?;
            found.check(&jiu.browser, &format!("phone-{dressed}")).await?;
            open_drawer(&jiu.browser, "open-presence", "presence").await?;
            found.check(&jiu.browser, &format!("phone-{dressed}-presence")).await?;
            jiu.browser.keys(Key::Escape).await?;
            until_on_screen(&jiu.browser, "presence", false).await?;
            jiu.browser.click("view-menu").await?;
            jiu.browser.find("copy-link").await?;
            found.check(&jiu.browser, &format!("phone-{dressed}-view-menu")).await?;
            jiu.browser.keys(Key::Escape).await?;
            jiu.browser.until_gone("copy-link").await?;
            jiu.show_rooms().await?;
            found.check(&jiu.browser, &format!("phone-{dressed}-rooms")).await?;
            jiu.browser.click("me").await?;
            jiu.browser.find("lang-ko").await?;
            found.check(&jiu.browser, &format!("phone-{dressed}-me")).await?;
            jiu.browser.keys(Key::Escape).await?;
            jiu.browser.until_gone("lang-ko").await?;
            jiu.open_room(FIRST_ROOM).await?;
        }
        found.finish()
    })
    .await
}

pub(crate) fn languages_and_themes() -> impl Iterator<Item = (Lang, &'static str)> {
    LANGUAGES.into_iter().flat_map(|lang| THEMES.map(|theme| (lang, theme)))
}

/// The violations that axe found, per view.
#[derive(Default)]
pub(crate) struct AxeFindings(String);

impl AxeFindings {
    /// Checks a view with axe and takes a screenshot of it.
    pub(crate) async fn check(&mut self, browser: &Browser, view: &str) -> Result<()> {
        browser.until_animations_end().await?;
        browser.screenshot(view).await?;
        let found = axe::violations(browser).await?;
        if !found.is_empty() {
            write!(self.0, "{view}:\n{found}")?;
        }
        Ok(())
    }

    /// Fails if any view had a violation.
    pub(crate) fn finish(self) -> Result<()> {
        ensure!(self.0.is_empty(), "axe finds violations:\n{}", self.0);
        Ok(())
    }
}

/// Checks a page with axe on desktop and phone, in every language and theme. `open` opens the page as a new user with
/// the given name; `prepare` brings the page into the state to check.
pub(crate) async fn check_page(
    test: &BrowserTest,
    page: &str,
    open: impl AsyncFn(&BrowserTest, &str, Device) -> Result<Rc<Browser>>,
    prepare: impl AsyncFn(&Browser) -> Result<()>,
) -> Result<()> {
    let desktop = open(test, "지우", Device::desktop(Lang::Ko)).await?;
    let phone = open(test, "하늘", Device::phone(Lang::Ko)).await?;
    let mut found = AxeFindings::default();
    for (lang, theme) in languages_and_themes() {
        for (browser, device) in [(&desktop, "desktop"), (&phone, "phone")] {
            set_language_and_theme(browser, lang, theme).await?;
            prepare(browser).await?;
            found.check(browser, &format!("{page}-{device}-{}-{theme}", lang.code())).await?;
        }
    }
    found.finish()
}

/// Creates rooms, and a conversation in the first room by users who have disconnected since.
async fn create_rooms_and_messages(server: &TestServer) -> Result<[RoomId; 3]> {
    let mut minsu = TestClient::connect(server, "민수").await?;
    let mut jane = TestClient::connect(server, "Jane").await?;
    let mut haneul = TestClient::connect(server, "하늘").await?;
    minsu.send(FIRST_ROOM, "다들 점심은 드셨나요?").await?;
    minsu.send(FIRST_ROOM, "저는 방금 국수 먹고 들어왔어요. 비 오는 날엔 역시 국수네요.").await?;
    jane.send(FIRST_ROOM, "Not yet! Where was it?").await?;
    minsu
        .send(FIRST_ROOM, "시장 골목 안쪽이요. 지도는 여기: https://example.com/map?q=국수")
        .await?;
    haneul
        .send(FIRST_ROOM, "메뉴는 세 가지예요.\n- 잔치국수\n- 비빔국수\n- 콩국수 (여름에만)")
        .await?;
    jane.send(FIRST_ROOM, "That sounds great. I'll try the first one with extra kimchi.").await?;
    jane.send(FIRST_ROOM, "Anyone up for going together at one?").await?;
    haneul.send(FIRST_ROOM, "좋아요, 한 시에 마당 앞에서 봐요!").await?;
    let mut rooms = [FIRST_ROOM; 3];
    for (room, name) in rooms.iter_mut().zip(["차 마시는 방", "Bug reports", "주말 산책"])
    {
        *room = minsu.create_room(name).await?;
    }
    Ok(rooms)
}

/// Sets the page's language and theme, as an earlier choice of the user would.
pub(crate) async fn set_language_and_theme(
    browser: &Rc<Browser>,
    lang: Lang,
    theme: &str,
) -> Result<()> {
    let script = "localStorage.setItem('madang.lang', arguments[0]); \
        localStorage.setItem('madang.theme', arguments[1])";
    browser.run_script(script, [lang.code().into(), theme.into()]).await?;
    browser.reload().await?;
    until_true("the page has its language and theme", async || {
        let root: [Option<String>; 2] = browser
            .eval("const root = document.documentElement; return [root.lang, root.dataset.theme ?? null]", [])
            .await?;
        Ok(root == [Some(lang.code().to_owned()), Some(theme.to_owned())])
    })
    .await
}

async fn system_prefers(browser: &Browser, scheme: &str) -> Result<()> {
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.devtools("Emulation.setEmulatedMedia", features).await?;
    Ok(())
}

/// Waits until the page's text is light, as in the dark theme, or dark.
async fn until_dark(browser: &Browser, dark: bool) -> Result<()> {
    let script = "const canvas = document.createElement('canvas').getContext('2d'); \
        canvas.fillStyle = getComputedStyle(document.body).color; canvas.fillRect(0, 0, 1, 1); \
        const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data; \
        return red + green + blue > 3 * 128";
    until(format_args!("the dark theme is shown: {dark}"), async || {
        Ok((browser.eval::<bool>(script, []).await? == dark).then_some(()))
    })
    .await
}

async fn is_on_screen(browser: &Browser, panel: &str) -> Result<bool> {
    let script = "const panel = document.getElementById(arguments[0]); \
        const { left, right } = panel.getBoundingClientRect(); \
        const visible = getComputedStyle(panel).visibility === 'visible'; \
        return visible && right > 1 && left < innerWidth - 1";
    browser.eval(script, [panel.into()]).await
}

async fn until_on_screen(browser: &Browser, panel: &str, wanted: bool) -> Result<()> {
    let reached = async || Ok(is_on_screen(browser, panel).await? == wanted);
    until_true(format_args!("{panel} is on the screen: {wanted}"), reached).await
}

/// Opens a drawer and waits until its animation has ended, because a click would miss a moving button.
async fn open_drawer(browser: &Browser, opener: &str, panel: &str) -> Result<()> {
    browser.click(opener).await?;
    until_on_screen(browser, panel, true).await?;
    browser.until_animations_end().await
}

async fn until_focus_within(browser: &Browser, panel: &str) -> Result<()> {
    let script = "return document.activeElement?.closest('#' + arguments[0]) !== null";
    until_true(format_args!("the focus is within {panel}"), async || {
        browser.eval(script, [panel.into()]).await
    })
    .await
}
