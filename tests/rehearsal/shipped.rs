//! Every playbook that is shipped: `mayday check` has nothing to say, and each has what a tired person needs.

use std::fs;
use std::path::Path;

use mayday::diagnostic::SourceFile;
use mayday::effect::EffectClass;
use mayday::playbook::{Drill, Mark, Playbook, Step, parse};
use mayday::steps::Action;

use crate::support::desk::{Desk, ROOT};

/// The folders with a configuration of their own.
pub(crate) fn teams() -> Vec<String> {
    let folders = fs::read_dir(Path::new(ROOT).join("playbooks")).unwrap().flatten();
    let mut teams: Vec<String> = folders
        .filter(|entry| entry.path().join("mayday.yaml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    teams.sort();
    teams
}

pub(crate) fn playbooks(team: &str) -> Vec<Playbook> {
    let files = fs::read_dir(Path::new(ROOT).join("playbooks").join(team)).unwrap().flatten();
    let read = |path: &Path| {
        let parsed = parse::playbook(&SourceFile::new(
            path.to_string_lossy(),
            fs::read_to_string(path).unwrap(),
        ));
        parsed.value.unwrap_or_else(|| panic!("{} is no playbook", path.display()))
    };
    let paths = files.map(|entry| entry.path());
    let yaml = |path: &std::path::PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".es.yaml") && !path.ends_with("mayday.yaml")
    };
    paths.filter(yaml).map(|path| read(&path)).collect()
}

#[test]
fn check_has_nothing_to_say_about_any_of_them() {
    let desk = Desk::new();
    let teams = teams();
    assert!(teams.contains(&"bloom".to_owned()), "{teams:?}");
    let folders: Vec<String> = teams.iter().map(|team| format!("playbooks/{team}")).collect();
    let mut words = vec!["check", "--deny", "warnings", "playbooks"];
    words.extend(folders.iter().map(String::as_str));
    desk.mayday(&words).is(0, &["no faults in"]);
}

#[test]
fn each_says_when_it_is_for_by_when_it_ends_and_how_it_is_rehearsed() {
    for team in teams() {
        for book in playbooks(&team) {
            let (head, id) = (&book.head, &book.head.id);
            assert!(!head.use_when.is_empty(), "{id}: no symptoms");
            assert!(!head.not_for.is_empty(), "{id}: not said what it is not for");
            assert!(head.owner.is_some() && head.review_every.is_some(), "{id}: nobody keeps it");
            assert!(head.severity.is_some(), "{id}: no severity, so nobody hears of it");
            assert!(head.objectives.rto.is_some(), "{id}: no objective");
            let budgets = book.phases.iter().all(|phase| phase.head.budget.is_some());
            assert!(budgets, "{id}: a phase without budget");
            let drill = book.drill.as_ref();
            let drill = drill.unwrap_or_else(|| panic!("{id}: no drill"));
            assert!(drill.head.cadence.is_some(), "{id}: the drill is never due");
            assert!(!drill.head.sign_off.is_empty(), "{id}: nobody signs");
            let points: u32 = drill.pass.iter().filter_map(|probe| probe.head.points).sum();
            assert_eq!(points, 100, "{id}: the points of its drill");
        }
    }
}

/// A routine on the way, such as a backup, would stop the escalation of an incident that is not over.
#[test]
fn no_routine_says_that_the_incident_is_mitigated_before_its_procedure_does() {
    let marks = |step: &Step| step.common.marks == Some(Mark::Mitigated);
    for team in teams() {
        let books = playbooks(&team);
        for book in &books {
            let steps: Vec<&Step> = book.steps().collect();
            let own_last = steps.iter().rposition(|step| marks(step));
            for (at, step) in steps.iter().enumerate() {
                let Action::Include(include) = &step.action else { continue };
                let included =
                    books.iter().find(|other| other.head.id == include.playbook).unwrap();
                let routine = included.head.severity > book.head.severity;
                let early = routine
                    && included.steps().any(marks)
                    && own_last.is_some_and(|last| at < last);
                let (id, step) = (&book.head.id, &step.common.id);
                assert!(!early, "{id}: `{step}` includes a playbook that says `mitigated` first");
            }
        }
    }
}

#[test]
fn what_each_changes_can_be_looked_into_after_a_crash_and_taken_back_or_says_why_not() {
    for team in teams() {
        for book in playbooks(&team) {
            for step in book.steps() {
                let (class, id) = (step.common.effect, &step.common.id);
                let id = format!("{}: {id}", book.head.id);
                let changes = matches!(class, Some(EffectClass::Change | EffectClass::Destructive));
                if !changes {
                    continue;
                }
                // The server of a transaction says itself what became of it.
                let sql = matches!(step.action, Action::Sql(_));
                let known = step.on_crash.is_some() || (sql && !step.common.no_transaction);
                assert!(known, "{id} says not how to look after a crash");
                let why = step.common.why.as_deref().unwrap_or_default();
                let back = step.undo.is_some() || why.contains("No way back");
                assert!(back, "{id} has no undo; its `why` must say: No way back, because ...");
            }
        }
    }
}

/// A look that can fail, on its own.
fn proves(step: &Step) -> bool {
    let looks =
        matches!(step.common.effect, Some(EffectClass::Read)) && step.common.expect.is_some();
    let asks = matches!(step.action, Action::Confirm(_) | Action::Assert(_) | Action::Include(_));
    looks || asks || matches!(step.action, Action::WaitForUrl(_) | Action::WaitUntil(_))
}

#[test]
fn what_each_changes_is_looked_at_afterwards() {
    for team in teams() {
        for book in playbooks(&team) {
            let steps: Vec<&Step> = book.steps().collect();
            for (at, step) in steps.iter().enumerate() {
                let changes = matches!(
                    step.common.effect,
                    Some(EffectClass::Change | EffectClass::Destructive)
                );
                // What tidies up is no part of the procedure: nothing depends on it.
                let tidies = matches!(step.action, Action::UndoOf(_));
                let looked = step.common.expect.is_some()
                    || steps[at + 1..].iter().any(|later| proves(later));
                let (id, step_id) = (&book.head.id, &step.common.id);
                assert!(
                    !changes || tidies || looked || !step.verify.is_empty(),
                    "{id}: nobody looks at what `{step_id}` did"
                );
            }
        }
    }
}

#[test]
fn each_organisation_says_who_hears_of_what_in_what_time_and_where_that_is_written() {
    for team in teams() {
        let path = Path::new(ROOT).join("playbooks").join(&team).join("mayday.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let config =
            parse::config(&SourceFile::new(path.to_string_lossy(), text.clone())).value.unwrap();
        assert_eq!(config.severities.len(), 4, "{team}: the severity matrix");
        for (severity, policy) in &config.severities {
            assert!(!policy.aliases.is_empty(), "{team}: {severity} has no name of the document");
            for rung in &policy.escalation {
                for contact in &rung.to {
                    assert!(config.contacts.contains_key(contact), "{team}: nobody is `{contact}`");
                }
            }
        }
        let urgent = config.severities.iter().filter(|(_, policy)| !policy.escalation.is_empty());
        assert!(urgent.count() >= 3, "{team}: the escalation matrix");
        let policy = serde_json::to_string(&config.policy).unwrap();
        for part in ["rto", "rpo"] {
            assert!(policy.contains(&format!("\"{part}\"")), "{team}: no {part} in its policy");
        }
        assert!(
            policy.contains("\"retention\"") || policy.contains("\"keep\""),
            "{team}: no retention"
        );
        let heads = ["severities:", "contacts:", "policy:"];
        for head in heads {
            let (before, _) = text.split_once(&format!("\n{head}")).unwrap();
            // The comment above it, or the file's first lines, name the document.
            let near =
                before.lines().rev().take_while(|line| line.starts_with('#')).collect::<String>();
            let top: String = text.lines().take_while(|line| line.starts_with('#')).collect();
            let cites = |text: &str| {
                ["Document", "document", "Source", "source", "Backup strategy", "contact list"]
                    .iter()
                    .any(|word| text.contains(word))
            };
            assert!(cites(&near) || cites(&top), "{team}: {head} cites no document");
        }
    }
}

/// The alarms of the documents lead to the playbook that answers them.
#[test]
fn the_alarms_of_the_backups_lead_to_their_playbooks() {
    let books = playbooks("bloom");
    for (alarm, answer) in [
        ("BackupFailed", "backup-daily"),
        ("BackupSizeAnomaly", "backup-daily"),
        ("S3SyncFailed", "backup-sync-s3"),
    ] {
        let named: Vec<&str> = books
            .iter()
            .filter(|book| book.head.alerts.iter().any(|alert| alert == alarm))
            .map(|book| book.head.id.as_str())
            .collect();
        assert_eq!(named, [answer], "{alarm}");
    }
}

/// A program that a step calls whatever happens is looked for before the first step.
#[test]
fn what_every_run_of_a_playbook_calls_is_asked_for_before_anything_runs() {
    const TOOLS: [&str; 14] = [
        "aws",
        "docker",
        "gh",
        "gzip",
        "jq",
        "neonctl",
        "netlify",
        "npx",
        "openssl",
        "pg_dump",
        "pg_restore",
        "psql",
        "ssh",
        "vercel",
    ];
    for team in teams() {
        for book in playbooks(&team) {
            let asked: Vec<&str> =
                book.head.requires.tools.iter().filter_map(|tool| tool.split(' ').next()).collect();
            let certain = book.phases.iter().filter(|phase| phase.head.when.is_none());
            for step in
                certain.flat_map(|phase| &phase.steps).filter(|step| step.common.when.is_none())
            {
                let Action::Shell(shell) = &step.action else { continue };
                let parts = |line: &str| {
                    line.split(['|', '(', ';', '&'])
                        .map(str::trim_start)
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                let called: Vec<String> = shell.script().lines().flat_map(parts).collect();
                let calls =
                    |tool: &&&str| called.iter().any(|part| part.starts_with(&format!("{tool} ")));
                for tool in TOOLS.iter().filter(|tool| calls(tool)) {
                    let (id, step) = (&book.head.id, &step.common.id);
                    // Ferreteria's commands run on its machine.
                    let there = team == "ferreteria" && shell.script().contains("vps");
                    assert!(asked.contains(tool) || there, "{id}: `{step}` calls {tool}");
                }
            }
        }
    }
}

/// The steps and criteria of a drill.
fn of_drill(drill: &Drill) -> impl Iterator<Item = &str> {
    let steps = drill.setup.iter().chain(&drill.inject).chain(&drill.cleanup);
    let criteria = drill.pass.iter().filter_map(|criterion| criterion.head.id.as_deref());
    steps.map(|step| step.common.id.as_str()).chain(criteria)
}

#[test]
fn the_table_of_instructions_names_playbooks_and_steps_that_are_there() {
    let page = fs::read_to_string(Path::new(ROOT).join("book/sources.md")).unwrap();
    let words = |cell: &str| cell.split('`').nth(1).map(str::to_owned);
    let mut rows = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.contains("| playbook |"))
    {
        let cells: Vec<&str> = row.trim_matches('|').split(" |").collect();
        assert_eq!(cells.len(), 6, "{row}");
        // The day on which that step last ended well in the tests, or why there is none.
        let rehearsed = cells[5].trim();
        let day = rehearsed.len() == 10 && rehearsed.starts_with("20");
        assert!(day || rehearsed.starts_with("no: "), "never rehearsed: {row}");
        rows.extend(words(cells[2]).map(|playbook| (playbook, words(cells[3]))));
    }
    assert!(rows.len() > 100, "{} rows", rows.len());
    for team in teams() {
        for book in playbooks(&team) {
            let id = book.head.id.rsplit('/').next().unwrap();
            let name = format!("{team}/{id}");
            assert!(page.contains(&format!("`{name}`")), "{name} is not on the page");
            let known: Vec<&str> = book
                .steps()
                .map(|step| step.common.id.as_str())
                .chain(book.phases.iter().map(|phase| phase.head.id.as_str()))
                .chain(book.drill.iter().flat_map(of_drill))
                .collect();
            for (_, step) in rows.iter().filter(|(playbook, _)| *playbook == name) {
                let step =
                    step.as_deref().unwrap_or_else(|| panic!("{name}: a row without a step"));
                assert!(known.contains(&step), "{name} has no step `{step}`");
            }
        }
        rows.retain(|(playbook, _)| !playbook.starts_with(&format!("{team}/")));
    }
    assert!(rows.is_empty(), "rows of no team: {rows:?}");
}
