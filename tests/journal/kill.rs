//! kill -9 while a child appends: whatever it said was recorded is recorded.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use mayday::journal::{Condition, Journal, Resumed, Store, read};
use mayday::run::event::{Event, Kind};

use crate::faults::{Count, Row, always};

use super::{create, id, noted, resume, store, this_test, told};

const ROOT: &str = "MAYDAY_TEST_APPEND_IN";

/// The run's journal: a new one, or the one there is with its torn end recorded.
fn take_up(store: &Store) -> Journal {
    let Ok(Resumed { mut journal, torn, .. }) = resume(store) else {
        return create(store).journal;
    };
    if let Some(torn) = torn {
        let kind = Kind::Recovered { torn_bytes: torn.bytes, kept_as: torn.kept_as };
        journal.append(Event { kind, ..noted("") }).unwrap();
    }
    journal
}

/// Appends until it is killed, and says so after each commit.
pub(crate) fn append_for_ever(store: &Store) {
    let mut journal = take_up(store);
    let mut out = std::io::stdout();
    loop {
        let first = journal.next_seq();
        for part in 0..=first % 3 {
            journal.stage(noted(format!("n={} {}", first + part, "x".repeat(900)))).unwrap();
        }
        journal.commit().unwrap();
        writeln!(out, "\nrecorded {}", journal.next_seq() - 1).unwrap();
        if first.is_multiple_of(5) {
            journal.checkpoint().unwrap();
        }
    }
}

#[test]
fn nothing_that_was_said_to_be_recorded_is_lost_by_kill_9() {
    if let Some(root) = told(ROOT) {
        append_for_ever(&Store::new(root));
        return;
    }
    let (mut _folder, mut store) = store();
    let (mut acknowledged, mut all) = (0, 0_usize);
    let mut row = Row::new(
        "F01",
        "kill -9 at a random time while events are appended",
        Count { ci: 300, soak: 10_000 },
    );
    let kills = row.wanted() as usize;
    for round in 0..kills {
        // A record that grows for ever would only make reading it slow.
        if round.is_multiple_of(25) {
            (_folder, store) = super::store();
            acknowledged = 0;
        }
        let name = "journal::kill::nothing_that_was_said_to_be_recorded_is_lost_by_kill_9";
        let mut child = this_test(name)
            .env(ROOT, store.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acks_here = 0;
        for line in lines {
            let Some(seq) = line.unwrap().strip_prefix("recorded ").map(|n| n.parse().unwrap())
            else {
                continue;
            };
            acknowledged = u64::max(acknowledged, seq);
            acks_here += 1;
            // From then on the pipe is only emptied: what was said before the kill arrived counts too.
            if acks_here == 1 + round * 7 % 23 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acks_here > 0, "round {round}: the child never recorded anything");
        let found = read(&store.dir(&id()).unwrap()).unwrap();
        assert!(
            matches!(found.scan.condition, Condition::Clean | Condition::Torn { .. }),
            "round {round}: {:?}",
            found.scan.condition
        );
        assert!(found.scan.events > acknowledged, "round {round}: {acknowledged} was lost");
        for (seq, event) in &found.events {
            match &event.kind {
                Kind::Noted { text, .. } => assert!(text.starts_with(&format!("n={seq} "))),
                Kind::Recovered { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        all += acks_here;
        row.pass();
    }
    assert!(all >= kills * 10, "only {all} commits were acknowledged in {kills} kills");
}

/// One short life of a run: creation, two commits, a checkpoint, and taking it up again.
fn live_once(store: &Store) {
    let mut out = std::io::stdout();
    let mut journal = take_up(store);
    for part in ["a", "b"] {
        journal.stage(noted(part)).unwrap();
        journal.stage(noted("c")).unwrap();
        journal.commit().unwrap();
        writeln!(out, "\nrecorded {}", journal.next_seq() - 1).unwrap();
        journal.checkpoint().unwrap();
    }
}

#[test]
fn a_kill_at_any_system_call_on_the_run_folder_leaves_a_run_that_goes_on_or_none() {
    let name = "journal::kill::a_kill_at_any_system_call_on_the_run_folder_leaves_a_run_that_goes_on_or_none";
    if let Some(root) = told(ROOT) {
        return live_once(&Store::new(root));
    }
    if !super::has_strace() {
        return;
    }
    let mut kills: u32 = 0;
    // `write` last: it also takes the acknowledgements themselves.
    for call in
        ["mkdir", "openat", "fallocate", "rename", "fsync", "fdatasync", "flock", "unlink", "write"]
    {
        let mut at = 0;
        let (_folder, store) = store();
        let mut acknowledged = None;
        loop {
            at += 1;
            let inject = format!("inject={call}:signal=KILL:when={at}");
            let child = super::this_test(name);
            let output = std::process::Command::new("strace")
                .args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject])
                .arg(child.get_program())
                .args(child.get_args())
                .env(ROOT, store.root())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let seqs = said.lines().filter_map(|line| line.strip_prefix("recorded ")?.parse().ok());
            acknowledged = acknowledged.max(seqs.max());
            kills += u32::from(!output.status.success());
            match store.dir(&id()) {
                Err(_) => assert_eq!(acknowledged, None, "{call} {at}: the run is gone"),
                Ok(dir) => {
                    let scan = read(&dir).unwrap().scan;
                    let whole = matches!(scan.condition, Condition::Clean | Condition::Torn { .. });
                    assert!(whole, "{call} {at}: {:?}", scan.condition);
                    assert!(scan.events.checked_sub(1) >= acknowledged, "{call} {at}: lost");
                    drop(resume(&store).unwrap());
                }
            }
            if output.status.success() {
                break;
            }
            assert!(at < 400, "{call} has no end");
        }
    }
    assert!(kills > 40, "only {kills} kills");
    let mut row = Row::new("F02", "kill -9 at each system call of the journal", always(kills));
    row.each(|_| ());
}
