//! Notices: what is unread on this screen, whatever happens in whichever order.

use madang_client::{Action, Client, Input};
use madang_shared::notices::KEPT_NOTICES;
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent, NoticeKind, NoticesCommand,
    NoticesEvent, NoticesSnapshot,
};
use madang_shared::orders::OrderStatus;
use madang_shared::{
    ClientFrame, ErrorCode, Event, Failure, OrderId, PostId, Seq, ServerFrame, Topic, User,
};
use proptest::prelude::*;

use crate::support::{Bench, ROOM, START, me, other};

fn inbox() -> Topic {
    Topic::Inbox(me().id)
}

/// Connected, with two empty streams of notices.
fn bench() -> Bench {
    let mut bench = Bench::in_room(0);
    bench.state(Topic::Notices, 0, NoticesSnapshot::default().into());
    bench.state(inbox(), 0, InboxSnapshot::default().into());
    bench
}

fn posted(by: User) -> NoticeContent {
    NoticeContent::Posted { post: PostId(1), by }
}

fn moved() -> NoticeContent {
    NoticeContent::OrderMoved { order: OrderId(1), was: OrderStatus::Pending, now: None }
}

fn event(bench: &mut Bench, topic: Topic, seq: u64, event: Event) {
    bench.frame(&ServerFrame::Event { topic, seq: Seq(seq), event });
}

fn tell(bench: &mut Bench, of: NoticeBox, seq: u64, what: NoticeContent) {
    let notice = Notice { seq: Seq(seq), at: START.plus(seq), what };
    match of {
        NoticeBox::Everybody => {
            event(bench, Topic::Notices, seq, NoticesEvent::Told(notice).into());
        }
        NoticeBox::Own => event(bench, inbox(), seq, InboxEvent::Told(notice).into()),
    }
}

fn unread(client: &Client) -> u64 {
    client.features().unread_notices(client.outbox())
}

fn places(bench: &Bench) -> Vec<(NoticeBox, u64, bool)> {
    let shown = bench.client.features().shown_notices(bench.client.outbox());
    shown.iter().map(|notice| (notice.of, notice.seq.0, notice.read)).collect()
}

fn command(bench: &mut Bench, command: NoticesCommand) {
    bench.input(Input::Command(command.into()));
}

#[test]
fn notices_are_followed_from_the_start() {
    let mut bench = Bench::new();
    bench.connect();
    let Some(ClientFrame::Hello(hello)) = bench.sent.first() else { panic!("{:?}", bench.sent) };
    let topics: Vec<Topic> = hello.topics.iter().map(|it| it.topic).collect();
    assert!(topics.contains(&Topic::Notices) && topics.contains(&inbox()), "{topics:?}");
    assert_eq!(unread(&bench.client), 0);
}

#[test]
fn both_streams_make_one_list_without_what_one_did_oneself() {
    let mut bench = bench();
    tell(&mut bench, NoticeBox::Everybody, 1, posted(other()));
    tell(&mut bench, NoticeBox::Own, 1, moved());
    tell(&mut bench, NoticeBox::Everybody, 2, posted(me()));
    tell(&mut bench, NoticeBox::Everybody, 3, posted(other()));
    let (everybody, own) = (NoticeBox::Everybody, NoticeBox::Own);
    assert_eq!(places(&bench), [(everybody, 3, false), (own, 1, false), (everybody, 1, false)]);
    assert_eq!(unread(&bench.client), 3);
}

#[test]
fn what_is_read_shows_at_once_and_offline_too() {
    let mut bench = bench();
    tell(&mut bench, NoticeBox::Everybody, 1, posted(other()));
    tell(&mut bench, NoticeBox::Own, 1, moved());
    bench.input(Input::SocketClosed { code: 1006 });
    command(&mut bench, NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) });
    assert_eq!(unread(&bench.client), 1);
    let all = bench.client.features().notices().read_all();
    assert_eq!(all, NoticesCommand::ReadAll { everybody: Seq(1), own: Seq(1) });
    command(&mut bench, all);
    assert_eq!(unread(&bench.client), 0);
    let waiting: Vec<_> = bench.client.outbox().items().iter().map(|it| &it.command).collect();
    assert_eq!(waiting, [&all_of(1, 1)], "what all says, one need not say too");
}

fn all_of(everybody: u64, own: u64) -> madang_shared::Command {
    NoticesCommand::ReadAll { everybody: Seq(everybody), own: Seq(own) }.into()
}

#[test]
fn a_mark_from_another_screen_counts_here() {
    let mut bench = bench();
    tell(&mut bench, NoticeBox::Everybody, 1, posted(other()));
    let mut marks = madang_shared::notices::ReadMarks::default();
    marks.everybody.read(Seq(1));
    event(&mut bench, inbox(), 1, InboxEvent::Read(marks).into());
    assert_eq!(unread(&bench.client), 0);
    assert_eq!(places(&bench), [(NoticeBox::Everybody, 1, true)]);
}

#[test]
fn a_mention_is_read_with_the_message_it_is_in() {
    let mut bench = Bench::in_room(3);
    bench.state(Topic::Notices, 0, NoticesSnapshot::default().into());
    bench.state(inbox(), 0, InboxSnapshot::default().into());
    let (room, message) = (ROOM, Seq(3));
    let what = NoticeContent::Mentioned { room, message, by: other(), excerpt: "@me".into() };
    tell(&mut bench, NoticeBox::Own, 1, what);
    assert_eq!(unread(&bench.client), 1);
    bench.input(Input::Act(Action::MarkSeen { room, up_to: Seq(2) }));
    assert_eq!(unread(&bench.client), 1);
    bench.input(Input::Act(Action::MarkSeen { room, up_to: Seq(3) }));
    assert_eq!(unread(&bench.client), 0);
    assert_eq!(places(&bench), [(NoticeBox::Own, 1, true)]);
}

#[test]
fn a_refused_mark_is_forgotten_without_a_word() {
    let mut bench = bench();
    tell(&mut bench, NoticeBox::Own, 1, moved());
    command(&mut bench, NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) });
    let (id, _) = bench.take_commands().pop().expect("sent");
    let failure = Failure::new(ErrorCode::Forbidden, "No.");
    bench.frame(&ServerFrame::Error { about: madang_shared::ErrorContext::Command(id), failure });
    assert_eq!(unread(&bench.client), 1);
    assert!(bench.client.outbox().items().is_empty());
}

#[test]
fn the_demonstration_is_expected_as_soon_as_it_is_asked_for() {
    let mut bench = bench();
    let expected =
        |bench: &Bench| bench.client.features().notices().demo_expected(bench.client.outbox());
    assert!(!expected(&bench));
    command(&mut bench, NoticesCommand::Demo { on: true });
    assert!(expected(&bench) && bench.client.features().notices().demo().is_none());
    command(&mut bench, NoticesCommand::Demo { on: false });
    assert!(!expected(&bench));
}

/// What may happen, in any order.
#[derive(Clone, Debug)]
enum Step {
    Told {
        of: NoticeBox,
        mine: bool,
    },
    /// One of the last notices, counted back from the newest.
    Read {
        of: NoticeBox,
        back: usize,
    },
    ReadAll,
    Mute {
        kind: NoticeKind,
        muted: bool,
    },
    /// The server takes the next command that waits, and says so.
    Stored,
    /// The connection breaks and comes back with states in place of events.
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    let of = || prop_oneof![Just(NoticeBox::Everybody), Just(NoticeBox::Own)];
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

/// A server as simple as can be, and what its user has done: nothing is ever forgotten here.
#[derive(Default)]
struct Naive {
    everybody: NoticesSnapshot,
    own: InboxSnapshot,
    /// The last places of both streams.
    everybody_head: u64,
    own_head: u64,
    /// What the user has read, by stream and place.
    read: Vec<(NoticeBox, Seq)>,
    muted: Vec<NoticeKind>,
}

impl Naive {
    fn kept(&self, of: NoticeBox) -> &[Notice] {
        match of {
            NoticeBox::Everybody => &self.everybody.notices,
            NoticeBox::Own => &self.own.notices,
        }
    }

    /// Counts one by one what is there, by somebody else, not muted and not read.
    fn unread(&self) -> u64 {
        let mut count = 0;
        for of in [NoticeBox::Everybody, NoticeBox::Own] {
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
        let head = match of {
            NoticeBox::Everybody => &mut self.everybody_head,
            NoticeBox::Own => &mut self.own_head,
        };
        *head += 1;
        *head
    }

    /// Takes a command as an engine does; answers its event.
    fn take(&mut self, command: &NoticesCommand) -> Option<InboxEvent> {
        let mut marks = self.own.marks.clone();
        let mut muted = self.own.muted.clone();
        let event = match *command {
            NoticesCommand::Read { of, notice } => {
                let kept = self.kept(of).iter().any(|it| it.seq == notice);
                (kept && marks.of_mut(of).read(notice)).then_some(InboxEvent::Read(marks))
            }
            NoticesCommand::ReadAll { everybody, own } => {
                let news = [marks.everybody.read_up_to(everybody), marks.own.read_up_to(own)];
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
    let mut bench = bench();
    let mut naive = Naive::default();
    for step in steps {
        match step {
            Step::Told { of, mine } => {
                let seq = naive.next(of);
                let by = if mine { me() } else { other() };
                let what = match of {
                    NoticeBox::Everybody => posted(by),
                    NoticeBox::Own => moved(),
                };
                let notice = Notice { seq: Seq(seq), at: START.plus(seq), what: what.clone() };
                match of {
                    NoticeBox::Everybody => naive.everybody.apply(NoticesEvent::Told(notice)),
                    NoticeBox::Own => naive.own.apply(InboxEvent::Told(notice)),
                }
                tell(&mut bench, of, seq, what);
            }
            Step::Read { of, back } => {
                let kept = naive.kept(of);
                let index = kept.len().saturating_sub(1).saturating_sub(back);
                let Some(notice) = kept.get(index).map(|it| it.seq) else { continue };
                naive.read.push((of, notice));
                command(&mut bench, NoticesCommand::Read { of, notice });
            }
            Step::ReadAll => {
                for of in [NoticeBox::Everybody, NoticeBox::Own] {
                    let all: Vec<_> = naive.kept(of).iter().map(|it| (of, it.seq)).collect();
                    naive.read.extend(all);
                }
                let all = bench.client.features().notices().read_all();
                command(&mut bench, all);
            }
            Step::Mute { kind, muted } => {
                madang_shared::notices::mute(&mut naive.muted, kind, muted);
                command(&mut bench, NoticesCommand::Mute { kind, muted });
            }
            Step::Stored => stored(&mut bench, &mut naive),
            Step::Reset => {
                bench.input(Input::SocketClosed { code: 1006 });
                bench.input(Input::Connect);
                bench.input(Input::SocketOpened);
                bench.welcome();
                let (notices, own) = (naive.everybody.clone(), naive.own.clone());
                bench.state(Topic::Notices, naive.everybody_head, notices.into());
                bench.state(inbox(), naive.own_head, own.into());
            }
        }
        prop_assert_eq!(unread(&bench.client), naive.unread());
    }
    // When the server has taken everything, it says the same as the screen did before.
    while !bench.client.outbox().items().is_empty() {
        stored(&mut bench, &mut naive);
    }
    prop_assert_eq!(unread(&bench.client), naive.unread());
    let all = bench.client.features().notices().read_all();
    command(&mut bench, all);
    prop_assert_eq!(unread(&bench.client), 0, "it cannot stick");
    Ok(())
}

/// The first command of the outbox takes effect: its event first, or its acknowledgement.
fn stored(bench: &mut Bench, naive: &mut Naive) {
    let Some(item) = bench.client.outbox().items().first().cloned() else { return };
    let asked = match &item.command {
        madang_shared::Command::Notices(asked) => Some(asked),
        _ => None,
    };
    let at = naive.take(asked.expect("nothing else is asked")).map(|told| {
        let seq = naive.next(NoticeBox::Own);
        event(bench, inbox(), seq, told.into());
        madang_shared::frames::LogPosition { topic: inbox(), seq: Seq(seq) }
    });
    bench.frame(&ServerFrame::Ack { id: item.id, at });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn t2_2_unread_is_what_is_there_and_not_read_and_cannot_stick(
        steps in prop::collection::vec(step(), 1..200)
    ) {
        run(steps)?;
    }
}

#[test]
fn older_notices_than_are_kept_are_neither_shown_nor_unread() {
    let mut bench = bench();
    for seq in 1..=KEPT_NOTICES as u64 + 7 {
        tell(&mut bench, NoticeBox::Own, seq, moved());
    }
    assert_eq!(unread(&bench.client), KEPT_NOTICES as u64);
    assert_eq!(places(&bench).len(), KEPT_NOTICES);
    assert_eq!(
        bench.client.features().shown_notices(bench.client.outbox())[0].at,
        START.plus(KEPT_NOTICES as u64 + 7)
    );
}
