//! A post-mortem that people wrote in is brought up to date: no edit is lost, whatever it is.

use mayday::report::blocks::merge;
use proptest::prelude::*;

use super::runs;
use super::{full, page};

/// An edit of somebody: at a line, something put in, taken out or put in its place.
#[derive(Clone, Debug)]
struct Edit {
    at: usize,
    takes: usize,
    puts: String,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let words = prop_oneof![
        4 => "[a-z áé‹›|`*>#-]{0,40}",
        1 => Just("<!-- journal:seq 1-2 block:head -->".to_owned()),
        1 => Just("<!-- /block:head -->".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("two\r\nlines".to_owned()),
    ];
    let edit = (0..400_usize, 0..3_usize, words);
    let edit = edit.prop_map(|(at, takes, puts)| Edit { at, takes, puts });
    proptest::collection::vec(edit, 1..8)
}

fn edited(page: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    for (number, edit) in edits.iter().enumerate() {
        let at = edit.at % lines.len();
        let to = (at + edit.takes).min(lines.len());
        // The number says whose line it is.
        lines.splice(at..to, [format!("edit{number} {}", edit.puts)]);
    }
    lines.join("\n")
}

fn is_mark(line: &str) -> bool {
    line.contains("block:") && line.trim_start().starts_with("<!--")
}

/// All lines that stand outside of blocks, and those in blocks that somebody changed, by plain reading.
fn of_people(document: &str, fresh: &str) -> Vec<String> {
    let ours: Vec<&str> = fresh.lines().collect();
    let words = document.lines().filter(|line| !is_mark(line));
    words.filter(|line| !ours.contains(line)).map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_is_ever_lost(edits in edits()) {
        // Of a run that went on to its end, so that facts change.
        let (old, new) = OLD_AND_NEW.with(Clone::clone);
        let theirs = edited(&old, &edits);
        match merge(&theirs, &new) {
            // Nothing is written then.
            Err(broken) => prop_assert!(broken.line >= 1),
            Ok(merged) => {
                let mut rest = merged.text.lines();
                for line in of_people(&theirs, &old) {
                    prop_assert!(
                        rest.any(|there| there == line),
                        "`{line}` is lost or elsewhere\n{}",
                        merged.text
                    );
                }
                // A second time there is nothing more to do.
                let again = merge(&merged.text, &new).unwrap();
                prop_assert_eq!(&again.text, &merged.text);
                prop_assert!(again.updated.is_empty());
                prop_assert_eq!(again.conflicts.len(), merged.conflicts.len());
            }
        }
    }
}

thread_local! {
    static OLD_AND_NEW: (String, String) = {
        let mut half = runs::full();
        half.events.truncate(half.events.len() / 2);
        (page(&full(&half)), page(&full(&runs::full())))
    };
}

#[test]
fn a_run_that_went_on_brings_its_facts_and_leaves_the_words() {
    let (old, new) = OLD_AND_NEW.with(Clone::clone);
    let words = "‹TODO: what contributed, what made it milder.›";
    let theirs = old.replace(words, "The disk had no alert.");
    let merged = merge(&theirs, &new).unwrap();
    assert_eq!(merged.text, new.replace(words, "The disk had no alert."));
    assert!(merged.updated.iter().any(|block| block == "timeline") && merged.conflicts.is_empty());
}
