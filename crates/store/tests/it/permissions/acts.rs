//! The acts of administrators in a walk.

use madang_hub::administration::{ActRequest, Actor};
use madang_shared::administration::{AdministrationAct, NewInvitation, WorkspaceSettings};
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
        Request::DeactivateOther => AdministrationAct::Deactivate { user: other.id },
        Request::ReactivateOther => AdministrationAct::Reactivate { user: other.id },
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
    let request = ActRequest::new((Actor::User(user.id), None), act, "", Timestamp(1));
    let mut request = request.expect("valid");
    let mut token = [0; 32];
    token[..16].copy_from_slice(&number().to_be_bytes());
    request.token = Some(token);
    Answer::of(test_store.store.administer(request).await)
}
