//! Compares the changes of posts that the editors made with the stored posts and the log.

use std::collections::HashMap;

use madang_shared::{CommandId, PostId, UserId};

/// Findings that are described; further ones are only counted.
const FINDINGS: usize = 20;

/// The posts of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StoredPosts {
    /// Id, author and text.
    pub(super) posts: Vec<(PostId, UserId, String)>,
    /// The commands that took effect, with the seqs of their events.
    pub(super) commands: Vec<(UserId, CommandId, u64)>,
    /// The seqs of the events, ascending.
    pub(super) events: Vec<u64>,
}

/// A post at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EditedPost {
    pub(super) id: PostId,
    /// The last text; none if the post was deleted.
    pub(super) text: Option<String>,
}

/// The changes of one editor. All are acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EditorRecord {
    pub(super) user: UserId,
    /// In their order.
    pub(super) commands: Vec<CommandId>,
    pub(super) posts: Vec<EditedPost>,
}

/// The result of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PostVerdict {
    /// Acknowledged changes.
    pub(super) acknowledged: u64,
    /// Events of the posts in the log.
    pub(super) present: u64,
    /// Changes that are not stored, and posts without their last text.
    pub(super) lost: u64,
    /// Posts and events that nobody made, or that were made twice.
    pub(super) doubled: u64,
    /// Changes whose order in the log contradicts that of their author, and gaps of the log.
    pub(super) out_of_order: u64,
    /// Descriptions of the first problems.
    pub(super) findings: Vec<String>,
}

impl PostVerdict {
    /// Whether there is no problem.
    pub(super) fn is_clean(&self) -> bool {
        (self.lost, self.doubled, self.out_of_order) == (0, 0, 0)
    }

    fn add_finding(&mut self, finding: String) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        }
    }

    fn lost(&mut self, finding: &str) {
        self.lost += 1;
        self.add_finding(format!("lost: {finding}"));
    }

    fn doubled(&mut self, finding: &str) {
        self.doubled += 1;
        self.add_finding(format!("doubled: {finding}"));
    }

    fn out_of_order(&mut self, finding: &str) {
        self.out_of_order += 1;
        self.add_finding(format!("out of order: {finding}"));
    }
}

/// Compares the records with the stored posts.
pub(super) fn compare_posts(stored: &StoredPosts, records: &[EditorRecord]) -> PostVerdict {
    let mut verdict = PostVerdict { present: stored.events.len() as u64, ..PostVerdict::default() };
    for (expected, seq) in (1..).zip(&stored.events) {
        if *seq != expected {
            verdict.out_of_order(&format!("seq {seq} of the posts instead of {expected}"));
        }
    }
    let made: usize = records.iter().map(|record| record.commands.len()).sum();
    for _ in made..stored.events.len() {
        verdict.doubled("an event of the posts without a change");
    }
    let seqs: HashMap<(UserId, CommandId), u64> =
        stored.commands.iter().map(|(author, command, seq)| ((*author, *command), *seq)).collect();
    let mut posts: HashMap<PostId, (UserId, &str)> =
        stored.posts.iter().map(|(id, author, text)| (*id, (*author, text.as_str()))).collect();
    for EditorRecord { user, commands, posts: edited } in records {
        verdict.acknowledged += commands.len() as u64;
        let mut last = 0;
        for command in commands {
            match seqs.get(&(*user, *command)) {
                None => verdict.lost(&format!("the change {command} of user {user}")),
                Some(seq) if *seq <= last => {
                    verdict.out_of_order(&format!("the change {command} at {seq}, after {last}"));
                }
                Some(seq) => last = *seq,
            }
        }
        for EditedPost { id, text } in edited {
            let stored = posts.remove(id);
            let expected = text.as_deref().map(|text| (*user, text));
            if stored != expected {
                verdict.lost(&format!("post {id} is {stored:?} instead of {expected:?}"));
            }
        }
    }
    for (id, (author, text)) in posts {
        verdict.doubled(&format!("post {id} of user {author} was never written: {text:?}"));
    }
    verdict
}

#[cfg(test)]
mod tests;
