//! What became of a transaction, asked afterwards.

use mayday::world::sql::fate;

use super::*;
use crate::support::postgres::Server;

const UPDATE: &str = "UPDATE t SET n = n + 1";

/// A server with a counter.
fn counter() -> Server {
    let server = Server::start();
    server.psql("CREATE TABLE t AS SELECT 0 AS n");
    server
}

/// Asks the server itself, for so long.
fn asked(server: &Server, tx: &Value, secs: i64) -> Output {
    let target = job(TargetKind::Postgres, &server.url("postgres", ""), &[]).target;
    fate(&target, tx, Span::from_secs(secs), &Cancel::new(), "mayday/a-run/fate")
}

fn unknown(output: Output) -> String {
    match output.ending {
        Ending::Unknown { reason } => reason,
        other => panic!("it is known: {other:?} {:?}", output.facts),
    }
}

fn not_done(output: Output) -> String {
    assert_eq!(output.facts["committed"], false);
    match output.ending {
        Ending::NotDone { reason } => reason,
        other => panic!("not proved: {other:?} {:?}", output.facts),
    }
}

#[test]
fn the_server_tells_what_became_of_a_transaction_also_after_a_crash() {
    let mut server = counter();
    let url = server.url("postgres", "");
    let update = change(TargetKind::Postgres, &url, &[UPDATE]);
    let (committed, _) = hold_and_end(&update, true);
    let (rolled_back, _) = hold_and_end(&update, false);
    let tx = &committed.facts["tx"];
    assert_eq!(tx["flushed"], true, "{tx}");
    assert_eq!((&tx["timeline"], &tx["database"]), (&1.into(), &"postgres".into()), "{tx}");
    assert_eq!(
        tx["system_identifier"],
        server.psql("SELECT system_identifier FROM pg_control_system()")
    );
    for round in 0..3 {
        let yes = asked(&server, tx, 20);
        assert_eq!((yes.ending, &yes.facts["committed"]), (Ending::Done, &true.into()), "{round}");
        let no = not_done(asked(&server, &rolled_back.facts["tx"], 20));
        assert!(no.contains("nothing was committed"), "{no}");
        server.crash();
        server.start_again();
    }
}

#[test]
fn a_number_is_never_handed_out_again_once_it_is_kept() {
    let mut server = counter();
    let url = server.url("postgres", "");
    let (mut job, sessions) = (change(TargetKind::Postgres, &url, &[UPDATE]), Sessions::new());
    job.effect.hold = true;
    let ran = run(&job, EffectId(7), &sessions, &Cancel::new());
    let tx = ran.facts["tx"].clone();
    server.crash();
    server.start_again();
    // Without the flush, this one would get the lost one's number.
    let next = server.psql("BEGIN; UPDATE t SET n = 100; SELECT pg_current_xact_id(); COMMIT");
    assert!(next.parse::<u64>().unwrap() > tx["xid"].as_str().unwrap().parse().unwrap());
    not_done(asked(&server, &tx, 20));
    let mut unflushed = tx.clone();
    unflushed["flushed"] = false.into();
    let reason = unknown(asked(&server, &unflushed, 20));
    assert!(reason.contains("not known to be on its disk"), "{reason}");
}

#[test]
fn without_a_second_connection_only_the_same_processes_are_believed() {
    let server = counter();
    server.psql(&format!(
        "CREATE ROLE single LOGIN PASSWORD '{}' CONNECTION LIMIT 1; GRANT ALL ON t TO single",
        crate::support::postgres::PASSWORD
    ));
    let url = server.url("single", "");
    let (ran, _) = hold_and_end(&change(TargetKind::Postgres, &url, &[UPDATE]), true);
    // The other server processes may have flushed the log in the meantime; then it is as good.
    let mut tx = ran.facts["tx"].clone();
    tx["flushed"] = false.into();
    assert_eq!(asked(&server, &tx, 20).ending, Ending::Done);
    // The postmaster outlives the crash of a session, and its start time tells nothing of that.
    let started = server.psql("SELECT pg_postmaster_start_time()");
    kill_a_session(&server);
    let reason = unknown(asked(&server, &tx, 20));
    assert!(reason.contains("not known to be on its disk"), "{reason}");
    assert_eq!(server.psql("SELECT pg_postmaster_start_time()"), started);
}

/// Kills a session, so that the server recovers below its postmaster; returns once it answers again.
fn kill_a_session(server: &Server) {
    let (mut job, sessions) =
        (change(TargetKind::Postgres, &server.url("postgres", ""), &["SELECT 1"]), Sessions::new());
    job.effect.hold = true;
    job.effect.statements = vec!["SELECT pg_backend_pid() AS pid".to_owned()];
    let ran = run(&job, EffectId(3), &sessions, &Cancel::new());
    let pid = i32::try_from(ran.facts["rows"][0]["pid"].as_i64().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let gone = end(
        SqlEnd { session: EffectId(3), commit: true, time_limit: Span::from_secs(9) },
        &sessions,
    );
    failed(gone);
    // It says so to every session; then it takes none until it has recovered.
    let probe = super::job(TargetKind::Postgres, &server.url("postgres", ""), &["SELECT 1"]);
    while go(&probe).ending != Ending::Done {}
}

#[test]
fn a_transaction_that_is_still_open_is_waited_for_and_its_session_named() {
    let server = counter();
    let url = server.url("postgres", "");
    let (mut job, sessions) = (change(TargetKind::Postgres, &url, &[UPDATE]), Sessions::new());
    job.effect.hold = true;
    let ran = run(&job, EffectId(7), &sessions, &Cancel::new());
    let tx = ran.facts["tx"].clone();
    let holder = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mayday/a-run/a-step'";
    let pid = server.psql(holder);
    let reason = unknown(asked(&server, &tx, 1));
    assert!(reason.contains(&format!("pg_terminate_backend({pid})")), "{reason}");
    assert!(reason.contains("idle in transaction"), "{reason}");
    // Nothing was ended by asking.
    assert_eq!(server.psql(holder), pid);
    let cancel = Cancel::new();
    cancel.cancel();
    let target = job.target.clone();
    let ended = fate(&target, &tx, Span::from_secs(60), &cancel, "mayday/a-run/fate");
    assert!(unknown(ended).contains("ended the question"));
    let later = std::thread::scope(|scope| {
        let asking = scope.spawn(|| asked(&server, &tx, 30));
        let time_limit = Span::from_secs(9);
        let done = end(SqlEnd { session: EffectId(7), commit: true, time_limit }, &sessions);
        assert_eq!(done.ending, Ending::Done);
        asking.join().unwrap()
    });
    assert_eq!(later.ending, Ending::Done);
}

#[test]
fn what_cannot_be_asked_stays_unknown() {
    let mut server = counter();
    let url = server.url("postgres", "");
    let (ran, _) = hold_and_end(&change(TargetKind::Postgres, &url, &[UPDATE]), true);
    let tx = ran.facts["tx"].clone();
    let ask = |url: &str, tx: &Value| {
        let target = job(TargetKind::Postgres, url, &[]).target;
        unknown(fate(&target, tx, Span::from_secs(1), &Cancel::new(), "mayday/a-run/fate"))
    };
    assert!(ask(&url, &Value::Null).contains("no number"));
    assert!(ask("postgres://", &tx).contains("names no host"));
    assert!(ask(&url.replace("p%40", "q%40"), &tx).contains("28P01"));
    assert!(ask(&format!("{url}?dbname=elsewhere"), &tx).contains("3D000"));
    let mut future = tx.clone();
    future["xid"] = "4000000000000".into();
    assert!(ask(&url, &future).contains("set back"));
    server.psql("REVOKE ALL ON FUNCTION pg_xact_status(xid8), txid_status(bigint) FROM PUBLIC");
    server
        .psql(&format!("CREATE ROLE shy LOGIN PASSWORD '{}'", crate::support::postgres::PASSWORD));
    assert!(ask(&server.url("shy", ""), &tx).contains("does not tell"));
    server.crash();
    let down = ask(&url, &tx);
    assert!(down.contains("could not connect") && down.contains("(asked for 1s)"), "{down}");
    for kind in [TargetKind::Sqlite, TargetKind::Mysql] {
        let target = job(kind, "x", &[]).target;
        let said = fate(&target, &tx, Span::from_secs(1), &Cancel::new(), "mayday/a-run/fate");
        assert!(unknown(said).contains("does not tell"));
    }
}

#[test]
fn a_role_that_may_see_little_still_changes_and_says_what_it_cannot_tell() {
    let mut server = counter();
    server.psql(&format!(
        "CREATE ROLE shy LOGIN PASSWORD '{}'; GRANT ALL ON t TO shy;
         REVOKE ALL ON FUNCTION pg_control_system(), pg_walfile_name(pg_lsn) FROM PUBLIC",
        crate::support::postgres::PASSWORD
    ));
    let url = server.url("shy", "");
    let update = change(TargetKind::Postgres, &url, &[UPDATE]);
    let (ran, ended) = hold_and_end(&update, true);
    assert_eq!(ended.facts["committed"], true);
    let tx = ran.facts["tx"].clone();
    assert_eq!((&tx["system_identifier"], &tx["timeline"]), (&Value::Null, &Value::Null));
    assert_eq!(asked(&server, &tx, 20).ending, Ending::Done);
    server.psql("REVOKE ALL ON FUNCTION pg_logical_emit_message(boolean, text, text), pg_logical_emit_message(boolean, text, bytea) FROM PUBLIC");
    let (ran, ended) = hold_and_end(&update, true);
    assert_eq!(
        (&ran.facts["tx"]["flushed"], &ended.facts["committed"]),
        (&false.into(), &true.into())
    );
    server.psql("REVOKE ALL ON FUNCTION pg_current_xact_id(), txid_current() FROM PUBLIC");
    let (ran, ended) = hold_and_end(&update, true);
    assert_eq!((ran.facts.get("tx"), &ended.facts["committed"]), (None, &true.into()));
    server.crash();
    server.start_again();
    let reason = unknown(asked(&server, &tx, 20));
    assert!(reason.contains("system identifier may not be read"), "{reason}");
}

#[test]
fn a_server_before_version_13_tells_by_its_older_names() {
    let mut server = counter();
    server.psql(&format!(
        "CREATE ROLE old LOGIN PASSWORD '{}'; GRANT ALL ON t TO old;
         REVOKE ALL ON FUNCTION pg_current_xact_id(), pg_xact_status(xid8) FROM PUBLIC",
        crate::support::postgres::PASSWORD
    ));
    let url = server.url("old", "");
    let update = change(TargetKind::Postgres, &url, &[UPDATE]);
    let (committed, _) = hold_and_end(&update, true);
    let (rolled_back, _) = hold_and_end(&update, false);
    let ask = |output: &Output| {
        let target = update.target.clone();
        let tx = &output.facts["tx"];
        assert_eq!(tx["flushed"], true);
        fate(&target, tx, Span::from_secs(20), &Cancel::new(), "mayday/a-run/fate")
    };
    for _ in 0..2 {
        assert_eq!(ask(&committed).ending, Ending::Done);
        not_done(ask(&rolled_back));
        server.crash();
        server.start_again();
    }
}

#[test]
fn an_author_cannot_make_commit_lie_about_the_disk() {
    let server = counter();
    let url = server.url("postgres", "");
    let relaxed = ["SET LOCAL synchronous_commit = off", UPDATE];
    let (mut job, sessions) = (change(TargetKind::Postgres, &url, &relaxed), Sessions::new());
    job.effect.hold = true;
    let ran = run(&job, EffectId(7), &sessions, &Cancel::new());
    assert_eq!(ran.facts["tx"]["flushed"], true);
    let time_limit = Span::from_secs(9);
    let ended = end(SqlEnd { session: EffectId(7), commit: true, time_limit }, &sessions);
    assert_eq!(ended.facts["committed"], true);
    let (mut server, tx) = (server, ran.facts["tx"].clone());
    server.crash();
    server.start_again();
    assert_eq!(asked(&server, &tx, 20).ending, Ending::Done);
    assert_eq!(server.psql("SELECT n FROM t"), "1");
}
