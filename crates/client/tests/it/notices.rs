//! Notices: the list and the unread count, under any order of events.

use madang_client::{Client, Input};
use madang_shared::apps::Apps;
use madang_shared::notices::KEPT_NOTICES;
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, LastNotices, Notice, NoticeBox, NoticeContent, NoticesCommand,
    NoticesEvent, NoticesSnapshot, OrderNoticesEvent, OrderNoticesSnapshot, PostNoticesEvent,
    PostNoticesSnapshot,
};
use madang_shared::orders::OrderStatus;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, ErrorCode, Event, Failure, OrderId, PostId, Seq, ServerFrame, Subscription, Topic,
    User,
};

use crate::support::{ROOM, START, TestClient, me, other, shown};

pub(crate) fn inbox() -> Topic {
    Topic::Inbox(me().id)
}

/// Connected, with empty topics of notices.
pub(crate) fn driver() -> TestClient {
    let mut driver = TestClient::in_room(0);
    driver.state(Topic::Notices, 0, NoticesSnapshot::default().into());
    driver.state(inbox(), 0, InboxSnapshot::default().into());
    driver.state(Topic::OrderNotices, 0, OrderNoticesSnapshot::default().into());
    driver.state(Topic::PostNotices, 0, PostNoticesSnapshot::default().into());
    driver
}

pub(crate) fn posted(by: User) -> NoticeContent {
    NoticeContent::Posted { post: PostId(1), by }
}

pub(crate) fn moved() -> NoticeContent {
    NoticeContent::OrderMoved { order: OrderId(1), was: OrderStatus::Pending, now: None }
}

pub(crate) fn event(driver: &mut TestClient, topic: Topic, seq: u64, event: Event) {
    driver.frame(&ServerFrame::Event { topic, seq: Seq(seq), event });
}

pub(crate) fn tell(driver: &mut TestClient, of: NoticeBox, seq: u64, what: NoticeContent) {
    let notice = Notice { seq: Seq(seq), at: START.plus(seq), what };
    let told = match of {
        NoticeBox::Everybody => NoticesEvent::Told(notice).into(),
        NoticeBox::Own => InboxEvent::Told(notice).into(),
        NoticeBox::Orders => OrderNoticesEvent(notice).into(),
        NoticeBox::Posts => PostNoticesEvent(notice).into(),
    };
    event(driver, of.topic(me().id), seq, told);
}

pub(crate) fn unread(client: &Client) -> u64 {
    client.features().unread_notices(client.outbox())
}

fn seqs(driver: &TestClient) -> Vec<(NoticeBox, u64, bool)> {
    let shown = driver.client.features().shown_notices(driver.client.outbox());
    shown.iter().map(|notice| (notice.of, notice.seq.0, notice.read)).collect()
}

pub(crate) fn command(driver: &mut TestClient, command: NoticesCommand) {
    driver.input(Input::Command(command.into()));
}

#[test]
fn both_notice_topics_are_subscribed_from_the_start() {
    let mut driver = TestClient::new();
    driver.connect();
    let Some(ClientFrame::Hello(hello)) = driver.sent.first() else { panic!("{:?}", driver.sent) };
    let topics: Vec<Topic> = hello.topics.iter().map(|it| it.topic).collect();
    assert!(topics.contains(&Topic::Notices) && topics.contains(&inbox()), "{topics:?}");
    assert_eq!(unread(&driver.client), 0);
}

#[test]
fn both_topics_make_one_list_without_the_users_own_actions() {
    let mut driver = driver();
    tell(&mut driver, NoticeBox::Everybody, 1, posted(other()));
    tell(&mut driver, NoticeBox::Own, 1, moved());
    tell(&mut driver, NoticeBox::Everybody, 2, posted(me()));
    tell(&mut driver, NoticeBox::Everybody, 3, posted(other()));
    let (everybody, own) = (NoticeBox::Everybody, NoticeBox::Own);
    assert_eq!(seqs(&driver), [(everybody, 3, false), (own, 1, false), (everybody, 1, false)]);
    assert_eq!(unread(&driver.client), 3);
}

#[test]
fn a_read_notice_shows_as_read_at_once_even_offline() {
    let mut driver = driver();
    tell(&mut driver, NoticeBox::Everybody, 1, posted(other()));
    tell(&mut driver, NoticeBox::Own, 1, moved());
    driver.input(Input::SocketClosed { code: 1006 });
    command(&mut driver, NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) });
    assert_eq!(unread(&driver.client), 1);
    let all = driver.client.features().notices().read_all();
    assert_eq!(
        all,
        NoticesCommand::ReadAll(LastNotices {
            everybody: Seq(1),
            own: Seq(1),
            ..LastNotices::default()
        })
    );
    command(&mut driver, all);
    assert_eq!(unread(&driver.client), 0);
    let waiting: Vec<_> = driver.client.outbox().items().iter().map(|it| it.command()).collect();
    assert_eq!(waiting, [Some(&all_of(1, 1))], "reading all supersedes reading one");
}

fn all_of(everybody: u64, own: u64) -> madang_shared::Command {
    NoticesCommand::ReadAll(LastNotices {
        everybody: Seq(everybody),
        own: Seq(own),
        ..LastNotices::default()
    })
    .into()
}

#[test]
fn a_read_mark_from_another_screen_applies_here() {
    let mut driver = driver();
    tell(&mut driver, NoticeBox::Everybody, 1, posted(other()));
    let mut marks = madang_shared::notices::ReadMarks::default();
    marks.everybody.read(Seq(1));
    event(&mut driver, inbox(), 1, InboxEvent::Read(marks).into());
    assert_eq!(unread(&driver.client), 0);
    assert_eq!(seqs(&driver), [(NoticeBox::Everybody, 1, true)]);
}

#[test]
fn a_mention_is_read_together_with_its_message() {
    let mut driver = TestClient::in_room(3);
    driver.state(Topic::Notices, 0, NoticesSnapshot::default().into());
    driver.state(inbox(), 0, InboxSnapshot::default().into());
    let (room, message) = (ROOM, Seq(3));
    let what = NoticeContent::Mentioned {
        room,
        message,
        by: other(),
        excerpt: "@me".into(),
        is_reply: false,
    };
    tell(&mut driver, NoticeBox::Own, 1, what);
    assert_eq!(unread(&driver.client), 1);
    driver.input(shown(1, 2));
    assert_eq!(unread(&driver.client), 1);
    driver.input(shown(1, 3));
    assert_eq!(unread(&driver.client), 0);
    assert_eq!(seqs(&driver), [(NoticeBox::Own, 1, true)]);
}

#[test]
fn a_refused_read_mark_is_dropped_silently() {
    let mut driver = driver();
    tell(&mut driver, NoticeBox::Own, 1, moved());
    command(&mut driver, NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) });
    let (id, _) = driver.take_commands().pop().expect("sent");
    let failure = Failure::new(ErrorCode::Forbidden, "No.");
    driver.frame(&ServerFrame::Error { about: madang_shared::ErrorContext::Command(id), failure });
    assert_eq!(unread(&driver.client), 1);
    assert!(driver.client.outbox().items().is_empty());
}

#[test]
fn the_demonstration_shows_as_running_as_soon_as_it_is_requested() {
    let mut driver = driver();
    let expected = |driver: &TestClient| {
        driver.client.features().notices().demo_expected(driver.client.outbox())
    };
    assert!(!expected(&driver));
    command(&mut driver, NoticesCommand::Demo { on: true });
    assert!(expected(&driver) && driver.client.features().notices().demo().is_none());
    command(&mut driver, NoticesCommand::Demo { on: false });
    assert!(!expected(&driver));
}

#[test]
fn notices_of_an_app_leave_the_list_with_the_right_to_them() {
    let mut driver = driver();
    tell(&mut driver, NoticeBox::Orders, 1, posted(other()));
    tell(&mut driver, NoticeBox::Posts, 1, posted(other()));
    let denied = |driver: &mut TestClient, topic, retry| {
        let failure = Failure { retry, ..Failure::new(ErrorCode::Forbidden, "no grant") };
        let about = madang_shared::frames::ErrorContext::Topic(topic);
        driver.frame(&ServerFrame::Error { about, failure });
    };
    denied(&mut driver, Topic::PostNotices, true);
    assert_eq!(unread(&driver.client), 2, "the server is busy");
    denied(&mut driver, Topic::OrderNotices, false);
    assert_eq!(seqs(&driver), [(NoticeBox::Posts, 1, false)]);

    // With the right they come back, as a snapshot: the client does not resume from a state that it dropped.
    driver.sent.clear();
    let all = Workspace { apps: Apps::all(), ..Workspace::default() };
    driver.frame(&ServerFrame::Workspace(all));
    let again = Subscription { topic: Topic::OrderNotices, from: None };
    assert_eq!(driver.sent, [ClientFrame::Subscribe(again)]);

    // The notices of an app that is off leave too, and the others stay.
    tell(&mut driver, NoticeBox::Own, 1, moved());
    driver.sent.clear();
    driver.frame(&ServerFrame::Workspace(Workspace::default()));
    assert_eq!(seqs(&driver), [(NoticeBox::Own, 1, false)]);
    let left = [Topic::PostNotices, Topic::OrderNotices];
    let left = left.map(|topic| ClientFrame::Unsubscribe { topic });
    assert!(driver.sent.len() == 2 && left.iter().all(|frame| driver.sent.contains(frame)));
}

#[test]
fn notices_beyond_the_limit_are_neither_shown_nor_unread() {
    let mut driver = driver();
    for seq in 1..=KEPT_NOTICES as u64 + 7 {
        tell(&mut driver, NoticeBox::Own, seq, moved());
    }
    assert_eq!(unread(&driver.client), KEPT_NOTICES as u64);
    assert_eq!(seqs(&driver).len(), KEPT_NOTICES);
    assert_eq!(
        driver.client.features().shown_notices(driver.client.outbox())[0].at,
        START.plus(KEPT_NOTICES as u64 + 7)
    );
}
