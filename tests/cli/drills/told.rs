//! What a drill came to, for programs: `status --json` and the last line of `drill run --json`.

use serde_json::{Value, json};

use super::{desk, records};
use crate::report::schema::faults;
use crate::support::desk::{Desk, Said};

const DRILL: [&str; 7] = ["drill", "run", "lost", "--env", "lab", "--no-input", "--json"];

/// The last line that was printed; every other one is an event or the head.
#[track_caller]
fn last(said: &Said) -> Value {
    let lines: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert!(before.iter().all(|line| line.get("drill").is_none()), "{}", said.out);
    last.clone()
}

/// What `status --json` says of the newest run, which fits its schema.
#[track_caller]
fn status(desk: &Desk) -> Value {
    let schema: Value = serde_json::from_str(&desk.mayday(&["schema", "status"]).out).unwrap();
    let said = desk.mayday(&["status", "--json"]);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    let mut all = Vec::new();
    faults(&schema, &told, "", &mut all);
    // Moments have names of their own.
    all.retain(|fault| !fault.starts_with(".milestones."));
    assert_eq!(all, [""; 0], "{told}");
    told
}

#[test]
fn a_script_learns_the_verdict_its_reasons_the_score_and_where_the_record_lies() {
    let desk = desk(&[("run.elapsed <= objectives.rto", "run.elapsed < 0")]);
    let said = desk.mayday(&DRILL);
    said.is(0, &["RESULT   PASS WITH FINDINGS"]);
    let (line, status_says) = (last(&said), status(&desk));
    let drill = &line["drill"];
    assert_eq!(line["run"], desk.newest().as_str());
    assert_eq!(&status_says["drill"], drill, "one object in both places");
    assert_eq!(status_says["mode"], "drill");
    assert_eq!(drill["verdict"], "PASS WITH FINDINGS");
    assert_eq!(
        (&drill["passed"], &drill["score"], &drill["of"]),
        (&json!(true), &json!(70), &json!(100))
    );
    assert!(drill["reasons"][0].as_str().unwrap().starts_with("quick: "), "{drill}");
    assert_eq!(drill["criteria"][1]["held"], false);
    let record: Value = serde_json::from_str(
        &std::fs::read_to_string(drill["record_data"].as_str().unwrap()).unwrap(),
    )
    .unwrap();
    assert_eq!(record, records(&desk)[0]);
    for field in ["verdict", "passed", "score", "of", "reasons", "criteria", "injected"] {
        assert_eq!(record[field], drill[field], "{field}");
    }
    let paper = std::fs::read_to_string(drill["record"].as_str().unwrap()).unwrap();
    assert!(paper.contains("**PASS WITH FINDINGS**"), "{paper}");
    let pending = json!([{ "role": "lead", "holds": false, "words": "pending" }]);
    assert_eq!(drill["sign_off"], pending);
    desk.mayday(&["drill", "signoff", &desk.newest(), "--by", "eve"]).is(0, &[]);
    let signed = status(&desk)["drill"]["sign_off"][0].clone();
    assert_eq!(signed["holds"], true);
    assert!(signed["words"].as_str().unwrap().starts_with("eve, "), "{signed}");
    // A record that is gone is nowhere; what happened is known all the same.
    std::fs::remove_dir_all(desk.path("drills")).unwrap();
    let without = status(&desk)["drill"].clone();
    assert_eq!((&without["record"], &without["record_data"]), (&Value::Null, &Value::Null));
    assert_eq!((&without["verdict"], &without["sign_off"]), (&drill["verdict"], &pending));
}

#[test]
fn a_drill_that_can_still_go_on_has_no_verdict_and_one_that_was_given_up_has() {
    let desk =
        desk(&[("shell: cat copy", "shell: 'test -e again || { touch again; kill -9 $PPID; }'")]);
    let said = desk.mayday(&DRILL);
    assert_eq!(said.code, None, "{}", said.all());
    let open = status(&desk)["drill"].clone();
    for field in ["verdict", "passed", "score", "record", "record_data"] {
        assert_eq!(open[field], Value::Null, "{field}: {open}");
    }
    assert_eq!((&open["reasons"], &open["of"]), (&json!([]), &json!(100)));
    assert_eq!(open["criteria"][0]["held"], Value::Null);
    let run = desk.newest();
    let said = desk.mayday(&["abort", &run, "--reason", "lunch", "--no-input", "--json"]);
    said.is(9, &["RESULT   INVALID"]);
    let given_up = last(&said);
    assert_eq!(given_up["drill"], status(&desk)["drill"]);
    assert_eq!(given_up["drill"]["verdict"], "INVALID");
    assert_eq!(given_up["drill"]["reasons"][0], "it was given up: lunch");
    // Taken up again, it is told again.
    let again = desk.mayday(&["resume", &run, "--no-input", "--json"]);
    assert_eq!(last(&again)["drill"], given_up["drill"]);
}

#[test]
fn a_failed_drill_says_why_and_a_real_run_has_no_drill() {
    let desk = desk(&[("cp copy data", "exit 3")]);
    let said = desk.mayday(&[&DRILL[..], &["--inject", "find=slow:10ms"]].concat());
    let drill = last(&said)["drill"].clone();
    assert_eq!((said.code, &drill["verdict"]), (Some(9), &json!("FAIL")));
    let reason = "the procedure stopped at step back: exit code 3";
    assert!(drill["reasons"][0].as_str().unwrap().starts_with(reason), "{drill}");
    assert_eq!(
        drill["injected"],
        json!([{ "step": "find", "fault": "slow:10ms", "happened": true }])
    );
    assert_eq!(status(&desk)["drill"], drill);
    desk.write("copy", "rows");
    desk.edit("playbooks/lost.yaml", "exit 3", "exit 0");
    let said = desk.mayday(&["run", "lost", "--env", "lab", "--no-input", "--json"]);
    said.is(0, &[]);
    assert!(last(&said).get("drill").is_none(), "{}", said.out);
    let real = status(&desk);
    assert_eq!((&real["drill"], &real["mode"]), (&Value::Null, &json!("real")));
}
