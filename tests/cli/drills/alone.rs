//! A drill is alone on its place, and its guard looks before the place is brought up.

use std::process::Stdio;

use super::{desk, drill, records};
use crate::cli::until;
use crate::support::desk::{Desk, Said};

const WAITS: (&str, &str) =
    ("shell: cat copy }", "shell: 'touch waits; while ! test -e go; do sleep 0.02; done' }");

fn begun(desk: &Desk, words: &[&str]) -> std::process::Child {
    let mut command = desk.command(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

const DRILL: &[&str] = &["drill", "run", "lost", "--env", "lab", "--no-input"];

#[test]
fn a_drill_begins_nothing_where_another_run_is_driven() {
    let desk = desk(&[WAITS, ("setup: touch up", "setup: 'echo x >> ups; touch up'")]);
    let first = begun(&desk, DRILL);
    until("the first one is at its step", || desk.path("waits").exists());
    let said = drill(&desk);
    said.is(10, &["lost is being run on lab already, by ada", "nothing was executed"]);
    desk.write("go", "");
    Said::from(first.wait_with_output().unwrap()).is(0, &["RESULT   PASS"]);
    assert_eq!(std::fs::read_to_string(desk.path("ups")).unwrap(), "x\n", "brought up again");
    // When it is over, the place is free.
    drill(&desk).is(0, &["RESULT   PASS"]);
    assert_eq!(records(&desk).len(), 2);
}

#[test]
fn of_drills_that_begin_in_the_same_moment_one_runs_and_the_others_are_told() {
    let desk = desk(&[WAITS]);
    let drills: Vec<_> = (0..4).map(|_| begun(&desk, DRILL)).collect();
    until("one of them is at its step", || desk.path("waits").exists());
    let mut drills: Vec<_> = drills.into_iter().collect();
    // Whoever is refused ends while the one that runs still waits.
    let mut refused = 0;
    until("the others are told", || {
        drills.retain_mut(|drill| match drill.try_wait().unwrap() {
            Some(status) => {
                assert_eq!(status.code(), Some(10));
                refused += 1;
                false
            }
            None => true,
        });
        refused == 3
    });
    desk.write("go", "");
    for drill in drills {
        Said::from(drill.wait_with_output().unwrap()).is(0, &["RESULT   PASS"]);
    }
    assert_eq!(desk.runs().len(), 1);
}

/// It dies once, and waits when it is taken up.
const DIES: (&str, &str) = (
    "shell: cat copy }",
    "shell: 'test -e once || { touch once; kill -9 $PPID; exit 1; }; touch waits; while ! test -e go; do sleep 0.02; done' }",
);

#[test]
fn what_a_drill_that_was_left_open_stands_on_is_changed_by_no_other_one() {
    let desk = desk(&[DIES, ("setup: touch up", "setup: 'echo x >> ups; touch up'")]);
    assert_eq!(drill(&desk).code, None);
    let open = desk.newest();
    let said = drill(&desk);
    let ways = [
        format!("a drill of lost was left open there: {open}"),
        "nothing was executed".to_owned(),
        format!("mayday resume {open}"),
        format!("mayday abort {open} --reason WORDS"),
    ];
    said.is(10, &ways.each_ref().map(String::as_str));
    assert_eq!(desk.runs(), std::slice::from_ref(&open), "a run was begun");
    assert_eq!(std::fs::read_to_string(desk.path("ups")).unwrap(), "x\n", "brought up again");
    // A real run there is somebody's incident: it is driven, and the drill does not go on beside it.
    let real = begun(&desk, &["run", "lost", "--env", "lab", "--no-input"]);
    until("the real one is at its step", || desk.path("waits").exists());
    desk.mayday(&["resume", &open, "--no-input"])
        .is(10, &["already, by ada", "nothing was executed"]);
    desk.write("go", "");
    Said::from(real.wait_with_output().unwrap()).is(0, &[]);
    desk.mayday(&["abort", &open, "--reason", "twice", "--no-input"]).is(9, &["INVALID"]);
    assert!(!desk.path("copy").exists() && !desk.path("up").exists(), "it is not cleaned up");
    drill(&desk).is(0, &["RESULT   PASS"]);
}

#[test]
fn a_drill_that_died_before_its_environment_was_down_is_ended_before_the_next_one() {
    let desk = desk(&[(
        "teardown: rm up",
        "teardown: 'test -e once || { touch once; kill -9 $PPID; exit 1; }; rm up'",
    )]);
    assert_eq!(drill(&desk).code, None);
    let over = desk.newest();
    assert!(desk.path("up").exists());
    let way = format!("mayday resume {over}");
    drill(&desk).is(10, &["its environment was not taken down", &way]);
    desk.mayday(&["drill", "due"]).is(0, &[&format!("{over} is over and has no record"), "never"]);
    desk.mayday(&["resume", &over, "--no-input"]).is(0, &["RESULT   PASS", "record   "]);
    assert!(!desk.path("up").exists());
    drill(&desk).is(0, &["RESULT   PASS"]);
    assert_eq!(records(&desk).len(), 2);
}

#[test]
fn a_drill_whose_record_is_damaged_holds_no_other_one_up() {
    let desk = desk(&[DIES]);
    assert_eq!(drill(&desk).code, None);
    let open = desk.newest();
    let journal = format!("state/{open}/journal.jsonl");
    desk.edit(&journal, "echo rows", "echo cows");
    let told = format!("{open} cannot be gone on with");
    desk.mayday(&["drill", "due"]).is(0, &["never rehearsed", &told]);
    desk.write("go", "");
    drill(&desk).is(0, &["RESULT   PASS"]);
    desk.mayday(&["drill", "due"]).is(0, &["fresh"]);
    desk.mayday(&["drill", "signoff", &open]).is(4, &["did not come to its end"]);
}

#[test]
fn what_is_known_to_be_production_is_refused_before_the_place_is_brought_up() {
    let counted = ("setup: touch up", "setup: 'touch upped up'");
    let same = desk(&[
        counted,
        ("path: lab.sqlite", "path: prod.sqlite"),
        ("shell: cmp copy data", "target: db, sql: SELECT 1 AS n"),
    ]);
    drill(&same).is(4, &["target `db` is `db` of `production`", "nothing was executed"]);
    assert!(!same.path("upped").exists() && same.runs().is_empty(), "something was done");
    // What is made during the drill would be it.
    let later = desk(&[
        counted,
        (
            "{ db: { type: sqlite, path: lab.sqlite } }",
            "{ copy: { type: sqlite, path: prod.sqlite, made_later: true } }",
        ),
        ("shell: cmp copy data", "target: copy, sql: SELECT 1 AS n"),
    ]);
    drill(&later).is(4, &["target `copy`, made later, would be `db` of `production`"]);
    assert!(!later.path("upped").exists() && later.runs().is_empty(), "something was done");
}

#[test]
fn a_target_that_is_made_later_is_not_wanted_before_and_is_there_for_its_step() {
    let server =
        crate::support::http::Server::answering(|_| ("200 OK", String::new(), "fine".to_owned()));
    let config = "
secrets: { later: 'file:later.url' }
environments: { here: { danger: low, targets: { api: { type: http, base_url: 'secret:later', made_later: true } } } }
";
    let steps = "
  - {id: make, title: Make it, effect: change, shell: 'cp given later.url; chmod 600 later.url'}
  - {id: look, title: Look at it, target: api, effect: read, http: {get: /}}";
    let desk = crate::cli::desk_with(config, "", steps);
    desk.write("given", &server.url(""));
    let run = ["run", "p", "--env", "here", "--no-input"];
    desk.mayday(&run).is(0, &[]);
    assert_eq!(server.asked().len(), 1);
    // Not made, its step says so, and the run stops there.
    desk.edit("playbooks/p.yaml", "cp given later.url; chmod 600 later.url", "rm later.url");
    desk.mayday(&run).is(5, &["look", "later.url"]);
    // Without the field it is wanted before anything runs.
    desk.edit("mayday.yaml", ", made_later: true", "");
    desk.mayday(&run).is(4, &["later.url", "nothing was executed"]);
}

#[test]
fn a_real_run_does_not_make_what_would_be_production() {
    let config = "
environments:
  staging: { danger: low, targets: { copy: { type: sqlite, path: prod.sqlite, made_later: true } } }
  production: { danger: high, targets: { db: { type: sqlite, path: prod.sqlite } } }
";
    let steps = "
  - {id: make, title: Make it, effect: change, shell: 'touch made'}
  - {id: look, title: Look at it, target: copy, effect: read, sql: SELECT 1 AS n}";
    let desk = crate::cli::desk_with(config, "", steps);
    desk.write("prod.sqlite", "");
    let run = |more: &[&str]| {
        desk.mayday(&[&["run", "p", "--env", "staging", "--no-input"], more].concat())
    };
    run(&[])
        .is(4, &["target `copy`: it would be `db` of `production`", "--accept-target copy=REASON"]);
    assert!(!desk.path("made").exists(), "a step ran");
    run(&["--accept-target", "copy=it is what we restore into"]).is(0, &[]);
    assert!(desk.path("made").exists());
}
