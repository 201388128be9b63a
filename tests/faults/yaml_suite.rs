//! B1: what the YAML community agreed on, through the reader of playbooks.
//!
//! The cases are those of yaml-test-suite; `tests/run` fetches them, they are no part of this project. None
//! of them is a playbook: what counts is that none harms the reader, that what is no YAML is refused, and
//! that a refusal has a place.

use std::path::{Path, PathBuf};

use mayday::diagnostic::{Diagnostic, Level};
use mayday::playbook::parse;
use serde::Deserialize;

use super::{Row, always};

/// Cases in version 0.1.0 of the package.
const CASES: u32 = 402;

/// The codes that say that a text is no YAML: syntax, a character it may not hold, an alias to nothing, and
/// what stands behind the end of its document.
const NO_YAML: [&str; 4] = ["E003", "E006", "E007", "E011"];

/// Of the 94 texts that are no YAML, so many must be refused (reliability design, B1).
const REFUSED: usize = 91;

#[derive(Deserialize)]
struct File {
    id: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    fail: bool,
    yaml: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools/yaml-test-suite/package/data")
}

/// The cases with the names of their files.
fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder()) else { return cases };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        // A module whose only export is JSON; the index and the types have no such thing.
        let Some((_, json)) = text.split_once("export default {") else { continue };
        let json = format!("{{{}", json.trim_end().trim_end_matches(';'));
        let Ok(file) = serde_json::from_str::<File>(&json) else { continue };
        cases.extend(file.cases.into_iter().map(|case| (file.id.clone(), case)));
    }
    cases
}

#[test]
fn b1_the_yaml_test_suite_harms_nothing_and_what_is_no_yaml_is_refused() {
    let mut row = Row::new("B1", "yaml-test-suite as playbooks", always(CASES));
    let cases = cases();
    if cases.is_empty() {
        row.skip_rest("the suite is not here: npm is missing, or its registry cannot be reached");
        return;
    }
    let (mut refused, mut let_in) = (0, Vec::new());
    row.each(|n| {
        let (id, case) = &cases[n as usize];
        let read = parse::read_source("playbook.yaml", case.yaml.clone().into_bytes());
        let faults = match read {
            Ok(file) => parse::playbook(&file).faults,
            Err(fault) => vec![fault],
        };
        let error = |fault: &&Diagnostic| fault.level == Level::Error;
        assert!(faults.iter().any(|fault| error(&fault)), "{id}: taken for a playbook");
        for fault in &faults {
            assert!(!fault.labels.is_empty(), "{id}: {fault:?}");
        }
        let says_no_yaml = faults.iter().any(|fault| NO_YAML.contains(&fault.code.0));
        match case.fail {
            true if says_no_yaml => refused += 1,
            true => let_in.push(id),
            // YAML that a playbook does without (tags, several documents, tabs) may be refused.
            false => {}
        }
    });
    assert!(refused >= REFUSED, "{refused} refused, not {let_in:?}");
}
