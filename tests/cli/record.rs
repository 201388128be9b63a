//! What the record gives back: `runs`, `status`, `verify`, `--json`, and a standard output that goes away.

use std::process::Stdio;

use serde_json::Value;

use super::{desk, desk_with};

const READ: &str = "  - {id: look, title: Look, effect: read, shell: 'echo seen'}";

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}

#[test]
fn json_is_what_the_record_holds() {
    let desk = desk(READ);
    let said = desk.mayday(&["run", "p", "--json"]);
    said.is(0, &[]);
    let printed = lines(&said.out);
    assert_eq!(printed[0]["format"], 1);
    assert_eq!(printed[0]["mayday"], env!("CARGO_PKG_VERSION"));
    let journal = super::files(&desk.path("state"));
    let journal = journal.iter().find(|file| file.ends_with("journal.jsonl")).unwrap();
    let kept = lines(&std::fs::read_to_string(journal).unwrap());
    assert_eq!(printed.len() - 1, kept.len());
    for (printed, kept) in printed[1..].iter().zip(&kept) {
        for (name, value) in printed.as_object().unwrap() {
            let inner = &kept["ev"];
            assert_eq!(&inner[name], value, "{kept}");
        }
    }
}

#[test]
fn a_standard_output_that_goes_away_does_not_stop_a_run() {
    let desk = desk(
        "  - {id: a, title: A, effect: read, shell: 'seq 2000'}\n  - {id: b, title: B, effect: read, shell: 'echo b'}",
    );
    let mut command = desk.command(&["run", "p", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status =
        desk.command(&["run", "p", "--json"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    let runs = desk.mayday(&["runs"]);
    assert_eq!(runs.out.matches("completed").count(), 2, "{}", runs.out);
    for id in desk.runs() {
        desk.mayday(&["verify", &id]).is(0, &["OK"]);
    }
    // A command that only prints ends quietly.
    let mut list = desk
        .command(&["explain", "all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(list.stdout.take());
    let said = list.wait_with_output().unwrap();
    assert!(said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn a_flipped_byte_is_found_and_its_line_named() {
    let desk = desk(READ);
    desk.mayday(&["run", "p"]).is(0, &[]);
    let id = desk.newest();
    desk.mayday(&["verify", &id]).is(0, &["OK  the record is whole and unchanged"]);
    let journal = super::files(&desk.path("state"));
    let journal = journal.iter().find(|file| file.ends_with("journal.jsonl")).unwrap();
    let text = std::fs::read_to_string(journal).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("seen")).unwrap();
    std::fs::write(journal, text.replacen("seen", "SEEN", 1)).unwrap();
    desk.mayday(&["verify", &id]).is(3, &["DAMAGE", &format!("Line {line}"), "NOT OK"]);
    let said = desk.mayday(&["verify", &id, "--json"]);
    said.is(3, &[]);
    assert_eq!(lines(&said.out)[0]["sound"], false);
    desk.mayday(&["runs"]).is(0, &["damaged"]);
    desk.mayday(&["status", &id]).is(0, &["WARNING", "mayday verify"]);
}

#[test]
fn status_and_runs_say_where_a_run_stands() {
    let desk = desk_with(
        super::CONFIG,
        "objectives: {rto: 30m}",
        "  - {id: a, title: First, effect: read, shell: 'true'}\n  - {id: b, title: Second, confirm: Fine?}",
    );
    desk.mayday(&["runs"]).is(0, &["No runs in"]);
    desk.mayday(&["status"]).is(2, &["there are no runs"]);
    desk.mayday(&["run", "p"]).is(7, &[]);
    let id = desk.newest();
    desk.mayday(&["status"])
        .is(0, &[&id, "OK", "First", "NEXT", "Second", "rto", "30m", "left", "mayday resume"]);
    let said = desk.mayday(&["status", &id[..id.len() - 1], "--json"]);
    let status = &lines(&said.out)[0];
    assert_eq!(
        (&status["run"], &status["state"], &status["steps"][0]["status"]),
        (&id.clone().into(), &"stopped".into(), &"ok".into())
    );
    let said = desk.mayday(&["runs", "--json"]);
    assert_eq!(lines(&said.out)[0]["playbook"], "p");
    let closed = desk.mayday(&["abort", &id, "--reason", "handled elsewhere", "--json"]);
    closed.is(0, &["handled elsewhere"]);
    lines(&closed.out);
    desk.mayday(&["status"]).is(0, &["aborted"]);
    desk.mayday(&["abort", &id]).is(2, &["--reason"]);
}

#[test]
fn the_sixth_run_of_a_playbook_knows_how_long_its_steps_take() {
    let desk = desk(READ);
    let expects = |out: &str| out.contains("\"type\":\"expectations\"");
    for _ in 0..5 {
        let said = desk.mayday(&["run", "p", "--json"]);
        said.is(0, &[]);
        assert!(!expects(&said.out), "{}", said.out);
    }
    let said = desk.mayday(&["run", "p", "--json"]);
    said.is(0, &[]);
    let told = lines(&said.out).into_iter().find(|line| line["type"] == "expectations").unwrap();
    assert_eq!(told["steps"]["look"]["runs"], 5);
    assert_eq!(told["steps"]["look"]["ms"].as_array().unwrap().len(), 5);
    // One that is damaged is passed over.
    let files = super::files(&desk.path("state"));
    for file in files.iter().filter(|file| file.ends_with("durations.json")).take(2) {
        std::fs::write(file, "{").unwrap();
    }
    let said = desk.mayday(&["run", "p", "--json"]);
    said.is(0, &[]);
    assert!(!expects(&said.out), "{}", said.out);
}

#[test]
fn a_step_for_several_things_is_one_step_when_a_run_is_taken_up_again() {
    let desk = desk(
        "  - {id: each, title: 'Look at {{ item }}', for_each: \"['a', 'b', 'c']\", effect: read, shell: 'echo \"$item\"'}
  - {id: passed, title: Passed over, when: 'false', effect: read, shell: 'true'}
  - {id: stop, title: Stop, effect: read, shell: 'test -e go'}",
    );
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.write("go", "");
    let said = desk.mayday(&["resume", "--answer", "stop.menu=retry"]);
    said.is(0, &["2 of 3 steps settled", "done     2 of 3 steps"]);
}

/// The head of a run that is taken up again tells the clock; marks that passed before are not told again.
#[test]
fn a_run_that_is_taken_up_late_tells_its_clock_once() {
    let steps = "  - {id: stop, title: Stop, effect: read, shell: 'test -e go'}";
    let desk = desk_with(super::CONFIG, "objectives: {rto: 10m}", steps);
    desk.mayday(&["run", "p", "--detected", "-16m"]).is(5, &[]);
    desk.write("go", "");
    let said = desk.mayday(&["resume", "--answer", "stop.menu=retry"]);
    said.is(0, &["OVER. 0 of 1 step settled"]);
    assert!(said.err.starts_with("Run ") || said.out.starts_with("Run "), "{}", said.all());
    assert!(!said.all().contains("% used"), "{}", said.all());
}

/// A wait took as long as all its looks, and not as long as the last one.
#[test]
fn a_wait_tells_how_long_it_took_in_all() {
    let steps =
        "  - {id: w, title: Wait, wait_until: {shell: 'true', every: 1100ms, times_in_a_row: 3}}\n";
    let desk = desk(steps);
    desk.mayday(&["run", "p"]).is(0, &["3 looks"]);
    let journal = super::files(&desk.path("state"));
    let journal = journal.iter().find(|file| file.ends_with("journal.jsonl")).unwrap();
    let events = lines(&std::fs::read_to_string(journal).unwrap());
    let at =
        |kind: &str| events.iter().find(|event| event["ev"]["type"] == kind).unwrap()["ev"].clone();
    let (started, ended) = (at("started"), at("ended"));
    assert_eq!(ended["looks"], 3);
    let apart = ended["boot_ms"].as_i64().unwrap() - started["boot_ms"].as_i64().unwrap();
    assert!(apart >= 2_200, "{apart}");
    let elapsed = ended["elapsed"].as_str().unwrap();
    assert!(!elapsed.ends_with("ms") || elapsed.contains(' '), "{elapsed}: only the last look");
}
