//! Marks on a draft: where `check` finds an error, the step says REVIEW and why. A draft is right where it can
//! be, and honest where it cannot.

use std::collections::BTreeMap;

use crate::diagnostic::{Level, SourceFile};
use crate::playbook::check::{Set, check};
use crate::playbook::parse;
use crate::time::Timestamp;

/// How a step begins in a draft.
const STEP: &str = "      - id: ";

/// Marks the steps of a draft in which `check` finds errors; how many marks were set.
pub(super) fn errors(yaml: &mut String) -> usize {
    let file = SourceFile::new("draft", yaml.as_str());
    let playbooks = [parse::playbook(&file)];
    // Which day it is makes no error.
    let today = Timestamp::from_millis(0);
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for fault in check(&Set { playbooks: &playbooks, config: None, today }) {
        let label = fault.labels.first().filter(|_| fault.level == Level::Error);
        let Some(label) = label else { continue };
        let (line, _) = file.line_column(label.range.start);
        let message = fault.message.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = found.entry(line).or_default();
        let text = format!("{} {message}", fault.code.0);
        if !told.contains(&text) {
            told.push(text);
        }
    }
    let mut lines: Vec<String> = yaml.split('\n').map(str::to_owned).collect();
    let mut marks: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (line, told) in found {
        // A line inside a text is no place for a comment; the line of the step's id is. Texts stand deeper.
        let above = (0..line.min(lines.len())).rev().find(|at| lines[*at].starts_with(STEP));
        let into = marks.entry(above.unwrap_or(0)).or_default();
        for text in told {
            if !into.contains(&text) {
                into.push(text);
            }
        }
    }
    let count = marks.len();
    for (at, told) in marks {
        if let Some(line) = lines.get_mut(at) {
            line.push_str(&format!(" # REVIEW {}", told.join("; ")));
        }
    }
    *yaml = lines.join("\n");
    count
}
