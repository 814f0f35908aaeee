//! The inputs of writes.

use madang_hub::access_tokens::{NewBotAccount, NewToken, TokenEnd};
use madang_hub::accounts::{
    LinkUse, NewLink, NewMailVerification, NewPassword, NewSession, RequestOrigin, SecretHash,
    SignInProof, WaitingDeviceRequest,
};
use madang_hub::administration::{ActRequest, InvitedUser};
use madang_hub::erasure::ErasureRecord;
use madang_hub::factors::{
    ChallengeKey, CodeProof, NewChallenge, PasskeyRecord, PasskeyUse, ProviderLink,
    ProviderSessionEnd, ProviderSignIn, VerifiedPasskey,
};
use madang_hub::later::{DueAct, DueLater};
use madang_hub::moderation::{DecisionRequest, ReportRequest};
use madang_hub::nodes::NodeId;
use madang_hub::notices::DueNotice;
use madang_hub::ports::{NewUser, ServiceAccount, SessionLimits, TokenHash, Write};
use madang_hub::profiles::CheckedProfileChange;
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::storage::FreeSpace;
use madang_shared::account::LinkKind;
use madang_shared::roles::Access;
use madang_shared::{Failure, Timestamp, Topic, UserId};

use super::accounts::AttemptRecord;
use super::accounts::sessions::SessionConfirmation;
use super::due::Settling;
use super::factors::codes::{SecondStep, TotpConfirmation};
use super::factors::passkeys::PasskeyRenaming;
use super::features;
use super::leases::LeaseRequest;

/// The input of a write. An engine may apply it again after it rolled the first attempt back.
pub trait WriteInput: Clone + Send + 'static {
    /// The topics to whose logs the write may append, as far as they are known before it is applied.
    fn topics(&self) -> Vec<Topic> {
        Vec::new()
    }
}

impl WriteInput for (Write, FreeSpace) {
    fn topics(&self) -> Vec<Topic> {
        features::topics(self.0.author.id, &self.0.change)
    }
}

/// New users join the first room, so its details order the sign-ups: names are compared with all others.
impl WriteInput for NewUser {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Details(FIRST_ROOM)]
    }
}

impl WriteInput for ServiceAccount {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Details(FIRST_ROOM)]
    }
}

/// Bots join the first room too.
impl WriteInput for NewBotAccount {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Details(FIRST_ROOM)]
    }
}

/// The rooms of the user are not known yet.
impl WriteInput for CheckedProfileChange {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Inbox(self.user)]
    }
}

/// The list of erased accounts of a restored copy.
impl WriteInput for (Vec<ErasureRecord>, Timestamp) {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Administration]
    }
}

impl WriteInput for NewToken {}

impl WriteInput for TokenEnd {}

impl WriteInput for (DueNotice, Timestamp) {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Notices]
    }
}

/// The inboxes of mentioned users are not known yet.
impl WriteInput for (DueLater, Settling) {
    fn topics(&self) -> Vec<Topic> {
        match self.0.what {
            DueAct::Remind { .. } => vec![Topic::Inbox(self.0.user), Topic::Later(self.0.user)],
            DueAct::Send { room, .. } => vec![Topic::Later(self.0.user), Topic::Room(room)],
        }
    }
}

impl WriteInput for (DueLater, Timestamp, Failure) {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Inbox(self.0.user), Topic::Later(self.0.user)]
    }
}

/// A session.
impl WriteInput for TokenHash {}

/// The sessions in use, the present time, and the limits.
impl WriteInput for (Vec<TokenHash>, Timestamp, Option<SessionLimits>) {}

/// The topic of the administration orders all acts.
impl WriteInput for ActRequest {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Administration]
    }
}

/// The inboxes of the moderators are not known yet.
impl WriteInput for ReportRequest {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Administration]
    }
}

impl WriteInput for DecisionRequest {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Administration]
    }
}

/// The person joins the first room, unless the invitation is for a guest.
impl WriteInput for InvitedUser {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Details(FIRST_ROOM), Topic::Administration]
    }
}

/// The access of the configuration.
impl WriteInput for Access {}

/// The invitation of the first owner, or the token of a request for a mail address.
impl WriteInput for (TokenHash, Timestamp) {}

/// A probe.
impl WriteInput for () {}

/// A request for a lease.
impl WriteInput for LeaseRequest {}

/// A lease that its holder releases.
impl WriteInput for (&'static str, NodeId) {}

/// A user's session to be started.
impl WriteInput for (UserId, SignInProof, NewSession) {}

/// An attempt to sign in.
impl WriteInput for AttemptRecord {}

/// The origin of a session's last use.
impl WriteInput for (TokenHash, RequestOrigin) {}

/// A new password.
impl WriteInput for NewPassword {}

/// A user's former hash of a password, and the new one.
impl WriteInput for (UserId, String, String) {}

/// A user's sessions to be ended, or new recovery codes.
impl WriteInput for (UserId, Vec<TokenHash>) {}

/// A one-time link to be made.
impl WriteInput for NewLink {
    fn topics(&self) -> Vec<Topic> {
        if self.kind == LinkKind::Device { Vec::new() } else { vec![Topic::Administration] }
    }
}

/// A one-time link to be used up.
impl WriteInput for LinkUse {}

impl WriteInput for NewMailVerification {}

/// A device that begins to wait.
impl WriteInput for WaitingDeviceRequest {}

/// A device that its user lets in, by its ticket.
impl WriteInput for (UserId, SecretHash, Timestamp) {}
/// New users join the first room. The sign-ins also set roles, of which each depends on the others.
impl WriteInput for ProviderSignIn {
    fn topics(&self) -> Vec<Topic> {
        vec![Topic::Details(FIRST_ROOM)]
    }
}

impl WriteInput for ProviderSessionEnd {}

impl WriteInput for NewChallenge {}

/// A challenge at the present time.
impl WriteInput for (ChallengeKey, Timestamp) {}

impl WriteInput for PasskeyRecord {}

impl WriteInput for PasskeyUse {}

impl WriteInput for PasskeyRenaming {}

impl WriteInput for ProviderLink {}

impl WriteInput for SessionConfirmation {}

impl WriteInput for VerifiedPasskey {}

/// A passkey of a user.
impl WriteInput for (UserId, u64) {}

/// A user's new secret.
impl WriteInput for (UserId, Vec<u8>) {}

impl WriteInput for TotpConfirmation {}

/// A user's proof.
impl WriteInput for (UserId, CodeProof) {}

/// A user's wrong code at the present time.
impl WriteInput for (UserId, Timestamp) {}

/// A user.
impl WriteInput for UserId {}

/// A ticket, and the session of its device.
impl WriteInput for (SecretHash, NewSession) {}
impl WriteInput for SecondStep {}
