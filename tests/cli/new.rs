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
