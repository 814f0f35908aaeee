//! Samples of what a user keeps for later.

use madang_shared::later::{
    LaterCommand, LaterEvent, LaterSnapshot, Reminder, SavedMessage, ScheduledMessage,
};
use madang_shared::{CommandId, ErrorCode, Failure, RoomId, Seq, Topic, UserId};
use uuid::Uuid;

use super::{ROOM, TIME};

const TOPIC: Topic = Topic::Later(UserId(3));
const MESSAGE: Seq = Seq(42);
const ID: CommandId = CommandId(Uuid::from_u128(7));

pub(super) fn commands() -> Vec<LaterCommand> {
    vec![
        LaterCommand::Save { room: ROOM, message: MESSAGE, since: None },
        LaterCommand::Save { room: ROOM, message: MESSAGE, since: Some(TIME) },
        LaterCommand::Unsave { room: ROOM, message: MESSAGE },
        LaterCommand::Remind { room: ROOM, message: MESSAGE, at: Some(TIME) },
        LaterCommand::Remind { room: ROOM, message: MESSAGE, at: None },
        LaterCommand::Schedule {
            room: ROOM,
            text: "좋은 아침!".into(),
            at: TIME,
            reply_to: Some(Seq(3)),
        },
        LaterCommand::Reschedule { id: ID, at: TIME },
        LaterCommand::Unschedule { id: ID },
    ]
}

pub(super) fn command_name(command: &LaterCommand) -> &'static str {
    match command {
        LaterCommand::Save { since: None, .. } => "later.save",
        LaterCommand::Save { since: Some(_), .. } => "later.save again",
        LaterCommand::Unsave { .. } => "later.unsave",
        LaterCommand::Remind { at: Some(_), .. } => "later.remind",
        LaterCommand::Remind { at: None, .. } => "later.remind never",
        LaterCommand::Schedule { .. } => "later.schedule",
        LaterCommand::Reschedule { .. } => "later.reschedule",
        LaterCommand::Unschedule { .. } => "later.unschedule",
    }
}

pub(super) fn events() -> Vec<(Topic, LaterEvent)> {
    let saved = |reminder| {
        LaterEvent::Saved(SavedMessage { room: ROOM, message: MESSAGE, saved_at: TIME, reminder })
    };
    let scheduled = |refusal| {
        let text = "좋은 아침!".into();
        let (id, room, at, reply_to) = (ID, ROOM, TIME, Some(Seq(3)));
        LaterEvent::Scheduled(ScheduledMessage { id, room, text, at, reply_to, refusal })
    };
    let refusal = Failure::new(ErrorCode::NotMember, "You are not a member of this room.");
    let events = [
        saved(None),
        saved(Some(Reminder { at: TIME, is_due: false })),
        saved(Some(Reminder { at: TIME, is_due: true })),
        LaterEvent::Unsaved { room: RoomId(8), message: MESSAGE },
        LaterEvent::RoomDeleted(RoomId(8)),
        LaterEvent::Unscheduled(ID),
        scheduled(None),
        scheduled(Some(refusal)),
    ];
    events.into_iter().map(|event| (TOPIC, event)).collect()
}

pub(super) fn event_name(event: &LaterEvent) -> &'static str {
    match event {
        LaterEvent::Saved(SavedMessage { reminder: None, .. }) => "later.saved",
        LaterEvent::Saved(SavedMessage { reminder: Some(reminder), .. }) => {
            if reminder.is_due {
                "later.saved and due"
            } else {
                "later.saved with a reminder"
            }
        }
        LaterEvent::Unsaved { .. } => "later.unsaved",
        LaterEvent::RoomDeleted(_) => "later.room_deleted",
        LaterEvent::Scheduled(ScheduledMessage { refusal: None, .. }) => "later.scheduled",
        LaterEvent::Scheduled(_) => "later.scheduled and refused",
        LaterEvent::Unscheduled(_) => "later.unscheduled",
    }
}

pub(super) fn snapshot() -> (Topic, LaterSnapshot) {
    let mut later = LaterSnapshot::default();
    for (_, event) in events() {
        later.apply(event);
    }
    (TOPIC, later)
}
