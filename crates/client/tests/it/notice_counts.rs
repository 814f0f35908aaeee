//! The unread count of notices, against a model that keeps everything.

use std::collections::HashMap;

use madang_client::Input;
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeKind, NoticesCommand, NoticesEvent,
    NoticesSnapshot, OrderNoticesEvent, OrderNoticesSnapshot, PostNoticesEvent,
    PostNoticesSnapshot,
};
use madang_shared::{Seq, ServerFrame};
use proptest::prelude::*;

use crate::notices::{command, driver, event, inbox, moved, posted, tell, unread};
use crate::support::{START, TestClient, me, other};

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
    let asked = match item.command() {
        Some(madang_shared::Command::Notices(asked)) => Some(asked),
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
