//! A comparison that cannot fail proves nothing: every kind of harm is done here, and must be seen.

use super::*;

fn command(number: u64) -> CommandId {
    CommandId(uuid::Uuid::from_u64_pair(7, number))
}

/// Two users write three messages each, taking turns; the second was away for the first two, and
/// missed one acknowledgement.
fn good() -> (Vec<Recipients>, Vec<Testimony>) {
    let truth: Vec<Recipients> = (1..=6)
        .map(|place| Recipients {
            seq: Seq(place),
            author: UserId(1 + place % 2),
            command: command(place),
            text: format!("message {place}"),
        })
        .collect();
    let rows: Vec<Row> =
        truth.iter().map(|stored| Row { seq: stored.seq, command: stored.command }).collect();
    let of = |id: UserId| {
        let own = truth.iter().filter(move |stored| stored.author == id);
        Testimony {
            user: User { id, name: format!("user {id}") },
            written: own
                .clone()
                .map(|stored| Written { command: stored.command, text: stored.text.clone() })
                .collect(),
            acknowledged: own.map(|stored| (stored.command, Some(stored.seq))).collect(),
            timeline: rows.clone(),
            whole: true,
        }
    };
    let (first, mut second) = (of(UserId(1)), of(UserId(2)));
    second.timeline.drain(..2);
    second.whole = false;
    second.acknowledged.pop_first();
    (truth, vec![first, second])
}

fn check(harm: impl FnOnce(&mut Vec<Recipients>, &mut Vec<Testimony>), expected: (u64, u64, u64)) {
    let (mut truth, mut testimonies) = good();
    harm(&mut truth, &mut testimonies);
    let verdict = compare(&truth, &testimonies);
    let found = (verdict.lost, verdict.doubled, verdict.out_of_order);
    assert_eq!(found, expected, "lost, doubled, out of order: {verdict:#?}");
    assert_eq!(verdict.is_clean(), expected == (0, 0, 0));
    assert_eq!(verdict.findings.is_empty(), verdict.is_clean());
}

/// Closes the places after something was put in or taken out, in the truth and on the screens.
fn renumber(truth: &mut [Recipients], testimonies: &mut [Testimony]) {
    for (place, stored) in (1..).zip(truth.iter_mut()) {
        stored.seq = Seq(place);
    }
    for testimony in testimonies {
        let skipped = if testimony.whole { 0 } else { 2 };
        testimony.timeline = truth
            .iter()
            .skip(skipped)
            .map(|stored| Row { seq: stored.seq, command: stored.command })
            .collect();
        for (command, place) in &mut testimony.acknowledged {
            let stored = truth.iter().find(|stored| stored.command == *command);
            *place = stored.map(|stored| stored.seq);
        }
    }
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let (truth, testimonies) = good();
    let verdict = compare(&truth, &testimonies);
    let expected = Verdict { written: 6, acknowledged: 5, present: 6, ..Verdict::default() };
    assert_eq!(verdict, expected);
}

#[test]
fn a_lost_message_is_found_whether_it_was_acknowledged_or_settled_otherwise() {
    for place in [1, 2] {
        check(
            |truth, testimonies| {
                truth.remove(place);
                renumber(truth, testimonies);
            },
            (1, 0, 0),
        );
    }
}

#[test]
fn a_message_stored_with_another_text_is_lost_and_the_other_text_is_nobodys() {
    check(|truth, _| truth[3].text.push('!'), (1, 1, 0));
}

#[test]
fn a_message_stored_twice_is_found_under_the_same_id_and_under_a_new_one() {
    for id in [2, 99] {
        check(
            |truth, testimonies| {
                let again = Recipients { command: command(id), ..truth[1].clone() };
                truth.push(again);
                renumber(truth, testimonies);
            },
            (0, 1, 0),
        );
    }
}

#[test]
fn a_message_that_nobody_wrote_is_found() {
    check(
        |truth, testimonies| {
            let stranger = Recipients {
                command: command(99),
                text: "never written".into(),
                ..truth[1].clone()
            };
            truth.push(stranger);
            renumber(truth, testimonies);
        },
        (0, 1, 0),
    );
}

#[test]
fn an_authors_messages_in_another_order_are_found_and_two_authors_may_interleave_anyhow() {
    check(
        |truth, testimonies| {
            truth.swap(1, 3);
            renumber(truth, testimonies);
        },
        (0, 0, 1),
    );
    check(
        |truth, testimonies| {
            truth.swap(1, 2);
            renumber(truth, testimonies);
        },
        (0, 0, 0),
    );
}

#[test]
fn an_acknowledgement_that_names_another_place_is_found() {
    check(
        |_, testimonies| {
            testimonies[1].acknowledged.insert(command(3), Some(Seq(4)));
        },
        (0, 0, 1),
    );
    check(
        |_, testimonies| {
            testimonies[1].acknowledged.insert(command(3), None);
        },
        (0, 0, 1),
    );
}

#[test]
fn a_hole_in_the_places_is_found() {
    check(
        |truth, testimonies| {
            truth[5].seq = Seq(7);
            testimonies[0].timeline[5].seq = Seq(7);
            testimonies[1].timeline[3].seq = Seq(7);
            testimonies[0].acknowledged.insert(command(6), Some(Seq(7)));
        },
        (0, 0, 1),
    );
}

#[test]
fn a_timeline_that_differs_from_the_truth_is_found() {
    // Two messages changed places on the screen.
    check(|_, testimonies| testimonies[0].timeline.swap(2, 3), (0, 0, 2));
    // A message is shown twice, or missing in the middle: all before it stand at wrong places.
    check(
        |_, testimonies| {
            let twice = testimonies[1].timeline[3];
            testimonies[1].timeline.push(twice);
        },
        (0, 0, 4),
    );
    check(|_, testimonies| _ = testimonies[1].timeline.remove(2), (0, 0, 2));
    // It ends too early, begins too late where it should be whole, or shows nothing.
    check(|_, testimonies| _ = testimonies[1].timeline.pop(), (0, 0, 3));
    check(|_, testimonies| _ = testimonies[0].timeline.remove(0), (0, 0, 1));
    check(|_, testimonies| testimonies[1].timeline.clear(), (0, 0, 1));
}
