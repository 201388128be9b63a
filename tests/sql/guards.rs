//! A read step under attack: what changes no row and writes no file, by whom.

use serde_json::json;

use super::*;
use crate::support::postgres::{PASSWORD, Server};

#[test]
fn a_read_step_changes_no_row_and_writes_no_file() {
    let server = Server::start();
    server.psql(&format!(
        "CREATE ROLE owner LOGIN PASSWORD '{PASSWORD}';
         CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_read_all_data;
         CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 3) g; ALTER TABLE t OWNER TO owner;
         CREATE SEQUENCE s; ALTER SEQUENCE s OWNER TO owner;
         CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM t; SELECT 1';
         GRANT CREATE, USAGE ON SCHEMA public TO owner;
         SELECT lo_from_bytea(4711, 'x')"
    ));
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), None, None).unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let file = folder.path().join("stolen");
    let copy_file = format!("COPY t TO '{}'", file.display());
    let copy_program = format!("COPY t TO PROGRAM 'cat > {}'", file.display());
    let export = format!("SELECT lo_export(4711, '{}')", file.display());
    let attacks: Vec<Vec<&str>> = vec![
        vec!["DELETE FROM t"],
        vec!["COMMIT; DELETE FROM t"],
        vec!["COMMIT", "DELETE FROM t"],
        vec!["/* x */ ROLLBACK", "DELETE FROM t"],
        vec!["SET TRANSACTION READ WRITE", "DELETE FROM t"],
        vec!["SELECT set_config('transaction_read_only', 'off', false)", "DELETE FROM t"],
        vec!["SET transaction_read_only = off", "DELETE FROM t"],
        vec!["WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d"],
        vec!["SELECT wipe()"],
        vec!["DO $$BEGIN DELETE FROM t; END$$"],
        vec!["EXPLAIN ANALYZE DELETE FROM t"],
        vec!["PREPARE p AS DELETE FROM t", "EXECUTE p"],
        vec!["SELECT setval('s', 99)"],
        vec!["SELECT id INTO u FROM t"],
        vec!["TRUNCATE t"],
        vec!["SELECT 1 FROM t FOR UPDATE"],
        vec![&copy_file],
        vec![&copy_program],
        vec![&export],
    ];
    assert!(attacks.len() >= 16);
    for user in ["postgres", "owner", "reader"] {
        let url = server.url(user, "");
        for attack in &attacks {
            let output = go(&job(TargetKind::Postgres, &url, attack));
            assert!(matches!(output.ending, Ending::Failed { .. }), "{user}: {attack:?}");
            assert_eq!(
                server.psql("SELECT count(*), (SELECT last_value FROM s) FROM t"),
                "3|1",
                "{attack:?}"
            );
            assert!(!file.exists(), "{user}: {attack:?}");
        }
        let held = &facts(&job(TargetKind::Postgres, &url, &["SELECT 1"]))["guards"];
        let all = [
            "extended protocol",
            "read only transaction",
            "role without rights on the server's files",
        ];
        let wanted = if user == "postgres" { json!(all[..2]) } else { json!(all) };
        assert_eq!(held, &wanted, "{user}");
    }
    let mut alone = job(TargetKind::Postgres, &server.url("owner", ""), &["DELETE FROM t"]);
    alone.effect.no_transaction = true;
    assert!(failure(&alone).1.contains("25006"));
}

#[test]
fn a_change_stays_in_our_transaction() {
    let server = Server::start();
    server.psql("CREATE TABLE t AS SELECT 1 AS id");
    let url = server.url("postgres", "");
    for leaving in
        ["COMMIT", "ROLLBACK", "END", "ABORT", "BEGIN", "SAVEPOINT x", "PREPARE TRANSACTION 'x'"]
    {
        failure(&change(TargetKind::Postgres, &url, &["DELETE FROM t", leaving]));
    }
    let (_, message) =
        failure(&change(TargetKind::Postgres, &url, &["DO $$BEGIN DELETE FROM t; COMMIT; END$$"]));
    assert!(message.contains("invalid transaction termination"), "{message}");
    assert_eq!(server.psql("SELECT count(*) FROM t"), "1");
}
