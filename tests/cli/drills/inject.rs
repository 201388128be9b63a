//! `drill run --inject`: from the command line to the screen, the record and the next driver.

use super::{desk, records};
use crate::support::desk::{Desk, Said};

fn with(desk: &Desk, more: &[&str]) -> Said {
    let all = [&["drill", "run", "lost", "--env", "lab", "--no-input"], more].concat();
    desk.mayday(&all)
}

#[test]
fn an_injected_failure_says_so_on_the_screen_and_in_the_record() {
    let desk = desk(&[("sign_off: [lead]", "sign_off: [lead]\n  answers: { back.menu: retry }")]);
    let said = with(&desk, &["--inject", "back=fail", "--inject", "find=slow:10ms"]);
    said.is(
        0,
        &[
            "INJECTED into this drill, not real: back=fail, find=slow:10ms.",
            "INJECTED failure: nothing was run",
            "RESULT   PASS",
        ],
    );
    // Nothing was run: what may have happened is not listed.
    assert!(!said.all().contains("MAY have happened"), "{}", said.all());
    let record = &records(&desk)[0];
    assert_eq!(record["injected"][0]["step"], "back");
    assert_eq!(record["injected"][0]["fault"], "fail");
    assert_eq!(record["injected"][1]["happened"], true);
    let files = super::super::files(&desk.path("drills"));
    let paper = files.iter().find(|file| file.extension().is_some_and(|end| end == "md")).unwrap();
    let paper = std::fs::read_to_string(paper).unwrap();
    assert!(paper.contains("INJECTED on purpose, not real"), "{paper}");
    let report = desk.mayday(&["report", &desk.newest()]);
    report.is(0, &["INJECTED on purpose, not real", "back: fail"]);
}

#[test]
fn an_injected_crash_kills_mayday_and_resume_ends_with_the_same_data() {
    let desk = desk(&[("rm -f data copy", "cp data kept")]);
    let killed = with(&desk, &["--inject", "back=crash"]);
    assert_eq!(killed.code, None, "{}", killed.all());
    assert!(killed.all().contains("INJECTED crash: mayday is gone now, as by kill -9"));
    let run = desk.newest();
    desk.mayday(&["resume", &run, "--no-input"]).is(0, &["RESULT   PASS"]);
    assert_eq!(std::fs::read_to_string(desk.path("kept")).unwrap(), "rows\n");
    assert_eq!(records(&desk)[0]["injected"][0]["fault"], "crash");
}

#[test]
fn an_injected_time_out_runs_nothing_and_leaves_the_outcome_to_a_person() {
    let desk = desk(&[]);
    let said = with(&desk, &["--inject", "back=timeout"]);
    said.is(9, &["INJECTED time-out: nothing was run", "RESULT   FAIL"]);
    let record = &records(&desk)[0];
    assert_eq!(record["injected"][0]["fault"], "timeout");
    assert!(record["reasons"][0].as_str().unwrap().contains("stopped at step back: INJECTED"));
    // A step that only looks has failed, and may be looked at again.
    let desk = super::desk(&[("sign_off: [lead]", "answers: { find.menu: retry }")]);
    with(&desk, &["--inject", "find=timeout"]).is(0, &["INJECTED time-out", "RESULT   PASS"]);
}

#[test]
fn a_fault_that_cannot_be_is_refused_before_anything() {
    let desk = desk(&[
        ("shell: cat copy }", "shell: cat copy }\n  - { id: good, title: Good, confirm: Is it? }"),
        ("sign_off: [lead]", "answers: { good: 'yes' }"),
    ]);
    for (fault, words) in [
        ("bak=fail", "did you mean `back`?"),
        ("nothing_like_it=fail", "its steps are: seed, lose, find, good, back, tidy"),
        (
            "back=fial",
            "at character 6: `fial` is not fail, timeout, slow:SPAN or crash; did you mean `fail`?",
        ),
        ("back=slow", "write how long, such as slow:30s"),
        ("back=slow:0s", "is no wait"),
        ("back=slow:x", "is not a duration"),
        ("back", "is not STEP=FAULT"),
        ("good=fail", "it asks a person"),
    ] {
        with(&desk, &["--inject", fault]).is(2, &[words]);
    }
    let twice = with(&desk, &["--inject", "back=fail", "--inject", "back=crash"]);
    twice.is(2, &["it has `fail` already; a step takes one fault"]);
    let real = desk.mayday(&["run", "lost", "--env", "production", "--inject", "back=fail"]);
    real.is(2, &["faults are put into drills, never into a run"]);
    let production = ["drill", "run", "lost", "--env", "production", "--inject", "back=fail"];
    let said = desk.mayday(&production);
    assert_ne!(said.code, Some(0));
    assert!(said.all().contains("production"), "{}", said.all());
    assert!(desk.runs().is_empty(), "nothing was begun");
}
