//! Drills from outside: their verdicts, the guard, the record, what comes behind.

mod alone;
mod guard;
mod inject;
mod killed;
mod later;
mod more;
mod odd;
mod record;
mod stops;
mod told;
mod verdict;

use serde_json::Value;

use crate::support::desk::{Desk, Said};

/// A place to practise on and a dangerous one, each with a database file.
pub(super) const LAB: &str = "
environments:
  lab:
    danger: low
    setup: touch up
    teardown: rm up
    targets: { db: { type: sqlite, path: lab.sqlite } }
  production: { danger: high, targets: { db: { type: sqlite, path: prod.sqlite } } }
";

/// A file is lost and comes back.
pub(super) const LOST: &str = "
mayday: 1
id: lost
title: A file is lost
severity: SEV-2
objectives: { rto: 30m, rpo: 5m }
steps:
  - { id: find, title: Find the copy, effect: read, shell: cat copy }
  - { id: back, title: Bring it back, effect: change, shell: cp copy data, undo: { effect: change, shell: rm -f data } }
drill:
  environments: [lab]
  cadence: quarterly
  setup: [{ id: seed, title: Write it, effect: change, shell: 'echo rows | tee data > copy' }]
  inject: [{ id: lose, title: Lose it, effect: destructive, shell: rm data }]
  pass:
    - { id: same, must: true, points: 70, shell: cmp copy data }
    - { id: quick, points: 30, that: run.elapsed <= objectives.rto }
  cleanup: [{ id: tidy, title: Remove both, effect: change, shell: rm -f data copy }]
  sign_off: [lead]
";

/// A desk with the lab and `lost`, changed here and there.
pub(super) fn desk(changes: &[(&str, &str)]) -> Desk {
    let desk = Desk::with(&[("mayday.yaml", LAB), ("playbooks/lost.yaml", LOST)]);
    for (from, to) in changes {
        let file = if LAB.contains(from) { "mayday.yaml" } else { "playbooks/lost.yaml" };
        desk.edit(file, from, to);
    }
    desk
}

pub(super) fn drill(desk: &Desk) -> Said {
    desk.mayday(&["drill", "run", "lost", "--env", "lab", "--no-input"])
}

/// The records there are, oldest name first.
pub(super) fn records(desk: &Desk) -> Vec<Value> {
    let mut files = super::files(&desk.path("drills"));
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    let read = |file: &std::path::PathBuf| {
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.iter().map(read).collect()
}
