//! Other programs and the audit log.

use madang_shared::roles::Role;

use super::Shell;
use super::administration::user_with;
use crate::support::TestStore;

on_every_database! {
    nothing_changes_the_audit_log,
}

async fn nothing_changes_the_audit_log(test_store: TestStore, shell: impl Shell) {
    user_with(&test_store, "Mina", Role::Owner).await;
    for statement in
        ["UPDATE audit_entries SET detail = ''", "DELETE FROM audit_entries WHERE id = 1"]
    {
        let refused = shell.run(statement).await.expect_err("append-only");
        assert!(refused.contains("the audit log is append-only"), "{refused}");
    }
    assert_eq!(shell.texts("SELECT act FROM audit_entries").await, ["set_role"]);
}
