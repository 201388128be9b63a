//! F53: who answers afterwards is not the server that ran the transaction.

use std::fs;
use std::process::Command;

use super::{Verdict, asked, count, counter};
use crate::faults::{Row, always};
use crate::sql::{change, hold_and_end};
use crate::support::postgres::Server;
use mayday::effect::TargetKind;

#[test]
fn another_server_is_not_believed_about_a_transaction() {
    let mut row =
        Row::new("F53", "another server answers: stranger, standby, copies, set back", always(5));
    let mut server = counter();
    let url = server.url("postgres", "");
    let add = || change(TargetKind::Postgres, &url, &["UPDATE t SET n = n + 1"]);
    let standby = Server::standby(&server, &[]);
    let copy = Server::standby(&server, &[]);
    // The files as they are now, to be put back later.
    server.crash();
    let (data, old) = (server.data(), server.data().with_file_name("old"));
    copy_folder(&data, &old);
    server.start_again();
    let (ran, ended) = hold_and_end(&add(), true);
    assert_eq!(ended.facts["committed"], true);
    let tx = &ran.facts["tx"];
    let mut unknown = |url: &str, why: &str| {
        let (verdict, said) = asked(url, tx, 10);
        assert_eq!(verdict, Verdict::Unknown, "{why}");
        assert!(said.contains(why), "{said}");
        row.pass();
    };
    let stranger = Server::stranger();
    unknown(&stranger.url("postgres", ""), "another database cluster");
    unknown(&standby.url("postgres", ""), "a standby answers");
    // A failover: the standby has the change and goes on by itself.
    let replayed = format!(
        "SELECT pg_last_wal_replay_lsn() >= '{}'",
        server.psql("SELECT pg_current_wal_flush_lsn()")
    );
    while standby.psql(&replayed) != "t" {}
    standby.psql("SELECT pg_promote()");
    assert_eq!(count(&standby.url("postgres", "")), 1);
    unknown(&standby.url("postgres", ""), "timeline 2, was 1");
    // The server itself is still believed.
    assert_eq!(asked(&url, tx, 10).0, Verdict::Committed);
    // A recovery of an older state: it stops before the change.
    server.crash();
    let mut copy = copy;
    copy.crash();
    let settings = "primary_conninfo = ''\nrecovery_target = 'immediate'\n\
                    restore_command = '/bin/false'\nrecovery_target_action = 'promote'\n";
    let file = copy.data().join("postgresql.auto.conf");
    fs::write(&file, settings).unwrap();
    fs::rename(copy.data().join("standby.signal"), copy.data().join("recovery.signal")).unwrap();
    copy.start_again();
    while copy.psql("SELECT pg_is_in_recovery()") != "f" {}
    unknown(&copy.url("postgres", ""), "timeline 2, was 1");
    // A snapshot of the disk is put back: the same server in all it says, but for its log.
    fs::rename(&data, data.with_file_name("new")).unwrap();
    fs::rename(&old, &data).unwrap();
    server.start_again();
    assert_eq!(count(&url), 0);
    unknown(&url, "set back");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}
