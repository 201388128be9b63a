//! Every exit code, and the message that says what to do.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::{Beside, CONFIG, desk, desk_with, until};
use crate::support::desk::{Desk, MAYDAY, Said};

const READ: &str = "  - {id: look, title: Look, effect: read, shell: 'echo seen'}";
const FAIL: &str = "  - {id: look, title: Look, effect: read, shell: 'exit 3'}";

#[test]
fn code_0_when_the_run_is_done() {
    let desk = desk(READ);
    let said = desk.mayday(&["run", "p"]);
    said.is(0, &["seen", "Record: ", "Post-mortem draft: "]);
    assert_eq!(said.out, "", "talk went to standard output");
    desk.mayday(&["runs"]).is(0, &["completed", "here"]);
}

#[test]
fn code_2_when_the_command_line_is_wrong() {
    let desk = desk(READ);
    desk.mayday(&["rnu", "p"]).is(2, &["unrecognized subcommand", "run"]);
    desk.mayday(&["run"]).is(2, &["<PLAYBOOK>"]);
    desk.mayday(&["run", "p", "--inptu", "a=b"]).is(2, &["--input"]);
    desk.mayday(&["run", "p", "--input", "a"]).is(2, &["NAME=VALUE"]);
    desk.mayday(&["status", "20200101-0000-aaa"]).is(2, &["mayday runs"]);
    desk.mayday(&["resume", "p", "--assume", "a=perhaps"]).is(2, &["done", "not-done"]);
    desk.mayday(&["resume"]).is(2, &["none is open", "mayday runs"]);
    desk.mayday(&[]).is(2, &["Examples:"]);
}

#[test]
fn an_answer_for_a_step_that_is_not_there_is_refused() {
    let desk = desk(READ);
    desk.mayday(&["run", "p", "--confirm", "lok=yes"]).is(2, &["lok", "did you mean `look`?"]);
    desk.mayday(&["run", "p", "--answer", "nowhere=yes"]).is(2, &["nowhere", "mayday show p"]);
    assert!(!desk.path("state").exists(), "a run was begun");
}

#[test]
fn code_3_when_the_playbook_is_invalid() {
    let desk = desk("  - {id: look, title: Look, efect: read, shell: 'true'}");
    desk.mayday(&["check"]).is(3, &["did you mean `effect`?"]);
    desk.mayday(&["run", "p"]).is(3, &["did you mean `effect`?", "mayday check"]);
    assert!(!desk.path("state").exists(), "a run was begun");
}

#[test]
fn code_4_when_something_is_missing() {
    let desk = desk(READ);
    desk.mayday(&["run", "p", "--env", "nowhere"]).is(4, &["nowhere", "here, production"]);
    assert!(!desk.path("state").exists(), "a run was begun");
}

#[test]
fn code_5_when_a_step_failed_and_resume_repeats_it() {
    let desk = desk("  - {id: look, title: Look, effect: read, shell: 'test -e flag'}");
    desk.mayday(&["run", "p"]).is(5, &["look", "exit", "mayday resume"]);
    let id = desk.newest();
    desk.mayday(&["status"]).is(0, &["FAILED", "look", &format!("mayday resume {id}")]);
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
    desk.mayday(&["resume", &id]).is(5, &[&format!("mayday resume {id} --answer look.menu=retry")]);
    desk.write("flag", "");
    desk.mayday(&["resume", &id, "--answer=look.menu=retry"]).is(0, &[]);
    desk.mayday(&["resume", &id]).is(0, &[]);
}

#[test]
fn code_6_when_the_menu_answers_abort() {
    let desk = desk(FAIL);
    let said =
        desk.mayday(&["run", "p", "--answer=look.menu=abort", "--answer=look.reason=enough"]);
    said.is(6, &[]);
    desk.mayday(&["runs"]).is(0, &["aborted"]);
}

#[test]
fn code_7_names_the_flag_and_the_flag_works() {
    let steps = "
  - {id: which, title: Which, choose: {ask: Which one?, options: {a: First, b: Second}}}
  - {id: fine, title: Fine, confirm: Is it fine?}
  - {id: wipe, title: Wipe, effect: destructive, shell: 'echo wiped', on_crash: {probe: {shell: 'true'}, done_if: 'false'}}
  - {id: typed, title: Typed, effect: change, confirm: {ask: Sure?, type_to_confirm: \"50 rows; it's so\"}, shell: 'true'}";
    let inputs = "inputs: {region: {ask: Where?, type: string}}";
    let desk = desk_with(CONFIG, inputs, steps);
    let mut arguments = "run p".to_owned();
    let mut flags = Vec::new();
    for _ in 0..5 {
        let said = shell(&desk, &arguments);
        said.is(7, &["nobody can be asked", "mayday resume"]);
        let flag = flag_in(&said.err);
        arguments = format!("resume {} {}", desk.newest(), flag.replace("VALUE", "eu"));
        flags.push(flag);
    }
    shell(&desk, &arguments).is(0, &["COMPLETED"]);
    let wanted = [
        "--input region=VALUE",
        "--answer which=a",
        "--answer fine=yes",
        "--confirm wipe=wipe",
        "--confirm typed='50 rows; it'\\''s so'",
    ];
    assert_eq!(flags, wanted);
    let all = format!("run p {}", flags.join(" ").replace("VALUE", "eu"));
    shell(&desk, &all).is(0, &["wiped"]);
}

/// As pasted into a shell.
fn shell(desk: &Desk, arguments: &str) -> Said {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{MAYDAY} {arguments}")]).current_dir(desk.path("")).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", desk.path(""));
    command.env("MAYDAY_STATE_DIR", desk.path("state")).stdin(Stdio::null());
    Said::from(command.output().unwrap())
}

/// `--flag about=value` behind "nobody can be asked: ".
fn flag_in(said: &str) -> String {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, rest) = said.split_once("nobody can be asked: ").unwrap();
    let (flag, _) = rest.split_once(" stands ").unwrap();
    flag.split(" (or ").next().unwrap().to_owned()
}

#[test]
fn code_8_only_when_asked_for() {
    let desk = desk_with(CONFIG, "objectives: {rto: 1m}", READ);
    desk.mayday(&["run", "p", "--detected", "-5m"]).is(0, &[]);
    desk.mayday(&["run", "p", "--detected", "-5m", "--fail-on", "rto"]).is(8, &[]);
    desk.mayday(&["run", "p", "--fail-on", "rto"]).is(0, &[]);
}

#[test]
fn code_9_when_the_drill_does_not_pass() {
    let drill = "drill: {environments: [here], pass: [{id: never, title: Never, must: true, points: 10, that: 'false'}]}";
    let desk = desk_with(CONFIG, drill, READ);
    desk.mayday(&["drill", "run", "p"]).is(9, &["FAIL", "0/10", "never"]);
}

#[test]
fn code_10_when_another_driver_holds_the_run() {
    let desk = desk("  - {id: wait, title: Wait, effect: read, shell: 'touch started; sleep 300'}");
    let mut first = desk.command(&["run", "p"]);
    first.env("MAYDAY_OPERATOR", "grace");
    let first = Beside::start(first);
    until("the step runs", || desk.path("started").exists());
    let id = desk.newest();
    desk.mayday(&["resume", &id]).is(10, &["grace"]);
    desk.mayday(&["abort", &id, "--reason", "x"]).is(10, &["grace"]);
    desk.mayday(&["rollback", &id]).is(10, &["grace"]);
    desk.mayday(&["status"]).is(0, &["running", "grace"]);
    desk.mayday(&["resume"]).is(10, &["grace", &id]);
    first.signal(Signal::TERM);
    first.end().is(143, &["mayday resume"]);
}

#[test]
fn codes_143_and_129_keep_the_state() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let desk = desk(
            "  - {id: wait, title: Wait, effect: read, shell: 'touch started; exec sleep 300'}\n  - {id: after, title: After, effect: read, shell: 'echo after'}",
        );
        let run = Beside::start(desk.command(&["run", "p"]));
        until("the step runs", || desk.path("started").exists());
        run.signal(signal);
        run.end().is(code, &["mayday resume"]);
        let id = desk.newest();
        desk.mayday(&["verify", &id]).is(0, &["OK"]);
        desk.mayday(&["runs"]).is(0, &["stopped"]);
    }
}

#[test]
fn code_130_when_it_is_interrupted_twice() {
    // The command takes no notice of the first interrupt.
    let desk = desk(
        "  - {id: wait, title: Wait, effect: read, kill_after: 5m, shell: \"trap 'touch told' TERM INT; touch started; while :; do sleep 0.05 || :; done\"}",
    );
    let mut command = desk.command(&["run", "p"]);
    command.process_group(0);
    let run = Beside::start(command);
    until("the step runs", || desk.path("started").exists());
    run.signal(Signal::INT);
    until("the command was told", || desk.path("told").exists());
    run.signal(Signal::INT);
    run.end().is(130, &["mayday resume"]);
    desk.mayday(&["verify", &desk.newest()]).is(0, &["OK"]);
}
