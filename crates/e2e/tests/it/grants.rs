//! The grants of the apps, given and taken while the person looks, and the people who can see a room or a message.

use anyhow::{Context, Result, ensure};

use crate::administration::submit;
use crate::support::axe::check_appearance;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::chat_page::ChatPage;
use crate::support::device::{Device, Lang};

/// An owner on a desktop in English, and a member on a phone in Korean who came by an invitation.
async fn owner_and_member(test: &BrowserTest) -> Result<(ChatPage, ChatPage)> {
    let owner = test.browser(Device::desktop(Lang::En)).await?;
    owner.goto(&test.server.set_up_link()?).await?;
    owner.find("invite-title").await?;
    owner.find("setup-password").await?.focus().await?;
    owner.insert_text("orange windmill 7").await?;
    let owner = submit(&owner, "Olive").await?;
    let browser = &owner.browser;
    browser.goto(&test.server.url("/admin")).await?;
    browser.click("admin-invitations").await?;
    browser.click("invite-make").await?;
    let link = browser.find("invite-link").await?.prop("value").await?.context("a link")?;
    let member = test.browser(Device::phone(Lang::Ko)).await?;
    member.goto(&link).await?;
    member.find("invite-title").await?;
    let member = submit(&member, "민수").await?;
    Ok((owner, member))
}

/// The id of the page's only other person.
const MEMBER: u64 = 2;

async fn open_grants(test: &BrowserTest, owner: &Browser) -> Result<()> {
    owner.goto(&test.server.url("/admin")).await?;
    owner.click(&format!("grants-{MEMBER}")).await
}

async fn switch(owner: &Browser, grant: &str) -> Result<()> {
    owner.click(&format!("setting-{MEMBER}-{grant}")).await
}

#[tokio::test]
async fn the_restaurants_side_opens_and_closes_while_a_person_looks() -> Result<()> {
    BrowserTest::run_with("grants", &["--access", "invited"], async |test| {
        let (owner, member) = owner_and_member(test).await?;
        let (owner, member) = (&owner.browser, &member.browser);
        // The member is a customer: the only panel has no tabs.
        member.goto(&test.server.url("/orders")).await?;
        member.find("menu").await?;
        member.until_gone("tab-orders-board").await?;
        // The other panels say what they need, and whom to ask.
        for (path, needed) in
            [("/orders/board", "매장에서 주문 처리"), ("/orders/rider", "주문 배달")]
        {
            member.goto(&test.server.url(path)).await?;
            let whom = member.until_text("forbidden", |text| text.contains("Olive")).await?;
            ensure!(whom.contains(needed), "{whom}");
        }
        check_appearance(member, "phone-ko-forbidden-panel").await?;

        open_grants(test, owner).await?;
        check_appearance(owner, "desktop-en-grants-of-a-person").await?;
        switch(owner, "rider").await?;
        member.find("rider-waiting").await?;
        member.until_gone("forbidden").await?;
        member.find("tab-orders").await?;
        member.until_gone("tab-orders-board").await?;

        switch(owner, "kitchen").await?;
        member.click("tab-orders-board").await?;
        member.until_text("count-pending", |count| count == "0").await?;
        // Taken again while the person looks.
        owner.click(&format!("as-role-{MEMBER}-kitchen")).await?;
        member.until_text("forbidden", |text| text.contains("Olive")).await?;
        member.click("tab-orders-rider").await?;
        member.find("rider-waiting").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_notice_of_an_order_comes_and_goes_with_the_right_to_see_orders() -> Result<()> {
    BrowserTest::run_with("notices-of-grants", &["--access", "invited"], async |test| {
        let (owner, member) = owner_and_member(test).await?;
        let (owner, member) = (&owner.browser, &member.browser);
        member.goto(&test.server.url("/notices")).await?;
        member.find("notices-empty").await?;
        let order = "INSERT INTO orders (customer_id) SELECT min(id) FROM users";
        test.server.database()?.execute(order)?;
        // The owner's order is a notice for nobody yet. A later one, for everybody, shows that the first did not arrive.
        let broadcast = "INSERT INTO broadcast_notices (content) \
            VALUES (json_object('scheduled', json_object('ko', '쉬어요', 'en', 'A break')))";
        test.server.database()?.execute(broadcast)?;
        member.until_text("notices", |text| text.contains("쉬어요")).await?;
        member.until_text("bell-count", |text| text == "1").await?;

        open_grants(test, owner).await?;
        switch(owner, "kitchen").await?;
        member.until_text("bell-count", |text| text == "2").await?;
        member.until_text("notices", |text| text.contains("Olive")).await?;
        owner.click(&format!("as-role-{MEMBER}-kitchen")).await?;
        member.until_text("bell-count", |text| text == "1").await?;
        member.until_text("notices", |text| !text.contains("Olive")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_role_changes_an_open_page() -> Result<()> {
    BrowserTest::run_with("grants-of-roles", &["--access", "invited"], async |test| {
        let (owner, member) = owner_and_member(test).await?;
        let (owner, member) = (&owner.browser, &member.browser);
        member.goto(&test.server.url("/feed")).await?;
        member.find("feed-empty").await?;
        owner.goto(&test.server.url("/admin")).await?;
        let guest = format!("[data-testid='role-{MEMBER}'] [value='guest']");
        owner.find_css(&guest).await?.click().await?;
        member.until_text("forbidden", |text| text.contains("소식 읽기")).await?;

        // The owner lets guests read the feed, and they do at once.
        owner.click("admin-settings").await?;
        owner.find("role-grants").await?;
        check_appearance(owner, "desktop-en-grants-of-roles").await?;
        owner.click("guest-read_feed").await?;
        member.until_text("forbidden", |text| text.contains("소식 쓰기")).await?;
        member.find("feed-empty").await?;
        check_appearance(member, "phone-ko-feed-to-read").await?;
        owner.click("guest-write_feed").await?;
        member.until_gone("forbidden").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn everybody_who_sees_a_room_learns_who_else_can() -> Result<()> {
    BrowserTest::run_with("room-access", &["--access", "invited"], async |test| {
        let (owner, member) = owner_and_member(test).await?;
        let browser = &owner.browser;
        browser.goto(&test.server.url("/")).await?;
        owner.open_composer().await?;
        let room = owner.create_room("Gardeners").await?;
        owner.send("who reads this?").await?;
        let seq = owner.until_stored("who reads this?").await?.seq.context("a number")?;
        browser.click("view-menu").await?;
        browser.click("room-access-open").await?;
        browser.until_text("access-own", |text| text.contains("you manage this room")).await?;
        browser.until_text("access-manager", |text| text == "1 manager of the room").await?;
        browser
            .until_text("access-may_join", |text| {
                text == "1 other person of the workspace who may join, because the room is public"
            })
            .await?;
        check_appearance(browser, "desktop-en-who-can-see-the-room").await?;
        browser.keys(thirtyfour::Key::Escape).await?;

        // About a message, from its menu, on a phone in Korean.
        let phone = &member.browser;
        phone.goto(&test.server.url("/rooms")).await?;
        phone.click(&format!("room-join-{room}")).await?;
        member.until_stored("who reads this?").await?;
        member.open_message_menu(seq).await?;
        phone.click_css(".message-menu [data-testid='message-access']").await?;
        phone
            .until_text("access-own", |text| {
                text.starts_with("내가 보는 까닭: 이 방의 멤버입니다.")
            })
            .await?;
        phone.until_text("access-member", |text| text == "방 멤버 1명").await?;
        check_appearance(phone, "phone-ko-who-can-see-the-message").await?;
        phone.click("access-close").await?;
        phone.until_gone("room-access").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_administrator_decides_about_a_public_room_of_others() -> Result<()> {
    BrowserTest::run_with("room-tools", &["--access", "invited"], async |test| {
        let (owner, member) = owner_and_member(test).await?;
        let browser = &owner.browser;
        member.browser.goto(&test.server.url("/")).await?;
        let room = member.create_room("바둑").await?;
        browser.goto(&test.server.url("/admin")).await?;
        browser.click("admin-rooms").await?;
        browser.click(&format!("admin-room-tools-{room}")).await?;
        browser.click(&format!("setting-default-{room}")).await?;
        let is_default = format!("[data-testid='setting-default-{room}']:checked");
        browser.find_css(&is_default).await?;
        let name = browser.find(&format!("admin-room-name-{room}")).await?;
        name.clear().await?;
        name.send_keys("Go").await?;
        browser.click(&format!("admin-room-rename-{room}")).await?;
        member.browser.until_text("header-title", |text| text == "Go").await?;
        browser.click(&format!("admin-room-manager-{room}")).await?;
        browser.until_gone(&format!("admin-room-manager-{room}")).await?;
        check_appearance(browser, "desktop-en-room-of-others").await?;
        browser.click(&format!("setting-archived-{room}")).await?;
        member.browser.until_text("room-rule", |text| text.contains("보관")).await?;
        Ok(())
    })
    .await
}
