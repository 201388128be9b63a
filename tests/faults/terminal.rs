//! Rows F20 to F24 and F32 to F34: signals, terminals and children, on the built program.

mod children;
mod hangup;
mod limits;
mod menu;
mod odd;
mod signals;
mod suspend;

use std::process::Command;

use crate::cli::desk_with;
use crate::support::desk::Desk;

/// A state that a run can be in when something happens to it.
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    steps: &'static str,
    /// What stands in the record once it is in that state.
    recorded: &'static str,
    /// A question is open, and this is its label.
    pub(crate) asks: Option<&'static str>,
}

/// A command that is its own sign of life, and ends when `go` is there.
pub(crate) const WAITS: &str = "echo $$ > pid; while ! test -e go; do sleep 0.02; done";

pub(crate) const PHASES: [Phase; 6] = [
    Phase {
        name: "idle prompt",
        steps: "  - { id: a, title: A, confirm: 'Good?' }",
        recorded: "\"started\"",
        asks: Some("y or n >"),
    },
    Phase {
        name: "running step",
        steps: "  - { id: a, title: A, effect: read, shell: 'echo $$ > pid; while ! test -e go; do sleep 0.02; done' }",
        recorded: "\"started\"",
        asks: None,
    },
    Phase {
        name: "countdown",
        steps: "  - { id: a, title: A, pause: 10m }",
        recorded: "\"started\"",
        asks: None,
    },
    Phase {
        name: "wait for a URL",
        steps: "  - { id: a, title: A, wait_for_url: { url: 'http://127.0.0.1:1/', every: 1s }, timeout: 10m }",
        recorded: "\"started\"",
        asks: None,
    },
    Phase {
        name: "SQL in a transaction",
        steps: "  - { id: a, title: A, effect: read, target: db, timeout: 10m, sql: 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c' }",
        recorded: "\"started\"",
        asks: None,
    },
    Phase {
        name: "rendering",
        steps: "  - { id: a, title: A, effect: read, shell: 'echo $$ > pid; while ! test -e go; do seq 1000; sleep 0.05; done' }",
        recorded: "\"started\"",
        asks: None,
    },
];

const CONFIG: &str = "
default_environment: here
environments:
  here: { danger: low, targets: { db: { type: sqlite, path: db.sqlite } } }
";

pub(crate) fn desk(steps: &str) -> Desk {
    let desk = desk_with(CONFIG, "", steps);
    drop(rusqlite_file(&desk));
    desk
}

/// An SQLite database with nothing in it is an empty file.
fn rusqlite_file(desk: &Desk) -> std::fs::File {
    std::fs::File::create(desk.path("db.sqlite")).unwrap()
}

/// A run on a terminal that can be drawn over.
pub(crate) fn live(desk: &Desk) -> Command {
    let mut command = desk.command(&["run", "p"]);
    command.env("TERM", "xterm");
    command
}

/// The record of the only run, as text; empty while there is none.
pub(crate) fn record(desk: &Desk) -> String {
    let runs = std::fs::read_dir(desk.path("state")).into_iter().flatten().flatten();
    let mut texts =
        runs.filter_map(|run| std::fs::read_to_string(run.path().join("journal.jsonl")).ok());
    texts.next().unwrap_or_default()
}

/// How often a word stands in the record.
pub(crate) fn recorded(desk: &Desk, word: &str) -> usize {
    record(desk).matches(word).count()
}

/// The record of the only run is whole.
#[track_caller]
pub(crate) fn verify(desk: &Desk) {
    let runs: Vec<_> = std::fs::read_dir(desk.path("state")).unwrap().flatten().collect();
    let names = runs.iter().map(|run| run.file_name().to_string_lossy().into_owned());
    let id = names.filter(|name| !name.starts_with('.')).max().unwrap();
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
}
