//! The forms that programs read: JSON lines, GitHub's workflow commands, SARIF.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Lines, sorted};
use crate::diagnostic::codes::Entry;
use crate::diagnostic::{Diagnostic, Label, Level};

/// One JSON object a line: `code`, `level`, `message`, `help` (a list of texts) and `labels`, the
/// primary one first, each with `file`, `line`, `column`, `end_line`, `end_column` and `text`. Lines
/// and columns count from 1, columns in characters; an end is the place behind the last character.
#[must_use]
pub fn json(faults: &[Diagnostic]) -> String {
    let mut lines = Lines::default();
    let mut page = String::new();
    for fault in sorted(faults) {
        let labels: Vec<Value> =
            fault.labels.iter().map(|label| json_label(label, &mut lines)).collect();
        let object = json!({
            "code": fault.code.0,
            "level": fault.level.word(),
            "message": fault.message,
            "labels": labels,
            "help": fault.help,
        });
        // Writing to a String cannot fail.
        let _ = writeln!(page, "{object}");
    }
    page
}

fn json_label(label: &Label, lines: &mut Lines) -> Value {
    let ends = lines.ends(label);
    json!({
        "file": label.file.name,
        "line": ends.start.line,
        "column": ends.start.column,
        "end_line": ends.end.line,
        "end_column": ends.end.column,
        "text": label.text,
    })
}

/// GitHub's workflow commands, one a line: the fault appears beside the line in a pull request.
#[must_use]
pub fn github(faults: &[Diagnostic]) -> String {
    let mut lines = Lines::default();
    let mut page = String::new();
    for fault in sorted(faults) {
        let command = match fault.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut place = String::new();
        if let Some(label) = fault.labels.first() {
            let ends = lines.ends(label);
            let file = property(&label.file.name);
            let _ = write!(place, "file={file},line={},", ends.start.line);
            let _ = write!(place, "endLine={},col={},", ends.end.line, ends.start.column);
            if ends.start.line == ends.end.line {
                let _ = write!(place, "endColumn={},", ends.end.column);
            }
        }
        let title = property(fault.code.0);
        let words = data(&whole_message(fault));
        let _ = writeln!(page, "::{command} {place}title={title}::{words}");
    }
    page
}

/// The message, what the primary label says, and the help, one a line.
fn whole_message(fault: &Diagnostic) -> String {
    let label = fault.labels.first().map(|label| label.text.as_str()).filter(|t| !t.is_empty());
    let mut words = fault.message.clone();
    if let Some(label) = label {
        let _ = write!(words, ": {label}");
    }
    for help in &fault.help {
        let _ = write!(words, "\n{help}");
    }
    words
}

/// The escapes of a workflow command's message (GitHub, "Workflow commands").
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// SARIF 2.1.0 for code scanning, with the pages of the codes as its rules.
#[must_use]
pub fn sarif(faults: &[Diagnostic], catalogue: &[&Entry]) -> String {
    let mut lines = Lines::default();
    let rules: Vec<Value> = catalogue.iter().map(|entry| rule(entry)).collect();
    let results: Vec<Value> = sorted(faults)
        .into_iter()
        .map(|fault| {
            let mut places = fault.labels.iter().map(|label| location(label, &mut lines));
            let primary: Vec<Value> = places.by_ref().take(1).collect();
            let related: Vec<Value> = places.collect();
            let index = catalogue.iter().position(|entry| entry.code == fault.code);
            let mut result = json!({
                "ruleId": fault.code.0,
                "level": fault.level.word(),
                "message": { "text": whole_message(fault) },
                "locations": primary,
            });
            if let Some(index) = index {
                result["ruleIndex"] = index.into();
            }
            if !related.is_empty() {
                result["relatedLocations"] = related.into();
            }
            result
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "mayday",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(entry: &Entry) -> Value {
    json!({
        "id": entry.code.0,
        "shortDescription": { "text": entry.title },
        "fullDescription": { "text": entry.text },
        "help": { "text": entry.page() },
        "defaultConfiguration": { "level": entry.code.level().word() },
    })
}

fn location(label: &Label, lines: &mut Lines) -> Value {
    let ends = lines.ends(label);
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&label.file.name) },
        "region": {
            "startLine": ends.start.line,
            "startColumn": ends.start.column,
            "endLine": ends.end.line,
            "endColumn": ends.end.column,
        },
    } });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

/// A path as a URI reference: what is neither unreserved nor `/` is percent-encoded (RFC 3986, 2.3).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
