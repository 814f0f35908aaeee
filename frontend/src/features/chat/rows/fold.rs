//! Messages in, rows out: one after the other, from any message on.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use madang_client::PendingCommand;
use madang_client::timeline::PresenceSummary;
use madang_shared::chat::{ChatCommand, Guest};
use madang_shared::{Command, CommandId, Message, Seq, Timestamp, UserId};

use super::{Delivery, MessageRow, Row, Scene, TOGETHER_MS};

/// What decides, besides a message, which rows it becomes. A copy of it is where one can begin again.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The day that was told last: it starts and ends here.
    day: Option<(Timestamp, Timestamp)>,
    /// Who spoke last and when, if the next message can stand together with it.
    last: Option<((UserId, Option<u64>), Timestamp)>,
    /// The line of the new is still to come, before the first message by another after this.
    new_after: Option<Seq>,
    /// So many comings and goings were told or left out.
    crowds: usize,
}

/// Makes rows.
pub(super) struct Fold<'a, F> {
    pub(super) rows: Vec<Row>,
    pub(super) context: Context,
    scene: &'a Scene<'a>,
    local_day: F,
}

impl<'a, F: Fn(Timestamp) -> (Timestamp, Timestamp)> Fold<'a, F> {
    /// Begins before the first message.
    pub(super) fn start(scene: &'a Scene<'a>, local_day: F) -> Self {
        let context = Context { new_after: scene.new_after, ..Context::default() };
        let mut fold = Self::resume(scene, context, local_day);
        fold.rows.push(if scene.has_older { Row::Older } else { Row::Start });
        let first = scene.messages.front().map_or(Seq(0), |message| message.seq);
        // What happened before the first loaded message has lost its place.
        while fold.crowd_if(|crowd| crowd.after.next() < first).is_some() {}
        fold.tell_crowds(|crowd| crowd.after < first);
        fold
    }

    /// Goes on where another left off.
    pub(super) fn resume(scene: &'a Scene<'a>, context: Context, local_day: F) -> Self {
        Self { rows: Vec::new(), context, scene, local_day }
    }

    /// The next message.
    pub(super) fn stored(&mut self, message: &Message) {
        let mark = self.context.new_after;
        if mark.is_some_and(|mark| message.seq > mark && message.author.id != self.scene.me) {
            self.context.new_after = None;
            self.day_of(message.at);
            self.line(Row::New);
        }
        self.message(message.at, stored_row(message, self.scene.me));
    }

    /// Who came and went after that message.
    pub(super) fn crowds_after(&mut self, seq: Seq) {
        self.tell_crowds(|crowd| crowd.after <= seq);
    }

    /// After the last message: what was not stored yet.
    pub(super) fn end(&mut self, pending: Vec<(&PendingCommand, &str)>) {
        // In a room where nothing was said yet, comings and goings stand after nothing.
        self.tell_crowds(|_| true);
        for item in pending {
            let at = item.0.at.min(self.scene.now);
            self.message(at, pending_row(item, self.scene.me));
        }
    }

    fn crowd_if(
        &mut self,
        wanted: impl Fn(&PresenceSummary) -> bool,
    ) -> Option<&'a PresenceSummary> {
        let crowd = self.scene.crowds.get(self.context.crowds).filter(|crowd| wanted(crowd))?;
        self.context.crowds += 1;
        Some(crowd)
    }

    fn tell_crowds(&mut self, wanted: impl Fn(&PresenceSummary) -> bool) {
        while let Some(crowd) = self.crowd_if(&wanted) {
            self.line(crowd_row(crowd));
        }
    }

    fn day_of(&mut self, at: Timestamp) {
        if self.context.day.is_some_and(|(start, end)| start <= at && at < end) {
            return;
        }
        let day = (self.local_day)(at);
        self.context.day = Some(day);
        self.line(Row::Day { start: day.0 });
    }

    /// A row between messages: what stands above and below it does not stand together.
    fn line(&mut self, row: Row) {
        self.rows.push(row);
        self.context.last = None;
    }

    fn message(&mut self, at: Timestamp, mut row: MessageRow) {
        self.day_of(at);
        let last = self.context.last;
        let speaker = (row.author, row.guest);
        let together =
            last.is_some_and(|(who, before)| who == speaker && at.since(before) < TOGETHER_MS);
        if together {
            row.head = false;
            // None where this begins again: that row knows it already.
            if let Some(Row::Message(before)) = self.rows.last_mut() {
                before.tail = false;
            }
        }
        self.context.last = Some((speaker, at));
        self.rows.push(Row::Message(row));
    }
}

/// One's own messages to this room that the timeline does not have yet; `known` are those that it has.
pub(super) fn own_pending<'a>(
    scene: &Scene<'a>,
    known: &HashSet<CommandId>,
) -> Vec<(&'a PendingCommand, &'a str)> {
    let posts = scene.outbox.iter().filter_map(|item| match &item.command {
        Command::Chat(ChatCommand::Post { room, text }) if *room == scene.room => {
            Some((item, text.as_str()))
        }
        _ => None,
    });
    posts.filter(|(item, _)| !known.contains(&item.id)).collect()
}

fn stored_row(message: &Message, me: UserId) -> MessageRow {
    MessageRow {
        author: message.author.id,
        command: message.command,
        seq: Some(message.seq),
        delivery: Delivery::Stored,
        mine: message.author.id == me,
        head: true,
        tail: true,
        guest: message.guest.as_ref().map(voice),
        length: length(&message.text),
    }
}

fn voice(guest: &Guest) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&guest.name, &guest.connection).hash(&mut hasher);
    hasher.finish()
}

fn pending_row((item, text): (&PendingCommand, &str), me: UserId) -> MessageRow {
    MessageRow {
        author: me,
        command: item.id,
        seq: None,
        delivery: Delivery::of(&item.state),
        mine: true,
        head: true,
        tail: true,
        guest: None,
        length: length(text),
    }
}

fn crowd_row(crowd: &PresenceSummary) -> Row {
    let mut names = DefaultHasher::new();
    for users in [&crowd.joined, &crowd.left] {
        users.len().hash(&mut names);
        for user in users {
            user.id.hash(&mut names);
        }
    }
    Row::PresenceSummary { after: crowd.after, stamp: names.finish() }
}

/// In signs as wide as Latin ones, a line end counting as a whole line.
fn length(text: &str) -> u16 {
    let width = |c: char| match c {
        '\n' => 36,
        '\u{1100}'.. => 2,
        _ => 1,
    };
    text.chars().map(width).fold(0, u16::saturating_add)
}
