//! What the data can forbid, in words for people; the same from every engine.

use madang_shared::membership::MAX_JOINED_ROOMS;
use madang_shared::rooms::MAX_ROOMS;
use madang_shared::{ErrorCode, Failure, Topic};

pub(crate) fn no_room() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such room.")
}

pub(crate) fn no_message() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such message.")
}

pub(crate) fn no_user() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such user.")
}

pub(crate) fn no_post() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such post.")
}

pub(crate) fn not_your_post() -> Failure {
    Failure::new(ErrorCode::Forbidden, "This post is somebody else's.")
}

pub(crate) fn not_member() -> Failure {
    Failure::new(ErrorCode::NotMember, "You have not joined this room.")
}

pub(crate) fn not_yours() -> Failure {
    Failure::new(ErrorCode::Forbidden, "This belongs to somebody else.")
}

pub(crate) fn name_of_a_user(name: &str) -> Failure {
    let message = format!("{name} is the name of a user here; a guest needs another.");
    Failure::new(ErrorCode::NameTaken, message)
}

pub(crate) fn room_name_taken(name: &str) -> Failure {
    Failure::new(ErrorCode::NameTaken, format!("There is already a room named “{name}”."))
}

pub(crate) fn user_name_taken(name: &str) -> Failure {
    Failure::new(ErrorCode::NameTaken, format!("There is already somebody named “{name}”."))
}

pub(crate) fn too_many_rooms_joined() -> Failure {
    let message = format!("One can be in {MAX_JOINED_ROOMS} rooms at most; leave one first.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn too_many_rooms() -> Failure {
    let message = format!("There are {MAX_ROOMS} rooms, as many as there can be.");
    Failure::new(ErrorCode::Forbidden, message)
}

pub(crate) fn no_order() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such order.")
}

/// The hub keeps ephemeral topics itself; asking a store for one is a defect that no retry mends.
pub(crate) fn not_stored(topic: Topic) -> Failure {
    Failure::new(ErrorCode::Unsupported, format!("The topic {topic} is not stored."))
}

/// The hub answers by itself what needs no data; asking a store for it is a defect.
pub(crate) fn not_asked_of_a_store() -> Failure {
    Failure::new(ErrorCode::Unsupported, "No store can answer this.")
}

/// A rule of the schema that no feature checks by itself: the command can never succeed.
pub(crate) fn against_the_rules() -> Failure {
    Failure::new(ErrorCode::Invalid, "The rules of the database do not allow this.")
}
