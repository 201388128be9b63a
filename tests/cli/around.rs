//! What surrounds a command: a full disk behind its output, empty variables, folders that cannot be used.

use std::fs::OpenOptions;
use std::process::Stdio;

use super::desk;
use crate::support::desk::{Desk, Said};

fn one() -> Desk {
    desk("  - {id: a, title: A, effect: read, shell: 'echo a'}")
}

/// The command with this variable.
fn with(desk: &Desk, arguments: &[&str], name: &str, value: &str) -> Said {
    let mut command = desk.command(arguments);
    Said::from(command.env(name, value).output().unwrap())
}

#[test]
fn data_that_a_full_disk_did_not_take_is_no_success() {
    let desk = one();
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    for arguments in [&["list"][..], &["show", "p"], &["schema"], &["explain", "E014"]] {
        let said = Said::from(desk.command(arguments).stdout(full()).output().unwrap());
        said.is(1, &["failed to write to standard output: No space left", "is not whole"]);
    }
    // A run goes on without its screen.
    Said::from(desk.command(&["run", "p"]).stdout(full()).output().unwrap()).is(0, &["COMPLETED"]);
}

#[test]
fn a_variable_that_is_set_and_empty_is_named() {
    let desk = one();
    for name in ["MAYDAY_CONFIG", "MAYDAY_STATE_DIR"] {
        let said = with(&desk, &["list"], name, "");
        said.is(2, &[&format!("hint: {name} is set and empty")]);
    }
    with(&desk, &["run", "p"], "MAYDAY_ENV", "").is(4, &["hint: MAYDAY_ENV is set and empty"]);
    with(&desk, &["run", "p", "--env", "none"], "MAYDAY_ENV", "").is(4, &["name one with --env"]);
    let said = with(&desk, &["run", "p", "--env", "here"], "MAYDAY_OPERATOR", " \n");
    said.is(0, &["driven by "]);
    assert!(!said.all().contains("driven by  on"), "{}", said.all());
    let said = with(&desk, &["run", "p", "--env", "here"], "MAYDAY_OPERATOR", "Ada\nLovelace");
    said.is(0, &["driven by Ada Lovelace on"]);
}

#[test]
fn a_folder_for_runs_that_cannot_be_made_leads_to_another() {
    let desk = one();
    with(&desk, &["run", "p"], "MAYDAY_STATE_DIR", "/proc/none")
        .is(4, &["failed to create /proc/none", "hint: name another folder: --state-dir DIR"]);
}
