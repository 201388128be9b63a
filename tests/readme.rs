//! Commands and transcripts in the documentation, run with the real binary.
//!
//! A fenced `console` block holds lines `$ command`, each followed by what a reader will see: lines in
//! their order, `...` for what is left out. Digits and the width of gaps may differ.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MAYDAY: &str = env!("CARGO_BIN_EXE_mayday");

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

/// A copy of what a reader has: configuration and playbooks, and a home of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(Path::new(ROOT).join("mayday.yaml"), folder.path().join("mayday.yaml")).unwrap();
        copy_all(&Path::new(ROOT).join("playbooks"), &folder.path().join("playbooks"));
        Self { folder }
    }

    /// What is wrong with one command of a document, if anything.
    fn fault(&self, shown: &Shown) -> Option<String> {
        let words: Vec<&str> = shown.command.split_whitespace().collect();
        let arguments = match words.as_slice() {
            ["mayday", rest @ ..] | ["cargo", "run", "--", rest @ ..] => rest,
            [script, ..] if is_script(script) => return None,
            ["git", "clone", ..] | ["cd", _] => return None,
            _ => return Some(format!("`{}`: not known how to check this", shown.command)),
        };
        let done = Command::new(MAYDAY)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("MAYDAY_STATE_DIR", self.folder.path().join("state"))
            .env("MAYDAY_OPERATOR", "ada")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let mut printed = String::from_utf8(done.stderr).unwrap();
        printed.push_str(&String::from_utf8(done.stdout).unwrap());
        if !done.status.success() {
            return Some(format!("`{}` ended with {}:\n{printed}", shown.command, done.status));
        }
        let missing = first_missing(&shown.output, &printed)?;
        Some(format!("`{}` did not print `{missing}`:\n{printed}", shown.command))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let folder = self.folder.path().join(".mayday-sandbox");
        let _ = Command::new(MAYDAY).args(["sandbox", "down"]).arg(folder).output();
    }
}

/// True for a program of this repository that may be run.
fn is_script(word: &str) -> bool {
    let path: PathBuf = Path::new(ROOT).join(word);
    word.contains('/')
        && fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 1 == 1)
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
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
        desk.fault(&Shown { command: command.to_owned(), output })
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
