//! What a drill comes to: pass, pass with findings, fail, invalid; each with its reason.

use super::{desk, drill, records};
use crate::support::desk::Desk;

/// What is different from `lost`: this, that instead.
type Changes<'a> = &'a [(&'a str, &'a str)];

#[test]
fn a_drill_is_judged_by_its_criteria_its_procedure_and_what_it_leaves_behind() {
    let late = ("run.elapsed <= objectives.rto", "run.elapsed < 0");
    let wrong = ("cp copy data", "echo other > data");
    let cases: &[(&str, u8, Changes<'_>, &str)] = &[
        ("PASS 100/100", 0, &[], "same 70/70 held"),
        ("PASS WITH FINDINGS 70/100", 0, &[late], "because quick:"),
        (
            "PASS WITH FINDINGS 100/100",
            0,
            &[("shell: cat copy", "shell: cat nowhere, on_fail: continue")],
            "because step find failed and the run went on",
        ),
        ("FAIL 30/100", 9, &[wrong], "because same:"),
        (
            "FAIL 30/100",
            9,
            &[("cp copy data", "exit 3")],
            "because the procedure stopped at step back: exit code 3",
        ),
        (
            "INVALID 30/100",
            9,
            &[("shell: cmp copy data", "target: db, sql: SELECT n FROM nowhere")],
            "because criterion same was not evaluated",
        ),
        (
            "INVALID 70/100",
            9,
            // What a variable stands for is known to nobody before the drill.
            &[(
                "that: run.elapsed <= objectives.rto",
                "shell: echo none, that: 'stdout | int > 3'",
            )],
            "because criterion quick was not evaluated",
        ),
        (
            "INVALID 100/100",
            9,
            &[("shell: rm -f data copy", "timeout: 300ms, shell: sleep 600")],
            "because cleanup step tidy did not work",
        ),
        (
            "INVALID 100/100",
            9,
            &[("shell: rm -f data copy", "shell: exit 4")],
            "because cleanup step tidy did not work",
        ),
        (
            "INVALID 100/100",
            9,
            &[("teardown: rm up", "teardown: 'echo stuck; exit 1'")],
            "because the environment was not taken down: run `echo stuck; exit 1`",
        ),
        (
            "INVALID",
            9,
            &[("shell: rm data", "shell: exit 5")],
            "because it was given up: step `lose`",
        ),
        (
            "INVALID",
            9,
            &[("shell: rm data", "shell: rm data; exit 5, on_fail: continue")],
            "because the accident was not as planned: step lose did not work",
        ),
        (
            "INVALID",
            9,
            &[(
                "shell: cat copy",
                "shell: cat copy, confirm: { ask: Sure?, second_person: 'true' }",
            )],
            "because it was given up: `find",
        ),
    ];
    for (verdict, code, changes, reason) in cases {
        let desk = desk(changes);
        let confirm = ["--confirm", "find=yes"];
        let mut words = vec!["drill", "run", "lost", "--env", "lab", "--no-input"];
        if reason.ends_with("`find") {
            words.extend(confirm);
        }
        let said = desk.mayday(&words);
        said.is(i32::from(*code), &[&format!("RESULT {verdict}"), reason]);
        let word =
            verdict.split_once(|c: char| c.is_ascii_digit()).map_or(*verdict, |(word, _)| word);
        told_everywhere(&desk, word.trim_end(), reason);
    }
}

/// The record as data and on paper, and the report as data, say the same word for the same reason.
#[track_caller]
fn told_everywhere(desk: &Desk, word: &str, reason: &str) {
    let records = records(desk);
    let [record] = records.as_slice() else { panic!("{word}: {} records", records.len()) };
    assert_eq!(record["verdict"], word, "{record}");
    assert_eq!(record["passed"], word.starts_with("PASS"), "{record}");
    let because = reason.strip_prefix("because ");
    let reasons = record["reasons"].as_array().unwrap();
    let told = |why: &str| reasons.iter().any(|reason| reason.as_str().unwrap().starts_with(why));
    assert!(because.is_none_or(told), "{reason}: {reasons:?}");
    let files = crate::cli::files(&desk.path("drills"));
    let paper = files.iter().find(|file| file.extension().is_some_and(|end| end == "md")).unwrap();
    let paper = std::fs::read_to_string(paper).unwrap();
    assert!(paper.contains(&format!("**{word}**, ")), "{paper}");
    let report = desk.mayday(&["report", &desk.newest(), "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(report["drill"]["verdict"], word, "{}", report["drill"]);
}

#[test]
fn a_drill_that_somebody_gave_up_says_nothing_about_the_procedure() {
    let desk = desk(&[("cp copy data", "kill -9 $PPID; sleep 60")]);
    // The keeper is the parent of a change: the driver is killed from a read.
    desk.edit("playbooks/lost.yaml", "shell: cat copy", "shell: 'kill -9 $PPID'");
    assert_eq!(drill(&desk).code, None);
    assert_eq!(records(&desk).len(), 0);
    let run = desk.newest();
    desk.mayday(&["abort", &run, "--reason", "lunch", "--no-input"])
        .is(9, &["RESULT INVALID", "because it was given up: lunch"]);
    assert_eq!(records(&desk)[0]["verdict"], "INVALID");
    assert!(!desk.path("up").exists() && !desk.path("copy").exists(), "nothing is left behind");
}
