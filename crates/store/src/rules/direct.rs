//! Direct conversations: the same people have one.

use madang_hub::ports::TopicEvent;
use madang_hub::rooms::number_of_people;
use madang_shared::frames::LogPosition;
use madang_shared::roles::{History, RoomRole};
use madang_shared::{RoomId, UserId};

use super::context::CommandContext;
use super::membership::{self, Joining};
use super::new_rooms::{create_topics, require_few_rooms};
use super::people;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Opens the direct conversation of the author with others. One that exists changes nothing.
pub(super) fn open(
    transaction: &dyn Transaction,
    context: &CommandContext,
    others: &[UserId],
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let author = context.author.id;
    let others = others.iter().copied().filter(|user| *user != author);
    let mut users: Vec<UserId> = others.collect();
    if users.is_empty() {
        return Err(number_of_people().into());
    }
    for user in &users {
        people::require_known(transaction, author, *user)?;
    }
    users.push(author);
    users.sort_unstable();
    let key = users.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    if transaction.exists("SELECT 1 FROM rooms WHERE direct_key = ?1", &values![key])? {
        return Ok(None);
    }
    require_few_rooms(transaction, author)?;
    let sql = "INSERT INTO rooms (name, name_key, made_by, made_at, kind, direct_key) \
        VALUES ('', '', ?1, ?2, 'direct', ?3) ON CONFLICT (direct_key) DO NOTHING RETURNING id";
    let made = values![author.0, context.at.0, key];
    let Some(room) = transaction.optional(sql, &made, |row| row.natural(0))?.map(RoomId) else {
        return Ok(None);
    };
    create_topics(transaction, room)?;
    let mut own = None;
    for user in users {
        let joining = Joining {
            user,
            room,
            role: RoomRole::Member,
            history: History::All,
            is_added: user != author,
            at: context.at,
        };
        let position = membership::join(transaction, joining, appended)?;
        if user == author {
            own = Some(position);
        }
    }
    Ok(own)
}
