//! The menu and the second person on a real terminal: a shell that has it and gives it back, another playbook in the
//! same place, somebody else's word from another terminal, commands that are run elsewhere.

use crate::cli::{desk, playbook};
use crate::support::desk::Desk;
use crate::support::pty::Pty;

fn on_a_terminal(desk: &Desk, arguments: &[&str]) -> Pty {
    let mut command = desk.command(arguments);
    command.env("TERM", "dumb").env("SHELL", "/bin/bash");
    Pty::start(&command)
}

fn record(desk: &Desk) -> String {
    std::fs::read_to_string(desk.path("state").join(desk.newest()).join("journal.jsonl")).unwrap()
}

/// The number of a choice on the screen.
fn number(pty: &Pty, label: &str) -> String {
    let line = pty.seen().lines().rev().find(|line| line.contains(label)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

const FAILS: &str = "
  - { id: f, title: Fail, effect: read, shell: 'exit 1' }";

#[test]
fn a_shell_has_the_terminal_and_the_variables_and_gives_both_back() {
    let desk = desk(FAILS);
    let mut pty = on_a_terminal(&desk, &["run", "p"]);
    pty.shown("open a shell here");
    pty.shown("1 to");
    let shell = number(&pty, "open a shell here");
    pty.send(&format!("{shell}\r"));
    pty.shown("Why");
    pty.shown("at least one word >");
    pty.send("look at the disk\r");
    pty.shown("taken over by hand");
    pty.send("echo step=$MAYDAY_STEP_ID env=$MAYDAY_ENV; [ -t 0 ] && echo has the terminal\r");
    pty.shown("step=f env=here");
    pty.shown("has the terminal");
    pty.send("exit 3\r");
    pty.shown("the shell ended");
    pty.shown("1 to");
    let skip = number(&pty, "skip it");
    pty.send(&format!("{skip}\r"));
    pty.shown("Why");
    pty.shown("at least one word >");
    pty.send("seen\r");
    assert_eq!(pty.wait(), Some(0));
    let record = record(&desk);
    assert!(record.contains("shell_opened") && record.contains("\"exit_code\":3"), "{record}");
}

#[test]
fn another_playbook_takes_over_in_the_same_place_with_the_times() {
    let desk = desk(FAILS);
    desk.write(
        "playbooks/q.yaml",
        &playbook("q", "", "  - { id: g, title: Go, effect: read, shell: 'echo went' }"),
    );
    let mut pty = on_a_terminal(&desk, &["run", "p", "--detected", "-7m"]);
    pty.shown("hand over to another playbook");
    pty.shown("1 to");
    let choice = number(&pty, "hand over to another playbook");
    pty.send(&format!("{choice}\r"));
    pty.shown("Why");
    pty.shown("at least one word >");
    pty.send("it is the disk\r");
    pty.shown("which playbook");
    pty.shown("1 to");
    pty.send("q\r");
    pty.shown("HANDED OVER");
    pty.shown("Goes on where run");
    assert_eq!(pty.wait(), Some(0));
    let runs = desk.runs();
    let milestone = |run: &str| {
        let file = desk.path("state").join(run).join("journal.jsonl");
        let text = std::fs::read_to_string(file).unwrap();
        let line = text.lines().find(|line| line.contains("\"detected\"")).unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["ev"]["when"].clone()
    };
    assert_eq!(runs.len(), 2);
    assert_eq!(milestone(&runs[0]), milestone(&runs[1]));
}

/// A run at the gate of its step `d`, its id, and the code on its screen.
fn waits_for_a_second_person(desk: &Desk) -> (Pty, String, String) {
    let mut pty = on_a_terminal(desk, &["run", "p"]);
    pty.shown("type d to go on");
    pty.shown("type exactly");
    pty.send("d\r");
    pty.shown("mayday ack ");
    pty.shown("1 to");
    let line = pty.seen().lines().find(|line| line.contains("mayday ack ")).unwrap().to_owned();
    let words: Vec<&str> = line.split_whitespace().collect();
    let (run, code) = (words[words.len() - 2].to_owned(), words[words.len() - 1].to_owned());
    (pty, run, code)
}

#[test]
fn a_second_person_agrees_from_another_terminal() {
    let desk = desk("
  - { id: d, title: Drop it, effect: destructive, shell: 'echo dropped', confirm: { second_person: 'true' } }");
    let (mut pty, run, code) = waits_for_a_second_person(&desk);
    desk.mayday(&["ack", &run]).is(0, &["asks somebody else to agree", "echo dropped"]);
    let ack = |operator: &str, account: Option<&str>, code: &str| {
        let mut command = desk.command(&["ack", &run, code, "--operator", operator]);
        account.map(|account| command.env("SUDO_UID", account));
        crate::support::desk::Said::from(command.output().unwrap())
    };
    ack("bo", None, &code).is(4, &["account that drives"]);
    ack("ada", Some("4242"), &code).is(4, &["drives this run"]);
    ack("bo", Some("4242"), "AAAA-AAAA").is(4, &["nothing that is asked now"]);
    assert!(!pty.has_ended());
    ack("bo", Some("4242"), &code.to_lowercase().replace('-', " "))
        .is(0, &["a second person agreed"]);
    pty.shown("bo agreed");
    assert_eq!(pty.wait(), Some(0));
    ack("bo", Some("4242"), &code).is(4, &["nothing that is asked now"]);
    let record = record(&desk);
    assert!(record.contains("\"user\":\"user 4242\""), "{record}");
    // What agreed once agrees to nothing else.
    assert_eq!(record.matches("\"type\":\"agreed\"").count(), 1);
}

/// Whoever agrees may be killed in the middle of it: it counts once or not at all, and can be said again.
#[test]
fn a_second_person_who_is_killed_agrees_once_or_not_at_all() {
    let desk = desk("
  - { id: d, title: Drop it, effect: destructive, shell: 'echo dropped >> \"$MAYDAY_RUN_DIR/dropped\"', confirm: { second_person: 'true' } }");
    let (mut pty, run, code) = waits_for_a_second_person(&desk);
    let ack = || {
        let mut command = desk.command(&["ack", &run, &code, "--operator", "bo"]);
        command.env("SUDO_UID", "4242");
        command
    };
    for n in 0..12 {
        let one = crate::cli::Beside::start(ack());
        let limit = rustix::time::Timespec { tv_sec: 0, tv_nsec: n * 900_000 };
        rustix::event::poll(&mut [], Some(&limit)).unwrap();
        one.signal(rustix::process::Signal::KILL);
    }
    // It counts by now, or it does now.
    let said = crate::support::desk::Said::from(ack().output().unwrap());
    assert!(matches!(said.code, Some(0 | 4)), "{}", said.all());
    assert_eq!(pty.wait(), Some(0));
    assert_eq!(record(&desk).matches("\"type\":\"agreed\"").count(), 1);
    let dropped = desk.path("state").join(&run).join("dropped");
    assert_eq!(std::fs::read_to_string(dropped).unwrap(), "dropped\n");
}

#[test]
fn by_hand_nothing_runs_here() {
    let desk = desk(
        "
  - { id: c, title: Change it, effect: change, shell: 'touch \"$MAYDAY_RUN_DIR/made\"' }",
    );
    let mut pty = on_a_terminal(&desk, &["run", "p", "--manual"]);
    pty.shown("press Enter to go on >");
    pty.send("\r");
    pty.shown("By hand: Change it");
    pty.shown("1 to");
    pty.send("\r");
    pty.shown("type a number");
    pty.send("2\r");
    pty.shown("What did it say?");
    pty.shown("at least one word >");
    pty.send("made at 14:02\r");
    assert_eq!(pty.wait(), Some(0));
    assert!(!desk.path("state").join(desk.newest()).join("made").exists());
    assert!(record(&desk).contains("made at 14:02"));
}
