//! The wire as a JSON Schema, for clients in other languages.

use madang_shared::{ClientFrame, ServerFrame};

#[test]
fn the_schema_is_checked_in() {
    let schema = serde_json::json!({
        "$comment": "Made by the test `the_schema_is_checked_in`. A client sends ClientFrame, the server ServerFrame.",
        "ClientFrame": schemars::schema_for!(ClientFrame),
        "ServerFrame": schemars::schema_for!(ServerFrame),
    });
    crate::bless::check("schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}
