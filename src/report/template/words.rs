//! What is wrong with a template, in words that name the variable.

use minijinja::{Error, ErrorKind};
use serde_json::Value;

use crate::diagnostic::did_you_mean;

/// What the error means.
pub(super) fn of(error: &Error, template: &str, context: &Value) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => undefined(error, template, context),
        ErrorKind::OutOfFuel => "it takes too many steps; is a loop inside a loop?".to_owned(),
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest => {
            let said = said(error);
            format!("{said}; book/template-context.md lists what there is")
        }
        ErrorKind::SyntaxError => syntax(error),
        _ => said(error),
    }
}

/// A syntax error.
pub(super) fn syntax(error: &Error) -> String {
    format!("syntax error: {}", said(error))
}

fn said(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

/// Which name has no value, and which one may have been meant.
fn undefined(error: &Error, template: &str, context: &Value) -> String {
    let path = error.range().map(|range| named(template, range)).unwrap_or_default();
    if path.is_empty() {
        return "a name has no value".to_owned();
    }
    let said = format!("`{path}` has no value");
    // A name that the template gives to a row says nothing of the context's names.
    let first = path.split('.').next().unwrap_or_default();
    let is_row = template.contains(&format!("for {first} in "));
    let meant = if is_row { near_in_row(&path, context) } else { near(&path, context) };
    match meant {
        Some(near) => format!("{said}; did you mean `{near}`?"),
        None => said,
    }
}

/// The name that a range of the template is about: a filter's is what stands before it.
fn named(template: &str, range: std::ops::Range<usize>) -> String {
    let shown = template.get(range.clone()).unwrap_or_default();
    let before = template.get(..range.start).unwrap_or_default().trim_end();
    let filtered = if shown.starts_with('|') { Some(before) } else { before.strip_suffix('|') };
    match filtered.map(str::trim_end) {
        Some(before) => {
            let from = before
                .rfind(|c| !in_path(c))
                .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
            before[from..].to_owned()
        }
        None => longest_path(shown),
    }
}

fn in_path(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// The dotted name at the start of an expression.
fn longest_path(shown: &str) -> String {
    let shown = shown.trim_start_matches(['{', '%', '-', '+', ' ', '\n']);
    let end = shown.find(|c| !in_path(c));
    shown[..end.unwrap_or(shown.len())].trim_end_matches('.').to_owned()
}

/// The name that was meant. A name inside a loop is looked for among all fields of all rows.
fn near(path: &str, context: &Value) -> Option<String> {
    let mut at = context;
    let mut walked = Vec::new();
    let names: Vec<&str> = path.split('.').collect();
    for (depth, name) in names.iter().enumerate() {
        let here: Vec<&str> = at.as_object()?.keys().map(String::as_str).collect();
        if let Some(inner) = at.get(name) {
            walked.push(*name);
            at = inner;
            continue;
        }
        if let Some(near) = did_you_mean(name, here.iter().copied()) {
            walked.push(near);
            // The rest of the path, as far as it is right behind the name that was meant.
            let mut behind = &at[near];
            for name in &names[depth + 1..] {
                let Some(inner) = behind.get(name) else { break };
                walked.push(*name);
                behind = inner;
            }
            return Some(walked.join("."));
        }
        return near_in_row(path, context);
    }
    None
}

/// The field of some row that was meant.
fn near_in_row(path: &str, context: &Value) -> Option<String> {
    let (front, last) = path.rsplit_once('.')?;
    let mut fields = Vec::new();
    row_fields(context, &mut fields);
    did_you_mean(last, fields).map(|near| format!("{front}.{near}"))
}

/// The fields of the first row of every list.
fn row_fields<'a>(value: &'a Value, fields: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => map.values().for_each(|inner| row_fields(inner, fields)),
        Value::Array(items) => {
            if let Some(Value::Object(row)) = items.first() {
                fields.extend(row.keys().map(String::as_str));
                row.values().for_each(|inner| row_fields(inner, fields));
            }
        }
        _ => {}
    }
}
