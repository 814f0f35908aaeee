//! Acts with their circumstances, and the checks of their texts and numbers.

use madang_shared::administration::{
    AdministrationAct, MAX_EDIT_MINUTES, MAX_INVITATION_MS, MAX_INVITATION_ROOMS,
    MAX_INVITATION_USES, MAX_NOTE_CHARS, MAX_REASON_CHARS, MAX_SESSION_DAYS, NewInvitation,
    WorkspaceSettings,
};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Failure, Timestamp, UserId, validate};

use crate::accounts::TokenHash;
use crate::budgets::network::Network;
use crate::moderation;

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
    /// The token hash of the invitation, if the act makes one, or of the only session that it ends.
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
            act => checked_restriction(act, &reason)?,
        };
        Ok(Self { actor, at, network, act, token: None, reason })
    }
}

/// Checks the reason, the duration and the network of a restriction.
fn checked_restriction(act: AdministrationAct, reason: &str) -> Result<AdministrationAct, Failure> {
    let lasts_ms = match &act {
        AdministrationAct::Silence { lasts_ms, .. } => *lasts_ms,
        AdministrationAct::Ban { lasts_ms, .. }
        | AdministrationAct::BanAddress { lasts_ms, .. } => match lasts_ms {
            Some(0) => {
                let message =
                    "A ban of no time is none; leave the time out for a ban without an end.";
                return Err(Failure::new(ErrorCode::Invalid, message));
            }
            lasts_ms => lasts_ms.unwrap_or_default(),
        },
        AdministrationAct::EndBan { .. } | AdministrationAct::EndAddressBan { .. } => 0,
        _ => return Ok(act),
    };
    moderation::required_reason(reason)?;
    moderation::check_duration(lasts_ms)?;
    Ok(match act {
        AdministrationAct::BanAddress { network, lasts_ms } => {
            let network = moderation::banned_network(&network, None)?.to_string();
            AdministrationAct::BanAddress { network, lasts_ms }
        }
        AdministrationAct::EndAddressBan { network } => {
            let network = moderation::parse_network(network.trim())
                .map_or(network, |network| network.to_string());
            AdministrationAct::EndAddressBan { network }
        }
        act => act,
    })
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
    for days in [settings.session_idle_days, settings.session_max_days].into_iter().flatten() {
        if !(1..=MAX_SESSION_DAYS).contains(&days) {
            let message = format!("A session lasts from 1 to {MAX_SESSION_DAYS} days.");
            return Err(Failure::new(ErrorCode::Invalid, message));
        }
    }
    if settings.edit_minutes.is_some_and(|minutes| minutes > MAX_EDIT_MINUTES) {
        let message = format!(
            "Messages can be changed for {MAX_EDIT_MINUTES} minutes at most; 0 is no limit."
        );
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
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
