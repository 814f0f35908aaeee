//! Acts with their circumstances, and the checks of their texts and numbers.

use madang_shared::administration::{
    AdministrationAct, MAX_INVITATION_MS, MAX_INVITATION_ROOMS, MAX_INVITATION_USES,
    MAX_NOTE_CHARS, MAX_REASON_CHARS, NewInvitation, WorkspaceSettings,
};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Failure, Timestamp, UserId, validate};

use crate::accounts::TokenHash;
use crate::budgets::network::Network;

/// The author of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user.
    User(UserId),
    /// `madang admin` on the server's machine. It may do what an owner may do.
    CommandLine,
    /// The server itself.
    Server,
}

/// A checked act with its circumstances.
#[derive(Clone, Debug)]
pub struct ActRequest {
    /// The author.
    pub actor: Actor,
    /// The present time.
    pub at: Timestamp,
    /// The network from which the request came.
    pub network: Option<Network>,
    /// The act.
    pub act: AdministrationAct,
    /// The token hash of the invitation, if the act makes one.
    pub token: Option<TokenHash>,
    /// The reason, for the audit log.
    pub reason: String,
}

impl ActRequest {
    /// Checks the texts and numbers of an act.
    ///
    /// # Errors
    /// `invalid` or `too_long`, with a sentence for the user.
    pub fn new(
        (actor, network): (Actor, Option<Network>),
        act: AdministrationAct,
        reason: &str,
        at: Timestamp,
    ) -> Result<Self, Failure> {
        let reason = optional_line(reason, MAX_REASON_CHARS, "A reason")?;
        let act = match act {
            AdministrationAct::Invite(invitation) => {
                AdministrationAct::Invite(checked_invitation(invitation)?)
            }
            AdministrationAct::ChangeSettings(settings) => {
                AdministrationAct::ChangeSettings(checked_settings(settings)?)
            }
            act => act,
        };
        Ok(Self { actor, at, network, act, token: None, reason })
    }
}

fn checked_invitation(invitation: NewInvitation) -> Result<NewInvitation, Failure> {
    let note = optional_line(&invitation.note, MAX_NOTE_CHARS, "A note")?;
    if invitation.uses == 0 || invitation.uses > MAX_INVITATION_USES {
        let message = format!("An invitation brings 1 to {MAX_INVITATION_USES} people.");
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
    if invitation.uses > 1 && invitation.role > Role::Member {
        let message = "An invitation with this role is for one person; set `uses` to 1.";
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
    if invitation.lasts_ms.is_some_and(|it| it == 0 || it > MAX_INVITATION_MS) {
        let message = "An invitation lasts for a year at most; choose a shorter time.";
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
    if invitation.rooms.len() > MAX_INVITATION_ROOMS {
        let message = format!("An invitation names at most {MAX_INVITATION_ROOMS} rooms.");
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
    let mut rooms = invitation.rooms;
    // One order for all: the rooms are locked in it.
    rooms.sort_unstable();
    rooms.dedup();
    Ok(NewInvitation { note, rooms, ..invitation })
}

fn checked_settings(settings: WorkspaceSettings) -> Result<WorkspaceSettings, Failure> {
    let name = match settings.name {
        Some(name) if name.trim().is_empty() => Some(String::new()),
        Some(name) => Some(validate::workspace_name(&name)?),
        None => None,
    };
    Ok(WorkspaceSettings { name, ..settings })
}

/// A text of one line that may be empty.
fn optional_line(text: &str, limit: usize, what: &str) -> Result<String, Failure> {
    if text.trim().is_empty() { Ok(String::new()) } else { validate::one_line(text, limit, what) }
}

impl From<Option<UserId>> for Actor {
    /// The command line has no user.
    fn from(user: Option<UserId>) -> Self {
        user.map_or(Self::CommandLine, Self::User)
    }
}
