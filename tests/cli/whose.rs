//! Which run is meant where none is named: never, without a word, one of another project.

use super::{CONFIG, playbook};
use crate::support::desk::{Desk, Said};
use crate::support::pty::Pty;

const STEP: &str = "  - {id: a, title: A, confirm: Well?}";

/// A project in a folder of the desk, with a run that waits for an answer. Its id.
fn left_open(desk: &Desk, folder: &str) -> String {
    desk.write(&format!("{folder}/mayday.yaml"), CONFIG);
    desk.write(&format!("{folder}/playbooks/{folder}.yaml"), &playbook(folder, "", STEP));
    within(desk, folder, &["run", folder, "--no-input"]).is(7, &[]);
    desk.newest()
}

fn within(desk: &Desk, folder: &str, arguments: &[&str]) -> Said {
    let mut command = desk.command(arguments);
    Said::from(command.current_dir(desk.path(folder)).output().unwrap())
}

#[test]
fn a_run_of_another_project_is_taken_up_by_its_name_only() {
    let desk = Desk::with(&[("empty/mayday.yaml", CONFIG), ("plain/file", "")]);
    let resume = ["resume", "--no-input", "--answer", "a=y"];
    within(&desk, "empty", &resume).is(2, &["none is open", "mayday runs"]);
    let one = left_open(&desk, "one");
    // Outside of any project it is clear which is meant; in another one it is not.
    within(&desk, "plain", &["resume", "--no-input"]).is(7, &[&one]);
    let refused = within(&desk, "empty", &resume);
    let folder = desk.path("one").canonicalize().unwrap();
    let line = format!("  {one}  one  of {}", folder.display());
    refused.is(2, &["none of this project is open", &format!("mayday resume {one}"), &line]);
    let two = left_open(&desk, "two");
    within(&desk, "plain", &resume).is(2, &["several projects have one that is open", &one, &two]);
    // In its own project the newest of all is not in the way.
    within(&desk, "one", &resume).is(0, &[&format!("Run {one}")]);
    within(&desk, "one", &resume).is(2, &["none of this project is open", &two]);
    let config = desk.path("two/mayday.yaml");
    let named = ["--config", config.to_str().unwrap()];
    within(&desk, "plain", &[&named[..], &resume].concat()).is(0, &[&format!("Run {two}")]);
}

#[test]
fn what_is_said_without_a_name_goes_to_the_run_of_this_project_first() {
    let desk = Desk::with(&[("plain/file", "")]);
    let (one, two) = (left_open(&desk, "one"), left_open(&desk, "two"));
    within(&desk, "one", &["note", "here"]).is(0, &[&format!("Run {one}: Note: here")]);
    within(&desk, "two", &["note", "there"]).is(0, &[&format!("Run {two}: Note: there")]);
    within(&desk, "plain", &["note", "newest"]).is(0, &[&format!("Run {two}: Note: newest")]);
    // Also while somebody drives a run of another project; outside of any that is the one.
    let mut driver = desk.command(&["resume", &two]);
    driver.current_dir(desk.path("two"));
    let mut pty = Pty::start(&driver);
    pty.shown("y or n >");
    within(&desk, "one", &["note", "still"]).is(0, &[&format!("Run {one}: Note: still")]);
    within(&desk, "plain", &["note", "driven"]).is(0, &[&format!("Run {two}: Note: driven")]);
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
}

/// What is read without a name is of this project; another one's runs of a playbook by the same name are not its past.
#[test]
fn a_report_a_status_and_earlier_runs_are_of_this_project() {
    let desk = Desk::with(&[("plain/file", "")]);
    for folder in ["one", "two"] {
        desk.write(&format!("{folder}/mayday.yaml"), CONFIG);
        desk.write(&format!("{folder}/playbooks/p.yaml"), &playbook("p", "", STEP));
    }
    let run = |folder: &str| {
        within(&desk, folder, &["run", "p", "--no-input", "--answer", "a=y"]).is(0, &[]);
        desk.newest()
    };
    let (first, second) = (run("one"), run("two"));
    for (folder, newest) in [("one", &first), ("two", &second), ("plain", &second)] {
        within(&desk, folder, &["status"]).is(0, &[&format!("Run {newest}")]);
        within(&desk, folder, &["report"]).is(0, &[&format!("| Run | {newest} ")]);
    }
    let third = run("one");
    let report = within(&desk, "one", &["report", &third]).all();
    assert!(report.contains(&first) && !report.contains(&second), "{report}");
}
