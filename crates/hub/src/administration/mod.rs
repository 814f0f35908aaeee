//! Administration: the rules for the acts of administrators, and the port by which the store executes them. Topic
//! [`Topic::Administration`](madang_shared::Topic::Administration).
//!
//! Acts are requests over HTTP or of the command line, not commands of the socket: some of them answer a secret, and
//! neither the outbox nor the log may hold one.

mod act;
mod port;
mod rules;

pub use act::{ActRequest, Actor};
pub use port::{
    Administration, AuditFilter, AuditedEffect, DatabaseSize, InvitedUser, Invitee, PeopleFilter,
    RecordedAct,
};
pub use rules::{
    TargetFacts, check_deactivation, check_grant_change, check_invited_role, check_role_change,
    needs_invitation, no_invitation, with_settings,
};

#[cfg(test)]
mod tests;
