//! Playbooks damaged at random: never a panic, and what is told always has a place in the file.

use mayday::playbook::parse::Parsed;
use mayday::playbook::{Playbook, catalogue};

use super::{COMPLETE, SMALL, read};
use crate::support::dice::Dice;

/// Bytes that mean something to YAML, to a terminal or to UTF-8.
const NASTY: &[&str] = &[
    ":", "\n", "\t", "\"", "'", "{", "]", "&a ", "*a", "!x ", "- ", "#", "|", "\u{0}", "\u{202e}",
    "é", "%", "? ",
];

fn sound(text: &str, parsed: &Parsed<Playbook>) {
    for fault in &parsed.faults {
        assert!(catalogue::explain(fault.code.0).is_some(), "{} has no page", fault.code.0);
        assert!(!fault.labels.is_empty(), "{} has no place", fault.message);
        for label in &fault.labels {
            assert!(text.get(label.range.clone()).is_some(), "{} {:?}", fault.message, label.range);
        }
    }
    assert!(parsed.value.is_some() || !parsed.faults.is_empty(), "refused without a word");
    if let Some(playbook) = &parsed.value {
        for (phase, index) in playbook.phases.iter().zip(0..) {
            for step in 0..phase.steps.len() {
                let at = format!("phases[{index}].steps[{step}]");
                assert!(text.get(parsed.source.key(&at)).is_some());
                assert!(text.get(parsed.source.value(&format!("{at}.title"))).is_some());
            }
        }
    }
}

#[test]
fn random_damage_is_reported_and_never_fatal() {
    let mut dice = Dice(0x5eed_0001);
    for round in 0..3000 {
        let mut text = SMALL.to_owned();
        for _ in 0..=dice.below(3) {
            let mut at = dice.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let nasty = NASTY[dice.below(NASTY.len())];
            if round % 2 == 0 {
                text.insert_str(at, nasty);
            } else {
                let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
                text.replace_range(at..end, nasty);
            }
        }
        sound(&text, &read(&text));
    }
}

#[test]
fn lines_taken_out_doubled_or_swapped_are_reported() {
    let lines: Vec<&str> = SMALL.lines().collect();
    let mut dice = Dice(0x5eed_0002);
    for index in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(index);
        let mut doubled = lines.clone();
        doubled.insert(index, lines[index]);
        let mut swapped = lines.clone();
        swapped.swap(index, dice.below(lines.len()));
        for text in [without, doubled, swapped] {
            let text = text.join("\n");
            sound(&text, &read(&text));
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_is_reported() {
    for end in (0..SMALL.len()).filter(|end| SMALL.is_char_boundary(*end)) {
        let text = &SMALL[..end];
        sound(text, &read(text));
    }
}

#[test]
fn every_field_taken_out_or_given_a_wrong_value_is_at_its_place() {
    for (number, line) in COMPLETE.lines().enumerate().skip(1) {
        let trimmed = line.trim_start_matches([' ', '-']);
        let Some((key, _)) = trimmed.split_once(':') else { continue };
        if !key.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            continue;
        }
        let indent = &line[..line.len() - trimmed.len()];
        let mut lines: Vec<String> = COMPLETE.lines().map(str::to_owned).collect();
        lines[number] = format!("{indent}{key}x{}", &trimmed[key.len()..]);
        let text = lines.join("\n");
        let parsed = read(&text);
        sound(&text, &parsed);
        // Names of inputs, variables and captures are the author's own.
        let free = parsed.faults.is_empty();
        let known = ["incident_time", "tables", "margin", "region", "pitr_time", "dump_file"];
        assert!(!free || known.contains(&key), "`{key}x` in line {} is accepted", number + 1);
    }
}
