//! The comparison must find every kind of fault: each is injected here.

use super::*;

fn command(number: u64) -> CommandId {
    CommandId(uuid::Uuid::from_u64_pair(7, number))
}

/// Two users write three messages each, in turns. The second has no timeline for the first two messages and
/// misses one acknowledgement.
fn good() -> (Vec<StoredMessage>, Vec<ClientRecord>) {
    let stored_messages: Vec<StoredMessage> = (1..=6)
        .map(|seq| StoredMessage {
            seq: Seq(seq),
            author: UserId(1 + seq % 2),
            command: command(seq),
            text: format!("message {seq}"),
        })
        .collect();
    let shown: Vec<ShownMessage> = stored_messages
        .iter()
        .map(|stored| ShownMessage { seq: stored.seq, command: stored.command })
        .collect();
    let of = |id: UserId| {
        let own = stored_messages.iter().filter(move |stored| stored.author == id);
        ClientRecord {
            user: User { id, name: format!("user {id}") },
            room: RoomId(1),
            written: own
                .clone()
                .map(|stored| WrittenMessage { command: stored.command, text: stored.text.clone() })
                .collect(),
            acknowledged: own.map(|stored| (stored.command, Some(stored.seq))).collect(),
            timeline: shown.clone(),
            whole: true,
        }
    };
    let (first, mut second) = (of(UserId(1)), of(UserId(2)));
    second.timeline.drain(..2);
    second.whole = false;
    second.acknowledged.pop_first();
    (stored_messages, vec![first, second])
}

fn check(
    inject: impl FnOnce(&mut Vec<StoredMessage>, &mut Vec<ClientRecord>),
    expected: (u64, u64, u64),
) {
    let (mut stored_messages, mut records) = good();
    inject(&mut stored_messages, &mut records);
    let verdict = compare(&stored_messages, &records);
    let found = (verdict.lost, verdict.doubled, verdict.out_of_order);
    assert_eq!(found, expected, "lost, doubled, out of order: {verdict:#?}");
    assert_eq!(verdict.is_clean(), expected == (0, 0, 0));
    assert_eq!(verdict.findings.is_empty(), verdict.is_clean());
}

/// Numbers the stored messages without gaps after a change, and updates timelines and acknowledgements.
fn renumber(stored_messages: &mut [StoredMessage], records: &mut [ClientRecord]) {
    for (seq, stored) in (1..).zip(stored_messages.iter_mut()) {
        stored.seq = Seq(seq);
    }
    for record in records {
        let skipped = if record.whole { 0 } else { 2 };
        record.timeline = stored_messages
            .iter()
            .skip(skipped)
            .map(|stored| ShownMessage { seq: stored.seq, command: stored.command })
            .collect();
        for (command, seq) in &mut record.acknowledged {
            let stored = stored_messages.iter().find(|stored| stored.command == *command);
            *seq = stored.map(|stored| stored.seq);
        }
    }
}

#[test]
fn a_clean_run_has_no_findings() {
    let (stored_messages, records) = good();
    let verdict = compare(&stored_messages, &records);
    let expected = Verdict { written: 6, acknowledged: 5, present: 6, ..Verdict::default() };
    assert_eq!(verdict, expected);
}

#[test]
fn a_lost_message_is_found_with_and_without_acknowledgement() {
    for index in [1, 2] {
        check(
            |stored_messages, records| {
                stored_messages.remove(index);
                renumber(stored_messages, records);
            },
            (1, 0, 0),
        );
    }
}

#[test]
fn a_message_stored_with_another_text_is_lost_and_the_other_text_was_never_written() {
    check(|stored_messages, _| stored_messages[3].text.push('!'), (1, 1, 0));
}

#[test]
fn a_message_stored_twice_is_found_under_the_same_id_and_under_a_new_one() {
    for id in [2, 99] {
        check(
            |stored_messages, records| {
                let again = StoredMessage { command: command(id), ..stored_messages[1].clone() };
                stored_messages.push(again);
                renumber(stored_messages, records);
            },
            (0, 1, 0),
        );
    }
}

#[test]
fn a_message_that_was_never_written_is_found() {
    check(
        |stored_messages, records| {
            let unwritten = StoredMessage {
                command: command(99),
                text: "never written".into(),
                ..stored_messages[1].clone()
            };
            stored_messages.push(unwritten);
            renumber(stored_messages, records);
        },
        (0, 1, 0),
    );
}

#[test]
fn reordered_messages_of_one_author_are_found_and_any_interleaving_of_two_authors_is_accepted() {
    check(
        |stored_messages, records| {
            stored_messages.swap(1, 3);
            renumber(stored_messages, records);
        },
        (0, 0, 1),
    );
    check(
        |stored_messages, records| {
            stored_messages.swap(1, 2);
            renumber(stored_messages, records);
        },
        (0, 0, 0),
    );
}

#[test]
fn an_acknowledgement_with_another_position_is_found() {
    check(
        |_, records| {
            records[1].acknowledged.insert(command(3), Some(Seq(4)));
        },
        (0, 0, 1),
    );
    check(
        |_, records| {
            records[1].acknowledged.insert(command(3), None);
        },
        (0, 0, 1),
    );
}

#[test]
fn a_gap_in_the_sequence_numbers_is_found() {
    check(
        |stored_messages, records| {
            stored_messages[5].seq = Seq(7);
            records[0].timeline[5].seq = Seq(7);
            records[1].timeline[3].seq = Seq(7);
            records[0].acknowledged.insert(command(6), Some(Seq(7)));
        },
        (0, 0, 1),
    );
}

#[test]
fn a_timeline_that_differs_from_the_stored_messages_is_found() {
    // Two messages are swapped in the timeline.
    check(|_, records| records[0].timeline.swap(2, 3), (0, 0, 2));
    // A message is shown twice, or is missing in the middle: every message before it is misplaced.
    check(
        |_, records| {
            let twice = records[1].timeline[3];
            records[1].timeline.push(twice);
        },
        (0, 0, 4),
    );
    check(|_, records| _ = records[1].timeline.remove(2), (0, 0, 2));
    // The timeline ends too early, begins too late although it should be whole, or is empty.
    check(|_, records| _ = records[1].timeline.pop(), (0, 0, 3));
    check(|_, records| _ = records[0].timeline.remove(0), (0, 0, 1));
    check(|_, records| records[1].timeline.clear(), (0, 0, 1));
}
