//! A driver that dies in a change of a database that cannot be asked afterwards: known where nothing was
//! said, unknown where COMMIT was, never repeated by itself.

use rustix::process::Signal;

use super::{Beside, until};
use crate::faults::sql::Victim;
use crate::support::desk::{Desk, Said};
use crate::support::postgres;
use crate::support::proxy::Proxy;

const SQLITE: &str =
    "environments: {here: {danger: low, targets: {db: {type: sqlite, path: d.sqlite}}}}
default_environment: here
";

const SECRET: &str = "secrets: { db_url: 'env:DB_URL' }
default_environment: here
environments:
  here: { danger: low, targets: { db: { type: postgres, url: 'secret:db_url' } } }
";

fn playbook(more: &str) -> String {
    format!(
        "mayday: 1\nid: p\ntitle: Count\nseverity: SEV-3\nsteps:\n  - {{id: add, title: Add one, effect: change, target: db, sql: UPDATE t SET n = n + 1{more}}}\n"
    )
}

fn desk(config: &str, more: &str) -> Desk {
    Desk::with(&[("mayday.yaml", config), ("playbooks/p.yaml", &playbook(more))])
}

fn journal(desk: &Desk) -> String {
    let mut all = String::new();
    for file in super::files(&desk.path("state")) {
        if file.ends_with("journal.jsonl") {
            // A run that is being made is renamed once it is whole.
            all += &std::fs::read_to_string(file).unwrap_or_default();
        }
    }
    all
}

/// Runs until the record says so, kills, and lets go.
fn killed_at(desk: &Desk, words: &str, hold: rusqlite::Connection) -> String {
    let run = Beside::start(desk.command(&["run", "p"]));
    until("it is announced", || journal(desk).contains(words));
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
    drop(hold);
    desk.newest()
}

fn sqlite(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.path("d.sqlite")).unwrap()
}

fn n(desk: &Desk) -> i64 {
    sqlite(desk).query_row("SELECT n FROM t", (), |row| row.get(0)).unwrap()
}

/// A file with a counter, and a transaction on it that is in the way.
fn in_the_way(desk: &Desk, lock: &str) -> rusqlite::Connection {
    let connection = sqlite(desk);
    connection.execute_batch("CREATE TABLE t AS SELECT 0 AS n").unwrap();
    connection.execute_batch(lock).unwrap();
    connection
}

#[test]
fn a_change_of_sqlite_that_did_not_come_to_commit_is_made_again() {
    let desk = desk(SQLITE, "");
    let hold = in_the_way(&desk, "BEGIN IMMEDIATE");
    killed_at(&desk, "UPDATE t", hold);
    desk.mayday(&["resume"]).is(0, &[]);
    assert_eq!(n(&desk), 1);
}

#[test]
fn a_commit_of_sqlite_without_an_answer_is_unknown_until_somebody_says() {
    let desk = desk(SQLITE, "");
    // A reader holds COMMIT up.
    let hold = in_the_way(&desk, "BEGIN; SELECT count(*) FROM t");
    let id = killed_at(&desk, "\"COMMIT\"", hold);
    let said = desk.mayday(&["resume"]);
    said.is(11, &["add", "COMMIT", &format!("mayday resume {id} --assume add=done")]);
    desk.mayday(&["resume"]).is(11, &[]);
    assert_eq!(n(&desk), 0);
    desk.mayday(&["resume", "--assume", "add=not-done"]).is(0, &[]);
    assert_eq!(n(&desk), 1);
}

#[test]
fn a_probe_knows_what_sqlite_cannot_tell() {
    let probe =
        ", on_crash: {probe: {target: db, sql: SELECT n FROM t}, done_if: 'rows[0].n == 1'}";
    let desk = desk(SQLITE, probe);
    let hold = in_the_way(&desk, "BEGIN; SELECT count(*) FROM t");
    killed_at(&desk, "\"COMMIT\"", hold);
    sqlite(&desk).execute("UPDATE t SET n = 1", ()).unwrap();
    desk.mayday(&["resume"]).is(0, &[]);
    assert_eq!(n(&desk), 1);
}

/// Kills mayday at these bytes; the server may have got them. Resumes twice: unknown both times.
fn unknown_at(desk: &Desk, proxy: &Proxy, url: &str, bytes: &'static [u8], delivered: bool) {
    let victim = Victim::default();
    let shot = victim.clone();
    proxy.arm_at(bytes, delivered, true, move |_| shot.kill());
    assert_eq!(victim.run(desk, url).code, None);
    assert!(!proxy.still_armed());
    for _ in 0..2 {
        let said = Said::from(desk.command(&["resume"]).env("DB_URL", url).output().unwrap());
        said.is(11, &["add", "--assume add=done"]);
    }
}

#[test]
fn a_statement_outside_a_transaction_is_made_at_most_once() {
    let server = postgres::Server::start();
    server.psql("CREATE TABLE t AS SELECT 0 AS n");
    let proxy = Proxy::before(server.port);
    let url = proxy.url(&server.url("postgres", ""));
    // As it is sent to be run, and as it is run with the answer lost.
    for (delivered, wanted) in [(false, "0"), (true, "1")] {
        let desk = desk(SECRET, " - 7 + length(:more), no_transaction: true");
        desk.edit("playbooks/p.yaml", "steps:", "vars: { more: \"'a value'\" }\nsteps:");
        // The value comes with the request to run what has been prepared by then.
        unknown_at(&desk, &proxy, &url, b"a value", delivered);
        assert_eq!(server.psql("SELECT n FROM t"), wanted);
        let assume = if delivered { "add=done" } else { "add=not-done" };
        let mut command = desk.command(&["resume", "--assume", assume]);
        Said::from(command.env("DB_URL", &url).output().unwrap()).is(0, &[]);
        assert_eq!(server.psql("SELECT n FROM t"), "1");
        if !delivered {
            server.psql("UPDATE t SET n = 0");
        }
    }
}

#[cfg(feature = "mysql")]
#[test]
fn a_change_of_mysql_is_unknown_wherever_mayday_is_killed() {
    let server = crate::support::mariadb::Server::start_plain();
    server.client("CREATE TABLE t AS SELECT 0 AS n");
    let proxy = Proxy::before(server.port);
    let url = server.url("?ssl-mode=DISABLED");
    let url = url.replace(&server.port.to_string(), &proxy.port.to_string());
    let config = SECRET.replace("type: postgres", "type: mysql");
    let points: [(&[u8], bool, &str); 4] = [
        (b"START TRANSACTION", false, "0"),
        (b"UPDATE t", true, "0"),
        (b"COMMIT", false, "0"),
        (b"COMMIT", true, "1"),
    ];
    for (bytes, delivered, wanted) in points {
        let desk = desk(&config, "");
        unknown_at(&desk, &proxy, &url, bytes, delivered);
        let ours = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'tester'";
        until("the session is gone", || server.client(ours) == "0");
        assert_eq!(server.client("SELECT n FROM t"), wanted, "{bytes:?}");
        let assume = if wanted == "1" { "add=done" } else { "add=not-done" };
        let mut command = desk.command(&["resume", "--assume", assume]);
        Said::from(command.env("DB_URL", &url).output().unwrap()).is(0, &[]);
        assert_eq!(server.client("SELECT n FROM t"), "1", "{bytes:?}");
        server.client("UPDATE t SET n = 0");
    }
}
