//! F55: a read step under attack: what changes no row and writes no file, by whom.

use mayday::effect::{EffectClass, TargetKind};
use mayday::world::sql::refused;
use serde_json::json;

use crate::faults::{Row, always};
use crate::sql::{facts, failed, failure, go, job};
use crate::support::postgres::{PASSWORD, Server};

#[test]
fn a_read_step_changes_no_row_and_writes_no_file() {
    let mut row = Row::new("F55", "a read step attacked: 19 ways by 3 roles", always(57));
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
    for user in ["postgres", "owner", "reader"] {
        let url = server.url(user, "");
        for attack in &attacks {
            let (_, said) = failed(go(&job(TargetKind::Postgres, &url, attack)));
            // What mayday's own reading of the words tells is not even sent.
            let sent = said.contains("SQLSTATE");
            let known = attack.iter().any(|one| refused(one, EffectClass::Read).is_some());
            assert_eq!(sent, !known, "{user}: {attack:?}: {said}");
            assert_eq!(
                server.psql("SELECT count(*), (SELECT last_value FROM s) FROM t"),
                "3|1",
                "{attack:?}"
            );
            assert!(!file.exists(), "{user}: {attack:?}");
            row.pass();
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
    harmless(&server);
    let mut alone = job(TargetKind::Postgres, &server.url("owner", ""), &["DELETE FROM t"]);
    alone.effect.no_transaction = true;
    assert!(failure(&alone).1.contains("25006"));
}

/// What still runs in a read step: nothing that stays.
fn harmless(server: &Server) {
    let url = server.url("reader", "");
    for call in [
        "SELECT pg_notify('mayday', 'x')",
        "SELECT pg_advisory_lock(7)",
        "SELECT set_config('application_name', 'x', false)",
    ] {
        facts(&job(TargetKind::Postgres, &url, &[call]));
    }
    assert_eq!(server.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
}
