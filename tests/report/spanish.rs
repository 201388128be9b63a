//! Reports in Spanish: every sentence that the program makes has its Spanish, and what authors and people wrote stays.

use mayday::plan::Mode;
use mayday::report::html::{self, Around};
use mayday::report::prose::{Piece, Said};
use mayday::report::shipped::{self, SHIPPED, named};
use mayday::report::{self, Checked, Names, spanish};
use serde_json::Value;

use super::html::drills;
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
    let damaged = Checked {
        sound: false,
        head: String::new(),
        findings: vec!["The record does not name evidence/x.".to_owned()],
    };
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

/// The line with its English words, where it has some.
fn english(line: &str) -> Option<String> {
    let words = line.split(|c: char| !c.is_alphanumeric() && !"_.=-/`:".contains(c));
    let english: Vec<&str> =
        words.filter(|word| ENGLISH.contains(&word.to_lowercase().as_str())).collect();
    (!english.is_empty()).then(|| format!("{english:?} in {line}"))
}

/// The page of a report with everything that may stand beside it.
fn page_of(context: &Value) -> String {
    let signed = [
        ("CTO".to_owned(), "pending".to_owned()),
        ("SRE".to_owned(), "Ana, 2026-11-23T09:00:00Z: attested, not signed".to_owned()),
    ];
    let drills = if context["run"]["playbook"].is_null() { vec![] } else { drills() };
    let pieces = vec![
        Piece::Words("algo".to_owned()),
        Piece::Entry("algo".to_owned()),
        Piece::Changed("head".to_owned(), vec!["algo".to_owned()]),
        Piece::More,
    ];
    let written = [Said { heading: String::new(), pieces }];
    html::page_with(context, &Around { drills: &drills, written: &written, signed: &signed })
}

/// What a page says: its texts, and what is only heard or shown on pointing.
fn texts(page: &str) -> Vec<String> {
    let style = page.find("<style>").unwrap()..page.find("</style>").unwrap();
    let page = format!("{}{}", &page[..style.start], &page[style.end..]);
    let heard = page.split("aria-label=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut texts: Vec<String> = heard.map(str::to_owned).collect();
    texts.extend(page.split('>').map(|rest| rest.split('<').next().unwrap().trim().to_owned()));
    texts.retain(|text| text.chars().any(char::is_alphabetic));
    texts
}

/// What names something in a page: headings, heads of tables, terms, what is heard.
fn labels(page: &str) -> std::collections::BTreeSet<String> {
    let mut labels = std::collections::BTreeSet::new();
    for (open, end) in [
        ("aria-label=\"", '"'),
        ("<th scope=\"col\">", '<'),
        ("<dt>", '<'),
        ("<h3>", '<'),
        ("<summary>", '<'),
        ("<span class=\"name\">", '<'),
    ] {
        let all = page.split(open).skip(1).map(|rest| rest.split(end).next().unwrap());
        labels.extend(all.map(str::to_owned));
    }
    let heads = page.split("<h2 id=").skip(1).filter_map(|rest| rest.split(['>', '<']).nth(1));
    labels.extend(heads.map(str::to_owned));
    labels
}

/// Labels that are the same in both languages.
const SAME: &[&str] = &["Playbook", "RTO", "no"];

#[test]
fn every_label_of_a_page_has_its_spanish() {
    let mut seen = 0;
    for mut context in told() {
        let english = labels(&page_of(&context));
        spanish::said(&mut context);
        let page = page_of(&context);
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"es\">"));
        let spanish = labels(&page);
        let same: Vec<&String> = english
            .intersection(&spanish)
            .filter(|label| !SAME.contains(&label.as_str()))
            .collect();
        assert!(same.is_empty(), "not said in Spanish: {same:#?}");
        seen = seen.max(english.len());
    }
    assert!(seen > 100, "only {seen} labels are found: the page is no longer written like this");
}

#[test]
fn no_english_is_left_in_the_spanish_pages() {
    let mut left = std::collections::BTreeSet::new();
    for mut context in told() {
        spanish::said(&mut context);
        for mut text in texts(&page_of(&context)) {
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'");
            for theirs in THEIRS {
                text = text.replace(theirs, "");
            }
            // What is cut has lost the end by which it is known.
            left.extend(english(&text).filter(|_| !text.ends_with('…')));
        }
    }
    assert!(
        left.is_empty(),
        "{} texts:\n{}",
        left.len(),
        left.into_iter().collect::<Vec<_>>().join("\n")
    );
}

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
            left.extend(lines.filter_map(english).map(|line| format!("{name}: {line}")));
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

/// Where one language shows a fact by its words and the other by a word of its own.
const ELSEWHERE: [&str; 4] =
    ["criterion.held_words", "forecast.standing", "decision.kind", "detection.half_ms"];

#[test]
fn the_spanish_templates_show_every_fact_of_the_english_ones() {
    let fields = regex::Regex::new(r"\b([a-z]+\.[a-z_]+(\.[a-z_]+)*)").unwrap();
    let inside = regex::Regex::new(r"(?s)\{[{%](.*?)[%}]\}").unwrap();
    let shown = |text: &str| -> std::collections::BTreeSet<String> {
        let code = inside.captures_iter(text).map(|found| found[1].to_owned());
        let code = code.collect::<Vec<_>>().join("\n");
        let quoted = regex::Regex::new("\"[^\"]*\"").unwrap();
        let code = quoted.replace_all(&code, " ").into_owned();
        fields.captures_iter(&code).map(|found| found[1].to_owned()).collect()
    };
    for (english, text) in SHIPPED.iter().filter(|(name, _)| !shipped::is_spanish(name)) {
        let Some((_, spanish)) = named(&format!("{english}.es")) else { continue };
        let (all, there) = (shown(text), shown(spanish));
        assert!(all.len() > 20, "{english}: {all:?}");
        let missing: Vec<_> =
            all.difference(&there).filter(|one| !ELSEWHERE.contains(&one.as_str())).collect();
        assert!(missing.is_empty(), "{english}.es does not show {missing:?}");
    }
}
