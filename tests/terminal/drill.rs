//! A drill that a person drives at a terminal: answers, the trained failure menu, the verdict, and the cleanup
//! that comes whatever happened.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::desk::Desk;
use crate::support::pty::Pty;

const CONFIG: &str = "
environments:
  lab: { danger: low, setup: touch up, teardown: rm up }
  production: { danger: high }
";

const LOST: &str = r#"
mayday: 1
id: lost
title: A file is lost
severity: SEV-2
objectives: { rto: 30m, rpo: 5m }
inputs: { copy: { ask: Which copy is good?, type: string } }
steps:
  - { id: seen, title: See that it is gone, confirm: "Is the file gone?" }
  - id: back
    title: "Bring {{ copy }} back"
    effect: destructive
    confirm: { type_to_confirm: "{{ copy }}" }
    shell: 'cp "$copy" data'
    undo: { effect: change, shell: rm -f data }
  - { id: good, title: Ask the user, confirm: "Is it right again?" }
drill:
  environments: [lab]
  setup: [{ id: seed, title: Write it, effect: change, shell: 'echo rows | tee data > copy' }]
  inject: [{ id: lose, title: Lose it, effect: destructive, shell: rm data }]
  answers: { copy: copy, seen: y, good: y }
  pass:
    - { id: same, must: true, points: 70, title: "{{ copy }} is back", shell: cmp copy data }
    - { id: quick, points: 30, that: run.elapsed <= objectives.rto }
  cleanup: [{ id: tidy, title: Remove both, effect: change, shell: rm -f data copy }]
"#;

fn desk() -> Desk {
    Desk::with(&[("mayday.yaml", CONFIG), ("playbooks/lost.yaml", LOST)])
}

fn start(desk: &Desk, words: &[&str]) -> Pty {
    let mut command = desk.command(words);
    command.env("TERM", "xterm").env("MAYDAY_OPERATOR", "ana");
    Pty::start(&command)
}

const TRAINED: [&str; 7] = ["drill", "run", "lost", "--env", "lab", "--inject", "back=fail"];

/// Answers a question, again and again until it is taken: what comes too early behind it is thrown away.
#[track_caller]
fn answer(pty: &mut Pty, question: &str, keys: &str, taken: &str) {
    pty.shown(question);
    let from = pty.seen().len();
    for _ in 0..200 {
        pty.send(keys);
        let over = pty.ended_within(50);
        if pty.seen()[from..].contains(taken) {
            return;
        }
        assert!(!over, "it ended before `{taken}`: {}", pty.seen());
    }
    panic!("`{keys:?}` was never taken at `{question}`: {}", pty.seen());
}

/// As far as the menu that the injected failure opens.
fn to_the_menu(pty: &mut Pty) {
    answer(pty, "Which copy is good?", "copy\r", "input copy = copy");
    answer(pty, "Is the file gone?", "y\r", "answered yes");
    answer(pty, "type exactly: copy >", "copy\r", "INJECTED failure: nothing was run");
    pty.shown("4  undo what it did, then ask again");
}

/// From the menu to the end.
fn to_the_end(pty: &mut Pty) {
    answer(pty, "type a number from 1 to", "1\r", "chose retry");
    answer(pty, "type exactly: copy >", "copy\r", "attempt 2");
    answer(pty, "Is it right again?", "y\r", "RESULT");
}

#[track_caller]
fn cleaned_up(desk: &Desk) {
    for file in ["data", "copy", "up"] {
        assert!(!desk.path(file).exists(), "{file} was left behind");
    }
}

fn record(desk: &Desk) -> Value {
    let mut files = crate::cli::files(&desk.path("drills"));
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    assert_eq!(files.len(), 1, "{files:?}");
    serde_json::from_str(&std::fs::read_to_string(&files[0]).unwrap()).unwrap()
}

#[test]
fn a_person_is_trained_by_a_failure_put_in_and_sees_the_verdict() {
    let desk = desk();
    let mut pty = start(&desk, &TRAINED);
    pty.shown("INJECTED into this drill, not real: back=fail");
    pty.shown("The guard allowed the drill");
    to_the_menu(&mut pty);
    assert!(desk.path("up").exists() && desk.path("copy").exists());
    to_the_end(&mut pty);
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    let seen = pty.seen();
    for words in ["RESULT   PASS  100/100", "copy is back", "held: passed", "record   "] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    cleaned_up(&desk);
    let record = record(&desk);
    assert_eq!((&record["verdict"], &record["score"]), (&"PASS".into(), &100.into()));
    assert!(record["people"].as_array().unwrap().contains(&"ana".into()), "{record:#}");
    // The answers were a person's: those of the drill are for unattended ones.
    assert!(!crate::faults::terminal::record(&desk).contains(r#""source":"drill""#));
}

#[test]
fn a_drill_that_is_given_up_at_the_menu_is_invalid_and_still_cleans_up() {
    let desk = desk();
    let mut pty = start(&desk, &TRAINED);
    to_the_menu(&mut pty);
    answer(&mut pty, "9  give this run up", "9\r", "chose abort");
    assert_eq!(pty.wait(), Some(9), "{}", pty.seen());
    assert!(pty.seen().contains("RESULT   INVALID"), "{}", pty.seen());
    cleaned_up(&desk);
    assert_eq!(record(&desk)["verdict"], "INVALID");
}

#[test]
fn two_ctrl_c_leave_a_drill_that_goes_on_to_its_verdict() {
    let desk = desk();
    let mut pty = start(&desk, &["drill", "run", "lost", "--env", "lab"]);
    answer(&mut pty, "Which copy is good?", "copy\r", "input copy = copy");
    pty.shown("type y or n >");
    pty.send("\u{3}");
    pty.shown("7  stop here; the run can be resumed");
    pty.shown("type a number from 1 to");
    pty.send("\u{3}");
    assert_eq!(pty.wait(), Some(6), "{}", pty.seen());
    assert!(desk.path("up").exists() && desk.path("copy").exists(), "it cleaned up");
    let mut pty = start(&desk, &["resume"]);
    pty.shown("The guard allowed the drill");
    answer(&mut pty, "type a number from 1 to", "1\r", "chose retry");
    answer(&mut pty, "Is the file gone?", "y\r", "answered yes");
    answer(&mut pty, "type exactly: copy >", "copy\r", "go ahead: copy");
    answer(&mut pty, "Is it right again?", "y\r", "RESULT");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    cleaned_up(&desk);
}

#[test]
fn a_drill_whose_driver_was_killed_at_the_menu_is_taken_up_there() {
    let desk = desk();
    let mut pty = start(&desk, &TRAINED);
    to_the_menu(&mut pty);
    pty.signal(Signal::KILL);
    pty.wait();
    assert!(desk.path("up").exists() && desk.path("copy").exists(), "it cleaned up");
    let mut pty = start(&desk, &["resume"]);
    // Where it stands is told with what was known then, and the guard looks again.
    pty.shown("Bring copy back");
    pty.shown("The guard allowed the drill");
    to_the_end(&mut pty);
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    cleaned_up(&desk);
    let record = record(&desk);
    assert_eq!((&record["verdict"], &record["sessions"]), (&"PASS".into(), &2.into()));
}
