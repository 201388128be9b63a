//! Secrets are nowhere but where they are used, and the memory that holds them is nobody else's (T11, T12).

use std::os::unix::fs::MetadataExt as _;

use crate::cli::{Beside, CONFIG, desk_with, until};
use crate::faults::{Row, always, is_root};

/// A step of each effect that waits to be looked at.
fn waits(effect: &str) -> String {
    format!(
        "  - {{id: {effect}, title: Wait, effect: {effect}, secrets: {{KEY: key}}, shell: 'ulimit -Sc > limit; touch {effect}; while ! test -e go; do sleep 0.02; done'}}\n"
    )
}

#[test]
fn nobody_else_looks_into_memory_and_no_core_is_dumped() {
    let mut row = Row::new("T12", "memory of a driver: not dumpable, no core", always(2));
    for effect in ["read", "change"] {
        let config = format!("{CONFIG}secrets: {{key: 'env:KEY'}}\n");
        let desk = desk_with(&config, "", &waits(effect));
        for folder in ["", "state"] {
            let path = desk.path(folder);
            std::fs::create_dir_all(&path).unwrap();
            if is_root() {
                std::os::unix::fs::chown(&path, Some(65534), Some(65534)).unwrap();
            }
        }
        let mut command = desk.command_as_nobody(&["run", "p"]);
        command.env("KEY", "kanarie-in-memory");
        let run = Beside::start(command);
        until("the step runs", || desk.path(effect).exists());
        let process = std::path::PathBuf::from(format!("/proc/{}", run.pid().as_raw_pid()));
        // The kernel gives the files of a process that may not be dumped to root, whoever runs it.
        assert_eq!(process.join("mem").metadata().unwrap().uid(), 0);
        let limits = std::fs::read_to_string(process.join("limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
        assert_eq!(std::fs::read_to_string(desk.path("limit")).unwrap().trim(), "0");
        desk.write("go", "");
        run.end().is(0, &[]);
        row.pass();
    }
}
