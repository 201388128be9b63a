//! A real run works on the targets that mayday.yaml declares, and on no others by accident.

use rustix::process::Signal;

use super::{Beside, desk_with, until};
use crate::support::desk::Desk;
use crate::support::postgres::Server;

/// Reads who it talks to, and waits once.
const STEPS: &str = "
  - { id: look, title: Look, effect: read, target: db, sql: 'SELECT 1 AS n' }
  - { id: wait, title: Wait, effect: read, shell: 'touch waits; while ! test -e go; do sleep 0.02; done' }
  - { id: put, title: Put, effect: change, target: db, sql: 'CREATE TABLE IF NOT EXISTS put (n int)' }
";

/// A desk whose staging declares who its database is.
fn staging(identity: &str) -> Desk {
    let config = format!(
        "default_environment: staging
secrets: {{ staging: 'file:staging.url', live: 'file:live.url' }}
environments:
  staging: {{ danger: low, targets: {{ db: {{ type: postgres, url: 'secret:staging', identity: {{ {identity} }} }} }} }}
  production: {{ danger: high, targets: {{ db: {{ type: postgres, url: 'secret:live' }} }} }}
"
    );
    let desk = desk_with(&config, "", STEPS);
    desk.write("live.url", "postgres://nobody@127.0.0.1:1/live");
    desk
}

fn database(server: &Server, name: &str) -> String {
    server.psql(&format!("CREATE DATABASE {name}"));
    url(server, name)
}

fn url(server: &Server, name: &str) -> String {
    let url = server.url("postgres", "");
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

/// Refused for this reason before anything: there is no run.
#[track_caller]
fn refused(desk: &Desk, why: &str) {
    let said = desk.mayday(&["run", "p", "--no-input"]);
    said.is(4, &[why, "--accept-target db=REASON", "nothing was executed"]);
    assert_eq!(desk.runs(), [""; 0], "{}", said.all());
    let probed = desk.mayday(&["run", "p", "--dry-run=probe"]);
    probed.is(4, &[why]);
}

#[test]
fn a_procedure_for_staging_that_reaches_another_database_is_refused_before_anything() {
    let server = Server::start();
    let id = server.psql("SELECT system_identifier FROM pg_control_system()").trim().to_owned();
    let desk = staging("database: staging");
    desk.write("go", "");
    // The secret leads to another database.
    desk.write("staging.url", &database(&server, "live"));
    refused(&desk, "target `db`: its database is live, mayday.yaml says staging");
    // It leads to what production is, whatever staging declares.
    desk.write("live.url", &url(&server, "live"));
    desk.edit("mayday.yaml", "database: staging", "database: live");
    refused(&desk, "it is `db` of `production`, whose danger is high: both are database live");
    // It leads to another server of the same name.
    desk.write("live.url", "postgres://nobody@127.0.0.1:1/live");
    desk.edit("mayday.yaml", "database: live", "system_identifier: '77'");
    refused(&desk, &format!("its system identifier is {id}, mayday.yaml says 77"));
    desk.edit("mayday.yaml", "'77'", &format!("'{id}'"));
    let said = desk.mayday(&["run", "p", "--no-input"]);
    said.is(0, &["The targets are who mayday.yaml says: db is live on", &id]);
}

#[test]
fn a_target_that_is_another_one_is_worked_on_with_a_reason_that_is_kept() {
    let server = Server::start();
    let desk = staging("database: staging");
    desk.write("go", "");
    desk.write("staging.url", &database(&server, "live"));
    let run = |accept: &str| desk.mayday(&["run", "p", "--no-input", "--accept-target", accept]);
    run("db= ").is(2, &["say why"]);
    run("database=it is well").is(2, &["no step works on one of this name", "db"]);
    let said = run("db=staging was rebuilt under this name");
    said.is(0, &["WRONG TARGET accepted: db: its database is live", "staging was rebuilt"]);
    let run = desk.newest();
    let report = desk.mayday(&["report", &run]);
    report.is(0, &["the target db is another one", "staging was rebuilt under this name"]);
    desk.mayday(&["verify", &run]).is(0, &["OK"]);
    // The guard of a drill takes no such words.
    desk.mayday(&["drill", "run", "p", "--env", "staging", "--accept-target", "db=x"]).is(2, &[]);
}

#[test]
fn the_targets_are_looked_at_again_when_a_run_is_taken_up() {
    let server = Server::start();
    let (staging_url, other) = (database(&server, "staging"), database(&server, "other"));
    let desk = staging("database: staging");
    desk.write("staging.url", &staging_url);
    let run = Beside::start(desk.command(&["run", "p"]));
    until("it waits", || desk.path("waits").exists());
    run.signal(Signal::KILL);
    run.end_lossy();
    desk.write("go", "");
    desk.write("staging.url", &other);
    let resume = |more: &[&str]| desk.mayday(&[&["resume", "--no-input"], more].concat());
    resume(&[]).is(4, &["its database is other, mayday.yaml says staging", "--accept-target db="]);
    resume(&[]).is(4, &["its database is other"]);
    let tables = "\\c other\nSELECT count(*) FROM pg_tables WHERE tablename = 'put'";
    assert_eq!(server.psql(tables).trim(), "0", "a step ran");
    resume(&["--accept-target", "db=moved for good"])
        .is(0, &["WRONG TARGET accepted", "moved for good"]);
    assert_eq!(server.psql(tables).trim(), "1");
}

#[test]
fn a_server_that_does_not_answer_refuses_no_real_run_and_closing_one_asks_nobody() {
    let mut server = Server::start();
    let desk = staging("database: staging, system_identifier: '77'");
    desk.write("staging.url", &database(&server, "staging"));
    server.crash();
    // The incident may be that it is down: its address is compared, and the run begins.
    let said = desk.mayday(&["run", "p", "--no-input"]);
    said.is(5, &["db is staging on", "by its address alone"]);
    let run = desk.newest();
    desk.write("staging.url", "postgres://nobody@127.0.0.1:1/other");
    desk.mayday(&["resume", &run, "--no-input"]).is(4, &["its database is other"]);
    desk.mayday(&["abort", &run, "--reason", "wrong place", "--no-input"]).is(0, &[]);
    desk.mayday(&["runs"]).is(0, &["aborted"]);
}
