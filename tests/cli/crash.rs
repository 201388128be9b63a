//! A driver that is killed, and what comes after: resume, abort, rollback.

use std::path::Path;

use rustix::process::Signal;

use super::{Beside, desk, desk_with, playbook, until};
use crate::support::desk::{Desk, Said};
use crate::support::keeper::{keepers, kill_keepers};

/// A command that says that it runs, then waits until it may go on.
const WAITS: &str = "touch waits; while test -e waits && ! test -e go; do sleep 0.02; done";

/// As [`kill_when`], and the keeper of what runs is killed too: nobody saw how it ended.
fn kill_all_when(desk: &Desk, there: &str) -> String {
    let id = kill_when(desk, there);
    kill_keepers(desk);
    id
}

/// Drives until `there` exists, then the driver is killed and what it had started is let go.
fn kill_when(desk: &Desk, there: &str) -> String {
    let run = Beside::start(desk.command(&["run", "p"]));
    until("the run is there", || desk.path(there).exists());
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
    let id = desk.newest();
    desk.mayday(&["runs"]).is(0, &["interrupted"]);
    desk.mayday(&["status"]).is(0, &["mayday resume"]);
    id
}

fn count(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[test]
fn a_read_that_was_cut_off_is_repeated_and_what_is_done_is_not() {
    let desk = desk(&format!(
        "  - {{id: one, title: One, effect: change, shell: 'echo x >> one'}}\n  - {{id: two, title: Two, effect: read, shell: 'echo x >> two; {WAITS}'}}\n  - {{id: three, title: Three, effect: change, shell: 'echo x >> three'}}"
    ));
    let id = kill_when(&desk, "waits");
    desk.write("go", "");
    desk.mayday(&["resume"]).is(0, &["taken up again"]);
    let counts = ["one", "two", "three"].map(|name| count(&desk.path(name)));
    assert_eq!(counts, [1, 2, 1]);
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
}

#[test]
fn a_run_taken_up_again_calls_its_steps_as_before() {
    let desk = desk(
        "
  - {id: n, title: Count, effect: read, shell: 'echo 47', capture: {rows: 'stdout | trim'}}
  - {id: load, title: 'Load {{ rows }} rows', effect: change, shell: 'true'}
  - {id: each, title: 'Move {{ item }}', for_each: \"['east', 'west']\", effect: change, shell: 'true'}
  - {id: wrong, title: Wrong, effect: read, shell: 'exit 1'}",
    );
    let told = ["load: Load 47 rows", "each[0]: Move east", "each[1]: Move west"];
    desk.mayday(&["run", "p"]).is(5, &told);
    let again = desk.mayday(&["resume"]);
    again.is(5, &told);
    again.is(5, &["the last one: each  Move <each item>"]);
}

#[test]
fn what_somebody_drives_is_not_taken_up_and_named_to_who_begins_another() {
    let desk = desk(&format!("  - {{id: one, title: One, effect: change, shell: '{WAITS}'}}"));
    desk.mayday(&["run", "p", "--env", "production"]).is(7, &[]);
    let older = desk.newest();
    let run = Beside::start(desk.command(&["run", "p"]));
    until("the run is there", || desk.path("waits").exists());
    // Not the older one, which was left open on another day.
    let id = desk.newest();
    assert_ne!(id, older);
    desk.mayday(&["resume"]).is(10, &[&id, "is driving it", "mayday status"]);
    let flags = ["run", "p", "--env", "production"];
    let elsewhere = desk.mayday(&flags);
    assert!(!elsewhere.all().contains("being run"), "{}", elsewhere.all());
    desk.write("playbooks/q.yaml", &playbook("q", "", "  - {id: a, title: A, confirm: Well?}"));
    let here = desk.mayday(&["run", "q", "--answer", "a=yes"]);
    here.is(0, &["p is being run on here already", &format!("mayday status {id}")]);
    desk.write("go", "");
    assert_eq!(run.end().code, Some(0));
}

#[test]
fn a_driver_that_dies_at_any_moment_leaves_a_run_that_goes_on() {
    // Each step kills the driver at another moment of its life: its parent is mayday.
    let mut steps = String::new();
    for n in 0..4 {
        steps += &format!(
            "  - {{id: s{n}, title: Step {n}, effect: read, shell: 'echo x >> s{n}; if test $(wc -l < s{n}) = 1; then kill -9 $PPID; fi'}}\n"
        );
    }
    let desk = desk(&steps);
    assert_eq!(desk.mayday(&["run", "p"]).code, None);
    let mut ends = 0;
    while desk.mayday(&["resume"]).code.is_none() {
        ends += 1;
        assert!(ends < 10, "it does not come to an end");
    }
    assert_eq!(ends, 3);
    desk.mayday(&["runs"]).is(0, &["completed"]);
    desk.mayday(&["verify", &desk.newest()]).is(0, &["OK"]);
}

fn change(more: &str) -> String {
    format!(
        "  - {{id: put, title: Put, effect: change, shell: 'echo x >> put; {WAITS}'{more}}}\n  - {{id: after, title: After, effect: change, shell: 'echo x >> after'}}"
    )
}

#[test]
fn a_change_in_flight_is_never_repeated_by_itself() {
    let desk = desk(&change(""));
    let id = kill_all_when(&desk, "waits");
    desk.write("go", "");
    let said = desk.mayday(&["resume"]);
    said.is(11, &["put", "unknown", &format!("mayday resume {id} --assume put=done")]);
    desk.mayday(&["resume"]).is(11, &[]);
    assert_eq!(count(&desk.path("put")), 1);
    desk.mayday(&["resume", "--assume", "ptu=done"]).is(2, &["did you mean `put`?"]);
    desk.mayday(&["resume", "--assume", "put=done"]).is(0, &[]);
    assert_eq!((count(&desk.path("put")), count(&desk.path("after"))), (1, 1));
}

#[test]
fn a_change_that_is_said_not_to_have_happened_is_run_again() {
    let desk = desk(&change(""));
    kill_all_when(&desk, "waits");
    desk.write("go", "");
    desk.mayday(&["resume", "--assume", "put=not-done"]).is(0, &[]);
    assert_eq!((count(&desk.path("put")), count(&desk.path("after"))), (2, 1));
}

#[test]
fn a_probe_finds_out_whether_it_happened() {
    let rule =
        ", on_crash: {probe: {shell: 'cat there 2>&1 || :'}, done_if: \"stdout | trim == 'yes'\"}";
    let desk = desk(&change(rule));
    desk.write("there", "yes\n");
    kill_all_when(&desk, "waits");
    desk.mayday(&["resume"]).is(0, &[]);
    assert_eq!((count(&desk.path("put")), count(&desk.path("after"))), (1, 1));
    desk.write("go", "");
    let desk = super::desk(&change(rule));
    desk.write("there", "no\n");
    kill_all_when(&desk, "waits");
    // The probe says that it did not happen: a person says what now.
    let said = desk.mayday(&["resume"]);
    assert!([7, 11].contains(&said.code.unwrap()), "{}", said.all());
    said.is(said.code.unwrap(), &["put", "mayday resume"]);
    assert_eq!((count(&desk.path("put")), count(&desk.path("after"))), (1, 0));
    desk.write("go", "");
}

#[test]
fn a_change_that_ran_on_is_found_with_its_true_end() {
    for (script, code, words) in
        [("echo x >> put", 0, "OK"), ("echo x >> put; echo no room >&2; exit 3", 5, "exit code 3")]
    {
        let desk = desk(&format!(
            "  - {{id: put, title: Put, effect: change, shell: '{WAITS}; {script}'}}\n  - {{id: after, title: After, effect: change, shell: 'echo x >> after'}}"
        ));
        let id = kill_when(&desk, "waits");
        desk.write("go", "");
        until("the command came to its end", || keepers(&desk).is_empty());
        assert_eq!(count(&desk.path("put")), 1);
        desk.mayday(&["resume"]).is(code, &[words]);
        assert_eq!(count(&desk.path("put")), 1);
        assert_eq!(count(&desk.path("after")), usize::from(code == 0));
        desk.mayday(&["verify", &id]).is(0, &["OK"]);
    }
}

#[test]
fn a_change_that_still_runs_is_attached_to_and_its_output_goes_on_where_the_screen_was() {
    let desk = desk(
        "  - {id: put, title: Put, effect: change, shell: 'echo first; touch waits; while test -e waits && ! test -e go; do echo tick; sleep 0.02; done; echo second; echo x >> put'}",
    );
    let run = Beside::start(desk.command(&["run", "p"]));
    until("the run is there", || desk.path("waits").exists());
    let id = desk.newest();
    run.signal(Signal::KILL);
    let before = run.end();
    let mut command = desk.command(&["resume", &id]);
    command.env("TERM", "dumb");
    let mut resumed = crate::support::pty::Pty::start(&command);
    // It shows what the command prints now: it is attached.
    resumed.shown("| tick");
    desk.write("go", "");
    resumed.shown("| second");
    assert_eq!(resumed.wait(), Some(0));
    let firsts =
        [before.all(), resumed.seen().to_owned()].map(|said| said.matches("| first").count());
    assert_eq!(firsts.iter().sum::<usize>(), 1, "{}\n{}", before.all(), resumed.seen());
    assert_eq!(count(&desk.path("put")), 1);
    until("the keeper has left", || keepers(&desk).is_empty());
}

#[test]
fn the_next_driver_ends_what_still_runs_when_its_time_is_up() {
    let desk = desk(
        "  - {id: put, title: Put, effect: change, timeout: 1s, kill_after: 1s, shell: 'touch waits; trap \"\" TERM; while :; do sleep 0.1; done'}",
    );
    kill_when(&desk, "waits");
    desk.mayday(&["resume"]).is(11, &["no end within its time limit"]);
    until("the keeper has left", || keepers(&desk).is_empty());
}

#[test]
fn two_changes_share_one_keeper_and_a_read_needs_none() {
    let script = "tr \"\\0\" \" \" < /proc/$PPID/cmdline >> who; echo $PPID >> who";
    let desk = desk(&format!(
        "  - {{id: a, title: A, effect: change, shell: '{script}'}}\n  - {{id: b, title: B, effect: change, shell: '{script}'}}\n  - {{id: c, title: C, effect: read, shell: '{script}'}}"
    ));
    desk.mayday(&["run", "p"]).is(0, &[]);
    let who = std::fs::read_to_string(desk.path("who")).unwrap();
    let lines: Vec<&str> = who.lines().collect();
    assert!(lines[0].starts_with("mayday keeper "), "{who}");
    assert_eq!(lines[0], lines[1]);
    assert_ne!(lines[1], lines[2]);
    assert!(lines[2].contains("run p"), "{who}");
    assert!(keepers(&desk).is_empty());
}

#[test]
fn a_run_goes_on_from_another_folder_and_by_its_pinned_playbook() {
    let desk = desk(
        "  - {id: look, title: Look, effect: read, shell: 'pwd; test -e flag'}\n  - {id: say, title: Say, effect: read, shell: 'echo as reviewed'}",
    );
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.edit("playbooks/p.yaml", "as reviewed", "as edited");
    desk.write("flag", "");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = desk.command(&["resume", "--answer=look.menu=retry"]);
    command.current_dir(elsewhere.path());
    let said = Said::from(command.output().unwrap());
    said.is(0, &["as reviewed"]);
    assert!(!said.all().contains("as edited"), "{}", said.all());
}

#[test]
fn a_playbook_that_changed_since_is_said() {
    let desk = desk("  - {id: look, title: Look, effect: read, shell: 'test -e flag'}");
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.edit("playbooks/p.yaml", "title: Look", "title: Look well");
    desk.mayday(&["resume"]).is(5, &["p.yaml", "changed"]);
}

#[test]
fn an_aborted_run_is_closed_with_its_reason() {
    let desk = desk("  - {id: look, title: Look, effect: read, shell: 'exit 1'}");
    desk.mayday(&["run", "p"]).is(5, &[]);
    let id = desk.newest();
    desk.mayday(&["abort", &id, "--reason", "handled by the provider"])
        .is(0, &["handled by the provider"]);
    desk.mayday(&["runs"]).is(0, &["aborted"]);
    desk.mayday(&["resume"]).is(2, &["none is open"]);
    let before = std::fs::read(desk.path(&format!("state/{id}/journal.jsonl"))).unwrap();
    desk.mayday(&["abort", &id, "--reason", "again"]).is(4, &["over already", "aborted"]);
    assert_eq!(std::fs::read(desk.path(&format!("state/{id}/journal.jsonl"))).unwrap(), before);
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
}

/// Three changes with a way back each, all made.
fn three() -> (Desk, String) {
    let steps: String = ["a", "b", "c"]
        .map(|n| format!("  - {{id: {n}, title: Make {n}, effect: change, shell: 'echo +{n} >> log', undo: {{effect: change, shell: 'echo -{n} >> log'}}}}\n"))
        .concat();
    let desk = desk_with(super::CONFIG, "", &steps);
    desk.mayday(&["run", "p"]).is(0, &[]);
    let id = desk.newest();
    (desk, id)
}

fn log(desk: &Desk) -> String {
    std::fs::read_to_string(desk.path("log"))
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_rollback_goes_back_newest_first_each_confirmed() {
    let (desk, id) = three();
    let said = desk.mayday(&["rollback", &id]);
    said.is(7, &["--confirm c.undo=yes"]);
    assert_eq!(log(&desk), "+a +b +c");
    let all =
        ["rollback", &id, "--confirm=c.undo=yes", "--confirm=b.undo=yes", "--confirm=a.undo=yes"];
    desk.mayday(&all).is(0, &[]);
    assert_eq!(log(&desk), "+a +b +c -c -b -a");
    desk.mayday(&["verify", &id]).is(0, &["OK"]);
    // What is undone stays undone.
    desk.mayday(&all).is(0, &[]);
    assert_eq!(log(&desk), "+a +b +c -c -b -a");
}

#[test]
fn a_rollback_stops_where_it_is_told() {
    let (desk, id) = three();
    desk.mayday(&["rollback", &id, "--to", "z"]).is(2, &["`z`", "has not begun"]);
    desk.mayday(&["rollback", &id, "--to", "b", "--confirm=c.undo=yes", "--confirm=b.undo=yes"])
        .is(0, &[]);
    assert_eq!(log(&desk), "+a +b +c -c -b");
}

#[test]
fn answers_given_in_advance_count_on_after_a_kill_and_once_only() {
    let desk = desk(&format!(
        "
  - {{id: wait, title: Wait, effect: read, shell: '{WAITS}'}}
  - {{id: kind, title: Choose, choose: {{ask: Which?, options: {{full: All, part: Some}}}}}}
  - {{id: many, title: Ask, ask: {{question: How many?, type: integer}}, capture: {{n: value}}}}
  - {{id: token, title: Ask for it, ask: {{question: The token?, type: secret}}}}
  - {{id: fails, title: Fail, effect: read, shell: 'echo \"$n\" >> tries; exit 1'}}
  - {{id: gate, title: Go, effect: change, confirm: {{ask: Now?}}, shell: 'touch done'}}"
    ));
    let answers = ["kind=full", "many=47", "token=hunter2-hunter2", "fails.menu=retry"];
    let mut words = vec!["run", "p", "--no-input", "--confirm", "gate=yes"];
    words.extend(answers.iter().flat_map(|answer| ["--answer", answer]));
    let run = Beside::start(desk.command(&words));
    until("the run is there", || desk.path("waits").exists());
    run.signal(Signal::KILL);
    let said = run.end();
    assert!(said.all().contains("also after a resume: fails.menu, kind, many"), "{}", said.all());
    let journal = desk.path("state").join(desk.newest()).join("journal.jsonl");
    assert!(!std::fs::read_to_string(journal).unwrap().contains("hunter2"));
    desk.write("go", "");
    // What is a secret was only in memory, and is asked again.
    desk.mayday(&["resume", "--no-input"]).is(7, &["--answer token=VALUE"]);
    let token = ["--answer", "token=hunter2-hunter2"];
    // The menu has its one answer: it fails twice and stops. That answer is not used again.
    desk.mayday(&[&["resume", "--no-input"][..], &token].concat()).is(5, &["fails"]);
    assert_eq!(std::fs::read_to_string(desk.path("tries")).unwrap(), "47\n47\n");
    desk.mayday(&[&["resume", "--no-input"][..], &token].concat()).is(5, &[]);
    assert_eq!(count(&desk.path("tries")), 2);
    // One given anew counts, and a gate is never passed by what is kept.
    let skip = ["--answer", "fails.menu=skip", "--answer", "fails.reason=known"];
    desk.mayday(&[&["resume", "--no-input"][..], &skip, &token].concat())
        .is(7, &["--confirm gate="]);
    desk.mayday(&["resume", "--no-input", "--confirm", "gate=yes"]).is(0, &[]);
    assert!(desk.path("done").exists());
}
