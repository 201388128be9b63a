//! Every state that a weak file system may leave of the last write: none of it, all of it, a part, zeros in
//! its place, or somebody else's bytes.
//!
//! Bytes of earlier commits were synced and stay (that they were is F02's and the strace tests' to show); of
//! the last one anything may be there. What was acknowledged must be read back, and the run goes on.

use mayday::journal::{Condition, Holder, RunId, Store, read};
use mayday::run::event::{Event, Kind};
use mayday::time::Timestamp;

use super::{Count, Row};

/// Commits of a scenario.
const COMMITS: usize = 100;

/// Events in one commit, bytes in one event, and after how many commits the head is written; 0 for never.
const SCENARIOS: [(usize, usize, usize); 6] =
    [(1, 10, 0), (3, 40, 0), (1, 8_000, 7), (2, 200, 1), (5, 1, 3), (1, 12_000, 0)];

fn at() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

/// What may stand where the last write was to go. The name, and its bytes.
fn states(tail: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let part = |length: usize| tail[..length].to_vec();
    let half = tail.len() / 2;
    vec![
        ("none", Vec::new()),
        ("all", tail.to_vec()),
        ("one byte", part(1)),
        ("a quarter", part(tail.len() / 4)),
        ("half", part(half)),
        ("all but one", part(tail.len() - 1)),
        ("zeros", vec![0; tail.len()]),
        ("half, then zeros", [&tail[..half], &vec![0; tail.len() - half]].concat()),
        ("garbage", tail.iter().map(|byte| byte.wrapping_mul(31) | 0x80).collect()),
    ]
}

#[test]
fn no_state_of_the_last_write_loses_what_was_acknowledged() {
    let mut row = Row::new(
        "F05",
        "a weak file system: each state of the last write",
        Count { ci: 5_000, soak: 5_000 },
    );
    for (events, size, head_every) in SCENARIOS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("runs"));
        let id = RunId::parse("20261122-1000-abc").unwrap();
        let holder = || Holder { operator: "ana".to_owned(), since: at() };
        let mut journal = store.create(&id, &[], &holder(), Box::new(|_| None)).unwrap().journal;
        let path = journal.dir().journal();
        let head = journal.dir().path().join("head");
        let length = || usize::try_from(path.metadata().unwrap().len()).unwrap();
        // Length before and after each commit, events acknowledged before it, and the head then.
        let mut commits = Vec::new();
        for n in 0..COMMITS {
            let (before, acknowledged) = (length(), journal.next_seq());
            let head = std::fs::read(&head).ok();
            for part in 0..events {
                let text = format!("{n}.{part} \u{1b}[1m é {}", "x".repeat(size));
                let event = Event {
                    at: at(),
                    boot_ms: 0,
                    by: "ana".to_owned(),
                    slip: None,
                    kind: Kind::Noted { text, when: None, files: Vec::new() },
                };
                journal.stage(event).unwrap();
            }
            journal.commit().unwrap();
            commits.push((before, length(), acknowledged, head));
            if head_every > 0 && n % head_every == 0 {
                journal.checkpoint().unwrap();
            }
        }
        let dir = journal.dir().clone();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        for (before, after, acknowledged, head_then) in commits {
            for (state, bytes) in states(&whole[before..after]) {
                std::fs::write(&path, [&whole[..before], &bytes].concat()).unwrap();
                match &head_then {
                    Some(bytes) => std::fs::write(&head, bytes).unwrap(),
                    None => drop(std::fs::remove_file(&head)),
                }
                let found = read(&dir).unwrap().scan;
                assert!(
                    found.events >= acknowledged,
                    "{state}: {} of {acknowledged}",
                    found.events
                );
                let most = acknowledged + u64::try_from(events).unwrap();
                assert!(found.events <= most, "{state}: an event that nobody wrote");
                match (&found.condition, state) {
                    (Condition::Clean | Condition::Torn { .. }, _) => {
                        let resumed = store.resume(&id, &holder(), Box::new(|_| None)).unwrap();
                        assert!(resumed.journal.next_seq() >= acknowledged, "{state}");
                    }
                    // What is no beginning of a record is never cut by itself: a person is asked.
                    (Condition::Damaged { .. }, "garbage") => {}
                    (other, state) => panic!("{state}: {other:?}"),
                }
                row.more();
            }
        }
    }
}
