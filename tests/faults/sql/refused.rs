//! F50: databases that do not let a change in. It is said why and where, and nothing is run.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use mayday::effect::{EffectId, Ending, FailKind, Output, TargetKind};
use mayday::world::sql::{Cancel, Sessions, run};

use super::{Verdict, asked, glance, try_to_commit};
use crate::faults::{Row, always, has};
use crate::sql::{change, failed, hold_and_end};
use crate::support::postgres::{PASSWORD, PASSWORD_IN_URL, Server};
use crate::support::server::{as_user, free_port, user};

const UPDATE: &str = "UPDATE t SET n = n + 1";

fn held(url: &str, statement: &str) -> (Output, Sessions) {
    let (mut job, sessions) = (change(TargetKind::Postgres, url, &[statement]), Sessions::new());
    job.effect.hold = true;
    (run(&job, EffectId(7), &sessions, &Cancel::new()), sessions)
}

#[test]
fn a_database_that_lets_nothing_in_is_named_with_its_reason() {
    let what = "refused, bad password, full, TLS wanted, no such database, standby";
    let mut row = Row::new("F50", what, always(6));
    let server = Server::with(&["max_connections=5", "superuser_reserved_connections=0"]);
    server.psql(&format!(
        "CREATE TABLE t AS SELECT 0 AS n; CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}';
         GRANT ALL ON t TO plain"
    ));
    let standby = Server::standby(&server, &[]);
    let url = server.url("plain", "");
    let place = format!("127.0.0.1:{}", server.port);
    let mut tried = |url: &str, kind: FailKind, words: &[&str]| {
        let (said, message) = failed(held(url, UPDATE).0);
        assert_eq!(said, kind, "{message}");
        for word in words {
            assert!(message.contains(word), "{message}");
        }
        assert!(!message.contains(PASSWORD) && !message.contains(PASSWORD_IN_URL), "{message}");
        assert_eq!(server.psql("SELECT n FROM t"), "0");
        row.pass();
    };
    let nobody = free_port();
    let closed = url.replace(&place, &format!("127.0.0.1:{nobody}"));
    tried(&closed, FailKind::Connection, &[&format!("postgres@127.0.0.1:{nobody}"), "refused"]);
    let wrong = url.replace(PASSWORD_IN_URL, "not-this-one");
    tried(&wrong, FailKind::Permission, &[&place, "28P01"]);
    tried(&format!("{url}?sslmode=require"), FailKind::Connection, &[&place, "TLS"]);
    tried(&format!("{url}?dbname=elsewhere"), FailKind::Connection, &["elsewhere@", "3D000"]);
    let copy = standby.url("plain", "");
    let there = format!("127.0.0.1:{}", standby.port);
    tried(&copy, FailKind::Refused, &[&there, "standby", "nothing was run"]);
    drop(standby);
    // Others have all of its connections.
    let mut others = Vec::new();
    let full = loop {
        let (ran, sessions) = held(&url, "SELECT 1");
        others.push(sessions);
        if ran.ending != Ending::Done {
            break ran;
        }
        assert!(others.len() < 9, "it is never full");
    };
    let (kind, message) = failed(full);
    assert_eq!(kind, FailKind::Connection, "{message}");
    assert!(message.contains("53300") && message.contains(&place), "{message}");
    drop(others);
    while server.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'plain'") != "0" {
        glance();
    }
    assert_eq!(server.psql("SELECT n FROM t"), "0");
    row.pass();
}

/// `PgBouncer` before a server, each transaction on whatever connection is free.
struct Pooler {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Pooler {
    fn start(server: &Server) -> Self {
        let folder = tempfile::Builder::new().prefix("mayday-pool").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let port = free_port();
        let file = |name: &str, text: String| {
            let path: PathBuf = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let users = file("users", format!("\"postgres\" \"{PASSWORD}\"\n"));
        let config = format!(
            "[databases]\npostgres = host={} port={} user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             auth_file = {}\npool_mode = transaction\ndefault_pool_size = 4\n",
            server.socket_folder().display(),
            server.port,
            users.display()
        );
        let config = file("config", config);
        let mut command = as_user(user("postgres", "postgresql"), "/usr/sbin/pgbouncer".as_ref());
        let child =
            command.arg("-q").arg(config).stdin(Stdio::null()).stderr(Stdio::null()).spawn();
        let pooler = Self { child: child.unwrap(), port, _folder: folder };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            glance();
        }
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn behind_a_pooler_a_change_is_as_known_as_without() {
    let mut row = Row::new("F50", "a pooler stands before the server", always(1));
    if !has("pgbouncer") && !std::path::Path::new("/usr/sbin/pgbouncer").exists() {
        row.skip_rest("no pgbouncer");
        return;
    }
    let mut server = super::counter();
    let direct = server.url("postgres", "");
    let pooler = Pooler::start(&server);
    let url = direct.replace(&server.port.to_string(), &pooler.port.to_string());
    let url = format!("{url}?sslmode=disable");
    // What the first leaves in the pooler's connections is not in the way of the next.
    for round in 1..=6 {
        let (ran, ended) = hold_and_end(&change(TargetKind::Postgres, &url, &[UPDATE]), true);
        assert_eq!(ended.facts["committed"], true, "{round}");
        assert_eq!(ran.facts["tx"]["flushed"], true, "{round}: {}", ran.facts["tx"]);
        assert_eq!(asked(&url, &ran.facts["tx"], 20).0, Verdict::Committed);
        let server = &ran.facts["server"];
        assert!(server["pooler"].is_string(), "{round}: {server}");
    }
    let own = hold_and_end(&change(TargetKind::Postgres, &direct, &[UPDATE]), false).0;
    assert!(own.facts["server"].get("pooler").is_none(), "{:?}", own.facts["server"]);
    // Another program with the same driver: it begins to count its statements anew.
    for _ in 0..2 {
        another_mayday(&url);
    }
    assert_eq!(server.psql("SELECT n FROM t"), "8");
    let proxy = crate::support::proxy::Proxy::before(pooler.port);
    proxy.arm(crate::support::proxy::Point::AnswerLost, true, |_| ());
    assert_eq!(try_to_commit(&proxy.url(&direct), &[UPDATE]).0, Verdict::Committed);
    let (lost, _) = hold_and_end(&change(TargetKind::Postgres, &url, &[UPDATE]), false);
    server.crash();
    server.start_again();
    assert_eq!(asked(&url, &lost.facts["tx"], 30).0, Verdict::NotDone);
    row.pass();
}

fn another_mayday(url: &str) {
    let config = "
default_environment: here
environments: { here: { danger: low, targets: { db: { type: postgres, url: 'secret:db_url' } } } }
secrets: { db_url: 'env:DB_URL' }
";
    let playbook = "
mayday: 1
id: p
title: Count
severity: SEV-3
steps:
  - {id: add, title: Add one, effect: change, target: db, sql: UPDATE t SET n = n + 1}
";
    let desk = crate::support::desk::Desk::with(&[
        ("mayday.yaml", config),
        ("playbooks/p.yaml", playbook),
    ]);
    let mut command: Command = desk.command(&["run", "p"]);
    let said = crate::support::desk::Said::from(command.env("DB_URL", url).output().unwrap());
    said.is(0, &[]);
}
