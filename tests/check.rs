//! Every code of the checks: its example raises it, the example put right does not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mayday::config::Config;
use mayday::diagnostic::{Diagnostic, Level, SourceFile, render};
use mayday::playbook::check::{Set, check, entries};
use mayday::playbook::parse::{self, Parsed};
use mayday::playbook::{Playbook, catalogue};
use mayday::time::Timestamp;

mod expressions;
mod meaning;
mod sets;
mod shell;
mod translations;
mod whole;

const TODAY: &str = "2026-11-22T00:00:00Z";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/check")
}

fn file(name: &str) -> Arc<SourceFile> {
    SourceFile::new(name, std::fs::read_to_string(folder().join(name)).unwrap())
}

fn text(name: &str, text: &str) -> Parsed<Playbook> {
    parse::playbook(&SourceFile::new(name, text))
}

fn playbook(name: &str) -> Parsed<Playbook> {
    parse::playbook(&file(name))
}

fn look(playbooks: &[Parsed<Playbook>], config: Option<&Parsed<Config>>) -> Vec<Diagnostic> {
    check(&Set { playbooks, config, today: TODAY.parse::<Timestamp>().unwrap() })
}

/// What is said about one file of the folder, beside a clean playbook and a clean configuration.
fn faults(name: &str) -> Vec<Diagnostic> {
    let found = if name.ends_with(".mayday.yaml") {
        look(&[playbook("other.yaml")], Some(&parse::config(&file(name))))
    } else {
        let playbooks = [playbook("other.yaml"), playbook(name)];
        look(&playbooks, Some(&parse::config(&file("mayday.yaml"))))
    };
    let own = |fault: &Diagnostic| fault.labels.first().is_some_and(|at| at.file.name == name);
    assert!(found.iter().all(own), "another file has faults: {found:#?}");
    found
}

fn codes(faults: &[Diagnostic]) -> BTreeSet<&'static str> {
    faults.iter().map(|fault| fault.code.0).collect()
}

fn example(code: &str, twin: &str) -> String {
    let own = format!("{code}{twin}.mayday.yaml");
    if folder().join(&own).exists() { own } else { format!("{code}{twin}.yaml") }
}

#[test]
fn every_code_has_an_example_that_raises_it_alone_and_one_that_raises_nothing() {
    let mut wrong = String::new();
    for entry in entries() {
        let code = entry.code.0;
        let bad = faults(&example(code, ""));
        let good = faults(&example(code, ".good"));
        if codes(&bad) != BTreeSet::from([code]) || !good.is_empty() {
            let page = |faults: &[Diagnostic]| render::human(faults, false, 100);
            wrong.push_str(&format!("== {code}\n-- bad:\n{}-- good:\n{}", page(&bad), page(&good)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_code_reads_well_on_the_screen() {
    for entry in entries() {
        let page = render::human(&faults(&example(entry.code.0, "")), false, 100);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(entry.code.0, page);
        });
    }
}

#[test]
fn every_code_is_explained_with_an_example_of_both_kinds() {
    let mut seen = BTreeSet::new();
    for entry in catalogue::all() {
        let code = entry.code.0;
        assert!(seen.insert(code), "{code} is given twice");
        assert!(!entry.title.is_empty() && entry.text.len() > 40, "{code} is not explained");
        assert!(catalogue::explain(&code.to_lowercase()).is_some(), "{code}");
    }
    for entry in entries() {
        assert!(!entry.bad.is_empty() && entry.bad != entry.good, "{}", entry.code.0);
        assert!(!entry.bad.contains("# ---"), "{}: the frame is no part of it", entry.code.0);
    }
    assert!(entries().count() >= 40, "{} rules", entries().count());
    assert!(entries().any(|entry| entry.code.level() == Level::Note));
}
