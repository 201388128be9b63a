//! `doctor` and `check --online`, against real servers, programs and disks: what is found, and that nothing is run.

mod bounds;
mod flags;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{desk_with, playbook};
use crate::support::desk::{Desk, Said};
use crate::support::{http, postgres};

const CANARY: &str = "kanarie-doctor-7-Xq";

fn program(desk: &Desk, name: &str, script: &str) {
    let file = format!("bin/{name}");
    desk.write(&file, &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(desk.path(&file), fs::Permissions::from_mode(0o755)).unwrap();
}

/// The line about a subject, which must be there once.
#[track_caller]
fn line<'a>(said: &'a Said, look: &str, subject: &str) -> &'a str {
    let about = format!(" {look:<7} {subject}: ");
    let mut lines = said.out.lines().filter(|line| line.contains(&about));
    let Some(line) = lines.next() else { panic!("nothing about {subject}:\n{}", said.all()) };
    assert!(lines.next().is_none(), "{subject} twice:\n{}", said.all());
    line
}

#[track_caller]
fn says(said: &Said, outcome: &str, look: &str, subject: &str, words: &str) {
    let line = line(said, look, subject);
    assert!(line.starts_with(&format!("{outcome:<5} ")) && line.contains(words), "{line}");
}

const HERE: &str = "
default_environment: here
environments: {here: {danger: low, path: [bin]}}
";

#[test]
fn tools_are_found_told_their_version_and_bounded() {
    let requires =
        "requires: {tools: ['fresh >= 2.1', 'stale >= 10', lost, dumb >= 1, slow >= 1, locked]}";
    let steps = "
  - {id: sure, title: Sure, effect: read, shell: 'absent --flag'}
  - {id: maybe, title: Maybe, when: 'false', effect: read, shell: 'perhaps --flag; touch ran'}";
    let desk = desk_with(HERE, requires, steps);
    program(&desk, "fresh", "echo fresh v2.10.0");
    program(&desk, "stale", "echo 'stale 9.6 (old)'");
    program(&desk, "dumb", "echo none of your business");
    program(&desk, "slow", "sleep 600");
    desk.write("bin/locked", "no program");
    let said = desk.mayday(&["doctor", "--limit", "700ms"]);
    said.is(4, &["`here`: ", "No step was run."]);
    says(&said, "OK", "tool", "fresh", "2.10.0, wanted 2.1 or newer");
    says(&said, "FAIL", "tool", "stale", "is 9.6, 10 or newer is needed: update it");
    says(&said, "FAIL", "tool", "lost", "is not on PATH: install it");
    says(&said, "FAIL", "tool", "dumb", "does not tell its version");
    says(&said, "FAIL", "tool", "slow", "no answer within 700ms");
    says(&said, "FAIL", "tool", "locked", "chmod +x");
    says(&said, "FAIL", "tool", "absent", "step `sure` of p uses it");
    says(&said, "SKIP", "tool", "perhaps", "which may be skipped");
    assert!(!desk.path("ran").exists());
}

#[test]
fn flags_are_looked_for_in_the_help_of_what_is_installed() {
    let steps = "
  - {id: dump, title: Dump, effect: read, shell: 'pg_dump --format=custom --gone-today x'}
  - {id: branch, title: Branch, effect: change, shell: 'neonctl branches create --name x --no-secrets'}
  - {id: own, title: Own, effect: change, shell: 'launch production --hard'}
  - {id: bare, title: Bare, effect: change, shell: 'launch --soft'}";
    let desk = desk_with(HERE, "requires: {tools: [launch]}", steps);
    program(&desk, "pg_dump", "echo '  -F, --format=c|d|t|p'");
    // Says on which words it was asked; creates nothing for a help.
    program(
        &desk,
        "neonctl",
        "echo \"$*\" >> asked; echo '--name [string] --secrets [default: true]'",
    );
    program(
        &desk,
        "launch",
        "echo \"$*\" >> launched; case \"$*\" in *production*) touch ran;; esac; echo '--firm'",
    );
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "FAIL", "flags", "pg_dump", "does not know --gone-today:");
    says(&said, "OK", "flags", "neonctl branches create", "--name --no-secrets");
    says(&said, "FAIL", "flags", "launch", "does not know --soft:");
    says(&said, "SKIP", "flags", "launch production", "--hard not looked at: nobody knows");
    // A program that nobody knows gets no word but --help: `launch production --help` might launch.
    assert_eq!(fs::read_to_string(desk.path("launched")).unwrap(), "--help\n");
    assert!(!desk.path("ran").exists());
    assert!(fs::read_to_string(desk.path("asked")).unwrap().contains("branches create --help\n"));
}

#[test]
fn secrets_are_resolved_bounded_and_never_shown() {
    let server = http::Server::answering(|_| ("500 Broken", String::new(), CANARY.to_owned()));
    let config = format!(
        "
default_environment: here
secrets: {{good: 'env:GOOD', none: 'env:NONE', hangs: 'cmd:echo {0}; sleep 600', loud: 'cmd:echo $GOOD >&2; exit 3', typed: prompt, url: 'env:URL'}}
environments: {{here: {{danger: low, targets: {{api: {{type: http, base_url: 'secret:url'}}}}}}}}
",
        "half"
    );
    let steps = "
  - {id: a, title: A, effect: read, target: api, secrets: {G: good, N: none, H: hangs, L: loud, T: typed}, shell: 'echo \"$G\"'}
  - {id: b, title: B, target: api, effect: read, http: {get: /x, headers: {Authorization: 'secret:good'}}}";
    let desk = desk_with(&config, "", steps);
    for format in ["human", "json", "github"] {
        let mut command = desk.command(&["doctor", "--limit", "700ms", "--format", format]);
        command.env("GOOD", CANARY).env("URL", server.url(&format!("/{CANARY}-u")));
        let said = Said::from(command.output().unwrap());
        said.is(4, &[]);
        assert!(!said.all().contains(CANARY), "{}", said.all());
        if format == "human" {
            says(&said, "OK", "secret", "good", "can be had");
            says(&said, "FAIL", "secret", "none", "$NONE is not set; set it: export NONE=");
            says(&said, "FAIL", "secret", "hangs", "did not end within 700ms");
            says(&said, "FAIL", "secret", "loud", "failed (exit status: 3)");
            says(&said, "SKIP", "secret", "typed", "is asked for when a step needs it");
            says(&said, "FAIL", "url", "api/x", "answers 500");
        }
    }
    // The headers of a step went to its own URL.
    let asked = server.asked();
    let with = asked.iter().find(|asked| asked.line.contains("-u/x")).unwrap();
    assert!(with.headers.iter().any(|header| header.contains(CANARY)), "{with:?}");
}

#[test]
fn urls_answer_or_not_and_tell_the_time() {
    let server = http::Server::answering(|asked| {
        let path = asked.line.split(' ').nth(1).unwrap_or_default().to_owned();
        match path.as_str() {
            "/down" | "/maintenance" => ("503 Service Unavailable", String::new(), String::new()),
            "/gone" => ("404 Not Found", String::new(), String::new()),
            "/old" => {
                ("200 OK", "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n".to_owned(), String::new())
            }
            _ => ("200 OK", String::new(), "fine".to_owned()),
        }
    });
    let tls = http::Server::start_tls(http::self_signed("127.0.0.1"));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (base, tls) = (server.url(""), tls.port);
    let config = format!(
        "
default_environment: here
environments: {{here: {{danger: low, targets: {{
  api: {{type: http, base_url: '{base}'}}, shut: {{type: http, base_url: 'http://127.0.0.1:{nobody}'}},
  safe: {{type: http, base_url: 'https://127.0.0.1:{tls}'}}, later: {{type: http, base_url: 'http://127.0.0.1:1', made_later: true}}}}}}}}
"
    );
    let steps = "
  - {id: a, title: A, target: api, wait_for_url: /fine}
  - {id: b, title: B, target: api, wait_for_url: /down}
  - {id: c, title: C, target: api, wait_for_url: {url: /maintenance, expect: {status: 503}}}
  - {id: d, title: D, target: api, effect: read, http: {get: /gone}}
  - {id: e, title: E, target: api, effect: read, http: {get: /old}}
  - {id: f, title: F, target: api, effect: change, http: {post: /deploy}}
  - {id: g, title: G, target: shut, wait_for_url: /}
  - {id: h, title: H, target: safe, wait_for_url: /}
  - {id: i, title: I, target: later, wait_for_url: /}
  - {id: j, title: J, target: missing, wait_for_url: /}";
    let desk = desk_with(&config, "", steps);
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "OK", "target", "api", "answers 200");
    says(&said, "OK", "url", "api/fine", "answers 200");
    says(&said, "FAIL", "url", "api/down", "answers 503: see to the service");
    says(&said, "OK", "url", "api/maintenance", "answers 503");
    says(&said, "FAIL", "url", "api/gone", "answers 404");
    says(&said, "FAIL", "clock", "api/old", "behind ours: set the wrong one right");
    says(&said, "FAIL", "target", "shut", "127.0.0.1");
    says(&said, "FAIL", "target", "safe", "certificate");
    says(&said, "SKIP", "target", "later", "is made during the run");
    says(&said, "FAIL", "target", "missing", "has no such target");
    assert!(server.asked().iter().all(|asked| asked.line.starts_with("GET ")), "only reads");
}

#[test]
fn urls_are_filled_in_as_far_as_they_are_known_and_what_is_not_asked_is_said() {
    let server = http::Server::answering(|_| ("200 OK", String::new(), "fine".to_owned()));
    let config = format!(
        "
default_environment: here
environments: {{here: {{danger: low, vars: {{TENANT: 'ac me'}}, targets: {{
  api: {{type: http, base_url: '{}'}}, later: {{type: http, base_url: 'http://127.0.0.1:1', made_later: true}}}}}}}}
",
        server.url("")
    );
    let head = "inputs: {page: {default: first}, given: {}}
vars: {place: \"env.vars.TENANT ~ '/' ~ page\", mark: \"'run-' ~ run.id\"}";
    let steps = "
  - {id: a, title: A, target: api, wait_for_url: '/of/{{ place }}'}
  - {id: b, title: B, target: api, wait_for_url: '/asked/{{ given }}'}
  - {id: c, title: C, target: api, effect: read, http: {get: '/mark/{{ mark }}'}}
  - {id: d, title: D, target: api, effect: read, http: {get: /with, headers: {X-Id: '{{ run.id }}', X-Page: '{{ page }}'}}}
  - {id: e, title: E, target: api, effect: read, http: {get: /page, headers: {X-Page: '{{ page }}'}}}
  - {id: f, title: F, target: later, wait_for_url: /soon}";
    let desk = desk_with(&config, head, steps);
    let said = desk.mayday(&["doctor"]);
    said.is(0, &[]);
    says(&said, "OK", "url", "api/of/ac%20me%2Ffirst", "answers 200");
    let why = "not asked: `given` is known only in a run (step `b` of p)";
    says(&said, "SKIP", "url", "api/asked/{{ given }}", why);
    says(&said, "SKIP", "url", "api/mark/{{ mark }}", "`mark` is known only in a run");
    says(&said, "SKIP", "url", "api/with", "`run` is known only in a run (step `d` of p)");
    says(&said, "OK", "url", "api/page", "answers 200");
    says(&said, "SKIP", "url", "later/soon", "its target is made during the run");
    let asked = server.asked();
    let page = asked.iter().find(|asked| asked.line.contains("/page")).unwrap();
    assert!(page.headers.iter().any(|header| header.ends_with(": first")), "{page:?}");
    assert!(!asked.iter().any(|asked| asked.line.contains("mark")), "{asked:?}");
}

#[test]
fn a_database_is_asked_who_it_is_its_version_and_its_time() {
    let ours = postgres::Server::start();
    let theirs = postgres::Server::stranger();
    let id = "SELECT system_identifier FROM pg_control_system()";
    let id = ours
        .psql(id)
        .lines()
        .find(|line| line.trim().parse::<u64>().is_ok())
        .map(str::trim)
        .map(str::to_owned)
        .unwrap();
    let config = format!(
        "
default_environment: here
secrets: {{ours: 'env:OURS', theirs: 'env:THEIRS', wrong: 'env:WRONG'}}
environments: {{here: {{danger: low, path: [bin], targets: {{
  db: {{type: postgres, url: 'secret:ours', identity: {{system_identifier: '{id}'}}}},
  other: {{type: postgres, url: 'secret:theirs', identity: {{system_identifier: '{id}'}}}},
  denied: {{type: postgres, url: 'secret:wrong'}}}}}}}}
"
    );
    let steps = "
  - {id: a, title: A, effect: read, target: db, shell: 'pg_dump --version'}
  - {id: b, title: B, effect: read, target: other, sql: SELECT 1}
  - {id: c, title: C, effect: change, target: denied, sql: DROP TABLE precious}";
    let desk = desk_with(&config, "", steps);
    program(&desk, "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'");
    let url = ours.url("postgres", "");
    let doctor = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        command.env("OURS", &url).env("THEIRS", theirs.url("postgres", ""));
        command.env("WRONG", url.replace(postgres::PASSWORD_IN_URL, CANARY));
        Said::from(command.output().unwrap())
    };
    let said = doctor(&["doctor"]);
    said.is(4, &[]);
    says(&said, "OK", "target", "db", "PostgreSQL 1");
    says(&said, "FAIL", "target", "other", &format!("mayday.yaml says {id}: correct the address"));
    says(&said, "FAIL", "target", "denied", "password");
    says(&said, "FAIL", "client", "pg_dump for db", "pg_dump is 9.6.24, the server is 1");
    says(&said, "SKIP", "client", "denied", "version is not known");
    says(&said, "OK", "clock", "db", "agrees with ours");
    for hidden in [CANARY, postgres::PASSWORD, postgres::PASSWORD_IN_URL] {
        assert!(!said.all().contains(hidden), "{}", said.all());
    }
    program(&desk, "pg_dump", "echo 'pg_dump (PostgreSQL) 99.1'");
    let said = doctor(&["doctor"]);
    says(&said, "OK", "client", "pg_dump for db", "99.1");
}

#[test]
fn a_disk_without_room_is_said_before_it_matters() {
    let desk = desk_with(HERE, "", "  - {id: a, title: A, effect: read, shell: 'true'}");
    let said = desk.mayday(&["doctor"]);
    said.is(0, &["MiB left"]);
    desk.write("file", "");
    let file = desk.path("file");
    let said = desk.mayday(&["doctor", "--state-dir", &file.join("runs").to_string_lossy()]);
    said.is(4, &["is no folder: move it away"]);
    let full = Full::of(&desk);
    let Some(full) = full else {
        eprintln!("skipped: no small disk can be mounted here");
        return;
    };
    let said = desk.mayday(&["doctor", "--state-dir", &full.0.join("runs").to_string_lossy()]);
    says(&said, "FAIL", "disk", "runs", "1 MiB left, 100 are needed: make room");
}

/// A disk of one MiB, where one can be mounted.
struct Full(std::path::PathBuf);

impl Full {
    fn of(desk: &Desk) -> Option<Self> {
        let folder = desk.path("small");
        fs::create_dir(&folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "small"]).arg(&folder);
        let done = mount.output().ok()?;
        done.status.success().then_some(Self(folder))
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn programs_read_it_as_lines_of_json_and_as_annotations() {
    let desk = desk_with(HERE, "requires: {tools: [lost]}", "  - {id: a, title: A, pause: 1s}");
    let said = desk.mayday(&["doctor", "--format", "json"]);
    said.is(4, &[]);
    let lines: Vec<serde_json::Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lost = lines.iter().find(|line| line["subject"] == "lost").unwrap();
    assert_eq!(
        *lost,
        serde_json::json!({"environment": "here", "look": "tool", "subject": "lost", "outcome": "fail", "message": "is not on PATH: install it"})
    );
    let said = desk.mayday(&["doctor", "--format", "github"]);
    assert_eq!(said.out, "::error title=tool lost::is not on PATH: install it\n");
}

#[test]
fn one_playbook_or_this_machine_alone() {
    let desk = desk_with(HERE, "requires: {tools: [lost]}", "  - {id: a, title: A, pause: 1s}");
    desk.write("playbooks/q.yaml", &playbook("q", "", "  - {id: a, title: A, include: r}"));
    let needs = "requires: {tools: [hidden]}";
    desk.write("playbooks/r.yaml", &playbook("r", needs, "  - {id: a, title: A, pause: 1s}"));
    let said = desk.mayday(&["doctor", "q"]);
    said.is(4, &["hidden"]);
    assert!(!said.out.contains("lost"), "{}", said.all());
    desk.mayday(&["doctor", "lookfor"]).is(3, &["find a playbook `lookfor`"]);
    desk.mayday(&["doctor", "--env", "nowhere"]).is(4, &["nowhere", "mayday.yaml"]);
    let bare = Desk::new();
    bare.mayday(&["doctor"]).is(0, &["this machine: "]);
}

#[test]
fn check_looks_online_when_it_is_asked_to() {
    let desk = desk_with(HERE, "requires: {tools: [lost]}", "  - {id: a, title: A, pause: 1s}");
    desk.write("playbooks/q.yaml", &playbook("q", "", "  - {id: a, title: A, pause: 1s}"));
    desk.mayday(&["check"]).is(0, &[]);
    desk.mayday(&["check", "--online"]).is(4, &["in 3 files", "lost", "is not on PATH"]);
    let said = desk.mayday(&["check", "--online", "playbooks/q.yaml"]);
    said.is(0, &["`here`: "]);
    assert!(!said.out.contains("lost"), "{}", said.all());
    desk.mayday(&["check", "--online", "--env", "nowhere"]).is(4, &["--env NAME", "here"]);
    desk.mayday(&["check", "--online", "--format", "sarif"]).is(2, &["--format json or github"]);
    desk.mayday(&["check", "--online", "--format", "github"]).is(4, &["::error title=tool lost::"]);
    desk.edit("playbooks/p.yaml", "pause", "paws");
    desk.mayday(&["check", "--online"]).is(3, &[]);
}
