//! What a drill comes to: pass, pass with findings, fail, invalid; each with its reason.

use super::{desk, drill, records};

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
        assert_eq!(records(&desk).len(), 1, "{verdict}: {}", said.all());
    }
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
