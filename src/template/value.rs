//! Values as words: what kind they are, and how they read.

use serde_json::Value;

/// Characters of a value shown in a message or a trace.
const SHOWN: usize = 80;

/// `a number`, `text`, ... for a message.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// How a value reads in a text: text as it is, the rest as JSON.
pub(super) fn display(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How a value reads in a message: JSON, cut to one short line.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > 8 * SHOWN => {
            let head: String = text.chars().take(SHOWN).collect();
            cut(&Value::String(head + "...").to_string())
        }
        Value::Array(items) if items.len() > SHOWN => format!("[a list of {}]", items.len()),
        Value::Object(map) if map.len() > SHOWN => format!("{{a map of {}}}", map.len()),
        other => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    crate::text::cut(text, SHOWN).into_owned()
}
