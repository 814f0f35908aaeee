//! What the data can forbid, in words for people; the same from every engine.

use madang_shared::{ErrorCode, Failure, Topic};

pub(crate) fn no_room() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such room.")
}

pub(crate) fn no_user() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such user.")
}

pub(crate) fn not_member() -> Failure {
    Failure::new(ErrorCode::NotMember, "You have not joined this room.")
}

pub(crate) fn not_yours() -> Failure {
    Failure::new(ErrorCode::Forbidden, "These memberships belong to somebody else.")
}

pub(crate) fn room_name_taken(name: &str) -> Failure {
    Failure::new(ErrorCode::NameTaken, format!("There is already a room named “{name}”."))
}

pub(crate) fn user_name_taken(name: &str) -> Failure {
    Failure::new(ErrorCode::NameTaken, format!("There is already somebody named “{name}”."))
}

/// The hub keeps ephemeral topics itself; asking a store for one is a defect that no retry mends.
pub(crate) fn not_stored(topic: Topic) -> Failure {
    Failure::new(ErrorCode::Unsupported, format!("The topic {topic} is not stored."))
}

/// A rule of the schema that no feature checks by itself: the command can never succeed.
pub(crate) fn against_the_rules() -> Failure {
    Failure::new(ErrorCode::Invalid, "The rules of the database do not allow this.")
}
