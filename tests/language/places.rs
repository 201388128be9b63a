//! From a path to its place in the file, and from a part of a text to its place.

use super::{COMPLETE, places, read, shown};

#[test]
fn the_complete_playbook_has_no_fault_and_every_node_a_place() {
    let parsed = read(COMPLETE);
    assert_eq!(parsed.faults, []);
    let playbook = parsed.value.unwrap();
    assert_eq!(playbook.steps().count(), 18);
    let value = |path: &str| &COMPLETE[parsed.source.value(path)];
    let key = |path: &str| &COMPLETE[parsed.source.key(path)];
    assert_eq!(value("phases[1].steps[3].wait_until.sql"), "SELECT 1 AS ok");
    let script = "neonctl projects get \"$neon_project\" -o json \\";
    assert_eq!(value("phases[1].steps[0].shell"), script);
    assert_eq!(value("inputs.tables.pattern"), "\"^[a-z_]+$\"");
    assert_eq!(
        value("phases[1].steps[4].sql[1]"),
        "UPDATE state SET imported = true WHERE region = :region"
    );
    assert_eq!(key("phases[1].steps[0].retry.max"), "max");
    assert_eq!(
        key("drill.pass[1]"),
        "{ id: rto, must: true, points: 30, that: run.elapsed <= objectives.rto }"
    );
    // Block collections are shown by their first key.
    assert_eq!(value("inputs"), "incident_time");
    assert_eq!(value("phases[1].steps[3]"), "id");
}

#[test]
fn a_path_that_the_text_does_not_have_falls_back_to_its_parent() {
    let parsed = read(COMPLETE);
    assert!(!parsed.source.has("phases[1].steps[0].nothing"));
    assert_eq!(&COMPLETE[parsed.source.value("phases[1].steps[0].retry.nothing")], "retry");
    assert_eq!(&COMPLETE[parsed.source.key("objectives.nothing.below[3]")], "objectives");
    assert_eq!(parsed.source.key("nothing"), parsed.source.key(""));
    for odd in
        ["", ".", "[", "[]", "[9999999999999999999999]", "phases[1", "phases[1]x", "..", "a.b"]
    {
        let found =
            [parsed.source.key(odd), parsed.source.value(odd), parsed.source.within(odd, 3..9)];
        assert!(found.into_iter().all(|range| COMPLETE.get(range).is_some()), "{odd}");
    }
}

/// The text that `within` finds for a part of the decoded scalar.
fn found<'t>(text: &'t str, path: &str, decoded: &str, part: &str) -> &'t str {
    let parsed = read(text);
    let at = decoded.find(part).unwrap();
    &text[parsed.source.within(path, at..at + part.len())]
}

#[test]
fn a_part_of_a_text_is_found_in_every_style() {
    let plain = "title: one two\n  three four\n";
    assert_eq!(found(plain, "title", "one two three four", "three"), "three");
    assert_eq!(found(plain, "title", "one two three four", "two three"), "two\n  three");
    let single = "title: 'it''s {{ x }} and {{ y }}'\n";
    assert_eq!(found(single, "title", "it's {{ x }} and {{ y }}", "{{ y }}"), "{{ y }}");
    assert_eq!(found(single, "title", "it's {{ x }} and {{ y }}", "it's"), "it''s");
    let double = "title: \"tab\\there \\u00e9 \\\n   and {{ y }}\"\n";
    assert_eq!(found(double, "title", "tab\there \u{e9} and {{ y }}", "{{ y }}"), "{{ y }}");
    assert_eq!(found(double, "title", "tab\there \u{e9} and {{ y }}", "\u{e9}"), "\\u00e9");
    let literal = "title: |\n  first \u{e9}\n    deeper {{ x }}\n\n  last {{ y }}\n";
    let decoded = "first \u{e9}\n  deeper {{ x }}\n\nlast {{ y }}\n";
    assert_eq!(found(literal, "title", decoded, "{{ x }}"), "{{ x }}");
    assert_eq!(found(literal, "title", decoded, "{{ y }}"), "{{ y }}");
    assert_eq!(found(literal, "title", decoded, "first \u{e9}"), "first \u{e9}");
    let folded = "title: >-\n  one\n  two\n\n  three {{ y }}\n";
    assert_eq!(found(folded, "title", "one two\nthree {{ y }}", "{{ y }}"), "{{ y }}");
    let windows = "title: |\r\n  one\r\n  two {{ y }}\r\n";
    assert_eq!(found(windows, "title", "one\ntwo {{ y }}\n", "{{ y }}"), "{{ y }}");
    let anchored = "title: &t 'a {{ y }}'\nowner: *t\n";
    assert_eq!(found(anchored, "title", "a {{ y }}", "{{ y }}"), "{{ y }}");
    assert_eq!(found(anchored, "owner", "a {{ y }}", "{{ y }}"), "{{ y }}");
}

#[test]
fn a_part_that_cannot_be_found_is_the_whole_text() {
    let text = "title: short\n";
    let parsed = read(text);
    assert_eq!(&text[parsed.source.within("title", 3..90)], "short");
    assert_eq!(&text[parsed.source.within("title", 90..99)], "short");
    assert_eq!(&text[parsed.source.within("nowhere", 0..1)], "title");
}

#[test]
fn what_reading_has_reported_is_known_as_broken() {
    let text = "mayday: 1\nid: x\ntitle: X\nsteps:\n  - id: a\n    title: A\n    timeout: soon\n    effect: read\n    shell: ls\n  - { id: b, title: B, pause: 1s }\n";
    let parsed = read(text);
    let broken = |path: &str| parsed.source.broken(path);
    assert!(broken("steps[0].timeout") && broken("steps[0]") && broken("steps") && broken(""));
    assert!(!broken("steps[0].effect") && !broken("steps[1]") && !broken("steps[0].time"));
    assert_eq!(parsed.value.unwrap().steps().count(), 2);
}

/// A playbook for slips of the hand.
const SOUND: &str = r#"mayday: 1
id: slip
title: A slip
severity: SEV-3
steps:
  - id: a
    title: First
    effect: read
    shell: |
      echo one
      echo two: three
    timeout: 2m
  - id: b
    title: Second
    confirm: "Is it well?"
  - id: c
    title: Third
    choose:
      ask: Which?
      options: { one: "One", two: "Two" }
"#;

/// What is written, what should be there, the line and column that must be named, and what to do.
const SLIPS: &[(&str, &str, usize, usize, &str)] = &[
    ("shell |", "shell: |", 9, 5, "write `shell: |`"),
    ("shell >-", "shell: |", 9, 5, "write `shell: >-`"),
    ("title First", "title: First", 7, 5, "write `title: First`"),
    ("title:First", "title: First", 7, 5, "write `title: First`"),
    ("title = Second", "title: Second", 14, 5, "write `title: Second`"),
    ("title\u{ff1a} Second", "title: Second", 14, 10, "write `title:`"),
    ("steps", "steps:", 5, 1, "write `steps:`"),
    ("choose", "choose:", 18, 5, "write `choose:`"),
    ("id slip", "id: slip", 2, 1, "write `id: slip`"),
    (
        "options |\n        one",
        "options: { one: \"One\", two: \"Two\" }",
        20,
        7,
        "write `options: |`",
    ),
    ("- shell |\n      echo", "- id: b\n    title: Second", 13, 5, "write `shell: |`"),
    ("title: \"First", "title: First", 7, 12, "close it on this line"),
    ("title: 'Third", "title: Third", 17, 12, "close it on this line"),
    (
        "{ one: \"One\", two: \"Two\"\n",
        "{ one: \"One\", two: \"Two\" }",
        20,
        16,
        "close it with `}`",
    ),
    ("severity: SEV-3\ntags: [a, b", "severity: SEV-3", 5, 7, "close it with `]`"),
    ("{ one: \"One\" two: \"Two\" }", "{ one: \"One\", two: \"Two\" }", 20, 29, "put `,`"),
    ("     title: First", "    title: First", 7, 6, "with 4 spaces, it has 5"),
    ("   title: First", "    title: First", 7, 4, "with 4 spaces, it has 3"),
    ("  -id: b", "  - id: b", 13, 3, "write `- id: b`"),
    (" - id: b", "  - id: b", 13, 4, "with 2 spaces, it has 1"),
    ("    - id: b", "  - id: b", 13, 7, "with 2 spaces, it has 4"),
    ("\ttitle: Second", "    title: Second", 14, 1, "indent with spaces"),
    ("\u{a0}   title: Second", "    title: Second", 14, 1, "indent with spaces"),
    ("\techo one", "      echo one", 10, 1, "indent with spaces"),
    ("    echo one\n    echo two", "      echo one\n      echo two", 10, 5, "deeper than `shell`"),
    ("shell: | echo one", "shell: |\n      echo one", 9, 12, "on the next line"),
    ("title: Second: again", "title: Second", 14, 18, "quotes around a text that holds `: `"),
    ("confirm: 'It's well?'", "confirm: \"Is it well?\"", 15, 18, "written twice"),
    ("confirm: \"Is it\" well?", "confirm: \"Is it well?\"", 15, 22, "whole text into the quotes"),
    ("confirm: \"C:\\\\a \\dir\"", "confirm: \"Is it well?\"", 15, 21, "for a backslash"),
];

#[test]
fn a_slip_is_told_at_the_line_that_is_wrong_with_what_to_do() {
    assert_eq!(read(SOUND).faults, []);
    let mut wrong = Vec::new();
    for (written, right, line, column, help) in SLIPS {
        assert!(SOUND.contains(right), "{right}");
        let parsed = read(&SOUND.replacen(right, written, 1));
        let shown = shown(&parsed.faults);
        let first = places(&parsed).first().copied();
        if first != Some(("E006", *line, *column)) || !shown.contains(help) {
            wrong.push(format!("{written:?} at {line}:{column}, {help:?}:\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
