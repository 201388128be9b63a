//! The documented context is the context: each field there is, and each field is told of.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Ends, context, full, runs};

const BOOK: &str = include_str!("../../book/template-context.md");

/// Every field as the book writes it: `run.id`, `steps[].key`.
fn fields(value: &Value, path: &str, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                all.insert(path.clone());
                fields(inner, &path, all);
            }
        }
        Value::Array(items) => {
            for item in items {
                fields(item, &format!("{path}[]"), all);
            }
        }
        _ => {}
    }
}

#[test]
fn every_field_is_documented_and_every_documented_field_is_there() {
    let mut real = BTreeSet::new();
    for story in [runs::clean(), runs::rough(), runs::drill(Ends::Fails)] {
        fields(&context(&story), "", &mut real);
    }
    // What only a bad day has: it was open again, other contacts were called, and there were earlier runs.
    fields(&full(&runs::full()), "", &mut real);
    // And a record that is longer than a report.
    let rows = serde_json::json!({ "list": 0, "rows": 0, "of": 0, "after": 0, "where": "" });
    fields(&serde_json::json!({ "left_out": [rows] }), "", &mut real);
    let rows = BOOK.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<String> =
        rows.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with('|')).collect();
    let missing: Vec<_> = real.difference(&documented).collect();
    assert!(missing.is_empty(), "not in the book: {missing:#?}");
    let gone: Vec<_> = documented.difference(&real).collect();
    assert!(gone.is_empty(), "in the book, not in the context: {gone:#?}");
}
