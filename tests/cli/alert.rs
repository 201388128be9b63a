//! `run --alert`: what three monitoring systems post leads to a playbook, its inputs and the time of the detection.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::playbook;
use crate::support::desk::{Desk, Said};
use crate::support::pty::Pty;

const STEPS: &str = "  - { id: look, title: Look, effect: read, shell: 'true' }";

fn desk() -> Desk {
    let desk = Desk::with(&[("mayday.yaml", super::CONFIG)]);
    let database = "alerts: [DatabaseDown]
use_when: [The database does not answer]
not_for: [{ if: Rows are missing, use: rows }]
inputs:
  region: { ask: Where?, type: string, pattern: '^[a-z]+-[a-z]+-[0-9]$', default: nowhere-at-0 }
  instance: { ask: Which one?, default: all }
  severity: { ask: How bad?, type: integer, default: 1 }
  service: { ask: Whose?, default: nobody }";
    desk.write("playbooks/database.yaml", &playbook("database", database, STEPS));
    let payments = "alerts: [PaymentsSlow]
inputs: { k8s_cluster_name: { ask: Which cluster?, default: none } }";
    desk.write("playbooks/payments.yaml", &playbook("payments", payments, STEPS));
    desk.write("playbooks/rows.yaml", &playbook("rows", "use_when: [Rows are missing]", STEPS));
    for (name, body) in [
        ("alertmanager", include_str!("../fixtures/alerts/alertmanager.json")),
        ("grafana", include_str!("../fixtures/alerts/grafana.json")),
        ("pagerduty", include_str!("../fixtures/alerts/pagerduty.json")),
    ] {
        desk.write(&format!("{name}.json"), body);
    }
    desk
}

fn run(desk: &Desk, more: &[&str]) -> Said {
    desk.mayday(&[&["run", "--no-input", "--json"], more].concat())
}

/// The events of a kind, of all that were printed.
fn events(said: &Said, kind: &str) -> Vec<Value> {
    let lines = said.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let event = |line: Value| if line.get("ev").is_some() { line["ev"].clone() } else { line };
    lines.map(event).filter(|event| event["type"] == kind).collect()
}

fn inputs(said: &Said) -> Value {
    let all = events(said, "input_given");
    let one = |event: &Value| {
        let name = event["name"].as_str().unwrap().to_owned();
        (name, json!([event["value"], event["source"]]))
    };
    Value::Object(all.iter().map(one).collect())
}

fn detected(said: &Said) -> (String, String) {
    let all = events(said, "milestone");
    let found = all.iter().find(|event| event["milestone"] == "detected").unwrap();
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("when"), text("source"))
}

#[test]
fn alertmanager_leads_to_the_playbook_its_inputs_and_the_detection() {
    let desk = desk();
    let said = run(&desk, &["--alert", "alertmanager.json"]);
    said.is(
        0,
        &[
            "Alert DatabaseDown (Alertmanager), since 2026-11-22 10:01:40Z",
            "database  Try it: its `alerts` names DatabaseDown",
            "not for: Rows are missing -> rows",
            "input region = eu-west-1 (from the alert)",
            "input severity: `critical` of the alert is not taken",
        ],
    );
    assert_eq!(events(&said, "opened")[0]["playbook"], "database");
    assert_eq!(detected(&said), ("2026-11-22T10:01:40.000Z".into(), "alert".into()));
    // What the two instances do not agree on is not taken; what is typed wins.
    assert_eq!(inputs(&said)["region"], json!(["eu-west-1", "alert"]));
    assert_eq!(inputs(&said)["instance"], json!(["all", "default"]));
    assert_eq!(inputs(&said)["severity"], json!([1, "default"]));
    let noted = events(&said, "noted");
    let why = noted[0]["text"].as_str().unwrap();
    assert!(
        why.starts_with("Started by the alert DatabaseDown (Alertmanager, firing since "),
        "{why}"
    );
    let flags =
        ["--alert", "alertmanager.json", "--input", "region=us-east-1", "--detected", "-1m"];
    let said = run(&desk, &flags);
    assert_eq!(inputs(&said)["region"], json!(["us-east-1", "flag"]));
    assert_eq!(detected(&said).1, "flag");
}

#[test]
fn grafana_and_pagerduty_do_so_too() {
    let desk = desk();
    let said = run(&desk, &["--alert", "grafana.json"]);
    said.is(
        0,
        &["Alert PaymentsSlow (Grafana)", "payments  Try it: its `alerts` names PaymentsSlow"],
    );
    assert_eq!(detected(&said).0, "2026-11-22T09:05:00.000Z");
    assert_eq!(inputs(&said)["k8s_cluster_name"], json!(["blue", "alert"]));
    let said = run(&desk, &["--alert", "pagerduty.json"]);
    said.is(0, &["(PagerDuty), since 2026-11-22 10:03:20Z", "its `alerts` names DatabaseDown"]);
    assert_eq!(inputs(&said)["service"], json!(["Bookings API", "alert"]));
}

#[test]
fn a_body_may_come_through_a_pipe_and_a_dry_run_uses_it_too() {
    let desk = desk();
    let mut command = desk.command(&["run", "--alert", "-", "--dry-run"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let body = include_str!("../fixtures/alerts/alertmanager.json");
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let said = Said::from(child.wait_with_output().unwrap());
    said.is(0, &["its `alerts` names DatabaseDown", "Nothing was run"]);
    assert!(desk.runs().is_empty());
}

#[test]
fn a_named_playbook_is_taken_and_said_to_be_none_of_the_alerts() {
    let desk = desk();
    let said = run(&desk, &["rows", "--alert", "alertmanager.json"]);
    said.is(0, &["`alerts` of rows does not name it; taken because you say so"]);
    assert_eq!(events(&said, "opened")[0]["playbook"], "rows");
}

#[test]
fn several_playbooks_are_refused_or_asked_about() {
    let desk = desk();
    let more = "alerts: [databasedown]\nnot_for: [{ if: One replica, use: rows }]";
    desk.write("playbooks/failover.yaml", &playbook("failover", more, STEPS));
    let said = run(&desk, &["--alert", "alertmanager.json"]);
    said.is(
        2,
        &[
            "failed to pick a playbook for this alert: database and failover name it",
            "not for: One replica -> rows",
            "say which: mayday run database --alert FILE",
        ],
    );
    assert!(desk.runs().is_empty());
    let mut pty = Pty::start(&desk.command(&["run", "--alert", "alertmanager.json"]));
    pty.shown("Which one?");
    pty.send("failover\r");
    pty.shown("Record:");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(pty.seen().contains("chosen by the operator"), "{}", pty.seen());
}

#[test]
fn no_playbook_is_said_with_those_that_come_near() {
    let desk = desk();
    let body = json!({ "status": "firing", "alerts": [{ "status": "firing", "labels": { "alertname": "DatabaseSlow" } }] });
    desk.write("slow.json", &body.to_string());
    run(&desk, &["--alert", "slow.json"]).is(
        2,
        &[
            "failed to pick a playbook: no `alerts` names DatabaseSlow",
            "mayday run ID --alert FILE",
            "alerts: [\"DatabaseSlow\"]",
        ],
    );
    let titled = json!({ "event": { "event_type": "incident.triggered", "data": { "title": "The database does not answer" } } });
    desk.write("titled.json", &titled.to_string());
    run(&desk, &["--alert", "titled.json"]).is(2, &["perhaps database  Try it"]);
    // A name inside another word is not that name.
    let other = json!({ "event": { "event_type": "incident.triggered", "data": { "title": "NotDatabaseDownAtAll" } } });
    desk.write("other.json", &other.to_string());
    run(&desk, &["--alert", "other.json"]).is(2, &["no `alerts` names NotDatabaseDownAtAll"]);
}

#[test]
fn what_is_over_or_no_alert_starts_nothing() {
    let desk = desk();
    let resolved =
        include_str!("../fixtures/alerts/alertmanager.json").replace("firing", "resolved");
    let over = include_str!("../fixtures/alerts/pagerduty.json")
        .replace("incident.triggered", "incident.resolved");
    for (name, body, words) in [
        ("resolved", resolved.as_str(), "nothing is firing"),
        ("over", &over, "nothing is firing"),
        ("empty", "", "it is no JSON"),
        ("text", "DatabaseDown!", "it is no JSON"),
        ("list", "[1, 2]", "something without labels"),
        ("number", "7", "this is no alert of a kind that is known; it is no object"),
        ("other", r#"{"text": "hi", "to": "me"}"#, "it has the fields text, to"),
        (
            "service",
            r#"{"event": {"event_type": "service.updated", "data": {}}}"#,
            "is about no incident",
        ),
        ("nameless", r#"{"alerts": [{"labels": {"job": "x"}}]}"#, "no label `alertname`"),
        ("deep", &"[".repeat(100_000), "it is no JSON"),
        ("large", &" ".repeat(1_100_000), "larger than 1024 KiB"),
    ] {
        desk.write(name, body);
        let said = run(&desk, &["--alert", name]);
        said.is(2, &[words]);
    }
    run(&desk, &["--alert", "not-there.json"]).is(2, &["not-there.json", "No such file"]);
    assert!(desk.runs().is_empty());
    desk.mayday(&["run"]).is(2, &["required"]);
}

#[test]
fn an_alert_of_tomorrow_is_detected_now() {
    let desk = desk();
    let body = include_str!("../fixtures/alerts/alertmanager.json")
        .replace("2026-11-22T10", "2126-11-22T10");
    desk.write("tomorrow.json", &body);
    let said = run(&desk, &["--alert", "tomorrow.json"]);
    said.is(0, &["in the future on this machine: detected now"]);
    assert_eq!(detected(&said).1, "run_start");
}
