//! PostgreSQL: binding, errors with their place, limits, connections that do not come about.

use std::net::TcpListener;

use mayday::world::sql::{identity, probe};
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::support::postgres::{PASSWORD, Server};

fn read(url: &str, statements: &[&str]) -> Job {
    job(TargetKind::Postgres, url, statements)
}

#[test]
fn values_are_bound_and_names_quoted() {
    let server = Server::start();
    let url = server.url("postgres", "");
    let hostile = "'); DROP TABLE x; -- $1 \\";
    let params = json!({
        "s": hostile, "n": 42, "f": 0.1, "yes": true, "none": null, "ids": [1, 2, null],
        "words": ["a,b", "\"q\"", "\\"], "doc": {"k": [1, "v"]}, "t": "odd \"name\"; --",
        "day": "2026-11-22", "u": "550e8400-e29b-41d4-a716-446655440000"
    });
    let create =
        with(change(TargetKind::Postgres, &url, &["CREATE TABLE :\"t\" (x int)"]), params.clone());
    facts(&create);
    let query = "SELECT :s AS s, :s || ':s' AS twice, :n + 1 AS n, :n::text AS nt, :f::float8 AS f, \
                 :yes AS yes, :none AS none, 2 = ANY(:ids) AS found, :words::text[] AS words, \
                 :doc::jsonb AS doc, :day::date + 1 AS day, :u::uuid AS u, \
                 (SELECT count(*) FROM :\"t\") AS rows";
    let said = facts(&with(read(&url, &[query]), params));
    assert_eq!(
        said["rows"][0],
        json!({
            "s": hostile, "twice": format!("{hostile}:s"), "n": 43, "nt": "42", "f": 0.1,
            "yes": "true", "none": null, "found": true, "words": ["a,b", "\"q\"", "\\"],
            "doc": {"k": [1, "v"]}, "day": "2026-11-23",
            "u": "550e8400-e29b-41d4-a716-446655440000", "rows": 0
        })
    );
    let wrong = with(read(&url, &["SELECT 1 WHERE 1 IN (:ids)"]), json!({"ids": [1, 2]}));
    assert!(failure(&wrong).1.contains("ANY(:name)"));
}

#[test]
fn empty_capped_and_large_results_tell_the_truth() {
    let server = Server::start();
    let url = server.url("postgres", "");
    let empty = facts(&read(&url, &["SELECT 1 AS a, 'x'::text AS b WHERE false"]));
    assert_eq!((&empty["columns"], &empty["rows"]), (&json!(["a", "b"]), &json!([])));
    let mut capped = read(&url, &["SELECT i, i AS i FROM generate_series(1, 100000) i"]);
    capped.effect.row_cap = 250;
    let said = facts(&capped);
    assert_eq!(
        (said["rows"].as_array().unwrap().len(), &said["row_count"]),
        (250, &json!(100_000))
    );
    assert_eq!(said["rows"][249], json!({"i": 250, "i_2": 250}));
    let noisy = "DO $$ BEGIN RAISE NOTICE 'rows: %', 7; RAISE WARNING 'careful'; END $$";
    let said = facts(&change(TargetKind::Postgres, &url, &[noisy]));
    assert_eq!(said["notices"], json!(["NOTICE: rows: 7", "WARNING: careful"]));
    let shown = facts(&read(&url, &["SHOW server_version", "EXPLAIN SELECT 1"]));
    assert_eq!(shown["results"][0]["columns"], json!(["server_version"]));
    assert!(shown["rows"][0]["QUERY PLAN"].as_str().unwrap().starts_with("Result"));
}

#[test]
fn errors_say_what_and_where() {
    let server = Server::start();
    let url = server.url("postgres", "");
    let said =
        |statements: &[&str]| failure(&with(read(&url, statements), json!({"long_name": 1})));
    let (kind, message) = said(&["SELECT :long_name,\n       nme FROM pg_class"]);
    assert_eq!(kind, FailKind::Refused);
    assert_eq!(
        message,
        "column \"nme\" does not exist (SQLSTATE 42703) at line 2, column 8; rolled back"
    );
    let (_, message) = said(&["SELECT 1", "SELECT 1; SELECT 2"]);
    assert!(message.starts_with("statement 2 of 2: cannot insert multiple commands"), "{message}");
    assert!(message.contains("write a list"), "{message}");
    let (_, message) = said(&["SELECT 1 FROM :long_name"]);
    assert!(message.contains("a value cannot stand there"), "{message}");
    let (_, message) = failure(&change(TargetKind::Postgres, &url, &["VACUUM"]));
    assert!(message.contains("no_transaction: true"), "{message}");
    let mut alone = change(TargetKind::Postgres, &url, &["VACUUM"]);
    alone.effect.no_transaction = true;
    facts(&alone);
    // A server repeats values; a secret must not come back that way.
    let mut secret = with(read(&url, &["SELECT :s::int"]), json!({"s": "hunter2-hunter2"}));
    secret.effect.params.insert("s".to_owned(), SqlParam::Secret("s".to_owned()));
    let (_, message) = failure(&secret);
    assert!(message.contains("[REDACTED]") && !message.contains("hunter2"), "{message}");
}

#[test]
fn limits_hold_on_statements_and_locks() {
    let server = Server::start();
    let url = server.url("postgres", "");
    let mut slow = read(&url, &["SELECT pg_sleep(60)"]);
    slow.effect.time_limit = Span::from_millis(300);
    let (kind, message) = failure(&slow);
    assert_eq!((kind, message.as_str()), (FailKind::Timeout, "no end within 300ms; rolled back"));
    server.psql("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    let (mut holder, sessions) =
        (change(TargetKind::Postgres, &url, &["UPDATE t SET id = 2"]), Sessions::new());
    holder.effect.hold = true;
    assert_eq!(run(&holder, EffectId(1), &sessions, &Cancel::new()).ending, Ending::Done);
    let waiting = ["SET LOCAL lock_timeout = '100ms'", "UPDATE t SET id = 3"];
    let (kind, message) = failure(&change(TargetKind::Postgres, &url, &waiting));
    assert_eq!(kind, FailKind::Timeout);
    assert!(message.contains("lock timeout") && message.contains("pg_locks"), "{message}");
    sessions.clear();
    let then = change(TargetKind::Postgres, &url, &["UPDATE t SET id = 4"]);
    assert_eq!(facts(&then)["rows_affected"], 1);
    assert_eq!(server.psql("SELECT id FROM t"), "4");
}

#[test]
fn a_cancel_reaches_the_server() {
    let server = Server::start();
    let url = server.url("postgres", "");
    server.psql("CREATE TABLE t (id int)");
    let job =
        change(TargetKind::Postgres, &url, &["INSERT INTO t VALUES (1)", "SELECT pg_sleep(600)"]);
    let (cancel, also) = (Cancel::new(), Cancel::new());
    let output = std::thread::scope(|scope| {
        let running = scope.spawn(|| run(&job, EffectId(1), &Sessions::new(), &cancel));
        let seen = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mayday/a-run/a-step' \
                    AND wait_event = 'PgSleep'";
        while server.psql(seen) == "0" {
            assert!(!running.is_finished());
        }
        cancel.cancel();
        running.join().unwrap()
    });
    let (kind, message) = failed(output);
    assert_eq!(
        (kind, message.as_str()),
        (FailKind::Cancelled, "ended by the operator; nothing was committed")
    );
    while server.psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "0" {
    }
    assert_eq!(server.psql("SELECT count(*) FROM t"), "0");
    also.cancel();
    let before = run(&job, EffectId(1), &Sessions::new(), &also);
    assert_eq!(failed(before).0, FailKind::Cancelled);
}

#[test]
fn connections_that_fail_say_why_and_never_the_password() {
    let server = Server::start();
    let said = |url: &str| {
        let (kind, message) = failure(&read(url, &["SELECT 1"]));
        assert!(!message.contains(PASSWORD) && !message.contains("wrong-one"), "{message}");
        (kind, message)
    };
    let at = format!("127.0.0.1:{}", server.port);
    let (kind, message) = said(&format!("postgres://postgres:wrong-one@{at}/postgres"));
    assert_eq!(kind, FailKind::Permission);
    assert!(
        message.contains("password authentication failed") && message.contains("28P01"),
        "{message}"
    );
    let (kind, message) = said(&format!("postgres://postgres@{at}/postgres"));
    assert_eq!(kind, FailKind::Permission);
    assert!(message.contains("the URL has none"), "{message}");
    let (kind, message) =
        said(&server.url("postgres", "").replace("/postgres", "/nowhere").replacen(
            "//nowhere",
            "//postgres",
            1,
        ));
    assert_eq!(kind, FailKind::Connection);
    assert!(message.contains("\"nowhere\" does not exist"), "{message}");
    let closed = crate::support::server::free_port();
    let (kind, message) = said(&format!("postgres://u:wrong-one@127.0.0.1:{closed}/d"));
    assert_eq!(kind, FailKind::Connection);
    assert!(
        message.contains(&format!("d@127.0.0.1:{closed}")) && message.contains("refused"),
        "{message}"
    );
    let (kind, _) = said("postgres://u:wrong-one@no-such-host.invalid/d");
    assert_eq!(kind, FailKind::Connection);
    // Accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut waiting = read(&format!("postgres://u:wrong-one@127.0.0.1:{port}/d"), &["SELECT 1"]);
    waiting.effect.time_limit = Span::from_millis(200);
    let (kind, message) = failure(&waiting);
    assert_eq!(kind, FailKind::Connection);
    assert!(message.ends_with("no answer within 200ms"), "{message}");
}

#[test]
fn a_socket_a_schema_and_an_identity() {
    let server = Server::start();
    server.psql("CREATE SCHEMA \"app Two\"; CREATE TABLE \"app Two\".t AS SELECT 5 AS five");
    let folder = server.socket_folder().to_str().unwrap();
    let url = format!(
        "postgres://postgres@/postgres?host={folder}&port={}&schema=app%20Two",
        server.port
    );
    let said =
        facts(&read(&url, &["SELECT five, current_setting('application_name') AS app FROM t"]));
    assert_eq!(said["rows"], json!([{"five": 5, "app": "mayday/a-run/a-step"}]));
    assert_eq!(said["server"]["superuser"], true);
    assert_eq!(said["server"]["standby"], false);
    let target = Resolved {
        kind: TargetKind::Postgres,
        name: "db".to_owned(),
        address: server.url("postgres", "").into(),
    };
    let known = identity(&target).unwrap();
    assert_eq!(known["target"], format!("postgres postgres@127.0.0.1:{}", server.port));
    assert!(!serde_json::to_string(&known).unwrap().contains(PASSWORD));
    assert!(target.address.expose_secret().contains("p%40ss"));
    let probed = probe(&target, Span::from_secs(30)).unwrap();
    assert!(probed["version"].as_str().unwrap().starts_with("PostgreSQL"));
    assert_eq!(probed["server"]["database"], "postgres");
}

#[test]
fn a_server_that_takes_no_changes_is_named() {
    let server = Server::with(&["default_transaction_read_only=on"]);
    let url = server.url("postgres", "");
    let (_, message) = failure(&change(TargetKind::Postgres, &url, &["CREATE TABLE t (x int)"]));
    assert!(
        message.contains("25006") && message.contains("default_transaction_read_only"),
        "{message}"
    );
}
