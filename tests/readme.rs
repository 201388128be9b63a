//! Commands and transcripts in the documentation, run with the real binary.
//!
//! A fenced `console` block holds lines `$ command`, each followed by what a reader will see: lines in
//! their order, `...` for what is left out. Digits and the width of gaps may differ.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::desk::Desk;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A command of a document and what it is said to print.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    output: Vec<String>,
}

/// The commands of all `console` blocks, in order.
fn commands(document: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match (inside, line.trim_end()) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => {
                    found.push(Shown { command: command.to_owned(), output: Vec::new() });
                }
                (None, Some(shown)) => shown.output.push(line.to_owned()),
                (None, None) => panic!("a console block starts with output: {line}"),
            },
            (false, _) => {}
        }
    }
    found
}

/// What is wrong with one command of a document, if anything.
fn fault(desk: &Desk, shown: &Shown) -> Option<String> {
    let words: Vec<&str> = shown.command.split_whitespace().collect();
    let arguments = match words.as_slice() {
        ["mayday", rest @ ..] | ["cargo", "run", "--", rest @ ..] => rest,
        [script, ..] if is_script(script) => return None,
        ["git", "clone", ..] | ["cd", _] => return None,
        _ => return Some(format!("`{}`: not known how to check this", shown.command)),
    };
    let said = desk.mayday(arguments);
    let printed = said.all();
    if said.code != Some(0) {
        return Some(format!("`{}` ended with {:?}:\n{printed}", shown.command, said.code));
    }
    let missing = first_missing(&shown.output, &printed)?;
    Some(format!("`{}` did not print `{missing}`:\n{printed}", shown.command))
}

/// True for a program of this repository that may be run.
fn is_script(word: &str) -> bool {
    let path: PathBuf = Path::new(ROOT).join(word);
    word.contains('/')
        && fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 1 == 1)
}

/// The first line said to be printed that was not, or not in its place.
fn first_missing<'a>(said: &'a [String], printed: &str) -> Option<&'a str> {
    let mut lines = printed.lines().map(shape);
    said.iter()
        .map(String::as_str)
        .filter(|line| !line.trim().is_empty() && line.trim() != "...")
        .find(|line| !lines.any(|real| real == shape(line)))
}

/// A line without what differs from run to run: digits are `0`, a gap is one blank.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    for word in line.split_whitespace() {
        for c in word.chars() {
            let c = if c.is_ascii_digit() { '0' } else { c };
            if !(c == '0' && shape.ends_with('0')) {
                shape.push(c);
            }
        }
        shape.push(' ');
    }
    shape
}

#[test]
fn console_blocks_are_found_with_their_output() {
    let document =
        "text\n```console\n$ mayday list\none\n...\n$ tests/run\n```\n```yaml\n$ no\n```\n";
    let found = commands(document);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].command, "mayday list");
    assert_eq!(found[0].output, ["one", "..."]);
    assert_eq!(found[1], Shown { command: "tests/run".to_owned(), output: Vec::new() });
}

#[test]
fn a_command_that_fails_or_prints_something_else_is_found() {
    let desk = Desk::new();
    let check = |command: &str, output: &[&str]| {
        let output = output.iter().map(|line| (*line).to_owned()).collect();
        fault(&desk, &Shown { command: command.to_owned(), output })
    };
    assert_eq!(check("mayday sandbox up", &["http://127.0.0.1:80"]), None);
    assert_eq!(check("cargo run -- sandbox down", &["...", "removed"]), None);
    assert!(check("mayday sandbox down", &["removed"]).unwrap().contains("did not print"));
    assert!(check("mayday sandbox sideways", &[]).unwrap().contains("ended with"));
    assert_eq!(check("tests/run layers", &[]), None);
    assert!(check("tests/nothing", &[]).unwrap().contains("not known"));
    assert!(check("rm -rf .", &[]).unwrap().contains("not known"));
}

#[test]
fn the_table_of_exit_codes_names_each_code_of_the_program() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let source = fs::read_to_string(Path::new(ROOT).join("src/cli/exit.rs")).unwrap();
    let table = readme.split("## Exit codes").nth(1).unwrap().split("\n## ").next().unwrap();
    let numbers = |text: &str| -> Vec<u8> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    };
    let mut told: Vec<u8> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .flat_map(|line| numbers(line.split('|').next().unwrap_or_default()))
        .collect();
    let mut known: Vec<u8> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split(": u8 = ").nth(1))
        .flat_map(numbers)
        .collect();
    told.sort_unstable();
    known.sort_unstable();
    assert!(known.len() > 10, "the codes are no longer found in src/cli/exit.rs");
    assert_eq!(told, known);
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut links = 0;
    for name in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "book/SUMMARY.md"]
    {
        let document = Path::new(ROOT).join(name);
        for link in fs::read_to_string(&document).unwrap().split("](").skip(1) {
            let target = link.split(')').next().unwrap().split('#').next().unwrap();
            if target.starts_with("http") || target.is_empty() {
                continue;
            }
            links += 1;
            let path = document.parent().unwrap().join(target);
            assert!(path.exists(), "{name}: {target} does not exist");
        }
    }
    assert!(links > 10, "only {links} links were found");
}

#[test]
fn the_commands_of_the_documents_do_what_they_show() {
    for name in ["README.md", "book/first-drill.md"] {
        let document = fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
        let desk = Desk::new();
        let shown = commands(&document);
        assert!(!shown.is_empty(), "{name} shows no command");
        let faults: Vec<String> = shown.iter().filter_map(|shown| fault(&desk, shown)).collect();
        assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    }
}
