//! F54: what the server does to a transaction on its own. It is rolled back, and said so.

use std::process::Command;

use mayday::effect::{EffectId, Ending, FailKind, Output, SqlEnd, TargetKind};
use mayday::time::Span;
use mayday::world::sql::{Cancel, Job, Sessions, end, run};

use super::glance;
use crate::faults::{Row, always, is_root};
use crate::sql::{change, failed};
use crate::support::postgres::Server;

#[test]
fn what_the_server_breaks_off_is_rolled_back_and_said_so() {
    let what = "deadlock, lock wait, time limits, serialization failure, full disk";
    let mut row = Row::new("F54", what, always(6));
    let folder = full_disk();
    {
        let server = Server::with(&["deadlock_timeout=50ms"]);
        server.psql("CREATE TABLE t AS SELECT g AS id, 0 AS n FROM generate_series(1, 2) g");
        let url = server.url("postgres", "");
        let mut tried = |output: Output, code: &str, words: &str| {
            let (_, message) = failed(output);
            assert!(message.contains(code) && message.contains(words), "{message}");
            assert!(message.contains("rolled back"), "{message}");
            assert_eq!(server.psql("SELECT sum(n) FROM t WHERE n < 100"), "0", "{message}");
            row.pass();
        };
        tried(deadlock(&server, &url), "40P01", "deadlock detected");
        let held = hold(&adding(&url, &[]));
        let impatient = adding(&url, &["SET LOCAL lock_timeout = '50ms'"]);
        tried(go(&impatient), "55P03", "pg_locks");
        drop(held);
        let mut slow = adding(&url, &[]);
        slow.effect.statements.push("SELECT pg_sleep(60)".to_owned());
        slow.effect.time_limit = Span::from_millis(700);
        let (kind, message) = failed(go(&slow));
        assert_eq!(kind, FailKind::Timeout, "{message}");
        tried(go(&slow), "no end within 700ms", "");
        let brief = "SET LOCAL idle_in_transaction_session_timeout = '1s'";
        let sessions = hold(&adding(&url, &[brief]));
        let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'mayday/%'";
        while server.psql(ours) != "0" {
            glance();
        }
        let time_limit = Span::from_secs(9);
        let said = end(SqlEnd { session: EffectId(7), commit: true, time_limit }, &sessions);
        tried(said, "25P03", "before COMMIT");
        tried(overtaken(&server, &url), "40001", "could not serialize");
        if let Some(folder) = &folder {
            server.psql(&format!(
                "CREATE TABLESPACE tiny LOCATION '{}'; CREATE TABLE big (x text) TABLESPACE tiny",
                folder.0.path().display()
            ));
            let fill = "INSERT INTO big SELECT repeat('x', 1000) FROM generate_series(1, 20000)";
            let mut filling = adding(&url, &[]);
            filling.effect.statements.push(fill.to_owned());
            tried(go(&filling), "53100", "No space left");
            assert_eq!(server.psql("SELECT count(*) FROM big"), "0");
        }
    }
    if folder.is_none() {
        row.skip_rest("a full disk needs root");
    }
}

fn go(job: &Job) -> Output {
    let mut job = job.clone();
    job.effect.hold = true;
    let ran = run(&job, EffectId(7), &Sessions::new(), &Cancel::new());
    assert_ne!(ran.ending, Ending::Done, "{:?}", ran.facts);
    ran
}

fn hold(job: &Job) -> Sessions {
    let (mut job, sessions) = (job.clone(), Sessions::new());
    job.effect.hold = true;
    let ran = run(&job, EffectId(7), &sessions, &Cancel::new());
    assert_eq!(ran.ending, Ending::Done);
    sessions
}

/// Adds one behind these statements.
fn adding(url: &str, before: &[&str]) -> Job {
    let all: Vec<&str> = before.iter().copied().chain(["UPDATE t SET n = n + 1"]).collect();
    change(TargetKind::Postgres, url, &all)
}

/// Each of two has a row and wants the other's; the one that loses.
fn deadlock(server: &Server, url: &str) -> Output {
    let barrier = "SELECT pg_advisory_xact_lock_shared(1)";
    let wait = "DO $$ BEGIN LOOP EXIT WHEN (SELECT count(*) FROM pg_locks \
                WHERE locktype = 'advisory' AND granted) = 2; END LOOP; END $$";
    let one = |mine: u8, theirs: u8| {
        let mine = format!("UPDATE t SET n = n + 1 WHERE id = {mine}");
        let theirs = format!("UPDATE t SET n = n + 1 WHERE id = {theirs}");
        let (mut job, sessions) =
            (change(TargetKind::Postgres, url, &[&mine, barrier, wait, &theirs]), Sessions::new());
        job.effect.hold = true;
        run(&job, EffectId(7), &sessions, &Cancel::new())
    };
    let (a, b) = std::thread::scope(|scope| {
        let a = scope.spawn(|| one(1, 2));
        let b = scope.spawn(|| one(2, 1));
        (a.join().unwrap(), b.join().unwrap())
    });
    let (lost, won) = if a.ending == Ending::Done { (b, a) } else { (a, b) };
    assert_eq!(won.ending, Ending::Done);
    assert_eq!(server.psql("SELECT sum(n) FROM t"), "0");
    lost
}

/// Somebody else changes the row behind the transaction's snapshot.
fn overtaken(server: &Server, url: &str) -> Output {
    let strict = format!("{url}?options=-c%20default_transaction_isolation%3Drepeatable%5C%20read");
    let gate = "SELECT pg_advisory_xact_lock(2)";
    let other = "BEGIN; SELECT pg_advisory_xact_lock(2); UPDATE t SET n = n + 0; \
                 DO $$ BEGIN LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks \
                 WHERE locktype = 'advisory' AND NOT granted); END LOOP; END $$; COMMIT";
    std::thread::scope(|scope| {
        let overtaking = scope.spawn(|| server.psql(other));
        let there = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
        while server.psql(there) == "0" {
            glance();
        }
        let lost = go(&adding(&strict, &[gate]));
        overtaking.join().unwrap();
        lost
    })
}

/// A folder on a disk of 1 MiB that belongs to the server; none without root.
fn full_disk() -> Option<Disk> {
    if !is_root() {
        return None;
    }
    let folder = tempfile::Builder::new().prefix("mayday-disk").tempdir().unwrap();
    let owner = crate::support::server::user("postgres", "postgresql").unwrap();
    let options = format!("size=1M,mode=700,uid={},gid={}", owner.0, owner.1);
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
        .arg(folder.path())
        .status()
        .unwrap();
    if mounted.success() { Some(Disk(folder)) } else { None }
}

/// Gone with the test, also with a failed one; the server that uses it ends before.
struct Disk(tempfile::TempDir);

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}
