//! kill -9 of the real program at each system call of its main thread (F02).

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use super::disk::{acknowledged, announced, desk, events, ran, shell};
use super::{Count, Row, has};
use crate::support::desk::Said;

/// Calls that may touch the run folder.
const CALLS: [&str; 9] =
    ["write", "fdatasync", "fsync", "mkdir", "rename", "openat", "flock", "fallocate", "unlink"];

fn traced(trace: &Path) -> Vec<(&'static str, u32)> {
    let text = std::fs::read_to_string(trace).unwrap();
    let count =
        |call: &str| text.lines().filter(|line| line.starts_with(&format!("{call}("))).count();
    CALLS
        .iter()
        .flat_map(|call| (1..=u32::try_from(count(call)).unwrap()).map(|k| (*call, k)))
        .collect()
}

#[test]
fn f02_a_kill_at_any_system_call_of_a_run_of_ten_steps_leaves_it_resumable() {
    if !has("strace") {
        return Row::new(
            "F02",
            "kill -9 at each system call of a run of ten steps",
            Count { ci: 40, soak: 400 },
        )
        .skip_rest("no strace here");
    }
    let script = |inject: &str| {
        let set = CALLS.join(",");
        format!("exec strace -o trace -e trace={set} {inject} \"$MAYDAY\" run p --json")
    };
    let first = desk(10, "true");
    Said::from(shell(&first, &["env"], &script("")).output().unwrap()).is(0, &[]);
    let all = traced(&first.path("trace"));
    let total = u32::try_from(all.len()).unwrap();
    let ci = 40.min(total);
    let mut row = Row::new(
        "F02",
        "kill -9 at each system call of a run of ten steps",
        Count { ci, soak: total },
    );
    let every = total / row.wanted();
    row.each(|n| {
        let (call, k) = all[(n * every) as usize];
        let what = format!("kill at {call} {k}");
        let desk = desk(10, "true");
        let inject = format!("-e inject={call}:signal=KILL:when={k}");
        let output = shell(&desk, &["env"], &script(&inject)).output().unwrap();
        let killed = output.status.signal() == Some(9) || output.status.code() == Some(137);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let runs = desk.path("disk/runs");
        let recorded = events(&runs);
        acknowledged(&shown, &recorded, &what);
        announced(&desk, &recorded);
        if !killed || recorded.is_empty() {
            // The call came earlier or not at all this time, or the run never began.
            return assert!(
                ran(&desk).is_empty() || !killed,
                "{what}: a step ran without a record"
            );
        }
        let resumed =
            Said::from(shell(&desk, &["env"], "exec \"$MAYDAY\" resume").output().unwrap());
        // Closed already, complete now, or one change that a person must look at.
        assert!(matches!(resumed.code, Some(0 | 2 | 11)), "{what}: {}", resumed.all());
        announced(&desk, &events(&runs));
        Said::from(shell(&desk, &["env"], "exec \"$MAYDAY\" verify 2").output().unwrap())
            .is(0, &["OK"]);
    });
}
