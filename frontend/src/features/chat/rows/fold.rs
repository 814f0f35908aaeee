//! Turns messages into rows, one by one, starting at any message.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use madang_client::PendingCommand;
use madang_client::views::chat::PresenceSummary;
use madang_client::views::message_acts::{PendingActs, expected_reactions};
use madang_shared::chat::{ChatCommand, Guest};
use madang_shared::{Command, CommandId, Message, Seq, Timestamp, UserId};

use super::{CHARS_PER_LINE, Delivery, MINUTE_MS, MessageRow, Row, Scene};

/// The state of the fold between two messages. A fold can resume from a copy of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// Start and end of the day of the last row.
    day: Option<(Timestamp, Timestamp)>,
    /// The speaker and the time of the last message, if the next one can join its group.
    last: Option<((UserId, Option<u64>), Timestamp)>,
    /// The new-messages line is still to come, before the first message of another user after this.
    new_after: Option<Seq>,
    /// The number of presence summaries that were used or skipped.
    presence: usize,
}

/// Makes rows out of messages.
pub(super) struct Fold<'a, F> {
    pub(super) rows: Vec<Row>,
    pub(super) context: Context,
    scene: &'a Scene<'a>,
    local_day: F,
}

impl<'a, F: Fn(Timestamp) -> (Timestamp, Timestamp)> Fold<'a, F> {
    /// Starts before the first message.
    pub(super) fn start(scene: &'a Scene<'a>, local_day: F) -> Self {
        let context = Context { new_after: scene.new_after, ..Context::default() };
        let mut fold = Self::resume(scene, context, local_day);
        fold.rows.push(if scene.has_older { Row::Older } else { Row::Start });
        let first = scene.messages.front().map_or(Seq(0), |message| message.seq);
        // Summaries before the first loaded message are skipped.
        while fold.next_presence_if(|summary| summary.after.next() < first).is_some() {}
        fold.push_presence(|summary| summary.after < first);
        fold
    }

    /// Resumes from the context of another fold.
    pub(super) fn resume(scene: &'a Scene<'a>, context: Context, local_day: F) -> Self {
        Self { rows: Vec::new(), context, scene, local_day }
    }

    /// Adds a stored message.
    pub(super) fn stored(&mut self, message: &Message) {
        if let Some(after) = self.context.new_after
            && message.seq > after
            && message.author.id != self.scene.me
        {
            self.context.new_after = None;
            self.day_of(message.at);
            self.line(Row::New { after });
        }
        self.message(message.at, stored_row(message, self.scene));
    }

    /// Adds the presence summaries after that message.
    pub(super) fn presence_after(&mut self, seq: Seq) {
        self.push_presence(|summary| summary.after <= seq);
    }

    /// Ends the rows with the messages that are not stored yet.
    pub(super) fn end(&mut self, pending: Vec<Pending<'_>>) {
        // A room without messages may have presence summaries.
        self.push_presence(|_| true);
        for post in pending {
            let at = post.item.at.min(self.scene.now);
            self.message(at, pending_row(&post, self.scene.me));
        }
    }

    fn next_presence_if(
        &mut self,
        wanted: impl Fn(&PresenceSummary) -> bool,
    ) -> Option<&'a PresenceSummary> {
        let shown = self.scene.presence.get(self.context.presence);
        let summary = shown.filter(|summary| self.scene.shows_presence && wanted(summary))?;
        self.context.presence += 1;
        Some(summary)
    }

    fn push_presence(&mut self, wanted: impl Fn(&PresenceSummary) -> bool) {
        while let Some(summary) = self.next_presence_if(&wanted) {
            self.line(presence_row(summary));
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

    /// Adds a row between messages, which ends the group above it.
    fn line(&mut self, row: Row) {
        self.rows.push(row);
        self.context.last = None;
    }

    fn message(&mut self, at: Timestamp, mut row: MessageRow) {
        self.day_of(at);
        let last = self.context.last;
        let speaker = (row.author, row.guest);
        let minute = |at: Timestamp| at.0 / MINUTE_MS;
        let together =
            last.is_some_and(|(who, before)| who == speaker && minute(at) == minute(before));
        if together {
            row.head = false;
            // Absent where the fold resumed: that row is up to date already.
            if let Some(Row::Message(before)) = self.rows.last_mut() {
                before.tail = false;
            }
        }
        self.context.last = Some((speaker, at));
        self.rows.push(Row::Message(row));
    }
}

/// A message that is not stored yet.
pub(super) struct Pending<'a> {
    pub(super) item: &'a PendingCommand,
    text: &'a str,
    reply_to: Option<Seq>,
}

/// The user's own messages to this room that are not in the timeline; `known` are those that are.
pub(super) fn own_pending<'a>(scene: &Scene<'a>, known: &HashSet<CommandId>) -> Vec<Pending<'a>> {
    let posts = scene.outbox.iter().filter_map(|item| match item.command()? {
        Command::Chat(ChatCommand::Post { room, text, reply_to }) if *room == scene.room => {
            Some(Pending { item, text, reply_to: *reply_to })
        }
        _ => None,
    });
    posts.filter(|post| !known.contains(&post.item.id)).collect()
}

fn stored_row(message: &Message, scene: &Scene<'_>) -> MessageRow {
    let acts = PendingActs::find(scene.outbox, scene.room, message);
    let mut stamp = DefaultHasher::new();
    let is_in_editor = scene.in_editor == Some(message.seq);
    let refused = acts.refused.map(|(id, _)| id);
    (message.edited_at, message.deleted.is_some(), acts.text, is_in_editor, refused)
        .hash(&mut stamp);
    expected_reactions(scene.outbox, scene.room, message, scene.me).hash(&mut stamp);
    MessageRow {
        author: message.author.id,
        command: message.command,
        seq: Some(message.seq),
        delivery: acts.edit.map_or(Delivery::Stored, Delivery::inputs),
        mine: message.author.id == scene.me,
        head: true,
        tail: true,
        guest: message.guest.as_ref().map(guest_hash),
        reply_to: message.reply_to,
        length: length(acts.text.unwrap_or(&message.text)),
        stamp: stamp.finish(),
    }
}

fn guest_hash(guest: &Guest) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&guest.name, &guest.connection).hash(&mut hasher);
    hasher.finish()
}

fn pending_row(Pending { item, text, reply_to }: &Pending<'_>, me: UserId) -> MessageRow {
    MessageRow {
        author: me,
        command: item.id,
        seq: None,
        delivery: Delivery::inputs(&item.state),
        mine: true,
        head: true,
        tail: true,
        guest: None,
        reply_to: *reply_to,
        length: length(text),
        stamp: 0,
    }
}

fn presence_row(summary: &PresenceSummary) -> Row {
    let mut names = DefaultHasher::new();
    for users in [&summary.joined, &summary.left] {
        users.len().hash(&mut names);
        for user in users {
            user.id.hash(&mut names);
        }
    }
    Row::PresenceSummary { after: summary.after, stamp: names.finish() }
}

/// The length in Latin characters; a line break counts as a whole line.
fn length(text: &str) -> u16 {
    let width = |c: char| match c {
        '\n' => CHARS_PER_LINE,
        '\u{1100}'.. => 2,
        _ => 1,
    };
    text.chars().map(width).fold(0, u16::saturating_add)
}
