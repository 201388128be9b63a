//! kill -9 while a child appends: whatever it said was recorded is recorded.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use mayday::journal::{Condition, Created, Resumed, Store, read};
use mayday::run::event::Kind;

use super::{create, id, noted, resume, store, this_test, told};

const ROOT: &str = "MAYDAY_TEST_APPEND_IN";
const KILLS: usize = 30;

/// Appends until it is killed, and says so after each commit.
fn append_for_ever(store: &Store) {
    let mut journal = match resume(store) {
        Ok(Resumed { mut journal, torn, .. }) => {
            if let Some(torn) = torn {
                let kind = Kind::Recovered { torn_bytes: torn.bytes, kept_as: torn.kept_as };
                journal.append(mayday::run::event::Event { kind, ..noted("") }).unwrap();
            }
            journal
        }
        Err(_) => {
            let Created { journal, .. } = create(store);
            journal
        }
    };
    let mut out = std::io::stdout();
    loop {
        let first = journal.next_seq();
        for part in 0..=first % 3 {
            journal.stage(noted(format!("n={} {}", first + part, "x".repeat(900)))).unwrap();
        }
        journal.commit().unwrap();
        writeln!(out, "\nrecorded {}", journal.next_seq() - 1).unwrap();
        if first % 5 == 0 {
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
    let (_folder, store) = store();
    let (mut acknowledged, mut all) = (0, 0);
    for round in 0..KILLS {
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
            if acks_here == 1 + round * 3 {
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
                Kind::Noted { text } => assert!(text.starts_with(&format!("n={seq} "))),
                Kind::Recovered { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        all += acks_here;
    }
    println!("{KILLS} kills, {all} acknowledged commits, 0 lost");
}
