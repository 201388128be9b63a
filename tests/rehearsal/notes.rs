//! Which steps of which playbooks the tests went through, noted for the table of sources: `.ci/sources` reads it.
//!
//! A step counts when a run says that it ended well, whatever became of the run: the way back of a deploy runs only
//! where the deploy failed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mayday::playbook::Playbook;
use mayday::steps::Action;
use serde_json::Value;

use super::shipped::playbooks;
use crate::support::desk::ROOT;

/// Notes the steps of every run below a state folder, whose playbooks are those of a team.
pub(crate) fn take(team: &str, state: &Path) {
    if std::thread::panicking() || !Path::new(ROOT).join("playbooks").join(team).is_dir() {
        return;
    }
    let books = playbooks(team);
    let mut names = BTreeSet::new();
    for run in fs::read_dir(state).into_iter().flatten().flatten() {
        let record = fs::read_to_string(run.path().join("journal.jsonl")).unwrap_or_default();
        let mut opened = None;
        for line in record.lines() {
            let Ok(Value::Object(line)) = serde_json::from_str(line) else { continue };
            let event = &line["ev"];
            if event["type"] == "opened" {
                opened = event["playbook"].as_str().and_then(|id| find(&books, id));
            }
            if let (Some(book), "settled", "ok") =
                (opened, word(event, "type"), word(event, "status"))
            {
                walk(team, &books, book, word(event, "step"), &mut names);
            }
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rehearsed");
    fs::create_dir_all(&folder).unwrap();
    for name in names {
        fs::write(folder.join(name.replace('/', "__")), "").unwrap();
    }
}

fn word<'a>(event: &'a Value, field: &str) -> &'a str {
    event[field].as_str().unwrap_or_default()
}

fn find<'a>(books: &'a [Playbook], id: &str) -> Option<&'a Playbook> {
    books.iter().find(|book| book.head.id == id)
}

/// From the key of a step, such as `site_off.page_on`, to every playbook, phase and step that it stands for.
fn walk(team: &str, books: &[Playbook], book: &Playbook, key: &str, names: &mut BTreeSet<String>) {
    let id = format!("{team}/{}", book.head.id.rsplit('/').next().unwrap_or_default());
    let (step, inner) =
        key.split_once('.').map_or((key, None), |(step, inner)| (step, Some(inner)));
    let phase =
        book.phases.iter().find(|phase| phase.steps.iter().any(|each| each.common.id == step));
    names.extend(phase.map(|phase| format!("{id}/{}", phase.head.id)));
    names.insert(format!("{id}/{step}"));
    names.insert(id);
    let drill = book
        .drill
        .iter()
        .flat_map(|drill| drill.setup.iter().chain(&drill.inject).chain(&drill.cleanup));
    let found = book.steps().chain(drill).find(|each| each.common.id == step);
    if let (Some(Action::Include(include)), Some(inner)) = (found.map(|step| &step.action), inner)
        && let Some(included) = find(books, &include.playbook)
    {
        walk(team, books, included, inner, names);
    }
}
