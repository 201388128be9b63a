//! What ARCHITECTURE.md and CONTRIBUTING.md name is there: files, modules, tests that hold an invariant, scripts.

use std::path::{Path, PathBuf};

use crate::support::desk::ROOT;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

/// True for a file or folder of the repository, or a module below `src/`.
fn is_there(name: &str) -> bool {
    let (root, source) = (Path::new(ROOT), Path::new(ROOT).join("src"));
    let forms: [PathBuf; 5] = [
        root.join(name),
        root.join(format!("{name}.rs")),
        source.join(name),
        source.join(format!("{name}.rs")),
        root.join(format!("{name}.md")),
    ];
    forms.iter().any(|path| path.exists())
}

/// True for a module of the tests or a test in one: `engine::outbox`, `layers::every_file_keeps_to_its_layer`.
fn is_test(name: &str) -> bool {
    let Some((module, rest)) = name.split_once("::") else { return false };
    let tests = Path::new(ROOT).join("tests");
    let function = format!("fn {rest}(");
    let declared = std::fs::read_to_string(tests.join(format!("{module}.rs"))).unwrap_or_default();
    tests.join(module).join(format!("{rest}.rs")).exists()
        || declared.contains(&function)
        || Path::new(ROOT).join("src").join(module).join(format!("{rest}.rs")).exists()
}

fn spans(page: &str) -> Vec<String> {
    let mut inside = false;
    let lines = page.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines
        .flat_map(|line| line.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_path_that_is_named_is_there() {
    let (mut faults, mut seen) = (Vec::new(), 0);
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        for span in spans(&page(name)) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
            // `inbox/` and `exit.json` are of a run, and a path from the root is of the machine.
            let path = span.contains('/') && !span.starts_with('/') && !span.ends_with('/');
            if path && span.chars().all(plain) {
                seen += 1;
                // The one name that stands for any.
                if !is_there(&span) && !span.contains("foo") {
                    faults.push(format!("{name}: `{span}`"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "not there: {}", faults.join(", "));
    assert!(seen > 30, "only {seen} paths were found");
    assert!(!is_there("run/nothing") && is_there("run/slip"));
}

#[test]
fn every_invariant_names_a_test_that_there_is() {
    let page = page("ARCHITECTURE.md");
    let table = page.split("## What must always hold").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let names: Vec<String> = spans(table)
        .into_iter()
        .filter(|span| span.contains("::") && span.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !is_test(name)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    assert!(!is_test("layers::nothing_of_this_name"));
}

#[test]
fn every_script_that_is_shown_to_a_contributor_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let page = page("CONTRIBUTING.md");
    let blocks = page.split("```").skip(1).step_by(2);
    let words = blocks.flat_map(str::lines).filter_map(|line| {
        line.split_whitespace().find(|word| !word.contains('=')).map(str::to_owned)
    });
    let scripts: Vec<String> = words.filter(|word| word.contains('/')).collect();
    assert!(scripts.len() >= 5, "{scripts:?}");
    for script in scripts {
        let file = std::fs::metadata(Path::new(ROOT).join(&script));
        let file = file.unwrap_or_else(|error| panic!("{script}: {error}"));
        assert!(file.permissions().mode() & 0o111 != 0, "{script} cannot be run");
    }
}
