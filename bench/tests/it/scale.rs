//! The page `docs/scale.md` contains the output of the simulator.

use std::fs;
use std::path::Path;

use madang_bench::scale::{ScaleInputs, page};

#[test]
fn the_page_has_the_tables_of_the_simulator() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let inputs = fs::read_to_string(root.join("bench/scale.json")).unwrap();
    let inputs = ScaleInputs::from_json(&inputs).unwrap();
    let path = root.join("docs/scale.md");
    let text = fs::read_to_string(&path).unwrap();
    let expected = page::with_tables(&text, &inputs).unwrap_or_else(|| panic!("no block"));
    if std::env::var_os("MADANG_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(text, expected, "write it with `just scale`");
    }
}

#[test]
fn more_users_need_no_less_of_anything() {
    let inputs = include_str!("../../scale.json");
    let inputs = ScaleInputs::from_json(inputs).unwrap();
    let mut before = inputs.needs(1_000.0);
    for users in [1e4, 1e5, 1e6, 1e7] {
        let needs = inputs.needs(users);
        assert!(needs.load.nodes >= before.load.nodes, "{users}");
        assert!(needs.costs.database_cores > before.costs.database_cores, "{users}");
        assert!(needs.load.follows > before.load.follows, "{users}");
        assert!(needs.databases >= before.databases, "{users}");
        before = needs;
    }
}
