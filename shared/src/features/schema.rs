//! The JSON Schema of a topic: a string of one of the spellings in the table.

use std::borrow::Cow;

use super::Topic;

impl schemars::JsonSchema for Topic {
    fn schema_name() -> Cow<'static, str> {
        "Topic".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let spellings: Vec<String> = Self::SPELLINGS
            .iter()
            .map(|(name, has_id)| {
                format!("{name}{}", if *has_id { ":(0|[1-9][0-9]*)" } else { "" })
            })
            .collect();
        schemars::json_schema!({
            "description": "A named, ordered stream of typed events.",
            "type": "string",
            "pattern": format!("^({})$", spellings.join("|")),
        })
    }
}
