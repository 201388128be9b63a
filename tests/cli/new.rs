//! `mayday new`: a first playbook.

use super::{CONFIG, Desk};

#[test]
fn a_new_playbook_is_clean_and_can_be_planned_and_run() {
    let desk = Desk::with(&[("mayday.yaml", CONFIG)]);
    let said = desk.mayday(&["new", "shop/payments-stuck"]);
    said.is(0, &["mayday check", "mayday run shop/payments-stuck --dry-run"]);
    assert_eq!(said.out.trim(), desk.path("playbooks/shop/payments-stuck.yaml").to_str().unwrap());
    let check = desk.mayday(&["check", "--deny", "warnings"]);
    check.is(0, &["no faults"]);
    desk.mayday(&["run", "shop/payments-stuck", "--dry-run"]).is(0, &["Look at the state"]);
    let run = desk.mayday(&[
        "run",
        "shop/payments-stuck",
        "--answer=cause=other",
        "--answer=recovered=yes",
    ]);
    run.is(0, &[]);
}

#[test]
fn its_title_is_kept_as_it_was_given() {
    let desk = Desk::with(&[("mayday.yaml", CONFIG)]);
    desk.mayday(&["new", "p", "--title", "It's \"gone\": #1 \\ &a *b"]).is(0, &[]);
    desk.mayday(&["list"]).is(0, &["It's \"gone\": #1 \\ &a *b"]);
    desk.mayday(&["check"]).is(0, &["no faults"]);
}

#[test]
fn nothing_is_overwritten_and_nothing_lands_elsewhere() {
    let desk = Desk::with(&[("mayday.yaml", CONFIG), ("playbooks/here.yaml", "kept")]);
    desk.mayday(&["new", "here"]).is(4, &["here.yaml", "nothing is overwritten"]);
    assert_eq!(std::fs::read_to_string(desk.path("playbooks/here.yaml")).unwrap(), "kept");
    desk.write(
        "playbooks/other.yaml",
        &super::playbook("p", "", "  - {id: a, title: A, pause: 1s}"),
    );
    desk.mayday(&["new", "p"]).is(2, &["other.yaml has this id"]);
    for id in ["../up", "/abs", "A", "a b", "a//b", "a/", "", ".a", "a/../b", "-a", "ü", "a\nb"] {
        let said = desk.mayday(&["new", "--", id]);
        said.is(2, &["lower-case letters"]);
    }
    desk.mayday(&["new", "q", "--title", "a {{ b }}"]).is(2, &["braces"]);
    assert_eq!(super::files(&desk.path("playbooks")).len(), 2);
}

#[test]
fn in_an_empty_folder_the_commands_that_are_named_work_as_they_stand() {
    let desk = Desk::with(&[]);
    desk.mayday(&["run", "p"]).is(3, &["find a playbook `p`"]);
    let said = desk.mayday(&["new", "p"]);
    said.is(0, &["mayday.yaml too", "the environment `here`", "mayday run p --dry-run"]);
    desk.mayday(&["check", "--deny", "warnings"]).is(0, &["no faults in 2 files"]);
    desk.mayday(&["run", "p", "--dry-run"]).is(0, &["Look at the state"]);
    let config = std::fs::read_to_string(desk.path("mayday.yaml")).unwrap();
    // What is only proposed is right, too, once it is no comment any more.
    let taken = config.replace("# secrets:", "secrets:").replace("# targets:", "targets:");
    assert_ne!(taken, config);
    desk.write("mayday.yaml", &taken);
    desk.mayday(&["check"]).is(0, &[]);
    // Another one leaves it as it is.
    desk.mayday(&["new", "q"]).is(0, &[]);
    assert_eq!(std::fs::read_to_string(desk.path("mayday.yaml")).unwrap(), taken);
    desk.write("mayday.yaml", "playbooks: [");
    desk.mayday(&["new", "r"]);
    assert_eq!(std::fs::read_to_string(desk.path("mayday.yaml")).unwrap(), "playbooks: [");
    desk.write("mayday.yaml", "");
    desk.mayday(&["run", "p"]).is(3, &["nothing in the file", "start with `environments:`"]);
    desk.write("mayday.yaml", "playbooks: playbooks");
    desk.mayday(&["run", "p"]).is(4, &["mayday.yaml names none yet", "mayday new ID"]);
}
