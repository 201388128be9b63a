//! What can be wrong around a run: clear words, the right code, nothing lost.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use super::{CONFIG, desk, desk_with};
use crate::support::desk::{Desk, Said};
use crate::support::{http, postgres, server};

const READ: &str = "  - {id: look, title: Look, effect: read, shell: 'echo seen'}";

/// The run ends with 5, its words say this, and record and resume are in order.
#[track_caller]
fn fails_with(desk: &Desk, words: &[&str]) -> Said {
    let said = desk.mayday(&["run", "p"]);
    said.is(5, words);
    said.is(5, &["mayday resume"]);
    let id = desk.newest();
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
    desk.mayday(&["status", &id]).is(0, &["FAILED"]);
    desk.mayday(&["resume", &id]).is(5, words);
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
    said
}

/// mayday as somebody who is not root, in the desk's folder.
fn as_nobody(desk: &Desk, arguments: &[&str]) -> Said {
    Said::from(desk.command_as_nobody(arguments).output().unwrap())
}

#[test]
fn a_state_folder_that_cannot_be_read_or_written() {
    let desk = desk(READ);
    for mode in [0o000, 0o500] {
        let _ = std::fs::create_dir(desk.path("state"));
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(desk.path("state"), Some(65534), Some(65534)).unwrap();
        }
        std::fs::set_permissions(desk.path("state"), std::fs::Permissions::from_mode(mode))
            .unwrap();
        let said = as_nobody(&desk, &["run", "p"]);
        said.is(4, &["state", "denied"]);
        if mode == 0 {
            as_nobody(&desk, &["runs"]).is(4, &["state", "denied"]);
            as_nobody(&desk, &["resume"]).is(4, &["state", "denied"]);
        }
    }
    std::fs::set_permissions(desk.path("state"), std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_state_folder_that_is_a_file() {
    let desk = desk(READ);
    desk.write("state", "a file");
    desk.mayday(&["run", "p"]).is(4, &["state", "it is not a folder", "MAYDAY_STATE_DIR"]);
    desk.mayday(&["runs"]).is(4, &["state"]);
}

#[test]
fn a_state_folder_that_nothing_names() {
    let desk = desk(READ);
    let mut command = desk.command(&["run", "p"]);
    command.env_remove("HOME").env_remove("MAYDAY_STATE_DIR");
    Said::from(command.output().unwrap()).is(4, &["HOME is not set", "--state-dir"]);
}

#[test]
fn tools_that_are_missing_or_too_old() {
    let desk = desk_with(
        CONFIG,
        "requires: {tools: [no-such-tool-here, 'oldtool >= 7', 'oldtool >= 2', sh]}",
        READ,
    );
    desk.write("bin/oldtool", "#!/bin/sh\necho oldtool 3.1\n");
    let tool = desk.path("bin/oldtool");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = desk.command(&["run", "p"]);
    let path = format!("{}:/usr/bin:/bin", desk.path("bin").display());
    command.env("PATH", path);
    let said = Said::from(command.output().unwrap());
    said.is(4, &["no-such-tool-here", "oldtool", "3.1", "7 or newer", "nothing was executed"]);
    assert!(!said.err.contains("2 or newer"), "{}", said.err);
    assert!(!desk.path("state").exists());
}

#[test]
fn secrets_that_are_missing() {
    let config = format!(
        "{CONFIG}secrets: {{one: 'env:NOT_SET_ANYWHERE', two: 'file:no/such/file', three: 'cmd:echo why-not >&2; exit 4', four: prompt}}\n"
    );
    let desk = desk_with(&config, "requires: {secrets: [one, two, three, four]}", READ);
    let said = desk.mayday(&["run", "p"]);
    said.is(4, &["`one`", "NOT_SET_ANYWHERE", "`two`", "no/such/file", "`three`", "`four`"]);
    said.is(4, &["nothing was executed"]);
    assert!(!desk.path("state").exists());
}

#[test]
fn a_secret_of_one_step_that_is_missing_stops_there() {
    let config = format!("{CONFIG}secrets: {{one: 'env:NOT_SET_ANYWHERE'}}\n");
    let steps = "  - {id: look, title: Look, effect: read, shell: 'true', secrets: {KEY: one}}";
    fails_with(&desk_with(&config, "", steps), &["`one`", "NOT_SET_ANYWHERE"]);
}

#[test]
fn a_playbook_that_is_not_there() {
    let desk = desk(READ);
    desk.write("playbooks/q.yaml", &super::playbook("restore-database", "", READ));
    desk.mayday(&["run", "restore-databse"]).is(3, &["did you mean `restore-database`?"]);
    desk.mayday(&["run", "restore-databse", "--dry-run"]).is(3, &["did you mean"]);
    desk.mayday(&["show", "restore-databse"]).is(3, &["did you mean `restore-database`?"]);
    desk.mayday(&["run", "xyzzy"]).is(3, &["xyzzy", "mayday list"]);
}

#[test]
fn a_playbook_that_cannot_be_parsed_is_not_said_to_be_missing() {
    let desk = desk("  - {id: look");
    let said = desk.mayday(&["run", "p"]);
    said.is(3, &["p.yaml", "mayday check"]);
}

#[test]
fn an_environment_that_is_not_there() {
    let desk = desk(READ);
    desk.mayday(&["run", "p", "--env", "prodcution"]).is(4, &["prodcution", "production"]);
    let bare = Desk::with(&[("playbooks/p.yaml", &super::playbook("p", "", READ))]);
    bare.mayday(&["run", "p"]).is(4, &["environment", "mayday.yaml names none yet"]);
    bare.mayday(&["run", "p", "--env", "x"]).is(4, &["x", "mayday.yaml"]);
    bare.mayday(&["run", "p", "--config", "no.yaml"]).is(4, &["no.yaml", "No such file"]);
}

#[test]
fn a_host_that_refuses() {
    let port = server::free_port();
    let steps = format!(
        "  - {{id: look, title: Look, effect: read, http: {{get: 'http://127.0.0.1:{port}/'}}}}"
    );
    fails_with(&desk(&steps), &["refused"]);
    let config = format!(
        "environments: {{here: {{danger: low, targets: {{db: {{type: postgres, url: 'postgres://ada@127.0.0.1:{port}/d?sslmode=disable'}}}}}}}}\ndefault_environment: here\n"
    );
    let steps = "  - {id: look, title: Look, effect: read, target: db, sql: 'SELECT 1'}";
    fails_with(&desk_with(&config, "", steps), &["refused"]);
}

#[test]
fn a_host_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let steps = format!(
        "  - {{id: look, title: Look, effect: read, http: {{get: 'http://127.0.0.1:{port}/'}}, timeout: 300ms}}"
    );
    fails_with(&desk(&steps), &["300ms"]);
    let config = format!(
        "environments: {{here: {{danger: low, targets: {{db: {{type: postgres, url: 'postgres://ada@127.0.0.1:{port}/d?sslmode=disable'}}}}}}}}\ndefault_environment: here\n"
    );
    let steps =
        "  - {id: look, title: Look, effect: read, target: db, sql: 'SELECT 1', timeout: 300ms}";
    fails_with(&desk_with(&config, "", steps), &["300ms"]);
    let steps = format!(
        "  - {{id: look, title: Look, wait_for_url: {{url: 'http://127.0.0.1:{port}/'}}, timeout: 300ms}}"
    );
    fails_with(&desk(&steps), &["300ms"]);
}

#[test]
fn credentials_that_are_wrong() {
    let server = postgres::Server::start();
    let url = server
        .url("postgres", "?sslmode=disable")
        .replace(postgres::PASSWORD_IN_URL, "not-the-word");
    let config = format!("{CONFIG}  there: {{danger: low, targets: {{db: {{type: postgres, url: 'secret:db_url'}}}}}}\nsecrets: {{db_url: 'env:DB_URL'}}\n").replace("default_environment: here", "default_environment: there");
    let desk = desk_with(
        &config,
        "",
        "  - {id: look, title: Look, effect: read, target: db, sql: 'SELECT 1 AS n'}",
    );
    let with = |url: &str, arguments: &[&str]| {
        let mut command = desk.command(arguments);
        command.env("DB_URL", url);
        Said::from(command.output().unwrap())
    };
    let said = with(&url, &["run", "p"]);
    said.is(5, &["password authentication failed", "mayday resume"]);
    assert!(!said.all().contains("not-the-word"), "{}", said.all());
    // With the right word the same run goes on.
    with(&server.url("postgres", "?sslmode=disable"), &["resume", "--answer=look.menu=retry"])
        .is(0, &[]);
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let server = http::Server::start_tls(http::identity("localhost", (2000, 2090)).config);
    let steps = format!(
        "  - {{id: look, title: Look, effect: read, http: {{get: 'https://localhost:{}/'}}}}",
        server.port
    );
    fails_with(&desk(&steps), &["certificate"]);
}

#[test]
fn an_expectation_that_is_no_number() {
    let steps = "  - {id: look, title: Look, effect: read, shell: 'echo many', expect: 'stdout | trim | int > 3'}";
    fails_with(&desk(steps), &["many"]);
    // Where it can be seen without running, it is seen before.
    let steps =
        "  - {id: look, title: Look, effect: read, shell: 'echo many', expect: 'stdout > 3'}";
    desk(steps).mayday(&["run", "p"]).is(3, &["text is compared with a number"]);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_result_set_that_is_empty() {
    let config = "environments: {here: {danger: low, targets: {db: {type: sqlite, path: d.sqlite}}}}\ndefault_environment: here\n";
    let steps = "  - {id: look, title: Look, effect: read, target: db, sql: 'SELECT 1 AS n WHERE 1 = 0', expect: 'rows[0].n == 1'}";
    let desk = desk_with(config, "", steps);
    rusqlite_file(&desk);
    fails_with(&desk, &["rows"]);
    let steps = "  - {id: look, title: Look, effect: read, target: db, sql: 'SELECT 1 AS n WHERE 1 = 0', capture: {n: 'rows[0].n'}}";
    let desk = desk_with(config, "", steps);
    rusqlite_file(&desk);
    fails_with(&desk, &["rows"]);
}

/// A database without tables: an empty file is one.
#[cfg(feature = "sqlite")]
fn rusqlite_file(desk: &Desk) {
    desk.write("d.sqlite", "");
}

#[test]
fn a_command_that_is_not_found_or_cannot_be_run() {
    let look =
        |script: &str| format!("  - {{id: look, title: Look, effect: read, shell: {script}}}");
    fails_with(&desk(&look("no-such-command-here")), &["not found", "127"]);
    fails_with(&desk(&look("/dev/null")), &["126"]).is(5, &[]);
    let config = format!("{CONFIG}shell: [no-such-shell-here, -c]\n");
    fails_with(&desk_with(&config, "", READ), &["no-such-shell-here"]);
}

#[test]
fn a_command_that_is_killed() {
    let steps = "  - {id: look, title: Look, effect: read, shell: 'kill -SEGV $$'}";
    fails_with(&desk(steps), &["signal 11 (SEGV)"]);
}

#[test]
fn a_command_that_prints_binary() {
    let steps = "  - {id: look, title: Look, effect: read, shell: \"printf '\\\\000\\\\377\\\\033[2Jrest\\\\n'; head -c 65536 /dev/urandom\"}";
    let desk = desk(steps);
    let output = desk.command(&["run", "p"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!output.stderr.contains(&0x1b), "an escape got through");
    assert!(std::str::from_utf8(&output.stderr).is_ok());
    desk.mayday(&["verify", &desk.newest()]).is(0, &["OK"]);
    desk.mayday(&["report"]).is(0, &[]);
}

#[test]
fn a_command_that_never_ends() {
    let steps = "  - {id: look, title: Look, effect: read, timeout: 300ms, kill_after: 100ms, shell: \"trap '' TERM; while :; do sleep 0.05; done\"}";
    fails_with(&desk(steps), &["no end within its time limit"]);
    // A change that did not end may have happened.
    let steps = steps.replace("effect: read", "effect: change");
    let desk = desk(&steps);
    desk.mayday(&["run", "p"]).is(11, &["time limit", "mayday resume"]);
    desk.mayday(&["verify", &desk.newest()]).is(0, &["OK"]);
}
