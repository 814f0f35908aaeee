use std::collections::HashSet;

use madang_client::PendingState;
use madang_shared::chat::ChatCommand;
use madang_shared::{ErrorCode, Failure, User};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ui::virtual_list::Splice;

const ME: UserId = UserId(1);
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

fn day(at: Timestamp) -> (Timestamp, Timestamp) {
    let start = at.0 / DAY * DAY;
    (Timestamp(start), Timestamp(start + DAY))
}

fn user(id: u64) -> User {
    User { id: UserId(id), name: id.to_string() }
}

fn message(seq: u64, author: u64, at: u64) -> Message {
    let command = CommandId::new(Timestamp(at), u128::from(seq) << 64);
    Message::new(Seq(seq), user(author), Timestamp(at), "x".to_owned(), command)
}

fn pending(seq: u64, state: PendingState) -> PendingCommand {
    PendingCommand {
        id: message(seq, 1, seq).command,
        command: madang_shared::Command::from(ChatCommand::post(RoomId(1), "x")).into(),
        at: Timestamp(seq),
        state,
    }
}

fn scene<'a>(messages: &'a VecDeque<Message>, outbox: &'a [PendingCommand]) -> Scene<'a> {
    Scene {
        room: RoomId(1),
        me: ME,
        edition: 0,
        messages,
        has_older: false,
        presence: &[],
        shows_presence: true,
        new_after: None,
        outbox,
        in_editor: None,
        now: Timestamp(u64::MAX),
    }
}

/// The rows of a fold of all messages.
fn rows(scene: &Scene<'_>, local_day: impl Fn(Timestamp) -> (Timestamp, Timestamp)) -> Vec<Row> {
    IncrementalRows::new(local_day)
        .update(scene)
        .into_iter()
        .flat_map(|change| change.rows)
        .collect()
}

/// One character per row: `<` older, `^` start, `D` day, `N` new, `C` presence; a message is `h` if it is the
/// first of its group, `t` if it is the last, `s` if it is both, `m` if it is neither.
fn sketch(rows: &[Row]) -> String {
    let sign = |row: &Row| match row {
        Row::Older => '<',
        Row::Start => '^',
        Row::Day { .. } => 'D',
        Row::New { .. } => 'N',
        Row::PresenceSummary { .. } => 'C',
        Row::Message(row) => match (row.head, row.tail) {
            (true, true) => 's',
            (true, false) => 'h',
            (false, true) => 't',
            (false, false) => 'm',
        },
    };
    rows.iter().map(sign).collect()
}

#[track_caller]
fn check(scene: &Scene<'_>, expected: &str) {
    assert_eq!(sketch(&rows(scene, day)), expected);
}

#[test]
fn an_empty_room_has_no_rows() {
    check(&scene(&VecDeque::new(), &[]), "");
}

#[test]
fn messages_of_one_author_in_one_minute_are_one_group() {
    let messages = VecDeque::from([
        message(1, 2, 0),
        message(2, 2, MINUTE / 2),
        message(3, 2, MINUTE - 1),
        message(4, 2, MINUTE),
        message(5, 3, MINUTE + 1),
        message(6, 2, MINUTE + 2),
    ]);
    check(&scene(&messages, &[]), "^Dhmtsss");
}

#[test]
fn a_new_day_has_a_row_and_ends_the_group() {
    let messages = VecDeque::from([
        message(1, 2, DAY - MINUTE),
        message(2, 2, DAY),
        message(3, 2, DAY + MINUTE / 2),
    ]);
    check(&scene(&messages, &[]), "^DsDht");
}

#[test]
fn the_new_line_stands_before_the_first_message_by_another_after_the_mark() {
    let messages =
        VecDeque::from([message(1, 2, 0), message(2, 1, 1), message(3, 2, 2), message(4, 2, 3)]);
    let mut scene = scene(&messages, &[]);
    scene.new_after = Some(Seq(1));
    check(&scene, "^DssNht");
    scene.new_after = Some(Seq(4));
    check(&scene, "^Dssht");
}

#[test]
fn presence_summaries_follow_their_message() {
    let messages = VecDeque::from([message(5, 2, 0), message(6, 2, 1)]);
    let summary =
        |after, id| PresenceSummary { after: Seq(after), joined: vec![user(id)], left: vec![] };
    let presence = [summary(2, 3), summary(4, 3), summary(5, 3), summary(6, 4)];
    let mut scene = scene(&messages, &[]);
    scene.has_older = true;
    scene.presence = &presence;
    check(&scene, "<CDsCsC");
}

#[test]
fn presence_summaries_can_be_left_out_and_come_back() {
    let messages = VecDeque::from([message(5, 2, 0), message(6, 2, 1)]);
    let summary =
        |after, id| PresenceSummary { after: Seq(after), joined: vec![user(id)], left: vec![] };
    let presence = [summary(5, 3), summary(6, 4)];
    let shown = Scene { presence: &presence, ..scene(&messages, &[]) };
    let hidden = Scene { presence: &presence, shows_presence: false, ..scene(&messages, &[]) };
    check(&hidden, "^Dht");
    let mut incremental = IncrementalRows::new(day);
    for (scene, expected) in [(&hidden, "^Dht"), (&shown, "^DsCsC"), (&hidden, "^Dht")] {
        let changes = incremental.update(scene);
        assert_eq!(sketch(&changes[0].rows), expected);
    }
}

#[test]
fn presence_summaries_show_in_a_room_without_messages() {
    let nothing = VecDeque::new();
    let presence = [PresenceSummary { after: Seq(0), joined: vec![user(3)], left: vec![] }];
    let mut scene = scene(&nothing, &[]);
    scene.presence = &presence;
    check(&scene, "^C");
}

#[test]
fn unstored_messages_stand_at_the_end_once() {
    let messages = VecDeque::from([message(1, 1, 0), message(2, 1, 1)]);
    let failed = PendingState::Failed(Failure::new(ErrorCode::Invalid, ""));
    let outbox =
        [pending(1, PendingState::Sent), pending(3, PendingState::Sent), pending(4, failed)];
    let outbox = [outbox[0].clone(), outbox[1].clone(), outbox[2].clone()];
    let mut messages = messages;
    messages[0].command = outbox[0].id;
    let rows = rows(&scene(&messages, &outbox), day);
    assert_eq!(sketch(&rows), "^Dhmmt");
    let states: Vec<&str> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Message(row) => Some(row.delivery.name()),
            _ => None,
        })
        .collect();
    assert_eq!(states, ["stored", "stored", "sent", "failed"]);
}

#[test]
fn a_row_keeps_its_key_from_pending_to_stored() {
    let outbox = [pending(7, PendingState::Waiting)];
    let before = rows(&scene(&VecDeque::new(), &outbox), day);
    let messages = VecDeque::from([Message { command: outbox[0].id, ..message(1, 1, 9) }]);
    let after = rows(&scene(&messages, &[]), day);
    assert_eq!(before.last().unwrap().key(), after.last().unwrap().key());
    assert_ne!(before.last(), after.last());
}

#[test]
fn ten_thousand_messages_have_ten_thousand_keys() {
    let messages: VecDeque<_> = (1..=10_000).map(|seq| message(seq, seq % 7, seq)).collect();
    let rows = rows(&scene(&messages, &[]), day);
    let keys: HashSet<RowKey> = rows.iter().map(ListRow::key).collect();
    assert_eq!(keys.len(), rows.len());
}

/// A change of a timeline.
#[derive(Clone, Debug)]
enum Step {
    /// A message, with the seconds since the last one.
    Said {
        author: u64,
        after: u64,
    },
    Older {
        count: u64,
        author: u64,
    },
    Came(u64),
    CrowdsForgotten,
    PresenceSwitched,
    Mark(Option<u64>),
    Waits(usize),
    Trimmed(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..4_u64, 0..200_u64).prop_map(|(author, after)| Step::Said { author, after }),
        3 => (1..8_u64, 1..4_u64).prop_map(|(count, author)| Step::Older { count, author }),
        2 => (1..4_u64).prop_map(Step::Came),
        1 => Just(Step::CrowdsForgotten),
        1 => Just(Step::PresenceSwitched),
        1 => proptest::option::of(0..6_u64).prop_map(Step::Mark),
        2 => (0..3_usize).prop_map(Step::Waits),
        1 => (0..4_usize).prop_map(Step::Trimmed),
    ]
}

proptest! {
    #[test]
    fn incremental_rows_equal_those_of_a_whole_fold(steps in vec(step(), 1..60)) {
        const FIRST: u64 = 1_000;
        let mut messages: VecDeque<Message> = VecDeque::new();
        let (mut presence, mut outbox): (Vec<PresenceSummary>, Vec<PendingCommand>) = (Vec::new(), Vec::new());
        let (mut edition, mut mark, mut now, mut shows_presence) = (0, None, 10 * DAY, true);
        let mut keeper = IncrementalRows::new(day);
        let mut folded: Vec<Row> = Vec::new();
        for step in steps {
            let newest = messages.back().map_or(FIRST, |message| message.seq.0);
            match step {
                Step::Said { author, after } => {
                    now += after * 1_000;
                    let stored = message(newest + 1, author, now);
                    outbox.retain(|item| item.id != stored.command);
                    messages.push_back(stored);
                }
                Step::Older { count, author } => {
                    for _ in 0..count {
                        let Some(first) = messages.front() else { break };
                        let at = first.at.0.saturating_sub(MINUTE * 3);
                        messages.push_front(message(first.seq.0 - 1, author, at));
                    }
                }
                Step::Came(id) => match presence.last_mut() {
                    Some(last) if last.after.0 == newest => last.joined.push(user(id)),
                    _ => presence.push(PresenceSummary { after: Seq(newest), joined: vec![user(id)], left: vec![] }),
                },
                Step::CrowdsForgotten => {
                    presence.clear();
                    edition += 1;
                }
                Step::PresenceSwitched => shows_presence = !shows_presence,
                Step::Mark(back) => mark = back.map(|back| Seq(newest.saturating_sub(back))),
                Step::Waits(count) => {
                    outbox = (1..=count as u64).map(|n| pending(newest + n, PendingState::Sent)).collect();
                }
                Step::Trimmed(count) => {
                    messages.drain(..count.min(messages.len()));
                    edition += 1;
                }
            }
            let reaches = |mark: &Seq| messages.front().is_some_and(|first| first.seq <= mark.next());
            let scene = Scene {
                edition,
                has_older: messages.front().is_some_and(|first| first.seq.0 > FIRST - 100),
                presence: &presence,
                shows_presence,
                new_after: mark.filter(reaches),
                now: Timestamp(now),
                ..scene(&messages, &outbox)
            };
            for Splice { range, rows } in keeper.update(&scene) {
                let range = range.start.min(folded.len())..range.end.min(folded.len());
                folded.splice(range, rows);
            }
            prop_assert_eq!(&folded, &rows(&scene, day));
        }
    }
}

#[test]
fn a_message_at_the_end_changes_no_other_rows() {
    let mut messages: VecDeque<_> = (1..=10_000).map(|seq| message(seq, seq % 7, seq)).collect();
    let mut keeper = IncrementalRows::new(day);
    keeper.update(&scene(&messages, &[]));
    messages.push_back(message(10_001, 3, 10_001));
    let changes = keeper.update(&scene(&messages, &[]));
    let made: usize = changes.iter().map(|change| change.rows.len()).sum();
    assert!(made <= 2, "{changes:?}");
}
