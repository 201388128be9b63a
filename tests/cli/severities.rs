//! What a project calls its severities: read wherever one is written, shown beside the severity, never recorded.

use crate::support::desk::Desk;
use serde_json::Value;

const CONFIG: &str = "default_environment: test
environments:
  test: { danger: low }
severities:
  SEV-1: { aliases: [P1, Kritisch], response: 15m }
  SEV-2: { aliases: [P2], response: 1h }
";

/// A playbook that stops at its only step.
fn playbook(id: &str, severity: &str) -> String {
    format!(
        "mayday: 1\nid: {id}\ntitle: Test it\nreviewed: \"2026-11-20\"\nseverity: {severity}\nsteps:
  - {{ id: f, title: Fail, effect: read, shell: 'exit 1', on_fail: stop }}\n"
    )
}

fn desk() -> Desk {
    let desk = Desk::with(&[("mayday.yaml", CONFIG)]);
    desk.write("playbooks/one.yaml", &playbook("one", "Kritisch"));
    desk.write("playbooks/two.yaml", &playbook("two", "SEV-2"));
    desk.write("playbooks/three.yaml", &playbook("three", "P3"));
    desk
}

#[test]
fn a_playbook_says_its_severity_in_the_projects_words_and_the_record_in_the_usual_ones() {
    let desk = desk();
    desk.mayday(&["check", "--deny", "warnings"]).is(0, &[]);
    desk.mayday(&["run", "one"]).is(5, &["one  test  SEV-1 (P1, Kritisch)"]);
    let said = desk.mayday(&["status", "--json"]);
    let status: Value = serde_json::from_str(said.out.trim()).unwrap();
    assert_eq!(status["severity"], "SEV-1");
    // The pinned playbook is read with the pinned names, whatever mayday.yaml says by now.
    desk.write("mayday.yaml", &CONFIG.replace("Kritisch", "Urgent"));
    desk.mayday(&["resume"]).is(5, &[]);
    desk.mayday(&["status"])
        .is(0, &["one  TEST  SEV-1 (P1, Kritisch)  stopped", "CLOCK  response"]);
    let file = desk.path("state").join(desk.newest()).join("journal.jsonl");
    let journal = std::fs::read_to_string(file).unwrap();
    assert!(journal.contains("\"severity\":\"SEV-1\"") && !journal.contains("\"Kritisch"));
}

#[test]
fn a_command_and_a_filter_say_it_in_the_same_words() {
    let desk = desk();
    let ids = |words: &[&str]| {
        let said = desk.mayday(words);
        said.is(0, &[]);
        let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].clone();
        said.out.lines().map(line).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["list", "--json", "--severity", "p1"]), ["one"]);
    assert_eq!(
        ids(&["list", "--json", "--severity", "P2", "--severity", "sev-3"]),
        ["three", "two"]
    );
    assert_eq!(ids(&["find", "test", "--json", "--severity", "Kritisch"]), ["one"]);
    desk.mayday(&["list", "--severity", "P4"]).is(0, &["No playbook is of that severity"]);
    let known = "none of SEV-1, SEV-2, SEV-3, SEV-4, P1, Kritisch, P2, P3, P4";
    for words in [&["list"][..], &["find", "test"]] {
        desk.mayday(&[words, &["--severity", "P9"]].concat()).is(2, &["`P9`", known]);
    }
    desk.mayday(&["run", "two"]).is(5, &["SEV-2 (P2)"]);
    desk.mayday(&["severity", "P9"]).is(2, &["`P9`", known]);
    desk.mayday(&["severity", "kritisch"]).is(0, &["SEV-1"]);
    desk.mayday(&["severity", "P1"]).is(4, &["it is SEV-1 already"]);
    desk.mayday(&["status"]).is(0, &["SEV-1 (P1, Kritisch)"]);
}

#[test]
fn a_word_that_nobody_knows_is_refused_with_those_that_are() {
    let desk = desk();
    desk.write("playbooks/two.yaml", &playbook("two", "P9"));
    desk.mayday(&["check"]).is(3, &["E019", "`P9`", "`Kritisch`", "`P3`"]);
    desk.write("playbooks/two.yaml", &playbook("two", "kritisch"));
    desk.mayday(&["check"]).is(3, &["did you mean `Kritisch`?"]);
    desk.write("mayday.yaml", &CONFIG.replace("P2", "sev-1"));
    desk.mayday(&["check"]).is(3, &["E123", "`sev-1` means SEV-1 and SEV-2"]);
}
