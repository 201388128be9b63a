//! Dry runs: what they show, and that they touch nothing.

use std::process::Command;

use super::{desk, desk_with};
use crate::support::desk::{Desk, MAYDAY, Said};
use crate::support::http;

const CANARY: &str = "kanarienvogel-7391";

/// A playbook with everything that could touch something.
fn everything() -> Desk {
    let server = http::Server::start();
    let config = format!(
        "
default_environment: here
secrets: {{key: 'env:CANARY', made: 'cmd:touch made; echo {CANARY}', url: 'env:DB_URL'}}
environments:
  here:
    danger: high
    targets: {{ db: {{ type: postgres, url: 'secret:url' }}, file: {{ type: sqlite, path: d.sqlite }} }}
contacts: {{ ops: {{ via: command, command: [touch, told] }} }}
"
    );
    let steps = format!(
        "
  - {{id: look, title: Look, effect: read, shell: 'touch looked; echo 50', capture: {{n: 'stdout | trim | int'}}}}
  - {{id: use, title: 'Use {{{{ n }}}} of them', effect: change, shell: 'touch used; echo \"$n\" \"$KEY\"', secrets: {{KEY: key}}, on_crash: {{probe: {{shell: 'true'}}, done_if: 'false'}}, undo: {{effect: change, shell: 'true'}}}}
  - {{id: with_made, title: With made, effect: read, shell: 'touch looked', secrets: {{KEY: made}}}}
  - {{id: ask_db, title: Ask the database, effect: read, target: db, sql: 'SELECT :n AS n'}}
  - {{id: ask_file, title: Ask the file, effect: read, target: file, sql: 'SELECT 1 AS one'}}
  - {{id: ask_url, title: Ask the page, effect: read, http: {{get: '{}'}}}}
  - {{id: fine, title: Fine, confirm: 'Are {{{{ n }}}} fine?'}}
  - {{id: tell, title: Tell, notify: {{to: ops, message: Over}}}}",
        server.url("/json/1")
    );
    desk_with(&config, "", &steps)
}

fn with_secrets(desk: &Desk, mut command: Command) -> Said {
    command.env("CANARY", CANARY).env("DB_URL", format!("postgres://ada:{CANARY}@127.0.0.1:1/d"));
    command.current_dir(desk.path(""));
    Said::from(command.output().unwrap())
}

#[test]
fn a_plan_shows_each_step_and_touches_nothing() {
    let desk = everything();
    let before = super::files(&desk.path(""));
    let said = with_secrets(&desk, desk.command(&["run", "p", "--dry-run"]));
    said.is(
        0,
        &[
            "Use <from look.n> of them",
            "Are <from look.n> fine?",
            "touch looked",
            "Nothing was run",
        ],
    );
    said.is(0, &["change", "read, target db", "time limit"]);
    assert!(!said.all().contains(CANARY), "{}", said.all());
    assert_eq!(super::files(&desk.path("")), before, "a file was written");
    assert!(!desk.path("state").exists());
    with_secrets(&desk, desk.command(&["run", "p", "--dry-run=plan"])).is(0, &["(plan)"]);
}

#[test]
fn a_plan_starts_no_process_opens_no_socket_and_writes_no_file() {
    let desk = everything();
    let trace = desk.path("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=execve,execveat,socket,connect,bind,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,truncate,ftruncate"]);
    command.arg("-o").arg(&trace).arg(MAYDAY).args(["run", "p", "--dry-run"]).env_clear();
    command.env("MAYDAY_STATE_DIR", desk.path("state")).env("PATH", "/usr/bin:/bin");
    if Command::new("strace").arg("-V").output().is_err() {
        // Said, so that it can be counted: without strace only the files prove it.
        std::io::Write::write_all(&mut std::io::stderr(), b"skipped: strace is not installed\n")
            .unwrap();
        return;
    }
    let said = with_secrets(&desk, command);
    said.is(0, &["Nothing was run"]);
    let trace = std::fs::read_to_string(trace).unwrap();
    let calls: Vec<&str> = trace
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, call)| call.trim())
        .collect();
    assert!(calls.iter().any(|call| call.contains("mayday.yaml")), "nothing was traced: {trace}");
    let started = calls.iter().filter(|call| call.starts_with("execve")).count();
    assert_eq!(started, 1, "{trace}");
    for call in calls {
        let reads = call.starts_with("open")
            && !["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| call.contains(flag));
        let harmless = reads
            || call.starts_with("execve")
            || call.starts_with("+++")
            || call.starts_with("---")
            || call.contains("\"/dev/");
        assert!(harmless, "{call}");
    }
}

#[test]
fn a_probe_runs_what_only_reads() {
    let desk = everything();
    desk.write("d.sqlite", "");
    let said = with_secrets(&desk, desk.command(&["run", "p", "--dry-run=probe"]));
    // The database refuses; all else is looked at.
    said.is(5, &["(probe)", "Use 50 of them", "1 of them failed", "No run was recorded"]);
    assert!(desk.path("looked").exists());
    assert!(!desk.path("used").exists() && !desk.path("told").exists(), "something was changed");
    assert!(!said.all().contains(CANARY), "{}", said.all());
    assert!(!desk.path("state").exists(), "a run was recorded");
}

#[test]
fn a_probe_prints_no_secret_that_a_command_prints() {
    let config = "default_environment: here\nsecrets: {key: 'env:CANARY'}\nenvironments: {here: {danger: low}}\n";
    let steps = "
  - {id: look, title: Look, effect: read, shell: 'echo \"$KEY\"; echo \"$KEY\" >&2', secrets: {KEY: key}}
  - {id: token, title: Token, effect: read, shell: 'echo made-up-token-4711', capture: {token: {from: 'stdout | trim', secret: true}}}
  - {id: again, title: Again, effect: read, shell: 'echo \"$TOKEN\"', secrets: {TOKEN: token}}";
    let desk = desk_with(config, "", steps);
    let said = with_secrets(&desk, desk.command(&["run", "p", "--dry-run=probe"]));
    said.is(0, &["0 of them failed"]);
    assert!(!said.all().contains(CANARY), "{}", said.all());
    assert!(
        !said.all().replace("echo made-up-token-4711", "").contains("made-up-token"),
        "{}",
        said.all()
    );
}

#[test]
fn a_probe_leaves_the_runs_alone() {
    let desk = desk("  - {id: look, title: Look, effect: read, shell: 'exit 1'}");
    desk.mayday(&["run", "p"]).is(5, &[]);
    let all = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let files = super::files(&desk.path("state"));
        files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
    };
    let before = all();
    desk.mayday(&["run", "p", "--dry-run=probe"]).is(5, &["FAIL"]);
    desk.mayday(&["run", "p", "--dry-run"]).is(0, &[]);
    assert_eq!(all(), before);
}

#[test]
fn a_dry_run_uses_the_inputs_given() {
    let inputs = "inputs: {region: {ask: Where?, type: string}, count: {ask: How many?, type: integer, default: 3}}";
    let steps = "  - {id: look, title: 'Look at {{ region }} {{ count }}', effect: read, shell: 'echo \"$region\"'}";
    let desk = desk_with(super::CONFIG, inputs, steps);
    desk.mayday(&["run", "p", "--dry-run", "--input", "region=eu"])
        .is(0, &["Look at eu 3", "region=eu"]);
    desk.mayday(&["run", "p", "--dry-run"]).is(0, &["region: <asked>"]);
    desk.mayday(&["run", "p", "--dry-run", "--input", "regoin=eu"])
        .is(2, &["did you mean `region`?"]);
}

#[test]
fn a_plan_says_no_skip_of_what_only_the_run_can_tell() {
    let steps = "
  - {id: fate, title: Say, choose: {ask: Is it gone?, options: {gone: 'Yes', alive: 'No'}}, capture: {fate: choice}}
  - {id: one, title: One, when: \"fate == 'gone'\", effect: read, shell: 'true'}
  - {id: two, title: Two, when: \"fate is defined\", effect: read, shell: 'true'}
  - {id: three, title: Three, when: \"fate | default('x') == 'gone'\", effect: read, shell: 'true'}
  - {id: four, title: Four, when: \"steps.one.exit_code | default(1) == 0\", effect: read, shell: 'true'}
  - {id: five, title: Five, when: \"env.danger == 'high' and fate == 'gone'\", effect: read, shell: 'true'}
  - {id: six, title: Six, when: \"inputs.region == 'eu'\", effect: read, shell: 'true'}
  - {id: seven, title: Seven, when: \"region != 'eu'\", effect: read, shell: 'true'}
  - {id: tell, title: Tell, notify: {to: ops, message: 'It is {{ fate }}'}}";
    let config = "default_environment: here\nenvironments: {here: {danger: low}}\ncontacts: {ops: {via: show}}\n";
    let desk = desk_with(config, "inputs: {region: {type: string}}", steps);
    let said = desk.mayday(&["run", "p", "--dry-run"]);
    said.is(
        0,
        &[
            "only when  fate == 'gone'",
            "only when  fate is defined",
            "only when  fate | default('x') == 'gone'",
            "only when  steps.one.exit_code",
            "SKIP  env.danger == 'high'",
            "only when  inputs.region == 'eu'",
            "only when  region != 'eu'",
            "tells  ops",
            "says   It is <from fate.fate>",
            "? Is it gone?",
        ],
    );
    assert_eq!(said.all().matches("SKIP").count(), 1, "{}", said.all());
    let known = desk.mayday(&["run", "p", "--dry-run", "--input", "region=eu"]);
    known.is(0, &["SKIP  region != 'eu'", "input region: \"eu\""]);
}
