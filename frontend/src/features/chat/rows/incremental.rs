//! Updates the rows of a timeline that grows at its ends: only new messages are folded, however long the timeline
//! is.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use madang_client::views::message_acts;
use madang_shared::{CommandId, Message, RoomId, Seq, Timestamp, UserId};

use super::fold::{Context, Fold, own_pending};
use super::{Delivery, Row, Scene};
use crate::ui::virtual_list::Splice;

/// Remembers the folded messages. The list holds the rows themselves, and gets the differences.
pub(crate) struct IncrementalRows<F> {
    local_day: F,
    folded: Option<FoldedRows>,
    /// The user's own messages among the stored ones.
    own: HashSet<CommandId>,
}

/// The state after the last fold.
struct FoldedRows {
    inputs: Inputs,
    has_older: bool,
    first: MessageId,
    last: MessageId,
    rows: usize,
    /// The end of the rows that change when older messages arrive: behind the first message.
    head: usize,
    /// The start of the rows that change when a message follows: the row of the last stored message.
    seam: usize,
    /// The context of the fold before that row.
    context: Context,
}

/// When one of these changes, all messages are folded again.
type Inputs = (RoomId, UserId, u64, Option<Seq>, bool, Option<Seq>, u64);
/// With the command id, because a rebuilt stream has other messages at the same seqs.
type MessageId = (Seq, CommandId);

fn message_id(message: &Message) -> MessageId {
    (message.seq, message.command)
}

impl<F: Fn(Timestamp) -> (Timestamp, Timestamp)> IncrementalRows<F> {
    /// `local_day` returns start and end of the user's day around a moment.
    pub(crate) fn new(local_day: F) -> Self {
        Self { local_day, folded: None, own: HashSet::new() }
    }

    /// The changes that turn the rows of the last call into those of the scene; oldest rows first, each change
    /// on top of those before.
    pub(crate) fn update(&mut self, scene: &Scene<'_>) -> Vec<Splice<Row>> {
        let Some((mut folded, known)) = self.take_if_current(scene) else {
            return vec![self.fold_all(scene)];
        };
        let mut changes = Vec::new();
        if known.start > 0 || folded.has_older != scene.has_older {
            changes.extend(self.prepend(scene, &mut folded, known.start));
        }
        self.add_own(scene, known.end..scene.messages.len());
        changes.push(self.append(scene, &mut folded, known.end.saturating_sub(1)));
        self.folded = Some(folded);
        changes
    }

    /// Whether the room has no messages.
    pub(crate) fn has_no_messages(&self, scene: &Scene<'_>) -> bool {
        scene.messages.is_empty() && own_pending(scene, &self.own).is_empty()
    }

    /// The folded state, and the range of messages that it covers; none if all messages must be folded again.
    fn take_if_current(
        &mut self,
        scene: &Scene<'_>,
    ) -> Option<(FoldedRows, std::ops::Range<usize>)> {
        let folded = self.folded.take().filter(|folded| folded.inputs == inputs(scene))?;
        let index_of = |(seq, command): MessageId| {
            let index = scene.messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
            scene.messages.get(index).filter(|message| message.command == command)?;
            Some(index)
        };
        let (first, last) = (index_of(folded.first)?, index_of(folded.last)?);
        // With one message both ends are the same.
        (first < last).then_some((folded, first..last + 1))
    }

    fn add_own(&mut self, scene: &Scene<'_>, messages: std::ops::Range<usize>) {
        let own = scene.messages.range(messages).filter(|message| message.author.id == scene.me);
        self.own.extend(own.map(|message| message.command));
    }

    fn fold_all(&mut self, scene: &Scene<'_>) -> Splice<Row> {
        self.own.clear();
        self.add_own(scene, 0..scene.messages.len());
        let pending = own_pending(scene, &self.own);
        let has_presence = scene.shows_presence && !scene.presence.is_empty();
        if scene.messages.is_empty() && pending.is_empty() && !has_presence {
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
            fold.presence_after(message.seq);
        }
        fold.end(pending);
        let rows = fold.rows;
        let ends = scene.messages.front().zip(scene.messages.back());
        self.folded = ends.map(|(first, last)| FoldedRows {
            inputs: inputs(scene),
            has_older: scene.has_older,
            first: message_id(first),
            last: message_id(last),
            rows: rows.len(),
            head,
            seam,
            context,
        });
        Splice { range: 0..usize::MAX, rows }
    }

    /// Folds the messages before `known`, which was the first message. Its row and the rows above it are folded
    /// again, because they may look different now.
    fn prepend(
        &mut self,
        scene: &Scene<'_>,
        folded: &mut FoldedRows,
        known: usize,
    ) -> Option<Splice<Row>> {
        self.add_own(scene, 0..known);
        let mut fold = Fold::start(scene, &self.local_day);
        let (mut head, mut end) = (0, 0);
        // One message further, because it decides whether the row before it is the last of its group.
        for (index, message) in scene.messages.iter().take(known + 2).enumerate() {
            fold.stored(message);
            if index == 0 {
                head = fold.rows.len();
            }
            if index == known {
                end = fold.rows.len();
            }
            fold.presence_after(message.seq);
        }
        let mut rows = fold.rows;
        rows.truncate(end);
        let splice = Splice { range: 0..folded.head, rows };
        folded.rows = folded.rows - folded.head + end;
        folded.seam = folded.seam - folded.head + end;
        folded.head = head;
        folded.has_older = scene.has_older;
        folded.first = scene.messages.front().map(message_id)?;
        Some(splice)
    }

    /// Folds the messages from `from` on, which was the last message.
    fn append(&mut self, scene: &Scene<'_>, folded: &mut FoldedRows, from: usize) -> Splice<Row> {
        let start = folded.seam;
        let mut fold = Fold::resume(scene, folded.context.clone(), &self.local_day);
        let count = scene.messages.len();
        for (index, message) in scene.messages.range(from..).enumerate() {
            if from + index + 1 == count {
                folded.seam = start + fold.rows.len();
                folded.context = fold.context.clone();
                folded.last = message_id(message);
            }
            fold.stored(message);
            fold.presence_after(message.seq);
        }
        fold.end(own_pending(scene, &self.own));
        let splice = Splice { range: start..folded.rows, rows: fold.rows };
        folded.rows = start + splice.rows.len();
        splice
    }
}

fn inputs(scene: &Scene<'_>) -> Inputs {
    let Scene { room, me, edition, new_after, shows_presence, in_editor, .. } = *scene;
    let mut acts = DefaultHasher::new();
    for (message, item) in message_acts::in_outbox(scene.outbox, room) {
        (message, item.id, Delivery::inputs(&item.state)).hash(&mut acts);
    }
    (room, me, edition, new_after, shows_presence, in_editor, acts.finish())
}
