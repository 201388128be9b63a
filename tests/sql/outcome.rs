//! What is known after a transaction ended, or its connection did.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use super::*;
use crate::support::postgres::Server;

/// When a cutting proxy cuts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cut {
    /// COMMIT reaches the server; its answer is lost.
    AfterCommit,
    /// COMMIT itself is lost.
    BeforeCommit,
    /// The first UPDATE is lost.
    BeforeUpdate,
}

/// Forwards one connection until it sees the words to cut at. Returns its port.
pub(super) fn cutting_proxy(server: u16, cut: Cut) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let upstream = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let (mut from_server, mut to_client) =
                (upstream.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
            std::thread::spawn(move || forward(client, upstream, cut));
        }
    });
    port
}

fn forward(mut client: TcpStream, mut upstream: TcpStream, cut: Cut) {
    let word: &[u8] = if cut == Cut::BeforeUpdate { b"UPDATE" } else { b"COMMIT" };
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let bytes = &buffer[..length];
        if bytes.windows(word.len()).any(|window| window == word) {
            client.shutdown(Shutdown::Both).unwrap();
            if cut == Cut::AfterCommit {
                upstream.write_all(bytes).unwrap();
                // The server closes only after it did what it was told.
                upstream.shutdown(Shutdown::Write).unwrap();
            } else {
                upstream.shutdown(Shutdown::Both).unwrap();
            }
            return;
        }
        upstream.write_all(bytes).unwrap();
    }
    let _ = upstream.shutdown(Shutdown::Both);
}

fn through(server: &Server, cut: Cut) -> String {
    let port = cutting_proxy(server.port, cut);
    server.url("postgres", "?sslmode=disable").replace(&server.port.to_string(), &port.to_string())
}

/// Waits until nothing of ours runs on the server any more.
fn settle(server: &Server) {
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'mayday/%'";
    while server.psql(ours) != "0" {}
}

#[test]
fn a_lost_answer_to_commit_is_unknown_and_nothing_else_is() {
    let server = Server::start();
    server.psql("CREATE TABLE t AS SELECT 0 AS n");
    let update = ["UPDATE t SET n = n + 1"];
    for (cut, wanted) in [(Cut::AfterCommit, "1"), (Cut::BeforeCommit, "1")] {
        let url = through(&server, cut);
        let (ran, ended) = hold_and_end(&change(TargetKind::Postgres, &url, &update), true);
        assert_eq!(ran.facts["rows_affected"], 1);
        assert!(
            matches!(&ended.ending, Ending::Unknown { reason } if reason.contains("during COMMIT")),
            "{cut:?}: {ended:?}"
        );
        assert!(!ended.facts.contains_key("committed"));
        settle(&server);
        assert_eq!(server.psql("SELECT n FROM t"), wanted, "{cut:?}");
    }
    let url = through(&server, Cut::BeforeUpdate);
    let (kind, message) = failure(&change(TargetKind::Postgres, &url, &update));
    assert_eq!(kind, FailKind::Connection);
    assert!(message.contains("nothing was committed"), "{message}");
    let mut alone = change(TargetKind::Postgres, &url, &["VACUUM t"]);
    alone.effect.no_transaction = true;
    assert_eq!(go(&alone).ending, Ending::Done);
    settle(&server);
    assert_eq!(server.psql("SELECT n FROM t"), "1");
}

#[test]
fn commit_and_rollback_do_what_they_say() {
    let server = Server::start();
    server.psql("CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    let url = server.url("postgres", "");
    let insert = change(TargetKind::Postgres, &url, &["INSERT INTO t VALUES (1)"]);
    let (_, ended) = hold_and_end(&insert, false);
    assert_eq!(ended.facts["committed"], false);
    assert_eq!(server.psql("SELECT count(*) FROM t"), "0");
    let (_, ended) = hold_and_end(&insert, true);
    assert_eq!((ended.ending, &ended.facts["committed"]), (Ending::Done, &Value::Bool(true)));
    // The second is refused only by COMMIT itself.
    let (_, ended) = hold_and_end(&insert, true);
    let (kind, message) = failed(ended);
    assert_eq!(kind, FailKind::Refused);
    assert!(message.contains("23505") && message.ends_with("; rolled back"), "{message}");
    assert_eq!(server.psql("SELECT count(*) FROM t"), "1");
    let gone = end(
        SqlEnd { session: EffectId(99), commit: true, time_limit: Span::from_secs(9) },
        &Sessions::new(),
    );
    assert!(failed(gone).1.contains("nothing was committed"));
}

#[test]
fn a_server_that_ends_a_held_transaction_has_rolled_it_back() {
    let server = Server::start();
    server.psql("CREATE TABLE t (id int)");
    let url = server.url("postgres", "");
    let (mut job, sessions) =
        (change(TargetKind::Postgres, &url, &["INSERT INTO t VALUES (1)"]), Sessions::new());
    job.effect.hold = true;
    assert_eq!(run(&job, EffectId(7), &sessions, &Cancel::new()).ending, Ending::Done);
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'mayday/%'");
    settle(&server);
    let ended = end(
        SqlEnd { session: EffectId(7), commit: true, time_limit: Span::from_secs(9) },
        &sessions,
    );
    let (kind, message) = failed(ended);
    assert_eq!(kind, FailKind::Connection);
    assert!(message.contains("before COMMIT") && message.contains("57P01"), "{message}");
    assert_eq!(server.psql("SELECT count(*) FROM t"), "0");
}

#[test]
fn a_deadlock_rolls_one_of_two_back() {
    let server = Server::with(&["deadlock_timeout=50ms"]);
    server.psql("CREATE TABLE t AS SELECT g AS id, 0 AS n FROM generate_series(1, 2) g");
    let url = server.url("postgres", "");
    let other = "postgres-other";
    server.psql(&format!("COMMENT ON TABLE t IS '{other}'"));
    // Each takes its own row, then both meet at a barrier, then each wants the other's.
    let barrier = "SELECT pg_advisory_xact_lock_shared(1), pg_sleep(0)";
    let run_one = |mine: &str, theirs: &str| {
        let first = format!("UPDATE t SET n = n + 1 WHERE id = {mine}");
        let wait = "DO $$ BEGIN LOOP EXIT WHEN (SELECT count(*) FROM pg_locks \
                    WHERE locktype = 'advisory' AND granted) = 2; END LOOP; END $$";
        let second = format!("UPDATE t SET n = n + 1 WHERE id = {theirs}");
        go(&change(TargetKind::Postgres, &url, &[&first, barrier, wait, &second]))
    };
    let (a, b) = std::thread::scope(|scope| {
        let a = scope.spawn(|| run_one("1", "2"));
        let b = scope.spawn(|| run_one("2", "1"));
        (a.join().unwrap(), b.join().unwrap())
    });
    let (lost, won) = if a.ending == Ending::Done { (b, a) } else { (a, b) };
    assert_eq!(won.ending, Ending::Done);
    let (kind, message) = failed(lost);
    assert_eq!(kind, FailKind::Refused);
    assert!(message.contains("40P01") && message.ends_with("; rolled back"), "{message}");
    assert_eq!(server.psql("SELECT sum(n) FROM t"), "2");
}
