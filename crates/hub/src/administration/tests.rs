use madang_shared::administration::{
    AdministrationAct, MAX_INVITATION_MS, MAX_INVITATION_USES, MAX_NOTE_CHARS, NewInvitation,
    WorkspaceSettings,
};
use madang_shared::apps::Apps;
use madang_shared::roles::{Access, Role};
use madang_shared::workspace::Workspace;
use madang_shared::{Failure, RoomId, Timestamp};

use super::*;

fn facts(actor: Role, role: Role) -> TargetFacts {
    TargetFacts { actor, is_self: false, role, is_service: false, is_last_owner: false }
}

#[test]
fn owners_change_everybody_and_administrators_change_members_and_guests() {
    for role in Role::ALL {
        for to in Role::ALL {
            let below = *role < Role::Administrator && *to < Role::Administrator;
            assert!(check_role_change(facts(Role::Owner, *role), *to).is_ok());
            let by_administrator = check_role_change(facts(Role::Administrator, *role), *to);
            assert_eq!(by_administrator.is_ok(), below, "{role:?} to {to:?}");
            assert!(check_role_change(facts(Role::Member, *role), *to).is_err());
        }
        let by_administrator = check_deactivation(facts(Role::Administrator, *role));
        assert_eq!(by_administrator.is_ok(), *role < Role::Administrator);
        assert_eq!(
            check_invited_role(Role::Administrator, *role).is_ok(),
            *role < Role::Administrator
        );
    }
}

#[test]
fn users_may_lower_their_own_role_and_not_raise_it() {
    let own = TargetFacts { is_self: true, ..facts(Role::Administrator, Role::Administrator) };
    assert!(check_role_change(own, Role::Guest).is_ok());
    assert!(check_role_change(own, Role::Owner).is_err());
}

#[test]
fn the_last_owner_stays_an_active_owner() {
    let last =
        TargetFacts { is_self: true, is_last_owner: true, ..facts(Role::Owner, Role::Owner) };
    assert!(check_role_change(last, Role::Member).is_err());
    assert!(check_deactivation(last).is_err());
    assert!(check_role_change(last, Role::Owner).is_ok());
}

#[test]
fn accounts_of_the_server_stay_as_they_are() {
    let service = TargetFacts { is_service: true, ..facts(Role::Owner, Role::Member) };
    assert!(check_role_change(service, Role::Guest).is_err());
    assert!(check_deactivation(service).is_err());
}

fn request(act: AdministrationAct) -> Result<ActRequest, Failure> {
    ActRequest::new((Actor::CommandLine, None), act, " on  request ", Timestamp(1))
}

fn invitation(role: Role, uses: u32) -> NewInvitation {
    NewInvitation { role, uses, lasts_ms: None, rooms: Vec::new(), note: String::new() }
}

#[test]
fn an_invitation_has_bounds() {
    let rooms = vec![RoomId(3), RoomId(1), RoomId(3)];
    let good = NewInvitation { rooms, ..invitation(Role::Member, 5) };
    let request = |it| request(AdministrationAct::Invite(it));
    let checked = request(good.clone()).unwrap();
    assert_eq!(checked.reason, "on request");
    let AdministrationAct::Invite(checked) = checked.act else { panic!("another act") };
    assert_eq!(checked.rooms, [RoomId(1), RoomId(3)]);
    for bad in [
        invitation(Role::Member, 0),
        invitation(Role::Member, MAX_INVITATION_USES + 1),
        invitation(Role::Administrator, 2),
        NewInvitation { lasts_ms: Some(0), ..good.clone() },
        NewInvitation { lasts_ms: Some(MAX_INVITATION_MS + 1), ..good.clone() },
        NewInvitation { note: "x".repeat(MAX_NOTE_CHARS + 1), ..good.clone() },
        NewInvitation { rooms: (1..=21).map(RoomId).collect(), ..good },
    ] {
        assert!(request(bad.clone()).is_err(), "{bad:?}");
    }
}

#[test]
fn settings_replace_those_of_the_configuration() {
    let configured = Workspace { name: Some("Before".into()), ..Workspace::default() };
    let none = WorkspaceSettings::default();
    assert_eq!(with_settings(configured.clone(), &none), configured);
    let settings = WorkspaceSettings {
        name: Some("After".into()),
        access: Some(Access::Closed),
        apps: Some(Apps::all()),
        moods: Some(true),
        ..WorkspaceSettings::default()
    };
    let changed = with_settings(configured.clone(), &settings);
    assert_eq!((changed.name.as_deref(), changed.access), (Some("After"), Access::Closed));
    assert!(changed.moods && changed.apps == Apps::all());
    let unnamed = WorkspaceSettings { name: Some(" ".into()), ..none };
    let act = request(AdministrationAct::ChangeSettings(unnamed)).unwrap().act;
    let AdministrationAct::ChangeSettings(unnamed) = act else { panic!("another act") };
    assert_eq!(with_settings(configured, &unnamed).name, None);
}
