//! Notices for every user, and the inbox of each user.

use madang_hub::notices::{DueNotice, Mention, ScheduleStep, schedule_step};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticesCommand;
use madang_shared::notices::{
    DEMO_NOTICES, Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent,
    NoticesEvent, NoticesSnapshot, mute,
};
use madang_shared::{Failure, RoomId, Seq, Timestamp, Topic, UserId};

use super::membership;
use super::state::State;
use crate::context::CommandContext;

#[expect(clippy::needless_pass_by_value, reason = "one signature for all features")]
pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: NoticesCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let (user, at) = (context.author.id, context.at);
    state.require_user(user)?;
    let InboxSnapshot { mut marks, mut muted, .. } = inbox(state, user);
    let event = match change {
        NoticesCommand::Read { of, notice } => {
            let is_news = marks.of_mut(of).read_kept(notice, &kept(state, user, of));
            is_news.then_some(InboxEvent::Read(marks))
        }
        NoticesCommand::ReadAll { everybody, own } => {
            let everybody = everybody.min(state.log.head(Topic::Notices));
            let own = own.min(state.log.head(Topic::Inbox(user)));
            let news = [marks.everybody.read_up_to(everybody), marks.own.read_up_to(own)];
            news.contains(&true).then_some(InboxEvent::Read(marks))
        }
        NoticesCommand::Mute { kind, muted: quiet } => {
            mute(&mut muted, kind, quiet).then_some(InboxEvent::Muted { kinds: muted })
        }
        NoticesCommand::Demo { on } if on == state.notices.demo.is_some() => None,
        NoticesCommand::Demo { on: true } => {
            state.demo_last_number = 0;
            let demo = Demonstration { by: context.author.clone(), started_at: at };
            return Ok(Some(append(state, NoticesEvent::DemoStarted(demo), appended)));
        }
        NoticesCommand::Demo { on: false } => {
            return Ok(Some(append(state, NoticesEvent::DemoEnded { at }, appended)));
        }
    };
    Ok(event.map(|event| append_to_inbox(state, user, event, appended)))
}

pub(super) fn snapshot(state: &State) -> NoticesSnapshot {
    state.notices.clone()
}

pub(super) fn inbox(state: &State, user: UserId) -> InboxSnapshot {
    state.inboxes.get(&user).cloned().unwrap_or_default()
}

/// Creates the inbox of a new user, for whom all earlier notices count as read.
pub(super) fn create_inbox(state: &mut State, user: UserId) {
    state.log.create_topic(Topic::Inbox(user));
    let mut inbox = InboxSnapshot::default();
    inbox.marks.everybody.up_to = state.log.head(Topic::Notices);
    state.inboxes.insert(user, inbox);
}

/// Appends a notice for every user.
pub(super) fn append_broadcast(
    state: &mut State,
    at: Timestamp,
    what: NoticeContent,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    let seq = state.log.head(Topic::Notices).next();
    append(state, NoticesEvent::Told(Notice { seq, at, what }), appended)
}

/// Appends a notice for one user.
pub(super) fn append_for_user(
    state: &mut State,
    user: UserId,
    at: Timestamp,
    what: NoticeContent,
    appended: &mut Vec<TopicEvent>,
) {
    let seq = state.log.head(Topic::Inbox(user)).next();
    append_to_inbox(state, user, InboxEvent::Told(Notice { seq, at, what }), appended);
}

/// Appends a notice for each mentioned member of the room, except the author.
pub(super) fn append_mentions(
    state: &mut State,
    context: &CommandContext,
    room: RoomId,
    mentions: &[Mention],
    what: &NoticeContent,
    appended: &mut Vec<TopicEvent>,
) {
    let mut notified = vec![context.author.id];
    for mention in mentions {
        let users = mention.iter().filter_map(|key| state.user_keys.get(key).copied());
        let member = users.into_iter().find(|user| membership::is_member(state, *user, room));
        if let Some(user) = member.filter(|user| !notified.contains(user)) {
            append_for_user(state, user, context.at, what.clone(), appended);
            notified.push(user);
        }
    }
}

/// Appends a due notice, once.
pub(super) fn append_due_notice(
    state: &mut State,
    due: DueNotice,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Option<LogPosition> {
    let what = match due {
        DueNotice::Scheduled { schedule, due, what } => {
            let mark = state.notice_schedules.get(&schedule).copied();
            let step = schedule_step(mark, due, at);
            if step != ScheduleStep::Done {
                state.notice_schedules.insert(schedule, due);
            }
            if step != ScheduleStep::Append {
                return None;
            }
            what
        }
        DueNotice::Demonstrated { started_at, number } => {
            let demo = state.notices.demo.as_ref();
            let is_running = demo.is_some_and(|demo| demo.started_at == started_at);
            if !is_running || number <= state.demo_last_number {
                return None;
            }
            state.demo_last_number = number;
            if number >= DEMO_NOTICES {
                append(state, NoticesEvent::DemoEnded { at }, appended);
            }
            NoticeContent::Demonstrated { number, of: DEMO_NOTICES }
        }
    };
    Some(append_broadcast(state, at, what, appended))
}

fn kept(state: &State, user: UserId, of: NoticeBox) -> Vec<Seq> {
    let notices = match of {
        NoticeBox::Everybody => Some(&state.notices.notices),
        NoticeBox::Own => state.inboxes.get(&user).map(|inbox| &inbox.notices),
    };
    notices.into_iter().flatten().map(|notice| notice.seq).collect()
}

fn append(state: &mut State, event: NoticesEvent, appended: &mut Vec<TopicEvent>) -> LogPosition {
    state.notices.apply(event.clone());
    state.log.append(Topic::Notices, &event.into(), appended)
}

fn append_to_inbox(
    state: &mut State,
    user: UserId,
    event: InboxEvent,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    state.inboxes.entry(user).or_default().apply(event.clone());
    state.log.append(Topic::Inbox(user), &event.into(), appended)
}
