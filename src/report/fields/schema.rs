//! The JSON Schema of `mayday report --format json`.

use serde_json::{Map, Value, json};

use super::{Field, Holds, LIST, all_of, below};
use crate::report::CONTEXT_VERSION;

/// The schema, draft 2020-12. Fields that a newer mayday adds are no fault.
#[must_use]
pub fn schema() -> Value {
    let title = format!("mayday report --format json, version {CONTEXT_VERSION} of its context");
    let mut schema = schema_of(LIST, &title);
    schema["properties"]["context_version"]["const"] = CONTEXT_VERSION.into();
    schema
}

/// The schema of another list that is written as this one is.
#[must_use]
pub fn schema_of(list: &'static str, title: &str) -> Value {
    let mut schema = object(&all_of(list), "", false);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = title.into();
    schema
}

fn object(all: &[Field], path: &str, nullable: bool) -> Value {
    let fields = below(all, path);
    let properties: Map<String, Value> =
        fields.iter().map(|(name, field)| ((*name).to_owned(), one(all, field))).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": kind("object", nullable), "properties": properties, "required": required })
}

fn one(all: &[Field], field: &Field) -> Value {
    let nullable = field.nullable;
    let plain = |word: &str| json!({ "type": kind(word, nullable) });
    let (mut schema, unit) = match &field.holds {
        Holds::Text => (plain("string"), ""),
        Holds::OneOf(words) => {
            let words = words.iter().map(|word| json!(word));
            let all: Vec<Value> = words.chain(nullable.then_some(Value::Null)).collect();
            (json!({ "enum": all }), "")
        }
        Holds::Time => {
            (json!({ "type": kind("string", nullable), "format": "date-time" }), " (UTC)")
        }
        Holds::Millis => (plain("integer"), " (milliseconds)"),
        Holds::Percent => (plain("integer"), " (percent)"),
        Holds::Bytes => (json!({ "type": kind("integer", nullable), "minimum": 0 }), " (bytes)"),
        Holds::Count | Holds::Event => {
            (json!({ "type": kind("integer", nullable), "minimum": 0 }), "")
        }
        Holds::Bool => (plain("boolean"), ""),
        Holds::Texts => (json!({ "type": "array", "items": { "type": "string" } }), ""),
        Holds::Object => (object(all, &format!("{}.", field.path), nullable), ""),
        Holds::Rows => {
            let items = object(all, &format!("{}[].", field.path), false);
            (json!({ "type": "array", "items": items }), "")
        }
    };
    schema["description"] = format!("{}{unit}", field.meaning).into();
    schema
}

fn kind(word: &str, nullable: bool) -> Value {
    if nullable { json!([word, "null"]) } else { json!(word) }
}
