//! Bare `mayday` on a terminal: from what is happening to a run.

use super::desk;
use crate::support::desk::Desk;
use crate::support::pty::Pty;

fn two() -> Desk {
    let desk = desk("  - {id: look, title: Look, effect: read, shell: 'echo looked'}");
    desk.write(
        "playbooks/lost.yaml",
        "mayday: 1\nid: lost\ntitle: Rows are gone\nseverity: SEV-2\nuse_when: [A guest misses a booking]\nalerts: [RowsGone]\nsteps:\n  - {id: look, title: Look, effect: read, shell: 'echo found'}\n",
    );
    desk
}

#[test]
fn a_symptom_leads_to_the_playbook_and_into_a_run() {
    let desk = two();
    let mut pty = Pty::start(&desk.command(&[]));
    pty.shown("What is happening?");
    pty.send("guest misses");
    pty.shown("Rows are gone");
    pty.send("\r");
    pty.shown("A guest misses a booking");
    // The safe choice stands first; running is a choice further down.
    pty.shown("show what would happen on here");
    pty.send("RUN it on here\r");
    pty.shown("mayday run lost --env here");
    pty.shown("found");
    pty.shown("Record:");
    assert_eq!(desk.runs().len(), 1);
}

#[test]
fn esc_leaves_and_nothing_has_run() {
    for keys in ["\x1b", "\x03"] {
        let desk = two();
        let mut pty = Pty::start(&desk.command(&[]));
        let before = pty.untouched();
        pty.shown("What is happening?");
        pty.send(keys);
        super::until("it has left", || pty.ended_within(20));
        assert_eq!(pty.modes(), before);
        assert!(desk.runs().is_empty());
    }
}

#[test]
fn without_a_terminal_bare_mayday_is_its_help() {
    let desk = two();
    desk.mayday(&[]).is(2, &["Usage:", "mayday run"]);
}
