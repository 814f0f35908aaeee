//! The acts of administrators in a walk.

use madang_hub::administration::{ActRequest, Actor};
use madang_shared::administration::{AdministrationAct, NewInvitation, WorkspaceSettings};
use madang_shared::grants::Grant;
use madang_shared::roles::Role;
use madang_shared::{Timestamp, User};

use super::Answer;
use super::requests::{Request, number};
use crate::support::TestStore;

/// Makes a request for an act about another member.
pub(super) async fn administer(
    test_store: &TestStore,
    other: &User,
    user: &User,
    request: Request,
) -> Answer {
    let set_role = |role| AdministrationAct::SetRole { user: other.id, role };
    // The other user is needed afterwards.
    let gone = match request {
        Request::EraseOther => Some(test_store.user(&format!("Gone {}", number())).await),
        _ => None,
    };
    let act = match request {
        Request::Invite => AdministrationAct::Invite(NewInvitation {
            role: Role::Member,
            uses: 1,
            lasts_ms: None,
            rooms: Vec::new(),
            note: String::new(),
        }),
        Request::DemoteOther => set_role(Role::Guest),
        Request::RaiseOther => set_role(Role::Administrator),
        Request::GrantOther => AdministrationAct::SetGrant {
            user: other.id,
            grant: Grant::Kitchen,
            is_given: Some(true),
        },
        Request::DeactivateOther => AdministrationAct::Deactivate { user: other.id },
        Request::EndOthersSessions => {
            AdministrationAct::EndSessions { user: other.id, session: None }
        }
        Request::EraseOther => {
            let User { id: user, name } = gone.expect("made above");
            AdministrationAct::Erase { user, name }
        }
        Request::ReactivateOther => AdministrationAct::Reactivate { user: other.id },
        Request::SilenceOther => AdministrationAct::Silence { user: other.id, lasts_ms: 1 },
        Request::BanOther => AdministrationAct::Ban { user: other.id, lasts_ms: Some(1) },
        Request::BanAddress => {
            let network = "203.0.113.7".to_owned();
            AdministrationAct::BanAddress { network, lasts_ms: Some(1) }
        }
        _ => AdministrationAct::ChangeSettings(WorkspaceSettings {
            moods: Some(true),
            ..WorkspaceSettings::default()
        }),
    };
    // Every user acts on the same state of the other.
    let before = AdministrationAct::SetRole { user: other.id, role: Role::Member };
    let restored = ActRequest::new((Actor::CommandLine, None), before, "", Timestamp(1));
    let restored = test_store.store.administer(restored.expect("valid")).await;
    restored.expect("allowed");
    let request = ActRequest::new((Actor::User(user.id), None), act, "a reason", Timestamp(1));
    let mut request = request.expect("valid");
    let mut token = [0; 32];
    token[..16].copy_from_slice(&number().to_be_bytes());
    request.token = Some(token);
    Answer::of(test_store.store.administer(request).await)
}
