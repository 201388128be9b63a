//! SQLite files: values, binding, one statement a text, what a read step may not do, locks.

use std::path::{Path, PathBuf};

use mayday::time::Span;
use serde_json::json;

use super::*;

struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bloom.db");
        let file = Self { _folder: folder, path };
        let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);
            CREATE INDEX t_name ON t (name);
            INSERT INTO t (name) VALUES ('a'), ('b'), ('c');";
        file.open().execute_batch(script).unwrap();
        file
    }

    fn open(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(&self.path).unwrap()
    }

    fn text(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn read(&self, statements: &[&str]) -> Job {
        job(TargetKind::Sqlite, self.text(), statements)
    }

    fn change(&self, statements: &[&str]) -> Job {
        change(TargetKind::Sqlite, self.text(), statements)
    }

    fn count(&self) -> i64 {
        self.open().query_row("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap()
    }
}

#[test]
fn values_keep_their_kind_and_order() {
    let file = File::new();
    let query = "SELECT 1 AS b, 2.5 AS a, 'x' AS t, x'00ff' AS bytes, NULL AS none, \
                 9e999 AS big, CAST(x'ff' AS TEXT) AS odd, -9223372036854775808 AS low";
    let said = facts(&file.read(&[query]));
    assert_eq!(
        said["rows"].to_string(),
        r#"[{"b":1,"a":2.5,"t":"x","bytes":"\\x00ff","none":null,"big":"Infinity","odd":"\\xff","low":-9223372036854775808}]"#
    );
    assert_eq!(said["target"], format!("sqlite {}", file.text()));
    let empty = facts(&file.read(&["SELECT id, name FROM t WHERE false"]));
    assert_eq!(empty["columns"], json!(["id", "name"]));
    assert_eq!((&empty["rows"], &empty["row_count"]), (&json!([]), &json!(0)));
}

#[test]
fn values_are_bound_and_names_quoted() {
    let file = File::new();
    let hostile = "'); DROP TABLE t; --";
    let params = json!({"n": hostile, "t": "t", "yes": true, "list": ["a", "c"], "f": 1.5});
    let query = "SELECT :n AS n, :n || ':n' AS twice, :yes AS yes, :f AS f, \
                 (SELECT count(*) FROM :\"t\" WHERE name IN (SELECT value FROM json_each(:list))) AS c";
    let said = facts(&with(file.read(&[query]), params));
    let row = json!({"n": hostile, "twice": format!("{hostile}:n"), "yes": 1, "f": 1.5, "c": 2});
    assert_eq!(said["rows"][0], row);
    let odd = with(file.change(&["CREATE TABLE :\"t\" (x)"]), json!({"t": "odd \"; DROP"}));
    hold_and_end(&odd, true);
    let name = "SELECT name FROM sqlite_schema WHERE name LIKE 'odd%'";
    assert_eq!(facts(&file.read(&[name]))["rows"][0]["name"], "odd \"; DROP");
}

#[test]
fn counts_tell_what_changed() {
    let file = File::new();
    let statements =
        ["UPDATE t SET name = 'z' WHERE id < 3", "DELETE FROM t WHERE id = 3", "SELECT id FROM t"];
    let (ran, ended) = hold_and_end(&file.change(&statements), true);
    assert_eq!(ran.ending, Ending::Done);
    assert_eq!(
        (&ran.facts["rows_affected"], &ran.facts["rows_affected_total"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(ran.facts["row_count"], 2);
    assert_eq!(ran.facts["results"][0]["rows_affected"], 2);
    assert_eq!(ended.facts["committed"], true);
    assert_eq!(file.count(), 2);
    let (_, ended) = hold_and_end(&file.change(&["DELETE FROM t"]), false);
    assert_eq!(ended.facts["committed"], false);
    assert_eq!(file.count(), 2);
    let returned = facts(&file.change(&["DELETE FROM t WHERE id = 1 RETURNING name"]));
    assert_eq!(
        (&returned["rows"], &returned["rows_affected"]),
        (&json!([{"name": "z"}]), &json!(1))
    );
}

#[test]
fn a_read_step_changes_nothing() {
    let file = File::new();
    let copy = file.path.with_extension("copy");
    let vacuum = format!("VACUUM INTO '{}'", copy.display());
    let attach = format!("ATTACH '{}' AS other", copy.display());
    for attack in [
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (x)",
        "CREATE TEMP TABLE u (x)",
        "PRAGMA query_only = off",
        "PRAGMA journal_mode = wal",
        "PRAGMA user_version = 7",
        "PRAGMA writable_schema = on",
        "COMMIT",
        "COMMIT; DELETE FROM t",
        "SELECT 1; DELETE FROM t",
        "REINDEX",
        "ANALYZE",
        "INSERT INTO t (name) SELECT 'x' RETURNING id",
        &vacuum,
        &attach,
    ] {
        failure(&file.read(&[attack]));
        assert_eq!(file.count(), 3, "{attack}");
    }
    failure(&file.read(&["COMMIT", "DELETE FROM t"]));
    assert!(!copy.exists());
    let pragma = facts(&file.read(&["PRAGMA table_info(t)"]));
    assert_eq!(pragma["row_count"], 2);
    assert_eq!(pragma["guards"].as_array().unwrap().len(), 3);
}

#[test]
fn a_list_is_all_or_nothing_and_ends_only_by_us() {
    let file = File::new();
    let broken = ["DELETE FROM t", "DELETE FROM nowhere"];
    let (kind, message) = failure(&file.change(&broken));
    assert_eq!(kind, FailKind::Refused);
    assert_eq!(message, "statement 2 of 2: no such table: nowhere; rolled back");
    for ending in ["COMMIT", "ROLLBACK", "SAVEPOINT x"] {
        failure(&file.change(&["DELETE FROM t", ending, "SELECT 1"]));
    }
    let (_, message) = failure(&file.read(&["SELECT 1\nFORM t"]));
    assert_eq!(message, "near \"t\": syntax error at line 2, column 6; rolled back");
    let (_, message) = failure(&file.change(&["DELETE FROM t; DELETE FROM t"]));
    assert!(message.contains("write a list"), "{message}");
    assert_eq!(file.count(), 3);
}

#[test]
fn missing_and_odd_files_are_named_and_not_created() {
    let file = File::new();
    let missing = file.path.with_file_name("gone.db");
    for class in [EffectClass::Read, EffectClass::Change, EffectClass::Destructive] {
        let mut job = job(TargetKind::Sqlite, missing.to_str().unwrap(), &["SELECT 1"]);
        job.effect.class = class;
        let (kind, message) = failure(&job);
        assert_eq!(kind, FailKind::NotFound);
        assert!(message.contains("gone.db"), "{message}");
        assert!(!missing.exists());
    }
    let text = file.path.with_file_name("text.db");
    std::fs::write(&text, "this is no database, however long it is made to look like one").unwrap();
    let odd =
        |path: &Path| failure(&job(TargetKind::Sqlite, path.to_str().unwrap(), &["SELECT 1"]));
    assert_eq!(odd(&text).1, "file is not a database; rolled back");
    assert!(odd(file.path.parent().unwrap()).1.contains("folder"));
}

#[test]
fn time_limit_cancel_and_locks_end_a_statement() {
    let file = File::new();
    let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";
    let mut slow = file.read(&[endless]);
    slow.effect.time_limit = Span::from_millis(100);
    assert_eq!(failure(&slow).0, FailKind::Timeout);
    slow.effect.time_limit = Span::from_secs(60);
    let cancel = Cancel::new();
    cancel.cancel();
    let output = run(&slow, EffectId(1), &Sessions::new(), &cancel);
    assert_eq!(failed(output).0, FailKind::Cancelled);
    let holder = file.open();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut waiting = file.change(&["DELETE FROM t"]);
    waiting.effect.time_limit = Span::from_millis(300);
    let (kind, message) = failure(&waiting);
    assert_eq!(kind, FailKind::Timeout);
    assert!(message.contains("lock"), "{message}");
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(file.count(), 3);
}

#[test]
fn what_only_fails_at_commit_is_rolled_back() {
    let file = File::new();
    let setup = "CREATE TABLE child (t INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)";
    file.open().execute_batch(setup).unwrap();
    let (ran, ended) = hold_and_end(&file.change(&["INSERT INTO child VALUES (99)"]), true);
    assert_eq!(ran.ending, Ending::Done);
    let (kind, message) = failed(ended);
    assert_eq!(
        (kind, message.as_str()),
        (FailKind::Refused, "FOREIGN KEY constraint failed; rolled back")
    );
    assert_eq!(facts(&file.read(&["SELECT * FROM child"]))["row_count"], 0);
}

#[test]
fn rows_beyond_the_cap_are_counted() {
    let file = File::new();
    let mut capped = file.read(&["SELECT id FROM t"]);
    capped.effect.row_cap = 2;
    let said = facts(&capped);
    assert_eq!((said["rows"].as_array().unwrap().len(), &said["row_count"]), (2, &json!(3)));
}
