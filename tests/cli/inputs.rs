//! Inputs, flags and variables.

use super::{CONFIG, desk, desk_with};
use crate::support::desk::{Desk, Said};

const INPUTS: &str = "inputs:
  region: {ask: Where?, type: choice, options: [eu, us]}
  count: {ask: How many?, type: integer, default: 3, check: {that: 'value < 10', else: That is too many.}}
  table: {ask: Which?, type: string, default: clients, pattern: '^[a-z_]+$'}
  names: {ask: Who?, type: list, default: [ada, grace]}";

fn shop() -> Desk {
    let steps = "  - {id: look, title: Look, effect: read, shell: 'echo \"got $region $count $table $names\"'}";
    desk_with(CONFIG, INPUTS, steps)
}

#[test]
fn inputs_come_from_flags_files_and_defaults() {
    let desk = shop();
    desk.mayday(&["run", "p", "--input", "region=eu"]).is(0, &["got eu 3 clients"]);
    desk.write("in.yaml", "region: us\ncount: 4\nnames: [alan]\n");
    desk.mayday(&["run", "p", "--inputs", "in.yaml"]).is(0, &["got us 4 clients", "alan"]);
    desk.mayday(&["run", "p", "--inputs", "in.yaml", "--input", "count=5"]).is(0, &["got us 5"]);
}

#[test]
fn a_wrong_input_is_refused_before_anything_begins() {
    let desk = shop();
    let refused = |flag: &str, words: &[&str]| {
        desk.mayday(&["run", "p", "--input", "region=eu", "--input", flag]).is(2, words);
    };
    refused("regoin=eu", &["no such input", "did you mean `region`?"]);
    refused("xyzzy=1", &["no such input", "mayday show p"]);
    refused("count=many", &["`count`", "many"]);
    refused("count=12", &["`count`", "That is too many."]);
    refused("table=DROP TABLE", &["`table`", "^[a-z_]+$"]);
    refused("region=mars", &["`region`", "eu", "us"]);
    desk.mayday(&["run", "p", "--inputs", "none.yaml"]).is(2, &["none.yaml"]);
    desk.write("in.yaml", "- a\n- b\n");
    desk.mayday(&["run", "p", "--inputs", "in.yaml"]).is(2, &["in.yaml"]);
    desk.write("in.yaml", "count: {a: 1}\n");
    desk.mayday(&["run", "p", "--inputs", "in.yaml"]).is(2, &["count"]);
    assert!(!desk.path("state").exists(), "a run was begun");
}

#[test]
fn a_time_that_is_not_yet_is_refused() {
    let desk = desk("  - {id: look, title: Look, effect: read, shell: 'true'}");
    desk.mayday(&["run", "p", "--detected", "2999-01-01T00:00:00Z"])
        .is(2, &["--detected", "in the future"]);
    desk.mayday(&["run", "p", "--detected", "soon"]).is(2, &["--detected", "soon"]);
    desk.mayday(&["run", "p", "--detected", "-7m", "--impact", "-1m"])
        .is(2, &["--impact", "later"]);
    assert!(!desk.path("state").exists(), "a run was begun");
    desk.mayday(&["run", "p", "--detected", "-7m", "--impact", "-9m"]).is(0, &[]);
}

#[test]
fn variables_stand_for_flags_and_flags_win() {
    let desk = shop();
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = desk.command(arguments);
        command.envs(variables.iter().copied());
        Said::from(command.output().unwrap())
    };
    let basic = ["run", "p", "--input", "region=eu"];
    run(&[("MAYDAY_ENV", "production")], &basic).is(0, &["PRODUCTION"]);
    run(&[("MAYDAY_ENV", "nowhere")], &basic).is(4, &["nowhere"]);
    run(&[("MAYDAY_ENV", "nowhere")], &[&basic[..], &["--env", "here"]].concat()).is(0, &[]);
    run(&[("MAYDAY_OPERATOR", "grace")], &basic).is(0, &["driven by grace"]);
    run(&[("MAYDAY_STATE_DIR", "elsewhere")], &basic).is(0, &["elsewhere"]);
    assert!(desk.path("elsewhere").is_dir());
    desk.write("other.yaml", "environments: {there: {danger: low}}\ndefault_environment: there\n");
    run(&[("MAYDAY_CONFIG", "other.yaml")], &basic).is(0, &["there"]);
    run(&[("MAYDAY_NO_INPUT", "1"), ("CI", "true")], &basic).is(0, &["Nobody can be asked"]);
    run(&[("NO_COLOR", "1"), ("MAYDAY_PLAIN", "1")], &basic).is(0, &[]);
}

#[test]
fn flags_stand_before_and_after_the_command() {
    let desk = shop();
    let words = ["--plain", "--state-dir", "one", "run", "--no-input", "p", "--input", "region=eu"];
    desk.mayday(&words).is(0, &["one"]);
    desk.mayday(&[
        "run",
        "p",
        "--input",
        "region=eu",
        "--plain",
        "--no-input",
        "--state-dir",
        "two",
    ])
    .is(0, &["two"]);
    desk.mayday(&["--state-dir=two", "runs"]).is(0, &["completed"]);
    desk.mayday(&["runs", "--state-dir=one"]).is(0, &["completed"]);
}

#[test]
fn a_gate_and_a_question_of_one_step_have_each_their_own_flag() {
    let steps = "
  - {id: q, title: Q, confirm: Is it fine?}
  - {id: w, title: W, effect: change, shell: 'true', confirm: {ask: Now?, type_to_confirm: now}}";
    let desk = desk_with(CONFIG, "", steps);
    let run = |flags: &[&str]| {
        desk.mayday(&[&["run", "p", "--env", "here", "--confirm", "w=now"], flags].concat())
    };
    run(&["--answer", "q=yes"]).is(0, &["answered yes"]);
    run(&["--answer", "q=yes", "--confirm", "q=yes"]).is(0, &["answered yes"]);
    run(&["--confirm", "q=yes"]).is(2, &["--answer q=yes"]);
}

#[test]
fn a_time_that_a_step_asks_for_is_computed_with_and_shown_as_one() {
    let desk = desk(
        "
  - {id: since, title: When, ask: {question: Since when?, type: datetime}, expect: value < now, capture: {begin: value, early: value - 60}}
  - {id: span, title: How long, ask: {question: How long?, type: duration}, capture: {length: answer}}
  - {id: look, title: 'Look from {{ begin }} for {{ length }}', effect: read, shell: 'echo \"from $begin\"'}
  - {id: holds, title: Compute, assert: [
      {that: begin + length < now}, {that: begin - early == 60}, {that: length == 90},
      {that: steps.since.value == begin}, {that: '(begin + length) | rfc3339 == \"2026-01-02T03:05:34.000Z\"'}]}",
    );
    desk.mayday(&["check"]).is(0, &[]);
    let answers = ["--answer", "since=2026-01-02T03:04:04Z", "--answer", "span=90s"];
    let said = desk.mayday(&[&["run", "p", "--no-input"][..], &answers].concat());
    said.is(0, &["Look from 2026-01-02T03:04:04.000Z for 1m 30s", "from 2026-01-02T03:04:04.000Z"]);
    let future = ["--answer", "since=2999-01-02T03:04:04Z", "--answer", "span=90s"];
    desk.mayday(&[&["run", "p", "--no-input"][..], &future].concat()).is(5, &["since", "false"]);
    // The kind of such a name is known before anything runs.
    let text = std::fs::read_to_string(desk.path("playbooks/p.yaml")).unwrap();
    desk.write("playbooks/p.yaml", &text.replace("length == 90", "length == '90s'"));
    desk.mayday(&["check"]).is(3, &["E068"]);
}
