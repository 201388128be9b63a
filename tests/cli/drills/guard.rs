//! The guard: a drill runs only where it is proved that the place is not production.

use super::{LAB, desk, drill, records};
use crate::support::desk::Desk;
use crate::support::postgres::Server;

/// The drill is refused for this reason, and nothing was executed.
#[track_caller]
fn refused(desk: &Desk, why: &str) {
    let said = drill(desk);
    said.is(4, &[why, "nothing was executed"]);
    assert!(!desk.path("copy").exists(), "a step ran");
    assert_eq!(desk.runs(), [""; 0], "{}", said.all());
    assert!(!desk.path("up").exists(), "the environment was left up");
}

/// `same` looks at the database, so that it is a target in use.
const USES_DB: (&str, &str) = ("shell: cmp copy data", "target: db, sql: SELECT 1 AS n");

#[test]
fn a_place_that_is_also_a_dangerous_one_is_refused_by_whatever_name() {
    let file = |path: &str| desk(&[USES_DB, ("path: lab.sqlite", &format!("path: {path}"))]);
    refused(&file("./prod.sqlite"), "`db` is `db` of `production`, whose danger is high");
    let linked = file("link.sqlite");
    linked.write("prod.sqlite", "");
    std::os::unix::fs::symlink(linked.path("prod.sqlite"), linked.path("link.sqlite")).unwrap();
    refused(&linked, "both are the file");
    let http = |ours: &str| {
        desk(&[
            (
                "targets: { db: { type: sqlite, path: lab.sqlite } }",
                &format!("targets: {{ api: {{ type: http, base_url: '{ours}' }} }}"),
            ),
            (
                "path: prod.sqlite } }",
                "path: prod.sqlite }, web: { type: http, base_url: 'https://bloom.com' } }",
            ),
            ("shell: cmp copy data", "target: api, http: { get: /health }"),
        ])
    };
    refused(&http("https://BLOOM.com:443/api"), "`api` is `web` of `production`");
    // Another one is allowed: then it is the criterion that finds nobody at home.
    drill(&http("http://127.0.0.1:1")).is(9, &["criterion same was not evaluated"]);
}

#[test]
fn the_playbooks_own_guard_is_asked_before_anything() {
    let guard = |that: &str| {
        let guard = format!(
            "  guard: [{{ title: Unreal, shell: cat place, that: \"{that}\" }}]\n  setup: ["
        );
        let desk = desk(&[("  setup: [", &guard)]);
        desk.write("place", "real");
        desk
    };
    refused(
        &guard("stdout | trim != 'real'"),
        "Unreal does not hold: expected stdout | trim != 'real'",
    );
    refused(&guard("exit_code == 7"), "Unreal does not hold");
    drill(&guard("stdout | trim == 'real'")).is(0, &["Unreal:", "PASS"]);
    let unknown = guard("nobody == 1");
    unknown.mayday(&["check"]).is(3, &["nobody"]);
}

#[test]
fn the_guard_is_asked_again_when_a_drill_is_taken_up() {
    let desk = desk(&[
        ("  setup: [", "  guard: [{ title: Still the lab, shell: test ! -e moved }]\n  setup: ["),
        ("shell: cat copy", "shell: 'test -e again || { touch again; kill -9 $PPID; }'"),
    ]);
    assert_eq!(drill(&desk).code, None);
    desk.write("moved", "");
    let run = desk.newest();
    desk.mayday(&["resume", &run, "--no-input"])
        .is(4, &["Still the lab does not hold", "mayday abort"]);
    // What it would clean up may be production now: it is closed, and nothing is touched.
    desk.mayday(&["abort", &run, "--reason", "moved", "--no-input"])
        .is(9, &["RESULT INVALID", "not cleaned up, the guard refused"]);
    assert!(desk.path("copy").exists(), "it cleaned up");
    let record = &records(&desk)[0];
    assert_eq!(record["verdict"], "INVALID");
    let reasons = record["reasons"].to_string();
    for why in ["it was given up: moved; not cleaned up", "cleanup step tidy was not run"] {
        assert!(reasons.contains(why), "{reasons}");
    }
}

#[test]
fn a_drill_whose_place_is_still_the_lab_goes_on_to_its_verdict() {
    let desk =
        desk(&[("shell: cat copy", "shell: 'test -e again || { touch again; kill -9 $PPID; }'")]);
    assert_eq!(drill(&desk).code, None);
    desk.mayday(&["resume", "--no-input"]).is(0, &["RESULT PASS", "The guard allowed the drill"]);
    let record = &records(&desk)[0];
    assert_eq!((&record["verdict"], &record["sessions"]), (&"PASS".into(), &2.into()));
}

#[test]
fn a_database_of_the_server_that_is_production_is_refused_and_a_declared_copy_is_not() {
    let mut server = Server::start();
    let id = server.psql("SELECT system_identifier FROM pg_control_system()").trim().to_owned();
    let url = server.url("postgres", "");
    let with = |ours: &str, theirs: &str| {
        let lab = LAB
            .replace("{ type: sqlite, path: lab.sqlite }", ours)
            .replace("{ type: sqlite, path: prod.sqlite }", theirs);
        let secrets = "secrets: { lab: 'file:lab.url', live: 'file:live.url' }\n";
        let desk = desk(&[USES_DB]);
        desk.write("mayday.yaml", &format!("{secrets}{lab}"));
        desk.write("lab.url", &url);
        desk.write("live.url", &url);
        desk
    };
    let lab = "{ type: postgres, url: 'secret:lab' }";
    let declared = format!(
        "{{ type: postgres, url: 'env:NOT_HERE', identity: {{ system_identifier: '{id}' }} }}"
    );
    refused(&with(lab, "{ type: postgres, url: 'secret:live' }"), "both are database postgres on");
    refused(&with(lab, &declared), "both have the system identifier");
    let copy = format!(
        "{{ type: postgres, url: 'secret:lab', identity: {{ system_identifier: '{id}' }} }}"
    );
    let allowed = with(&copy, &declared);
    drill(&allowed).is(0, &["RESULT PASS", &format!("(system {id})")]);
    assert_eq!(records(&allowed)[0]["targets"]["db"]["system_identifier"], id.as_str());
    let other = "{ type: postgres, url: 'secret:lab', identity: { database: other } }";
    refused(&with(other, &declared), "its database is postgres, mayday.yaml says other");
    server.crash();
    refused(&with(lab, &declared), "without its answer nothing proves what it is");
}
