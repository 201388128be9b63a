//! The shipped playbooks as pages: nothing of them is missing, and every link leads somewhere.

use std::path::Path;

use mayday::diagnostic::SourceFile;
use mayday::playbook::{Playbook, parse};
use serde_json::json;

use super::{given, pages, sent, tags};
use crate::support::desk::{Desk, ROOT};

/// Every playbook below `playbooks/`, with its file.
fn shipped() -> Vec<(String, Playbook)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(Path::new(ROOT).join("playbooks")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned();
            let other = name.ends_with("/mayday.yaml") || name.ends_with(".es.yaml");
            if path.extension().is_none_or(|end| end != "yaml") || other {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((
                name.clone(),
                parse::playbook(&SourceFile::new(&name, text)).value.unwrap(),
            ));
        }
    }
    assert!(found.len() > 30);
    found
}

#[test]
fn every_shipped_playbook_is_a_page_with_all_its_steps_and_no_dead_link() {
    let desk = Desk::new();
    let said = given(&desk, &["book"], &sent(ROOT, &json!({"rehearsed": "book/rehearsed.tsv"})));
    assert_eq!(said.err, "");
    let pages = pages(&said);
    for (file, playbook) in shipped() {
        let marked = format!("- **File**: `{file}`\n");
        let (path, page) = pages.iter().find(|(_, page)| page.contains(&marked)).unwrap();
        for step in playbook.steps() {
            let name = format!("- **Name**: `{}`\n", step.common.id);
            assert!(page.contains(&name), "{path} lacks {}", step.common.id);
            if let mayday::steps::Action::Shell(_) = &step.action {
                step.action.parts(&mut |_, part| {
                    if let mayday::steps::Part::Script(script) = part {
                        assert!(
                            page.contains(script.trim_end()),
                            "{path}: not as it runs: {script}"
                        );
                    }
                });
            }
        }
        for symptom in &playbook.head.use_when {
            let line = format!("- {}\n", mayday::book::mark::text(symptom));
            assert!(page.contains(&line), "{path} lacks `{symptom}`");
        }
        let picture = page.split("<figure").nth(1).unwrap().split("</figure>").next().unwrap();
        assert!(!picture.contains('\n'), "a blank line would end the picture");
        tags(&format!("<figure{picture}</figure>"));
        assert!(
            picture.contains("role=\"img\"")
                && picture.contains("<title>")
                && picture.contains("<desc>")
        );
        assert_eq!(
            page.matches("class=\"mayday-tick\"").count(),
            page.matches("- **Name**: ").count()
        );
    }
    let mut links = 0;
    for (path, page) in &pages {
        for link in page.split("](<").skip(1).map(|rest| rest.split(">)").next().unwrap()) {
            if link.starts_with("http") {
                continue;
            }
            links += 1;
            let target = link.trim_start_matches("../");
            assert_eq!(link.matches("../").count(), path.matches('/').count(), "{path}: {link}");
            assert!(pages.contains_key(target), "{path}: {link} leads nowhere");
        }
    }
    assert!(links > 80, "only {links} links");
    let drilled = pages["playbooks/bloom/sev2-data-loss.md"].clone();
    assert!(drilled.contains("- **Last rehearsed by tests**: 20"), "{drilled}");
    // The same project gives the same pages.
    let again = given(&desk, &["book"], &sent(ROOT, &json!({"rehearsed": "book/rehearsed.tsv"})));
    assert_eq!(again.out, said.out);
}

#[test]
fn a_page_on_its_own_is_one_file_with_boxes_and_blanks() {
    let desk = Desk::new();
    let said = desk.mayday(&["show", "quickstart/data-loss", "--format", "html"]);
    assert_eq!(said.code, Some(0), "{}", said.all());
    let tags = tags(&said.out);
    assert!(said.out.starts_with("<!doctype html>\n<html lang=\"en\">"));
    for outside in ["script", "link", "img", "iframe", "a"] {
        assert!(!tags.iter().any(|tag| tag == outside), "a <{outside}> in a page on its own");
    }
    assert!(said.out.contains("@media print"));
    assert!(
        said.out.matches("&#9744; done").count() + said.out.matches("\u{2610} done").count() >= 10
    );
    for words in
        ["<h2>When to use it</h2>", "<h2>The way through it</h2>", "Led by ____", "change on db"]
    {
        assert!(said.out.contains(words), "{words}");
    }
    let page = desk.mayday(&["show", "quickstart/data-loss", "--format", "md"]).out;
    assert!(
        page.starts_with("# ") && page.contains("\n## Its drill\n") && page.contains("```sql\n")
    );
}

#[test]
fn the_last_drill_on_record_stands_on_the_page() {
    let desk = Desk::new();
    let page = || desk.mayday(&["show", "quickstart/data-loss", "--format", "md"]).out;
    assert!(page().contains("- **Last drill**: none on record\n"));
    desk.mayday(&["drill", "run", "quickstart/data-loss", "--env", "sandbox", "--no-input"])
        .is(0, &["PASS"]);
    let after = page();
    let line = after.lines().find(|line| line.starts_with("- **Last drill**: ")).unwrap();
    assert!(line.contains(" on sandbox: PASS, 100 of 100 points, recovered in "), "{line}");
}
