//! The formats as tables, from the schemas that editors use: what is documented is what is accepted.

use serde_json::{Map, Value};

/// Every type of a schema with its fields: a heading each, the document itself first.
#[must_use]
pub fn reference(title: &str, schema: &Value) -> String {
    let mut page = format!(
        "# {title}\n\nGenerated from the program; do not edit. An asterisk marks what must be there.\n"
    );
    section(&mut page, None, schema);
    for (name, inner) in schema["$defs"].as_object().into_iter().flatten() {
        // A short form of another type, or a list of it, stands where it is used.
        if !name.starts_with("Brief") && !name.starts_with("OneOrMany") {
            section(&mut page, Some(name), inner);
        }
    }
    page
}

fn section(page: &mut String, name: Option<&str>, schema: &Value) {
    if let Some(name) = name {
        page.push_str(&format!("\n## {name}\n"));
    }
    if let Some(about) = schema["description"].as_str() {
        page.push_str(&format!("\n{}\n", words(about)));
    }
    let Some(fields) = schema["properties"].as_object() else {
        page.push_str(&format!("\n{}.\n", kind(schema)));
        return;
    };
    page.push_str("\n| field | value | meaning |\n|---|---|---|\n");
    for (field, value) in fields {
        let must = schema["required"]
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name == field));
        let about = value["description"].as_str().map(words).unwrap_or_default();
        page.push_str(&format!(
            "| `{field}`{} | {} | {about} |\n",
            if must { " \\*" } else { "" },
            kind(value)
        ));
    }
}

/// What a value may be: `text`, a link to its section, a list of it.
fn kind(value: &Value) -> String {
    if let Some(path) = value["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(inner) = name.strip_prefix("Brief") {
            return format!("text, or {}", link(inner));
        }
        return match name.strip_prefix("OneOrMany").map(|inner| inner.trim_start_matches("Brief")) {
            Some("string") => "text, or a list of them".to_owned(),
            Some("uint16") => "number, or a list of them".to_owned(),
            Some(inner) => format!("{}, or a list of them", link(inner)),
            None => link(name),
        };
    }
    if let Some(only) = value.get("const") {
        return format!("`{}`", only.as_str().map_or_else(|| only.to_string(), ToOwned::to_owned));
    }
    if let Some(words) = value["enum"].as_array() {
        return words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(ways) = value[key].as_array() {
            let mut ways: Vec<String> = ways.iter().map(kind).collect();
            ways.dedup();
            return ways.join(", or ");
        }
    }
    match value["type"].as_str() {
        Some("string") => "text".to_owned(),
        Some("integer" | "number") => "number".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => format!("list of {}", kind(&value["items"])),
        Some("object") => object(value),
        _ => "any value".to_owned(),
    }
}

fn object(value: &Value) -> String {
    match &value["additionalProperties"] {
        inner @ Value::Object(_) => format!("name: {}", kind(inner)),
        Value::Bool(true) => "names with any values".to_owned(),
        _ => {
            let fields = value["properties"].as_object().map(Map::keys).into_iter().flatten();
            let fields: Vec<String> = fields.map(|name| format!("`{name}`")).collect();
            format!("map of {}", fields.join(", "))
        }
    }
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

/// The descriptions are Markdown of our own; a cell has one line.
fn words(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
