//! The refusals that depend on the data, in sentences for people. Every engine uses the same ones.

use madang_hub::factors::MAX_PASSKEYS;
use madang_hub::policy::rights::no_room;
pub(crate) use madang_hub::policy::rights::no_user;
use madang_shared::access_tokens::{MAX_BOTS_PER_USER, MAX_TOKENS_PER_ACCOUNT};
use madang_shared::chat::MAX_ASKED_MESSAGES;
use madang_shared::later::{MAX_SAVED_MESSAGES, MAX_SCHEDULED_BYTES, MAX_SCHEDULED_MESSAGES};
use madang_shared::membership::{MAX_JOINED_BY_OTHERS, MAX_JOINED_ROOMS};
use madang_shared::rooms::MAX_ROOMS_MADE;
use madang_shared::topic::Durability;
use madang_shared::{ErrorCode, Failure, Topic};

pub(crate) fn no_message() -> Failure {
    Failure::new(ErrorCode::NotFound, "This message does not exist.")
}

pub(crate) fn too_many_asked() -> Failure {
    let message = format!("Ask for at most {MAX_ASKED_MESSAGES} messages at a time.");
    Failure::new(ErrorCode::TooLong, message)
}

pub(crate) fn not_own_message() -> Failure {
    Failure::new(ErrorCode::Forbidden, "Only its author can change the text of a message.")
}

pub(crate) fn message_deleted() -> Failure {
    Failure::new(ErrorCode::NotFound, "This message was deleted.")
}

pub(crate) fn too_many_saved_messages() -> Failure {
    let message = format!(
        "You have saved {MAX_SAVED_MESSAGES} messages, which is the limit; remove some first."
    );
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn too_many_scheduled_messages() -> Failure {
    let message = format!(
        "At most {MAX_SCHEDULED_MESSAGES} messages with {} KB of text can wait; send or remove some first.",
        MAX_SCHEDULED_BYTES / 1024
    );
    Failure::new(ErrorCode::Forbidden, message)
}

/// A stored refusal of a newer version.
pub(crate) fn unknown_refusal() -> Failure {
    Failure::new(ErrorCode::Forbidden, "The message was refused at its time.")
}

pub(crate) fn no_post() -> Failure {
    Failure::new(ErrorCode::NotFound, "This post does not exist, or was deleted.")
}

pub(crate) fn no_bot() -> Failure {
    Failure::new(ErrorCode::NotFound, "You have made no such bot.")
}

pub(crate) fn no_token() -> Failure {
    Failure::new(ErrorCode::NotFound, "This access token does not exist, or was ended.")
}

pub(crate) fn too_many_tokens() -> Failure {
    let message =
        format!("An account has at most {MAX_TOKENS_PER_ACCOUNT} access tokens; end one first.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn too_many_bots() -> Failure {
    let message = format!("You have made {MAX_BOTS_PER_USER} bots already, which is the limit.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn command_id_used() -> Failure {
    Failure::new(
        ErrorCode::Invalid,
        "This id was used for another command; send this command with a new id.",
    )
}

/// The wait before a read is repeated, in milliseconds.
const READ_RETRY_MS: u64 = 1_000;

pub(crate) fn too_many_reads() -> Failure {
    let message = "Too many of your requests wait for the database; try again in a second.";
    Failure::new(ErrorCode::RateLimited, message).after(READ_RETRY_MS)
}

/// The row exists, but another program has written something that this version cannot read.
pub(crate) fn unreadable() -> Failure {
    Failure::new(
        ErrorCode::Invalid,
        "The database holds something here that this server cannot read; its log has details.",
    )
}

/// The topic has no row in the log.
pub(crate) fn no_topic(topic: Topic) -> Failure {
    match (topic.durability(), topic.room(), topic.owner()) {
        (Durability::Durable, Some(_), _) => no_room(),
        (Durability::Durable, _, Some(_)) => no_user(),
        (Durability::Durable, None, None) | (Durability::Ephemeral, ..) => not_stored(topic),
    }
}

pub(crate) fn not_own_post() -> Failure {
    Failure::new(
        ErrorCode::Forbidden,
        "This post belongs to another user; you can change your own.",
    )
}

pub(crate) fn guest_name_taken(name: &str) -> Failure {
    let message = format!("{name} is the name of a user; choose another name.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn room_name_taken(name: &str) -> Failure {
    let message = format!("A room named “{name}” exists already; choose another name.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn user_name_taken(name: &str) -> Failure {
    let message = format!("A user named “{name}” exists already; choose another name.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn guest_name_looks_taken(name: &str) -> Failure {
    let message = format!("{name} looks like the name of a user; choose another name.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn room_name_looks_taken(name: &str) -> Failure {
    let message = format!("“{name}” looks like the name of another room; choose another name.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn user_name_looks_taken(name: &str) -> Failure {
    let message = format!("“{name}” looks like the name of another user; choose another name.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn no_passkey() -> Failure {
    Failure::new(ErrorCode::NotFound, "This passkey does not exist, or was removed.")
}

pub(crate) fn passkey_registered() -> Failure {
    Failure::new(ErrorCode::Invalid, "This passkey is registered already; use another device.")
}

pub(crate) fn provider_taken() -> Failure {
    let message = "This account of the identity provider belongs to another user here.";
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn no_linked_provider() -> Failure {
    Failure::new(ErrorCode::NotFound, "You do not sign in with this identity provider.")
}

pub(crate) fn last_way_to_sign_in() -> Failure {
    let message = "This is your last way to sign in; set a password or add a passkey first.";
    Failure::new(ErrorCode::Forbidden, message)
}

/// The same for a passkey that was removed and for one that was never there.
pub(crate) fn passkey_unusable() -> Failure {
    let message = "This passkey does not sign in here any more; sign in another way.";
    Failure::new(ErrorCode::Unauthenticated, message)
}

pub(crate) fn too_many_passkeys() -> Failure {
    let message = format!("A user can have at most {MAX_PASSKEYS} passkeys; remove one first.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn totp_is_on() -> Failure {
    Failure::new(ErrorCode::Invalid, "One-time passwords are on already; switch them off first.")
}

pub(crate) fn totp_is_off() -> Failure {
    Failure::new(ErrorCode::Invalid, "One-time passwords are off; switch them on first.")
}

pub(crate) fn totp_changed() -> Failure {
    Failure::new(ErrorCode::Invalid, "Another secret was made meanwhile; begin again.")
}

pub(crate) fn no_provider_account() -> Failure {
    let message = "There is no account for you here; ask an administrator of the workspace.";
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn too_many_rooms_to_be_added() -> Failure {
    let message = format!(
        "This person is in {MAX_JOINED_BY_OTHERS} rooms or more, so others cannot add them; they can join a public room \
         by themselves."
    );
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn too_many_rooms_joined() -> Failure {
    let message = format!("A user can join at most {MAX_JOINED_ROOMS} rooms; leave one first.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn too_many_rooms() -> Failure {
    let message =
        format!("You have made {MAX_ROOMS_MADE} rooms, which is the limit; use an existing room.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn last_manager() -> Failure {
    let message = "This is the last manager of the room; make another member its manager first.";
    Failure::new(ErrorCode::Forbidden, message)
}

/// The hub keeps ephemeral topics. A request to a store for one is a defect.
pub(crate) fn not_stored(topic: Topic) -> Failure {
    Failure::new(ErrorCode::Unsupported, format!("The topic {topic} is not stored."))
}

/// The hub answers queries that need no data. A request to a store for one is a defect.
pub(crate) fn not_a_store_query() -> Failure {
    Failure::new(ErrorCode::Unsupported, "The store does not answer this query.")
}

/// A constraint of the schema that no feature checks by itself. A retry cannot succeed.
pub(crate) fn constraint_violated() -> Failure {
    Failure::new(ErrorCode::Invalid, "A rule of the database forbids this change.")
}

/// A row that every database of ours has is gone. A retry cannot succeed.
pub(crate) fn missing_row() -> Failure {
    Failure::new(
        ErrorCode::NotFound,
        "The server's database lacks what this command changes. Its operator has to restore it.",
    )
}
