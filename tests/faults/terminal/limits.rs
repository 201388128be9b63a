//! F34: too few files, too few processes, too little memory.

use std::process::Command;

use super::{desk, record};
use crate::faults::{Row, always, has};
use crate::support::desk::{Desk, Said};

const STEPS: &str = "  - { id: a, title: A, effect: read, shell: 'echo one' }\n  - { id: b, title: B, effect: read, shell: 'echo two' }";

/// Runs under a limit; what is there afterwards can be gone on with.
fn limited(desk: &Desk, limit: &str, inner: &Command, about: &str) {
    let mut command = Command::new("prlimit");
    command.arg(limit).arg(inner.get_program()).args(inner.get_args()).current_dir(desk.path(""));
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned();
    assert!(!text.contains("panicked"), "{about}: {text}");
    // A program that the system cannot even load says nothing, and has begun nothing.
    let loaded = output.status.code().is_some() || !record(desk).is_empty();
    assert!(!text.is_empty() || !loaded, "{about}: it says what is the matter");
    if !record(desk).contains("\"opened\"") {
        return;
    }
    let id = desk.newest();
    if !record(desk).contains("\"closed\"") {
        let resumed: Said =
            desk.mayday(&["resume", &id, "--answer", "a.menu=retry", "--answer", "b.menu=retry"]);
        assert_eq!(resumed.code, Some(0), "{about}: {}", resumed.all());
    }
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
}

#[test]
fn f34_limits_of_the_system() {
    let mut row = Row::new("F34", "too few files (10), processes (10), memory (20)", always(40));
    if !has("prlimit") {
        return row.skip_rest("there is no prlimit");
    }
    for files in [4, 6, 8, 10, 12, 14, 16, 20, 24, 28] {
        let desk = desk(STEPS);
        let inner = desk.command(&["run", "p"]);
        limited(&desk, &format!("--nofile={files}"), &inner, &format!("{files} files"));
        row.pass();
    }
    for processes in 1..=10 {
        if !crate::faults::is_root() {
            row.skip(1, "a limit on processes of another user needs root");
            continue;
        }
        let desk = desk(STEPS);
        let inner = desk.command_as_nobody(&["run", "p"]);
        opened_to_all(&desk);
        limited(&desk, &format!("--nproc={processes}"), &inner, &format!("{processes} processes"));
        row.pass();
    }
    for step in 0..20_u64 {
        let bytes = (12 + step * 12) * 1024 * 1024;
        let desk = desk(STEPS);
        let inner = desk.command(&["run", "p"]);
        limited(&desk, &format!("--as={bytes}"), &inner, &format!("{bytes} bytes"));
        row.pass();
    }
}

/// The desk's folder as one that nobody in particular may write.
fn opened_to_all(desk: &Desk) {
    use std::os::unix::fs::PermissionsExt as _;
    for folder in [desk.path(""), desk.path("state")] {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
}
