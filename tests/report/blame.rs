//! Words that blame: neutral sentences pass, blaming ones do not, and nothing that mayday or a shipped playbook says does.

use std::path::Path;

use mayday::diagnostic::SourceFile;
use mayday::plan::Mode;
use mayday::playbook::parse;
use mayday::report::language::{FindingKind, check};
use mayday::report::shipped::{SHIPPED, named};
use mayday::report::spanish;

use super::story::Story;
use super::{Ends, context, every, full, render, runs};

fn blame(text: &str) -> Vec<String> {
    let found = check(text).unwrap().into_iter();
    found.filter(|one| one.kind == FindingKind::Blame).map(|one| one.what).collect()
}

fn sentences(name: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/prose").join(name);
    std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn neutral_sentences_are_left_alone() {
    for name in ["neutral.en.txt", "neutral.es.txt"] {
        let all = sentences(name);
        assert!(all.len() >= 60, "{name}");
        let flagged: Vec<_> = all.iter().filter(|one| !blame(one).is_empty()).collect();
        assert!(flagged.is_empty(), "{flagged:#?}");
        // Beside one another, in a list and in a table they are no more than alone.
        for page in [all.join("\n"), all.join("\n- "), format!("| {} |", all.join(" | "))] {
            assert_eq!(blame(&page), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn blaming_sentences_are_found() {
    for (name, least) in [("blaming.en.txt", 34), ("blaming.es.txt", 30)] {
        let all = sentences(name).join("\n");
        // One that goes over the end of a line is one.
        let all =
            all.replace("The engineer\nshould have\nlooked", "The engineer should have looked");
        let missed: Vec<_> = all.lines().filter(|one| blame(one).is_empty()).collect();
        assert!(all.lines().count() >= least && missed.is_empty(), "{missed:#?}");
    }
    assert_eq!(blame("The engineer\nshould\nhave looked.").len(), 1);
    assert_eq!(blame("- The engineer should\n- have looked.").len(), 0, "two items");
    let luck = "We would have lost the orders without the replica.";
    assert_eq!(blame(luck).len(), 1);
    assert_eq!(blame(&format!("## Where we were lucky\n\n{luck}\n")).len(), 0, "luck is told so");
    assert_eq!(blame(&format!("## Luck\n\n{luck}\n\n## What was hard\n\n{luck}\n")).len(), 1);
}

/// A report as if somebody had changed every block of it: then all of it counts as people's words.
fn taken_over(page: &str) -> String {
    let marks =
        |line: &&str| !line.starts_with("<!-- journal:") && !line.starts_with("<!-- /block:");
    page.lines().filter(marks).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_that_a_report_says_by_itself_blames() {
    let told = [
        full(&every::story()),
        full(&runs::full()),
        context(&every::drill()),
        context(&runs::rough()),
        context(&runs::aborted()),
        context(&runs::stopped()),
        context(&runs::drill(Ends::Fails)),
    ];
    for told in told {
        for (name, _) in SHIPPED {
            let (title, template) = named(name).unwrap();
            let mut told = told.clone();
            if mayday::report::shipped::is_spanish(name) {
                spanish::said(&mut told);
            }
            let page = render(&title, template, &told);
            assert_eq!(blame(&taken_over(&page)), Vec::<String>::new(), "{name}: {page}");
        }
    }
}

#[test]
fn no_shipped_playbook_blames() {
    fn files(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                files(&path, into);
            } else if path.extension().is_some_and(|end| end == "yaml")
                && !path.ends_with("mayday.yaml")
            {
                into.push(path);
            }
        }
    }
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks"), &mut all);
    let mut seen = 0;
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut story = Story::open(Mode::Real);
        let translated = path.to_string_lossy().ends_with(".es.yaml");
        if translated {
            for line in text.lines() {
                story.note(line.split_once(':').map_or(line, |(_, words)| words.trim()));
            }
        } else {
            let file = SourceFile::new(path.to_string_lossy(), &*text);
            let Some(playbook) = parse::playbook(&file).value else { continue };
            for step in playbook.steps() {
                story.note(&step.common.title);
                story.note(step.common.why.as_deref().unwrap_or("-"));
            }
        }
        seen += 1;
        let page = super::page(&context(&story));
        assert_eq!(blame(&taken_over(&page)), Vec::<String>::new(), "{}", path.display());
    }
    assert!(seen > 40, "{seen}");
}
