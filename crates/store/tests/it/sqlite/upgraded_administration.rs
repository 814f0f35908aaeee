//! The administration, access tokens and bots in databases of earlier versions.

use madang_hub::administration::AuditFilter;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::roles::{Access, Role};
use madang_shared::{Timestamp, UserId};

use crate::support::TestStore;

/// Checks the administration, and the access tokens and bots.
pub(super) async fn check_administration(test_store: &TestStore, version: usize) {
    let store = &test_store.store;
    let (jane, is_there) = (UserId(2), version >= 27);
    let role = if is_there { Role::Administrator } else { Role::Member };
    assert_eq!(store.role(jane).await, Ok(role), "{version}");
    let entries = store.audit(None, AuditFilter::default()).await.expect("readable").entries;
    let reasons: Vec<&str> = entries.iter().map(|entry| entry.reason.as_str()).collect();
    assert_eq!(reasons, ["trusted"][..usize::from(is_there)], "{version}: the audit log");
    if is_there {
        let page = store.invitations(jane, None).await.expect("allowed");
        let invitation = &page.invitations[0];
        assert_eq!((invitation.note.as_str(), invitation.role), ("친구", Role::Guest), "{version}");
        assert_eq!((invitation.people[0].id.0, &invitation.rooms), (5, &vec![FIRST_ROOM]));
        let offered = store.invitation([0; 32], Timestamp(500)).await.expect("still valid");
        assert_eq!(offered.invited_by.as_deref(), Some("Jane"), "{version}");
    }
    let access = is_there.then_some(Access::Invited);
    assert_eq!(store.settings().await.expect("readable").access, access, "{version}");

    let tokens = store.tokens(jane, jane).await.expect("own");
    let names: Vec<&str> = tokens.iter().map(|token| token.name.as_str()).collect();
    assert_eq!(names, ["reader"][..usize::from(version >= 29)], "{version}: access tokens");
    let found = store.token_user([1; 32], Timestamp(500)).await.expect("readable");
    assert_eq!(found.map(|it| it.user.id), (version >= 29).then_some(jane), "{version}");
    let bots = store.bots(jane).await.expect("own");
    let bots: Vec<u64> = bots.into_iter().map(|bot| bot.user.id.0).collect();
    assert_eq!(bots, [6][..usize::from(version >= 29)], "{version}: bots");
}
