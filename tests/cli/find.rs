//! `find`: a symptom, as a tired person types it, leads to the right playbook first.

use super::playbook;
use crate::support::desk::Desk;
use crate::support::pty::Pty;

const STEPS: &str = "  - { id: look, title: Look, effect: read, shell: 'true' }";

fn desk() -> Desk {
    let desk = Desk::with(&[("mayday.yaml", super::CONFIG)]);
    let lost = "use_when: [A guest misses a booking, Reservations were deleted]
alerts: [RowsGone]
not_for: [{ if: Rows are there but wrong, use: corrupt }]";
    desk.write("playbooks/lost.yaml", &playbook("lost", lost, STEPS));
    let corrupt = "use_when: [Bookings show the wrong guest]\ntags: [database]";
    desk.write("playbooks/corrupt.yaml", &playbook("corrupt", corrupt, STEPS));
    let down = "use_when: [The site does not answer]\ntags: [network]";
    desk.write("playbooks/down.yaml", &playbook("down", down, STEPS));
    desk
}

#[test]
fn the_best_comes_first_whatever_the_case_the_ending_and_one_letter() {
    let desk = desk();
    for (words, first) in [
        (&["RowsGone"][..], "lost"),
        (&["rowsgone"], "lost"),
        (&["missing", "reservation"], "lost"),
        (&["deleting reservatoins"], "lost"),
        (&["wrong guests"], "corrupt"),
        (&["the site is not answering"], "down"),
        (&["databse"], "corrupt"),
    ] {
        let said = desk.mayday(&[&["find"], words].concat());
        assert_eq!(said.code, Some(0), "{words:?}: {}", said.all());
        assert!(said.out.starts_with(&format!("{first}  ")), "{words:?}: {}", said.out);
    }
    desk.mayday(&["find", "kubernetes"]).is(2, &["No playbook speaks of that"]);
    desk.mayday(&["find", "the", "it"]).is(0, &["down"]);
}

#[test]
fn when_not_to_use_it_is_shown_where_one_picks() {
    let desk = desk();
    desk.mayday(&["find", "RowsGone"]).is(0, &["not for: Rows are there but wrong -> corrupt"]);
    let said = desk.mayday(&["find", "RowsGone", "--json"]);
    let line: serde_json::Value = serde_json::from_str(said.out.lines().next().unwrap()).unwrap();
    assert_eq!(line["not_for"][0]["use"], "corrupt");
    let mut pty = Pty::start(&desk.command(&[]));
    pty.shown("What is happening?");
    pty.send("RowsGone\r");
    pty.shown("Not for: Rows are there but wrong -> corrupt");
    pty.shown("not this one: Rows are there but wrong -> corrupt");
    pty.send("not this one\r");
    pty.shown("Use when: Bookings show the wrong guest");
    pty.shown("corrupt:");
    pty.send("leave\r");
    assert_eq!(pty.wait(), Some(0));
    assert!(desk.runs().is_empty());
}
