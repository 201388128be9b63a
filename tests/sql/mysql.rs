//! MySQL and MariaDB: values, binding, what a read may not do, transactions, limits, TLS.

use serde_json::json;

use super::outcome::{Cut, cutting_proxy};
use super::*;
use crate::support::mariadb::{PASSWORD, PASSWORD_IN_URL, Server};

fn read(url: &str, statements: &[&str]) -> Job {
    job(TargetKind::Mysql, url, statements)
}

fn write(url: &str, statements: &[&str]) -> Job {
    change(TargetKind::Mysql, url, statements)
}

#[test]
fn values_keep_their_kind() {
    let server = Server::start();
    server.client(
        "CREATE TABLE t (tiny TINYINT, big BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30,10), \
         c CHAR(5), v VARCHAR(20), txt TEXT, bin VARBINARY(4), bl BLOB, dt DATE, ts DATETIME(3), \
         tm TIME, y YEAR, e ENUM('a','b'), s SET('x','y'), b BIT(9), j JSON, z DATETIME, nothing INT);
         SET sql_mode = '';
         INSERT INTO t VALUES (-128, 18446744073709551615, 0.1, 1e300, 12.5, 'ab', 'h\u{e9}', 'long', \
         x'00ff', x'0102', '2026-11-22', '2026-11-22 18:20:00.5', '-100:00:01', 2026, 'b', 'x,y', \
         b'100000001', '{\"a\": 1}', '0000-00-00', NULL)",
    );
    let url = server.url("");
    let said = facts(&read(&url, &["SELECT * FROM t"]));
    assert_eq!(
        said["rows"][0],
        json!({
            "tiny": -128, "big": 18_446_744_073_709_551_615_u64, "f": 0.1, "d": 1e300, "n": 12.5,
            "c": "ab", "v": "h\u{e9}", "txt": "long", "bin": "\\x00ff", "bl": "\\x0102",
            "dt": "2026-11-22", "ts": "2026-11-22T18:20:00.500", "tm": "-100:00:01", "y": 2026,
            "e": "b", "s": "x,y", "b": 257, "j": "{\"a\": 1}", "z": "0000-00-00T00:00:00",
            "nothing": null
        })
    );
    let exact = facts(&read(&url, &["SELECT 12345678901234567890.123 AS n, 1.50 AS m"]));
    assert_eq!(exact["rows"][0], json!({"n": "12345678901234567890.123", "m": 1.5}));
    let empty = facts(&read(&url, &["SELECT tiny, v FROM t WHERE 1 = 0"]));
    assert_eq!((&empty["columns"], &empty["row_count"]), (&json!(["tiny", "v"]), &json!(0)));
    let mut capped = read(&url, &["SELECT seq FROM seq_1_to_5000"]);
    capped.effect.row_cap = 10;
    let said = facts(&capped);
    assert_eq!((said["rows"].as_array().unwrap().len(), &said["row_count"]), (10, &json!(5000)));
}

#[test]
fn values_are_bound_and_names_quoted() {
    let server = Server::start();
    let url = server.url("");
    let hostile = "'); DROP TABLE x; -- \\' `";
    let params = json!({"s": hostile, "n": 41, "yes": true, "none": null, "t": "odd `name`; --"});
    let mut create = with(write(&url, &["CREATE TABLE :\"t\" (x INT)"]), params.clone());
    create.effect.no_transaction = true;
    facts(&create);
    let query = "SELECT :s AS s, CONCAT(:s, ':s') AS twice, :n + 1 AS n, :yes AS yes, :none AS none, \
                 (SELECT COUNT(*) FROM :\"t\") AS c";
    let said = facts(&with(read(&url, &[query]), params));
    let row = json!({"s": hostile, "twice": format!("{hostile}:s"), "n": 42, "yes": 1, "none": null, "c": 0});
    assert_eq!(said["rows"][0], row);
}

#[test]
fn a_read_step_changes_no_row_and_writes_no_file() {
    let server = Server::start();
    server.client(
        "CREATE TABLE t AS SELECT seq AS id FROM seq_1_to_3;
         DELIMITER //
         CREATE FUNCTION wipe() RETURNS INT MODIFIES SQL DATA
         BEGIN DELETE FROM t; RETURN 1; END//",
    );
    let url = server.url("");
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let file = folder.path().join("stolen");
    let outfile = format!("SELECT * FROM t INTO OUTFILE '{}'", file.display());
    let hidden = format!("SELECT * FROM t /*! INTO OUTFILE '{}' */", file.display());
    for attack in [
        &["DELETE FROM t"][..],
        &["SELECT 1; DELETE FROM t"],
        &["COMMIT", "DELETE FROM t"],
        &["SET TRANSACTION READ WRITE", "DELETE FROM t"],
        &["WITH d AS (SELECT 1) DELETE FROM t"],
        &["EXPLAIN EXTENDED DELETE FROM nowhere"],
        &["SELECT wipe()"],
        &["SELECT id FROM t FOR UPDATE"],
        &["TRUNCATE t"],
        &["DROP TABLE t"],
        &["CREATE TABLE u (x INT)"],
        &["SET GLOBAL read_only = 1"],
        &["FLUSH TABLES"],
        &["KILL 1"],
        &["CALL nothing()"],
        &["LOAD DATA INFILE '/etc/passwd' INTO TABLE t"],
        &[outfile.as_str()],
        &[hidden.as_str()],
    ] {
        failure(&read(&url, attack));
        assert_eq!(server.client("SELECT COUNT(*) FROM t"), "3", "{attack:?}");
        assert!(!file.exists(), "{attack:?}");
    }
    let said = facts(&read(&url, &["SELECT id FROM t", "SHOW TABLES"]));
    assert_eq!(said["guards"].as_array().unwrap().len(), 3);
}

#[test]
fn transactions_are_held_and_end_as_told() {
    let server = Server::start();
    server.client("CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE m (id INT) ENGINE=MyISAM");
    let url = server.url("");
    let insert =
        write(&url, &["INSERT INTO t VALUES (1), (2)", "UPDATE t SET id = 3 WHERE id = 2"]);
    let (ran, ended) = hold_and_end(&insert, false);
    assert_eq!(
        (&ran.facts["rows_affected"], &ran.facts["rows_affected_total"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(ended.facts["committed"], false);
    assert_eq!(server.client("SELECT COUNT(*) FROM t"), "0");
    let (_, ended) = hold_and_end(&insert, true);
    assert_eq!(ended.facts["committed"], true);
    assert_eq!(server.client("SELECT COUNT(*) FROM t"), "2");
    let (kind, message) =
        failure(&write(&url, &["DELETE FROM t", "INSERT INTO nowhere VALUES (1)"]));
    assert_eq!(kind, FailKind::Refused);
    assert!(
        message.starts_with("statement 2 of 2: ") && message.ends_with("; rolled back"),
        "{message}"
    );
    assert_eq!(server.client("SELECT COUNT(*) FROM t"), "2");
    let (_, message) = failure(&write(&url, &["DELETE FROM t", "ALTER TABLE t ADD x INT"]));
    assert!(message.contains("commits by itself"), "{message}");
    assert_eq!(server.client("SELECT COUNT(*) FROM t"), "2");
    // A table without transactions keeps its rows, and that is said.
    let (_, ended) = hold_and_end(&write(&url, &["INSERT INTO m VALUES (1)"]), false);
    assert!(failed(ended).1.contains("in part only"), "MyISAM");
    let returned = facts(&write(&url, &["DELETE FROM t WHERE id = 1 RETURNING id"]));
    assert_eq!((&returned["rows"], &returned["rows_affected"]), (&json!([{"id": 1}]), &json!(1)));
    let warned = facts(&write(&url, &["INSERT IGNORE INTO t VALUES (3)"]));
    assert!(
        warned["notices"][0].as_str().unwrap().starts_with("WARNING: Duplicate entry"),
        "{warned}"
    );
}

#[test]
fn limits_locks_and_cancels_hold() {
    let server = Server::start();
    server.client("CREATE TABLE t AS SELECT 1 AS id");
    let url = server.url("");
    let mut slow = read(&url, &["SELECT SLEEP(60)"]);
    slow.effect.time_limit = Span::from_millis(500);
    let (kind, message) = failure(&slow);
    assert_eq!(kind, FailKind::Timeout, "{message}");
    let (mut holder, sessions) = (write(&url, &["UPDATE t SET id = 2"]), Sessions::new());
    holder.effect.hold = true;
    assert_eq!(run(&holder, EffectId(1), &sessions, &Cancel::new()).ending, Ending::Done);
    let waiting = write(&url, &["SET innodb_lock_wait_timeout = 1", "UPDATE t SET id = 3"]);
    let (kind, message) = failure(&waiting);
    assert_eq!(kind, FailKind::Timeout);
    assert!(message.contains("1205"), "{message}");
    sessions.clear();
    let job = write(&url, &["UPDATE t SET id = 9", "SELECT SLEEP(600)"]);
    let cancel = Cancel::new();
    let output = std::thread::scope(|scope| {
        let running = scope.spawn(|| run(&job, EffectId(1), &Sessions::new(), &cancel));
        let asleep =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'";
        while server.client(asleep) == "0" {
            assert!(!running.is_finished());
        }
        cancel.cancel();
        running.join().unwrap()
    });
    let (kind, message) = failed(output);
    assert_eq!(kind, FailKind::Cancelled, "{message}");
    assert!(message.starts_with("statement 2 of 2: ") || message.contains("operator"), "{message}");
    assert_eq!(server.client("SELECT id FROM t"), "1");
}

#[test]
fn connections_are_encrypted_as_told_and_fail_in_words() {
    let server = Server::start();
    let plain = Server::start_plain();
    let ca = server.authority.to_str().unwrap();
    let stranger = plain.authority.to_str().unwrap();
    let query = "SELECT variable_value AS cipher FROM information_schema.session_status \
                 WHERE variable_name = 'Ssl_cipher'";
    let at = |server: &Server, host: &str, options: &str| {
        let port = server.port;
        go(&read(
            &format!("mysql://tester:{PASSWORD_IN_URL}@{host}:{port}/bloom?{options}"),
            &[query],
        ))
    };
    let good = |server: &Server, host: &str, options: &str, said: &str| {
        let output = at(server, host, options);
        assert_eq!(output.ending, Ending::Done, "{host} {options}");
        assert_eq!(output.facts["tls"], said, "{options}");
        let cipher = output.facts["rows"][0]["cipher"].as_str().unwrap();
        assert_eq!(cipher.is_empty(), said == "not encrypted", "{options}: {cipher}");
    };
    let bad = |server: &Server, host: &str, options: &str| {
        let (kind, message) = failed(at(server, host, options));
        assert_eq!(kind, FailKind::Connection, "{message}");
        assert!(!message.contains(PASSWORD), "{message}");
    };
    good(
        &server,
        "localhost",
        &format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"),
        "encrypted, verified",
    );
    good(
        &server,
        "127.0.0.1",
        &format!("ssl-mode=VERIFY_CA&ssl-ca={ca}"),
        "encrypted, authority verified, name not",
    );
    good(&server, "127.0.0.1", "ssl-mode=REQUIRED", "encrypted, not verified");
    good(&server, "127.0.0.1", "", "encrypted, not verified");
    good(&server, "127.0.0.1", "ssl-mode=DISABLED", "not encrypted");
    good(&plain, "127.0.0.1", "", "not encrypted");
    bad(&plain, "127.0.0.1", "ssl-mode=REQUIRED");
    bad(&server, "127.0.0.1", &format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"));
    bad(&server, "localhost", &format!("ssl-mode=VERIFY_CA&ssl-ca={stranger}"));
    let wrong = server.url("").replace(PASSWORD_IN_URL, "wrong-one");
    let (kind, message) = failure(&read(&wrong, &["SELECT 1"]));
    assert_eq!(kind, FailKind::Permission);
    assert!(message.contains("Access denied") && !message.contains("wrong-one"), "{message}");
    let (kind, message) =
        failure(&read(&server.url("").replace("/bloom", "/nowhere"), &["SELECT 1"]));
    assert_eq!(kind, FailKind::Connection);
    assert!(message.contains("nowhere"), "{message}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut waiting = read(&format!("mysql://u:p@127.0.0.1:{port}/d"), &["SELECT 1"]);
    waiting.effect.time_limit = Span::from_millis(200);
    assert!(failure(&waiting).1.ends_with("no answer within 200ms"));
}

#[test]
fn a_lost_answer_to_commit_is_unknown() {
    let server = Server::start();
    server.client("CREATE TABLE t AS SELECT 0 AS n");
    for cut in [Cut::AfterCommit, Cut::BeforeCommit] {
        let port = cutting_proxy(server.port, cut);
        let url =
            server.url("?ssl-mode=DISABLED").replace(&server.port.to_string(), &port.to_string());
        let (ran, ended) = hold_and_end(&write(&url, &["UPDATE t SET n = n + 1"]), true);
        assert_eq!(ran.facts["rows_affected"], 1);
        let unknown =
            matches!(&ended.ending, Ending::Unknown { reason } if reason.contains("during COMMIT"));
        assert!(unknown, "{cut:?}: {ended:?}");
        let ours = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'tester'";
        while server.client(ours) != "0" {}
        assert_eq!(server.client("SELECT n FROM t"), "1", "{cut:?}");
    }
    let (mut job, sessions) = (write(&server.url(""), &["UPDATE t SET n = 9"]), Sessions::new());
    job.effect.hold = true;
    let _ = run(&job, EffectId(7), &sessions, &Cancel::new());
    let victim =
        server.client("SELECT id FROM information_schema.processlist WHERE user = 'tester'");
    server.client(&format!("KILL {victim}"));
    let ended = end(
        SqlEnd { session: EffectId(7), commit: true, time_limit: Span::from_secs(9) },
        &sessions,
    );
    let (kind, message) = failed(ended);
    assert_eq!(kind, FailKind::Connection);
    assert!(message.contains("before COMMIT"), "{message}");
    assert_eq!(server.client("SELECT n FROM t"), "1");
}
