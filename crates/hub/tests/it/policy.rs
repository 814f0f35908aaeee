//! The key of a name.

use madang_hub::policy::name_key;

#[test]
fn names_that_look_the_same_have_one_key() {
    for (one, other) in [
        ("민수", "\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}"),
        ("Jane", "jANE"),
        ("Ｊａｎｅ", "jane"),
        ("Straße", "STRASSE"),
        ("Å", "å"),
        ("ﬁ", "FI"),
    ] {
        assert_eq!(name_key(one), name_key(other), "{one} {other}");
    }
    assert_ne!(name_key("민수"), name_key("민서"));
}
