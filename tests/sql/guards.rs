//! A change stays in the transaction that mayday opened.

use super::*;
use crate::support::postgres::Server;

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
