//! The rules for acts, as pure functions.

use madang_shared::administration::WorkspaceSettings;
use madang_shared::roles::Role;
use madang_shared::workspace::Workspace;
use madang_shared::{ErrorCode, Failure};

/// The facts that decide a change of a user's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetFacts {
    /// The role of the actor.
    pub actor: Role,
    /// Whether the actor changes its own account.
    pub is_self: bool,
    /// The present role of the user.
    pub role: Role,
    /// Whether the account belongs to the server.
    pub is_service: bool,
    /// Whether no other active user is an owner.
    pub is_last_owner: bool,
}

/// Decides whether an actor may give a user another role. Owners change everybody; administrators change members and
/// guests, and give no role above member; users may lower their own role.
///
/// # Errors
/// `forbidden`.
pub fn check_role_change(facts: TargetFacts, to: Role) -> Result<(), Failure> {
    check_service(facts)?;
    if facts.is_last_owner && facts.role == Role::Owner && to != Role::Owner {
        return Err(last_owner());
    }
    let lowers_itself = facts.is_self && to <= facts.role;
    if lowers_itself || (reaches(facts.actor, facts.role) && reaches(facts.actor, to)) {
        Ok(())
    } else {
        Err(beyond_reach())
    }
}

/// Decides whether an actor may deactivate or reactivate an account.
///
/// # Errors
/// `forbidden`.
pub fn check_deactivation(facts: TargetFacts) -> Result<(), Failure> {
    check_service(facts)?;
    if facts.is_last_owner && facts.role == Role::Owner {
        return Err(last_owner());
    }
    if reaches(facts.actor, facts.role) || facts.is_self { Ok(()) } else { Err(beyond_reach()) }
}

/// Decides whether an actor may decide about a grant of a user. Administrators decide about their own grants too: they could
/// change the defaults of their role.
///
/// # Errors
/// `forbidden`.
pub fn check_grant_change(facts: TargetFacts) -> Result<(), Failure> {
    check_service(facts)?;
    if reaches(facts.actor, facts.role) || facts.is_self { Ok(()) } else { Err(beyond_reach()) }
}

/// Decides whether an actor may make an invitation with a role.
///
/// # Errors
/// `forbidden`.
pub fn check_invited_role(actor: Role, role: Role) -> Result<(), Failure> {
    if reaches(actor, role) { Ok(()) } else { Err(beyond_reach()) }
}

/// Whether an actor decides about users with a role.
fn reaches(actor: Role, role: Role) -> bool {
    actor == Role::Owner || (actor == Role::Administrator && role < Role::Administrator)
}

fn check_service(facts: TargetFacts) -> Result<(), Failure> {
    if facts.is_service {
        let message = "This account belongs to the server itself and cannot be changed.";
        return Err(Failure::new(ErrorCode::Forbidden, message));
    }
    Ok(())
}

fn last_owner() -> Failure {
    let message = "This is the only owner of the workspace; make another user an owner first.";
    Failure::new(ErrorCode::Forbidden, message)
}

fn beyond_reach() -> Failure {
    let message = "Only an owner of the workspace decides about administrators and owners.";
    Failure::new(ErrorCode::Forbidden, message)
}

/// The facts about the server, after the settings that were changed while it ran.
#[must_use]
pub fn with_settings(mut workspace: Workspace, settings: &WorkspaceSettings) -> Workspace {
    if let Some(name) = &settings.name {
        workspace.name = Some(name.clone()).filter(|name| !name.is_empty());
    }
    workspace.access = settings.access.unwrap_or(workspace.access);
    workspace.apps = settings.apps.unwrap_or(workspace.apps);
    workspace.moods = settings.moods.unwrap_or(workspace.moods);
    workspace
}

/// The refusal of a sign-up without an invitation.
pub fn needs_invitation() -> Failure {
    let message =
        "New people come to this server by invitation; ask one of its administrators for a link.";
    Failure::new(ErrorCode::Forbidden, message)
}

/// The refusal of an invitation that was never made, has ended, was used up, or was revoked. It is the same for all of
/// them, so that a guess learns nothing.
pub fn no_invitation() -> Failure {
    let message =
        "This invitation is not valid any more; ask the person who sent it for a new link.";
    Failure::new(ErrorCode::NotFound, message)
}
