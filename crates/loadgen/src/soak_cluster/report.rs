//! The counts of each round, and of the whole run.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use anyhow::Result;
use madang_loadgen::output::print_line;
use madang_shared::{CommandId, RoomId, Seq, User};

use super::participant::{Participant, SharedNotes};
use super::stored::StoredMessages;
use super::stream_check::{StreamVerdict, check_stream};
use crate::verdict::{ClientRecord, ShownMessage, StoredMessage, Verdict, compare};

/// Interruptions that are printed; further ones are only counted.
const PRINTED_INTERRUPTIONS: usize = 20;

/// The participants, as they are observed from outside.
pub(super) struct Observer {
    rooms: Vec<RoomId>,
    participants: Vec<(User, RoomId, SharedNotes)>,
}

impl Observer {
    pub(super) fn new(rooms: Vec<RoomId>, participants: &[Participant]) -> Self {
        let observed = |it: &Participant| (it.user.user.clone(), it.room, it.notes.clone());
        Self { rooms, participants: participants.iter().map(observed).collect() }
    }

    /// Compares everything that was acknowledged so far with the database, and checks the streams.
    pub(super) async fn look(&self, stored: &StoredMessages) -> Result<Verdict> {
        // An acknowledgement before the read of the database must be in it; a message in it was written before.
        let acknowledged: Vec<BTreeMap<CommandId, Option<Seq>>> = self
            .participants
            .iter()
            .map(|(.., notes)| notes.read(|notes| notes.acknowledged.clone()))
            .collect();
        let mut verdict = Verdict::default();
        for room in &self.rooms {
            let messages = stored.of_room(*room).await?;
            let ids: HashSet<CommandId> = messages.iter().map(|message| message.command).collect();
            let timeline: Vec<ShownMessage> = messages.iter().map(shown).collect();
            let mut records = Vec::new();
            for ((user, of, notes), acknowledged) in self.participants.iter().zip(&acknowledged) {
                if of != room {
                    continue;
                }
                let mut written = notes.read(|notes| notes.written.clone());
                written.retain(|one| {
                    ids.contains(&one.command) || acknowledged.contains_key(&one.command)
                });
                records.push(ClientRecord {
                    user: user.clone(),
                    room: *room,
                    written,
                    acknowledged: acknowledged.clone(),
                    // The timelines are compared at the end.
                    timeline: timeline.clone(),
                    whole: true,
                });
            }
            verdict.add(compare(&messages, &records));
        }
        self.add_streams(&mut verdict);
        Ok(verdict)
    }

    /// Compares the final records with the database, and checks the streams.
    pub(super) async fn conclude(
        &self,
        stored: &StoredMessages,
        mut records: Vec<ClientRecord>,
    ) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        for room in &self.rooms {
            let of_room: Vec<ClientRecord>;
            (of_room, records) = records.into_iter().partition(|record| record.room == *room);
            verdict.add(compare(&stored.of_room(*room).await?, &of_room));
        }
        self.add_streams(&mut verdict);
        Ok(verdict)
    }

    /// The errors and breaks that the clients have seen.
    pub(super) fn interruptions(&self) -> Vec<String> {
        let of = |(user, _, notes): &(User, RoomId, SharedNotes)| {
            notes.read(|notes| {
                let named = notes.interruptions.iter().map(|text| format!("{}: {text}", user.name));
                named.collect::<Vec<_>>()
            })
        };
        self.participants.iter().flat_map(of).collect()
    }

    fn add_streams(&self, verdict: &mut Verdict) {
        let mut streams = StreamVerdict::default();
        for (user, _, notes) in &self.participants {
            let of_client = notes.read(|notes| check_stream(&notes.stream));
            if of_client != StreamVerdict::default() {
                verdict.findings.push(format!("the stream of {}: {of_client:?}", user.name));
            }
            streams.add(of_client);
        }
        verdict.lost += streams.lost;
        verdict.doubled += streams.doubled;
        verdict.out_of_order += streams.out_of_order;
    }
}

fn shown(message: &StoredMessage) -> ShownMessage {
    ShownMessage { seq: message.seq, command: message.command }
}

/// The results of the rounds.
#[derive(Debug, Default)]
pub(super) struct Totals {
    rounds: u32,
    longest_silence: Duration,
}

impl Totals {
    /// Prints the line of a round. `silence` is the longest silence for a client, with the client's number.
    pub(super) fn print_round(
        &mut self,
        title: &str,
        verdict: &Verdict,
        (silence, client): (Duration, usize),
        elapsed: Duration,
    ) {
        self.rounds += 1;
        self.longest_silence = self.longest_silence.max(silence);
        print_line(format_args!(
            "{title}: {} acknowledged, {} present, {} lost, {} doubled, {} out of order, longest silence {:.1} s (client \
            {client}), {:.1} s",
            verdict.acknowledged,
            verdict.present,
            verdict.lost,
            verdict.doubled,
            verdict.out_of_order,
            silence.as_secs_f64(),
            elapsed.as_secs_f64()
        ));
    }

    /// Prints the results of the whole run.
    pub(super) fn print(
        &self,
        verdict: &Verdict,
        interruptions: &[String],
        shows_interruptions: bool,
        elapsed: Duration,
    ) {
        verdict.findings.iter().for_each(print_line);
        interruptions.iter().take(PRINTED_INTERRUPTIONS).for_each(print_line);
        let mut rows: Vec<(&str, u64)> = vec![
            ("rounds", self.rounds.into()),
            ("written", verdict.written),
            ("acknowledged", verdict.acknowledged),
            ("present", verdict.present),
            ("lost", verdict.lost),
            ("doubled", verdict.doubled),
            ("out of order", verdict.out_of_order),
        ];
        if shows_interruptions {
            rows.push(("errors seen", interruptions.len() as u64));
        }
        for (what, count) in rows {
            print_line(format_args!("{what:<20}{count:>10}"));
        }
        let seconds = [("longest silence, s", self.longest_silence), ("seconds", elapsed)];
        for (what, time) in seconds {
            print_line(format_args!("{what:<20}{:>10.1}", time.as_secs_f64()));
        }
    }
}
