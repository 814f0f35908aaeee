//! Notices: the list and the unread count, under any order of events.

use std::collections::HashMap;

use madang_client::{Client, Input};
use madang_shared::notices::KEPT_NOTICES;
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, LastNotices, Notice, NoticeBox, NoticeContent, NoticeKind,
    NoticesCommand, NoticesEvent, NoticesSnapshot, OrderNoticesEvent, OrderNoticesSnapshot,
    PostNoticesEvent, PostNoticesSnapshot,
};
use madang_shared::orders::OrderStatus;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, ErrorCode, Event, Failure, OrderId, PostId, Seq, ServerFrame, Subscription, Topic,
    User,
};
use proptest::prelude::*;

use crate::support::{ROOM, START, TestClient, me, other, shown};

fn inbox() -> Topic {
    Topic::Inbox(me().id)
}

/// Connected, with empty topics of notices.
fn driver() -> TestClient {
    let mut driver = TestClient::in_room(0);
    driver.state(Topic::Notices, 0, NoticesSnapshot::default().into());
    driver.state(inbox(), 0, InboxSnapshot::default().into());
    driver.state(Topic::OrderNotices, 0, OrderNoticesSnapshot::default().into());
    driver.state(Topic::PostNotices, 0, PostNoticesSnapshot::default().into());
    driver
}

fn posted(by: User) -> NoticeContent {
    NoticeContent::Posted { post: PostId(1), by }
}

fn moved() -> NoticeContent {
    NoticeContent::OrderMoved { order: OrderId(1), was: OrderStatus::Pending, now: None }
}

fn event(driver: &mut TestClient, topic: Topic, seq: u64, event: Event) {
    driver.frame(&ServerFrame::Event { topic, seq: Seq(seq), event });
}

fn tell(driver: &mut TestClient, of: NoticeBox, seq: u64, what: NoticeContent) {
    let notice = Notice { seq: Seq(seq), at: START.plus(seq), what };
    let told = match of {
        NoticeBox::Everybody => NoticesEvent::Told(notice).into(),
        NoticeBox::Own => InboxEvent::Told(notice).into(),
        NoticeBox::Orders => OrderNoticesEvent(notice).into(),
        NoticeBox::Posts => PostNoticesEvent(notice).into(),
    };
    event(driver, of.topic(me().id), seq, told);
}

fn unread(client: &Client) -> u64 {
    client.features().unread_notices(client.outbox())
}

fn seqs(driver: &TestClient) -> Vec<(NoticeBox, u64, bool)> {
    let shown = driver.client.features().shown_notices(driver.client.outbox());
    shown.iter().map(|notice| (notice.of, notice.seq.0, notice.read)).collect()
}

fn command(driver: &mut TestClient, command: NoticesCommand) {
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
    let waiting: Vec<_> = driver.client.outbox().items().iter().map(|it| &it.command).collect();
    assert_eq!(waiting, [&all_of(1, 1)], "reading all supersedes reading one");
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
    let what = NoticeContent::Mentioned { room, message, by: other(), excerpt: "@me".into() };
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

/// A step of a random run.
#[derive(Clone, Debug)]
enum Step {
    Told {
        of: NoticeBox,
        mine: bool,
    },
    /// A recent notice, counted back from the newest.
    Read {
        of: NoticeBox,
        back: usize,
    },
    ReadAll,
    Mute {
        kind: NoticeKind,
        muted: bool,
    },
    /// The server stores the next waiting command and acknowledges it.
    Stored,
    /// The connection breaks and is restored with snapshots in place of events.
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    let of = || prop::sample::select(NoticeBox::ALL.to_vec());
    let kind = prop::sample::select(NoticeKind::ALL.to_vec());
    prop_oneof![
        8 => (of(), any::<bool>()).prop_map(|(of, mine)| Step::Told { of, mine }),
        3 => (of(), 0..60_usize).prop_map(|(of, back)| Step::Read { of, back }),
        1 => Just(Step::ReadAll),
        1 => (kind, any::<bool>()).prop_map(|(kind, muted)| Step::Mute { kind, muted }),
        4 => Just(Step::Stored),
        1 => Just(Step::Reset),
    ]
}

/// A model of the server and the user that keeps everything.
#[derive(Default)]
struct Model {
    everybody: NoticesSnapshot,
    own: InboxSnapshot,
    orders: OrderNoticesSnapshot,
    posts: PostNoticesSnapshot,
    /// The last seqs of the topics.
    heads: HashMap<NoticeBox, u64>,
    /// The notices that the user has read, by topic and seq.
    read: Vec<(NoticeBox, Seq)>,
    muted: Vec<NoticeKind>,
}

impl Model {
    fn kept(&self, of: NoticeBox) -> &[Notice] {
        match of {
            NoticeBox::Everybody => &self.everybody.notices,
            NoticeBox::Own => &self.own.notices,
            NoticeBox::Orders => &self.orders.0,
            NoticeBox::Posts => &self.posts.0,
        }
    }

    /// Counts the kept notices by other users that are neither muted nor read.
    fn unread(&self) -> u64 {
        let mut count = 0;
        for of in NoticeBox::ALL {
            for notice in self.kept(of) {
                let by_me = notice.what.by().is_some_and(|by| by.id == me().id);
                let muted = self.muted.contains(&notice.what.kind());
                let read = self.read.contains(&(of, notice.seq));
                count += u64::from(!by_me && !muted && !read);
            }
        }
        count
    }

    fn next(&mut self, of: NoticeBox) -> u64 {
        let head = self.heads.entry(of).or_default();
        *head += 1;
        *head
    }

    /// Applies a command as a store does. Returns its event.
    fn take(&mut self, command: &NoticesCommand) -> Option<InboxEvent> {
        let mut marks = self.own.marks.clone();
        let mut muted = self.own.muted.clone();
        let event = match *command {
            NoticesCommand::Read { of, notice } => {
                let kept = self.kept(of).iter().any(|it| it.seq == notice);
                (kept && marks.of_mut(of).read(notice)).then_some(InboxEvent::Read(marks))
            }
            NoticesCommand::ReadAll(last) => {
                let news = NoticeBox::ALL.map(|of| marks.of_mut(of).read_up_to(last.of(of)));
                news.contains(&true).then_some(InboxEvent::Read(marks))
            }
            NoticesCommand::Mute { kind, muted: quiet } => {
                madang_shared::notices::mute(&mut muted, kind, quiet)
                    .then_some(InboxEvent::Muted { kinds: muted })
            }
            NoticesCommand::Demo { .. } => None,
        }?;
        self.own.apply(event.clone());
        Some(event)
    }
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut driver = driver();
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Told { of, mine } => {
                let seq = model.next(of);
                let by = if mine { me() } else { other() };
                let what = match of {
                    NoticeBox::Own => moved(),
                    _ => posted(by),
                };
                let notice = Notice { seq: Seq(seq), at: START.plus(seq), what: what.clone() };
                match of {
                    NoticeBox::Everybody => model.everybody.apply(NoticesEvent::Told(notice)),
                    NoticeBox::Own => model.own.apply(InboxEvent::Told(notice)),
                    NoticeBox::Orders => model.orders.apply(OrderNoticesEvent(notice)),
                    NoticeBox::Posts => model.posts.apply(PostNoticesEvent(notice)),
                }
                tell(&mut driver, of, seq, what);
            }
            Step::Read { of, back } => {
                let kept = model.kept(of);
                let index = kept.len().saturating_sub(1).saturating_sub(back);
                let Some(notice) = kept.get(index).map(|it| it.seq) else { continue };
                model.read.push((of, notice));
                command(&mut driver, NoticesCommand::Read { of, notice });
            }
            Step::ReadAll => {
                for of in NoticeBox::ALL {
                    let all: Vec<_> = model.kept(of).iter().map(|it| (of, it.seq)).collect();
                    model.read.extend(all);
                }
                let all = driver.client.features().notices().read_all();
                command(&mut driver, all);
            }
            Step::Mute { kind, muted } => {
                madang_shared::notices::mute(&mut model.muted, kind, muted);
                command(&mut driver, NoticesCommand::Mute { kind, muted });
            }
            Step::Stored => stored(&mut driver, &mut model),
            Step::Reset => {
                driver.input(Input::SocketClosed { code: 1006 });
                driver.input(Input::Connect);
                driver.input(Input::SocketOpened);
                driver.welcome();
                let states = [
                    model.everybody.clone().into(),
                    model.own.clone().into(),
                    model.orders.clone().into(),
                    model.posts.clone().into(),
                ];
                for (of, state) in NoticeBox::ALL.into_iter().zip(states) {
                    driver.state(
                        of.topic(me().id),
                        model.heads.get(&of).copied().unwrap_or(0),
                        state,
                    );
                }
            }
        }
        prop_assert_eq!(unread(&driver.client), model.unread());
    }
    // After the server has stored everything, the screen shows the same as before.
    while !driver.client.outbox().items().is_empty() {
        stored(&mut driver, &mut model);
    }
    prop_assert_eq!(unread(&driver.client), model.unread());
    let all = driver.client.features().notices().read_all();
    command(&mut driver, all);
    prop_assert_eq!(unread(&driver.client), 0, "nothing stays unread");
    Ok(())
}

/// The first command of the outbox is stored. Its event or its acknowledgement arrives first.
fn stored(driver: &mut TestClient, model: &mut Model) {
    let Some(item) = driver.client.outbox().items().first().cloned() else { return };
    let asked = match &item.command {
        madang_shared::Command::Notices(asked) => Some(asked),
        _ => None,
    };
    let at = model.take(asked.expect("nothing else is asked")).map(|told| {
        let seq = model.next(NoticeBox::Own);
        event(driver, inbox(), seq, told.into());
        madang_shared::frames::LogPosition { topic: inbox(), seq: Seq(seq) }
    });
    driver.frame(&ServerFrame::Ack { id: item.id, at });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn t2_2_the_unread_count_always_matches_the_unread_notices(
        steps in prop::collection::vec(step(), 1..200)
    ) {
        run(steps)?;
    }
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
    driver.frame(&ServerFrame::Workspace(Workspace::default()));
    let again = Subscription { topic: Topic::OrderNotices, from: None };
    assert_eq!(driver.sent, [ClientFrame::Subscribe(again)]);
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
