//! Reports in Spanish: every sentence that the program makes has its Spanish, and what authors and people wrote stays.

use mayday::plan::Mode;
use mayday::report::shipped::{self, SHIPPED, named};
use mayday::report::{self, Checked, Names, spanish};
use serde_json::Value;

use super::story::plan;
use super::{Ends, context, every, full, now, render, runs};

/// Reports of runs in which everything happens.
fn told() -> Vec<Value> {
    let mut told = vec![full(&every::story()), full(&runs::full()), context(&every::drill())];
    let stories =
        [runs::clean(), runs::rough(), runs::aborted(), runs::stopped(), runs::drill(Ends::Fails)];
    told.extend(stories.iter().map(context));
    // Cut off anywhere, without a plan, without a check.
    let every = every::story();
    let damaged = Checked { sound: false, head: String::new(), findings: vec!["algo".to_owned()] };
    for length in (0..every.events.len()).step_by(41) {
        let events = &every.events[..length];
        told.push(report::context(events, None, None, Names::Roles, now()));
        let real = plan(Mode::Real);
        told.push(report::context(events, Some(&real), Some(&damaged), Names::Full, now()));
    }
    told
}

#[test]
fn every_sentence_of_the_program_has_its_spanish() {
    let mut unsaid: Vec<String> = told().iter_mut().flat_map(spanish::said).collect();
    unsaid.sort();
    unsaid.dedup();
    assert!(unsaid.is_empty(), "{} sentences:\n{}", unsaid.len(), unsaid.join("\n"));
}

/// What the playbook and the people of these runs say: it is theirs, in any language.
const THEIRS: &[&str] = &[
    "its database is live",
    "api is https://staging.example.com",
    "<from input region>",
    "Ask the API how it is in eu",
    "API does not answer",
    "Ask the API how it is",
    "Find the cause",
    "Look at the newest backup",
    "Restore the database",
    "Tell the hotel by phone",
    "Wait until the API is healthy",
    "Remove the old files",
    "Stop the damage",
    "Bring it back",
    "Stop the service",
    "Start the service",
    "What does the log say?",
    "SEV-1 API does not answer on production.",
    "Within the RTO",
    "The API answers",
    "Call the front desk.",
    "alert on the disk before it is full",
    "keep the old primary for a day",
    "the pager was quiet",
    "the tables have all rows",
    "Type restore to go on",
    "disk is read-only, tomorrow",
    "we lose the orders of today",
    "the database is slow",
    "words for those who wait",
    "words of the question",
    "seen in a log",
    "users hurt again",
    "only one region",
    "lab is on the playbook's list, its danger is low",
    "wrong playbook",
    "Please come.",
    "the line was lost",
    "it is late",
    "it is slow",
    "no answer",
    "and again",
    "an input",
    "the run is over",
    "as planned",
    "told to",
    "alone at night",
    "still in use",
    "too much",
    "step `look` failed: exit code 22",
    "step `look` failed: exit code 6",
    "step `restore` failed: exit code 1",
    "step `tidy` failed: exit code 1",
    "step `restore`: outcome unknown",
    "step `look` was given up",
    "Why skip?",
    "knows the database",
    "inputs.x is false",
    "no space left",
    "of before",
    "no row",
    "it had not begun",
    "skipped by the operator",
    "due 2026-12-01",
];

/// Words by which English shows.
const ENGLISH: &[&str] = &[
    "the",
    "was",
    "were",
    "did",
    "not",
    "and",
    "with",
    "is",
    "from",
    "of",
    "nobody",
    "passed",
    "missed",
    "attempt",
    "unknown",
    "skipped",
    "operator",
    "took",
    "chose",
    "driver",
    "record",
    "step",
    "event",
    "run",
    "known",
    "started",
    "answered",
    "milestone",
    "due",
];

#[test]
fn no_english_is_left_in_the_spanish_templates() {
    let mut left = std::collections::BTreeSet::new();
    for name in ["postmortem.es", "drill-report.es", "post-exercise.es"] {
        let (_, template) = named(name).unwrap();
        for mut context in told() {
            spanish::said(&mut context);
            let mut page = render(name, template, &context).replace('\\', "");
            for text in THEIRS {
                page = page.replace(text, "");
            }
            // Marks, addresses, expressions, and the command at the end.
            let lines = page.lines().filter(|line| {
                !line.starts_with("<!-- ")
                    && !line.contains("mayday report ")
                    && !line.ends_with(", 1ms")
            });
            for line in lines {
                let words = line.split(|c: char| !c.is_alphanumeric() && !"_.=-/`:".contains(c));
                let english: Vec<&str> =
                    words.filter(|word| ENGLISH.contains(&word.to_lowercase().as_str())).collect();
                if !english.is_empty() {
                    left.insert(format!("{name}: {english:?} in {line}"));
                }
            }
        }
    }
    assert!(
        left.is_empty(),
        "{} lines:\n{}",
        left.len(),
        left.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn the_spanish_templates_have_the_blocks_of_the_english_ones() {
    for (english, text) in SHIPPED.iter().filter(|(name, _)| !shipped::is_spanish(name)) {
        let Some((_, spanish)) = named(&format!("{english}.es")) else {
            assert_eq!(*english, "post-incident", "no Spanish one of {english}");
            continue;
        };
        let blocks = |text: &str| -> Vec<String> {
            let marks = text.split(" block:").skip(1);
            marks.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(blocks(text), blocks(spanish), "{english}");
    }
}
