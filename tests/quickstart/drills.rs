//! The drills of the quickstart, driven by the real binary to their verdicts.

use serde_json::Value;

use crate::support::desk::{Desk, Said};

const DATA_LOSS: &str = "playbooks/quickstart/data-loss.yaml";

fn drill(desk: &Desk, playbook: &str) -> Said {
    desk.mayday(&["drill", "run", playbook, "--env", "sandbox", "--no-input"])
}

/// The events of the only run, oldest first.
fn events(desk: &Desk) -> Vec<Value> {
    let runs: Vec<_> = std::fs::read_dir(desk.path("state")).unwrap().map(Result::unwrap).collect();
    assert_eq!(runs.len(), 1, "one run");
    let record = std::fs::read_to_string(runs[0].path().join("journal.jsonl")).unwrap();
    let event = |line: &str| serde_json::from_str::<Value>(line).unwrap()["ev"].clone();
    record.lines().map(event).collect()
}

/// The events of one kind about one step.
fn of_step(desk: &Desk, step: &str, kind: &str) -> Vec<Value> {
    let mut events = events(desk);
    events.retain(|event| event["type"] == kind && event["step"] == step);
    events
}

/// The ids of the criteria that were met.
fn met(desk: &Desk) -> Vec<String> {
    let judged = events(desk).into_iter().filter(|event| event["type"] == "judged");
    let met = judged.filter(|event| event["verdict"]["is"] == "pass");
    met.map(|event| event["criterion"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_data_loss_is_recovered_exactly() {
    let desk = Desk::new();
    let said = drill(&desk, "quickstart/data-loss");
    assert_eq!(said.code, Some(0), "{}", said.all());
    assert!(said.all().contains("PASS  100/100"), "{}", said.all());
    let all = ["recovered_all", "kept_newer", "numbers_right", "in_time", "clean"];
    assert_eq!(met(&desk), all);
    let closed = events(&desk).into_iter().find(|event| event["type"] == "closed").unwrap();
    assert_eq!(closed["outcome"], "completed");
    assert!(!desk.path(".mayday-sandbox").exists(), "the sandbox was left behind");
}

#[test]
fn a_recovery_that_misses_a_row_does_not_pass() {
    let desk = Desk::new();
    desk.edit(DATA_LOSS, "WHERE NOT EXISTS (SELECT 1", "WHERE id <> 222 AND NOT EXISTS (SELECT 1");
    desk.edit(DATA_LOSS, "restore: \"50\"", "restore: \"49\"");
    let said = drill(&desk, "quickstart/data-loss");
    assert_eq!(said.code, Some(9), "{}", said.all());
    assert_eq!(met(&desk), ["kept_newer", "in_time", "clean"]);
    assert!(!desk.path(".mayday-sandbox").exists(), "the sandbox was left behind");
}

#[test]
fn a_count_that_is_not_the_expected_one_is_never_confirmed() {
    let desk = Desk::new();
    desk.edit(
        DATA_LOSS,
        "BETWEEN 201 AND 250\n      expect: \"rows_affected == 50\"",
        "BETWEEN 201 AND 251\n      expect: \"rows_affected == 51\"",
    );
    let said = drill(&desk, "quickstart/data-loss");
    assert_ne!(said.code, Some(0), "{}", said.all());
    assert_eq!(of_step(&desk, "find_lost", "started").len(), 1);
    let restored = of_step(&desk, "restore", "started");
    assert!(restored.is_empty(), "51 rows were restored with the answer for 50");
}

#[test]
fn a_restore_of_too_few_rows_is_rolled_back() {
    let desk = Desk::new();
    desk.edit(DATA_LOSS, "WHERE NOT EXISTS\n", "WHERE lost.key < 49 AND NOT EXISTS\n");
    let said = drill(&desk, "quickstart/data-loss");
    assert_ne!(said.code, Some(0), "{}", said.all());
    let last = of_step(&desk, "restore", "ended").pop().unwrap();
    assert_eq!(last["verdict"]["is"], "fail", "{last}");
    assert_eq!(last["facts"]["committed"], false, "{last}");
}

#[test]
fn a_restore_that_touches_newer_rows_is_found_by_its_own_check() {
    let desk = Desk::new();
    let insert = "          - |-\n            INSERT INTO reservations (id,";
    let worse = format!("          - DELETE FROM reservations WHERE id > 525\n{insert}");
    desk.edit(DATA_LOSS, insert, &worse);
    let said = drill(&desk, "quickstart/data-loss");
    assert_ne!(said.code, Some(0), "{}", said.all());
    let checks = of_step(&desk, "restore", "checked");
    let verdicts: Vec<&Value> = checks.iter().map(|check| &check["verdict"]["is"]).collect();
    assert_eq!(verdicts, ["pass", "fail"]);
    assert!(of_step(&desk, "maintenance_off", "started").is_empty(), "it went on");
}

#[test]
fn a_dead_api_is_brought_back() {
    let desk = Desk::new();
    let said = drill(&desk, "quickstart/api-down");
    assert_eq!(said.code, Some(0), "{}", said.all());
    assert_eq!(met(&desk), ["answers", "in_time"]);
    assert!(!desk.path(".mayday-sandbox").exists(), "the sandbox was left behind");
}

#[test]
fn a_dry_run_of_the_quickstart_touches_nothing() {
    let desk = Desk::new();
    let run = ["run", "quickstart/data-loss", "--env", "sandbox", "--dry-run"];
    let said = desk.mayday(&run);
    assert_eq!(said.code, Some(0), "{}", said.all());
    assert!(said.all().contains("<from find_lost"), "{}", said.all());
    assert!(!desk.path("state").exists() && !desk.path(".mayday-sandbox").exists());
}
