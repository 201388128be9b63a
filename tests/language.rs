//! Reading playbooks: every fault at once, each at its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mayday::diagnostic::{Diagnostic, SourceFile, render};
use mayday::playbook::parse::{self, Parsed};
use mayday::playbook::{Playbook, catalogue};

mod hostile;
mod machines;
mod mutations;
mod places;
mod schema;

/// Short enough to be read thousands of times.
const SMALL: &str = include_str!("fixtures/language/small.yaml");
/// Every field of the format.
const COMPLETE: &str = include_str!("fixtures/language/complete.yaml");

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/language")
}

fn file(text: &str) -> Arc<SourceFile> {
    SourceFile::new("playbook.yaml", text)
}

fn read(text: &str) -> Parsed<Playbook> {
    parse::playbook(&file(text))
}

/// As on a screen of 100 columns.
fn shown(faults: &[Diagnostic]) -> String {
    render::human(faults, false, 100)
}

/// Code, line and column of every fault.
fn places(parsed: &Parsed<Playbook>) -> Vec<(&'static str, usize, usize)> {
    let place = |fault: &Diagnostic| {
        let label = &fault.labels[0];
        let (line, column) = label.file.line_column(label.range.start);
        (fault.code.0, line, column)
    };
    parsed.faults.iter().map(place).collect()
}

#[test]
fn every_fault_shows_its_place_and_what_to_do() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixtures().join("faults"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut raised = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let faults = match parse::read_source(&format!("{name}.yaml"), bytes) {
            Ok(file) => parse::playbook(&file).faults,
            Err(fault) => vec![fault],
        };
        let code = name.split('-').next().unwrap();
        assert!(faults.iter().any(|fault| fault.code.0 == code), "{name} raises {code}");
        raised.extend(faults.iter().map(|fault| fault.code));
        insta::assert_snapshot!(name, shown(&faults));
    }
    // These need bytes, sizes or modes that no fixture file should have; other tests raise them.
    let elsewhere = ["E001", "E002", "E005", "E009", "E010", "E026", "E027"];
    for entry in parse::entries::ENTRIES {
        let found = raised.contains(&entry.code) || elsewhere.contains(&entry.code.0);
        assert!(found, "no fixture raises {}", entry.code.0);
    }
}

#[test]
fn codes_are_named_once_and_every_one_has_a_page() {
    let mut codes: Vec<&str> = catalogue::all().map(|entry| entry.code.0).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count, "a code is there twice");
    for entry in catalogue::all() {
        assert!(entry.text.len() > 60, "{} says too little", entry.code.0);
        assert_eq!(entry.bad.is_empty(), entry.good.is_empty(), "{}", entry.code.0);
        assert!(entry.page().starts_with(&format!("{}[", entry.code.level().word())));
    }
    assert_eq!(catalogue::explain("e014").unwrap().code.0, "E014");
    assert!(catalogue::explain("E999").is_none());
}

#[test]
fn a_small_playbook_is_read_whole() {
    let parsed = read(SMALL);
    assert_eq!(parsed.faults, []);
    let playbook = parsed.value.unwrap();
    assert_eq!(playbook.head.id, "api-down");
    assert_eq!(playbook.head.alerts, ["api", "web"]);
    let step = &playbook.phases[0].steps[1];
    assert_eq!(step.action.key(), "shell");
    assert_eq!(step.verify.len(), 2);
    assert!(step.common.confirm.is_some() && step.undo.is_some() && step.on_crash.is_some());
}
