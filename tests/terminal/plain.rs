//! Append-only lines, where nothing can be drawn over: complete, in order, and the clock is told on time.

use crate::cli::{CONFIG, desk_with};

#[test]
fn the_clock_is_told_in_lines_while_nothing_else_happens() {
    let desk = desk_with(
        CONFIG,
        "objectives: { rto: 2s }",
        "  - { id: a, title: A, pause: 2500ms }\n  - { id: b, title: B, effect: read, shell: 'true' }",
    );
    let said = desk.mayday(&["run", "p", "--no-input"]);
    said.is(0, &[]);
    let mut rest = said.err.as_str();
    for words in ["(50 % used)", "(75 % used)", "(90 % used)", "RTO MISSED", "OK    a"] {
        let at = rest.find(words).unwrap_or_else(|| panic!("`{words}` is not next: {}", said.err));
        rest = &rest[at + words.len()..];
    }
    assert!(!said.err.contains(['\r', '\u{1b}']), "append-only: {:?}", said.err);
}

#[test]
fn in_twenty_columns_every_word_is_there() {
    let desk = desk_with(
        CONFIG,
        "objectives: { rto: 15m }",
        "  - { id: restart, title: Restart the booking service, why: Its pool is used up, effect: change, shell: 'echo restarted' }",
    );
    let mut command = desk.command(&["run", "p", "--no-input", "--confirm", "restart=yes"]);
    command.env("COLUMNS", "20");
    let said = crate::support::desk::Said::from(command.output().unwrap());
    said.is(
        0,
        &[
            "Restart the booking service",
            "Its pool is used up",
            "echo restarted",
            "undo NO: the playbook",
        ],
    );
    let widest = said.err.lines().filter(|line| line.contains("booking") || line.contains("pool"));
    assert!(widest.clone().all(|line| line.chars().count() <= 20), "{}", said.err);
    assert!(widest.count() > 0);
}
