//! What the timeline shows, row by row.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use madang_client::timeline::Crowd;
use madang_client::{Pending, PendingState, SortedSet};
use madang_shared::chat::ChatCommand;
use madang_shared::{Command, CommandId, Message, RoomId, Seq, Timestamp, UserId};

use crate::ui::virtual_list::{ListRow, RowKey};

/// Messages of one author with less than this between them stand together, in milliseconds.
const TOGETHER_MS: u64 = 5 * 60 * 1_000;

/// How far a message of one's own has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Delivery {
    /// It waits for the connection.
    Pending,
    /// It is on its way.
    Sent,
    /// It is in the log.
    Stored,
    /// It was refused.
    Failed,
}

impl Delivery {
    pub(crate) fn of(state: &PendingState) -> Self {
        match state {
            PendingState::Waiting => Self::Pending,
            PendingState::Sent => Self::Sent,
            PendingState::Stored(_) => Self::Stored,
            PendingState::Failed(_) => Self::Failed,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Stored => "stored",
            Self::Failed => "failed",
        }
    }
}

/// A row of the timeline. It holds what decides how the row looks; texts stay where they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// Older messages are there and will come.
    Older,
    /// There is nothing before this.
    Start,
    /// A day begins; the moment lies in it.
    Day { start: Timestamp },
    /// Where the reader left off.
    New,
    /// Who came and who went after this message; `stamp` changes with the names.
    Crowd { after: Seq, stamp: u64 },
    /// Something was said.
    Message(MessageRow),
}

/// The row of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MessageRow {
    pub(crate) author: UserId,
    pub(crate) command: CommandId,
    /// None until it is known to be in the log.
    pub(crate) seq: Option<Seq>,
    pub(crate) delivery: Delivery,
    pub(crate) mine: bool,
    /// The first of those that stand together: it tells the name.
    pub(crate) head: bool,
    /// The last of them: it tells the time.
    pub(crate) tail: bool,
    /// About how long it is; for the guess at its height.
    length: u16,
}

impl ListRow for Row {
    fn key(&self) -> RowKey {
        match self {
            Self::Older => 1,
            Self::Start => 2,
            Self::New => 3,
            Self::Day { start } => start.0 ^ (1 << 60),
            Self::Crowd { after, .. } => after.0 ^ (1 << 61),
            Self::Message(row) => {
                let (high, low) = row.command.0.as_u64_pair();
                high.rotate_left(17) ^ low ^ row.author.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            }
        }
    }

    fn estimate(&self) -> f64 {
        match self {
            Self::Message(row) => {
                let name = if row.head && !row.mine { 22.0 } else { 0.0 };
                let gap = if row.head { 12.0 } else { 3.0 };
                40.0 + name + gap + f64::from(row.length / 36) * 22.0
            }
            Self::Start => 96.0,
            Self::Older | Self::Day { .. } => 52.0,
            Self::New | Self::Crowd { .. } => 36.0,
        }
    }

    fn steady(&self) -> bool {
        matches!(self, Self::Message(_))
    }
}

/// All that the rows are made from.
pub(crate) struct Scene<'a> {
    pub(crate) room: RoomId,
    pub(crate) me: UserId,
    pub(crate) messages: &'a VecDeque<Message>,
    pub(crate) has_older: bool,
    pub(crate) crowds: &'a [Crowd],
    /// The reader left off after this.
    pub(crate) new_after: Option<Seq>,
    pub(crate) outbox: &'a [Pending],
    /// No message of one's own is shown as later than this.
    pub(crate) now: Timestamp,
}

/// The rows, oldest first. `local_day` answers when the reader's day around a moment starts and ends.
pub(crate) fn rows(
    scene: &Scene<'_>,
    local_day: impl Fn(Timestamp) -> (Timestamp, Timestamp),
) -> Vec<Row> {
    let pending = own_pending(scene);
    if scene.messages.is_empty() && pending.is_empty() && scene.crowds.is_empty() {
        return Vec::new();
    }
    let mut builder = Builder {
        rows: Vec::with_capacity(scene.messages.len() + pending.len() + 8),
        day: None,
        last: None,
        local_day,
    };
    builder.rows.push(if scene.has_older { Row::Older } else { Row::Start });
    let mut crowds = scene.crowds.iter().peekable();
    let mut new_after = scene.new_after;
    let first = scene.messages.front().map_or(Seq(0), |message| message.seq);
    // What happened before the first loaded message has lost its place.
    while crowds.next_if(|crowd| crowd.after.next() < first).is_some() {}
    while let Some(crowd) = crowds.next_if(|crowd| crowd.after < first) {
        builder.line(crowd_row(crowd));
    }
    for message in scene.messages {
        if new_after.is_some_and(|mark| message.seq > mark && message.author.id != scene.me) {
            new_after = None;
            builder.day_of(message.at);
            builder.line(Row::New);
        }
        builder.message(message.at, stored_row(message, scene.me));
        while let Some(crowd) = crowds.next_if(|crowd| crowd.after <= message.seq) {
            builder.line(crowd_row(crowd));
        }
    }
    // In a room where nothing was said yet, they stand after nothing.
    for crowd in crowds {
        builder.line(crowd_row(crowd));
    }
    for item in pending {
        let at = item.0.at.min(scene.now);
        builder.message(at, pending_row(item, scene.me));
    }
    builder.rows
}

struct Builder<F> {
    rows: Vec<Row>,
    day: Option<(Timestamp, Timestamp)>,
    last: Option<(UserId, Timestamp)>,
    local_day: F,
}

impl<F: Fn(Timestamp) -> (Timestamp, Timestamp)> Builder<F> {
    fn day_of(&mut self, at: Timestamp) {
        if self.day.is_some_and(|(start, end)| start <= at && at < end) {
            return;
        }
        let day = (self.local_day)(at);
        self.day = Some(day);
        self.line(Row::Day { start: day.0 });
    }

    /// A row between messages: what stands above and below it does not stand together.
    fn line(&mut self, row: Row) {
        self.rows.push(row);
        self.last = None;
    }

    fn message(&mut self, at: Timestamp, mut row: MessageRow) {
        self.day_of(at);
        let together = self
            .last
            .is_some_and(|(author, before)| author == row.author && at.since(before) < TOGETHER_MS);
        if together && let Some(Row::Message(before)) = self.rows.last_mut() {
            before.tail = false;
            row.head = false;
        }
        self.last = Some((row.author, at));
        self.rows.push(Row::Message(row));
    }
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
        length: length(&message.text),
    }
}

fn pending_row((item, text): (&Pending, &str), me: UserId) -> MessageRow {
    MessageRow {
        author: me,
        command: item.id,
        seq: None,
        delivery: Delivery::of(&item.state),
        mine: true,
        head: true,
        tail: true,
        length: length(text),
    }
}

/// One's own messages to this room that the timeline does not have yet.
fn own_pending<'a>(scene: &Scene<'a>) -> Vec<(&'a Pending, &'a str)> {
    let posts = scene.outbox.iter().filter_map(|item| match &item.command {
        Command::Chat(ChatCommand::Post { room, text }) if *room == scene.room => {
            Some((item, text.as_str()))
        }
        _ => None,
    });
    let mut posts: Vec<_> = posts.collect();
    if !posts.is_empty() {
        let own = scene.messages.iter().filter(|message| message.author.id == scene.me);
        let known: SortedSet<CommandId> = own.map(|message| message.command).collect();
        posts.retain(|(item, _)| !known.contains(&item.id));
    }
    posts
}

fn crowd_row(crowd: &Crowd) -> Row {
    let mut names = DefaultHasher::new();
    for users in [&crowd.came, &crowd.went] {
        users.len().hash(&mut names);
        for user in users {
            user.id.hash(&mut names);
        }
    }
    Row::Crowd { after: crowd.after, stamp: names.finish() }
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

#[cfg(test)]
mod tests;
