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

#[test]
fn a_key_ignores_joiners_selectors_and_tags() {
    let england = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
    for (one, other) in [
        ("辻\u{E0100}本", "辻本"),
        ("辻\u{E0100}本", "辻\u{E01EF}本"),
        ("㐂\u{FE00}", "㐂"),
        ("\u{1820}\u{180B}", "\u{1820}"),
        ("♥\u{FE0F}", "♥\u{FE0E}"),
        (england, "\u{1F3F4}"),
        ("me\u{200D}", "ME"),
        // A selector between a letter and its mark does not hide that they are one letter.
        ("e\u{FE00}\u{301}", "é"),
        ("\u{1106}\u{FE00}\u{1175}", "미"),
    ] {
        assert_eq!(name_key(one), name_key(other), "{one} {other}");
    }
}
