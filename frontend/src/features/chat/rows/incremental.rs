//! The rows of a timeline that grows at its ends: what is new is made into rows, the rest stays as it is,
//! however long the timeline.

use std::collections::HashSet;

use madang_shared::{CommandId, Message, RoomId, Seq, Timestamp, UserId};

use super::fold::{Context, Fold, own_pending};
use super::{Row, Scene};
use crate::ui::virtual_list::Splice;

/// Knows what was made into rows. The rows themselves are with the list: it gets the differences.
pub(crate) struct IncrementalRows<F> {
    local_day: F,
    kept: Option<Kept>,
    /// The reader's own messages among the stored ones.
    own: HashSet<CommandId>,
}

/// What the rows were made from.
struct Kept {
    of: Of,
    has_older: bool,
    first: Name,
    last: Name,
    rows: usize,
    /// Up to here, rows change when older messages come: behind the first message.
    head: usize,
    /// From here on, rows change when anything follows: from the last stored message on, …
    seam: usize,
    /// … before which this was so.
    context: Context,
}

/// Another of these makes all rows anew.
type Of = (RoomId, UserId, u64, Option<Seq>);
/// The id makes sure: a stream that was rebuilt has other messages in the same places.
type Name = (Seq, CommandId);

fn name(message: &Message) -> Name {
    (message.seq, message.command)
}

impl<F: Fn(Timestamp) -> (Timestamp, Timestamp)> IncrementalRows<F> {
    /// `local_day` answers when the reader's day around a moment starts and ends.
    pub(crate) fn new(local_day: F) -> Self {
        Self { local_day, kept: None, own: HashSet::new() }
    }

    /// What has to be done to the rows as they were after the last call, for them to show the scene; oldest
    /// first, each change on top of those before.
    pub(crate) fn update(&mut self, scene: &Scene<'_>) -> Vec<Splice<Row>> {
        let Some((mut kept, known)) = self.still_holds(scene) else {
            return vec![self.make_all(scene)];
        };
        let mut changes = Vec::new();
        if known.start > 0 || kept.has_older != scene.has_older {
            changes.extend(self.prepend(scene, &mut kept, known.start));
        }
        self.add_own(scene, known.end..scene.messages.len());
        changes.push(self.follow(scene, &mut kept, known.end.saturating_sub(1)));
        self.kept = Some(kept);
        changes
    }

    /// Whether nobody has said anything, as far as is known.
    pub(crate) fn is_silent(&self, scene: &Scene<'_>) -> bool {
        scene.messages.is_empty() && own_pending(scene, &self.own).is_empty()
    }

    /// What was kept, and which of the messages it knows; none if all has to be made anew.
    fn still_holds(&mut self, scene: &Scene<'_>) -> Option<(Kept, std::ops::Range<usize>)> {
        let kept = self.kept.take().filter(|kept| kept.of == of(scene))?;
        let place = |(seq, command): Name| {
            let index = scene.messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
            scene.messages.get(index).filter(|message| message.command == command)?;
            Some(index)
        };
        let (first, last) = (place(kept.first)?, place(kept.last)?);
        // With one message the ends are the same.
        (first < last).then_some((kept, first..last + 1))
    }

    fn add_own(&mut self, scene: &Scene<'_>, messages: std::ops::Range<usize>) {
        let own = scene.messages.range(messages).filter(|message| message.author.id == scene.me);
        self.own.extend(own.map(|message| message.command));
    }

    fn make_all(&mut self, scene: &Scene<'_>) -> Splice<Row> {
        self.own.clear();
        self.add_own(scene, 0..scene.messages.len());
        let pending = own_pending(scene, &self.own);
        if scene.messages.is_empty() && pending.is_empty() && scene.crowds.is_empty() {
            return Splice { range: 0..usize::MAX, rows: Vec::new() };
        }
        let mut fold = Fold::start(scene, &self.local_day);
        let (mut head, mut seam, mut context) = (0, 0, Context::default());
        let count = scene.messages.len();
        for (index, message) in scene.messages.iter().enumerate() {
            if index + 1 == count {
                (seam, context) = (fold.rows.len(), fold.context.clone());
            }
            fold.stored(message);
            if index == 0 {
                head = fold.rows.len();
            }
            fold.crowds_after(message.seq);
        }
        fold.end(pending);
        let rows = fold.rows;
        let ends = scene.messages.front().zip(scene.messages.back());
        self.kept = ends.map(|(first, last)| Kept {
            of: of(scene),
            has_older: scene.has_older,
            first: name(first),
            last: name(last),
            rows: rows.len(),
            head,
            seam,
            context,
        });
        Splice { range: 0..usize::MAX, rows }
    }

    /// Makes rows of the messages before the one at `known`, which was the first; its own row as well, and what
    /// stands above it, for they may look different now.
    fn prepend(&mut self, scene: &Scene<'_>, kept: &mut Kept, known: usize) -> Option<Splice<Row>> {
        self.add_own(scene, 0..known);
        let mut fold = Fold::start(scene, &self.local_day);
        let (mut head, mut end) = (0, 0);
        // One further than the row that is needed: it decides whether that one is the last of its group.
        for (index, message) in scene.messages.iter().take(known + 2).enumerate() {
            fold.stored(message);
            if index == 0 {
                head = fold.rows.len();
            }
            if index == known {
                end = fold.rows.len();
            }
            fold.crowds_after(message.seq);
        }
        let mut rows = fold.rows;
        rows.truncate(end);
        let splice = Splice { range: 0..kept.head, rows };
        kept.rows = kept.rows - kept.head + end;
        kept.seam = kept.seam - kept.head + end;
        kept.head = head;
        kept.has_older = scene.has_older;
        kept.first = scene.messages.front().map(name)?;
        Some(splice)
    }

    /// Makes rows of the messages from the one at `from` on, which was the last.
    fn follow(&mut self, scene: &Scene<'_>, kept: &mut Kept, from: usize) -> Splice<Row> {
        let start = kept.seam;
        let mut fold = Fold::resume(scene, kept.context.clone(), &self.local_day);
        let count = scene.messages.len();
        for (index, message) in scene.messages.range(from..).enumerate() {
            if from + index + 1 == count {
                kept.seam = start + fold.rows.len();
                kept.context = fold.context.clone();
                kept.last = name(message);
            }
            fold.stored(message);
            fold.crowds_after(message.seq);
        }
        fold.end(own_pending(scene, &self.own));
        let splice = Splice { range: start..kept.rows, rows: fold.rows };
        kept.rows = start + splice.rows.len();
        splice
    }
}

fn of(scene: &Scene<'_>) -> Of {
    (scene.room, scene.me, scene.edition, scene.new_after)
}
