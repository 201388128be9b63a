//! Bare `mayday` on a terminal: pick a playbook by what is happening, read it, go on with it.
//!
//! Nothing runs yet, so nothing has to be kept: a lost terminal simply ends the process. The questions of a
//! run are `ui::prompt`'s, which a run can withdraw.

use std::fmt;

use clap::Parser as _;
use inquire::{InquireError, Select};

use super::exit::{self, Failure};
use super::project::Project;
use super::{Cli, Global, machine, out, show};
use crate::playbook::Playbook;
use crate::text;

/// Lines of choices shown at a time: a small terminal holds them and the question.
const PAGE: usize = 10;

/// A playbook to choose, with everything that a search looks at.
struct Choice {
    id: String,
    line: String,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// What to do with the playbook that was chosen.
enum Next {
    DryRun(String),
    Run(String),
    /// Another playbook, and in which case.
    Instead(String, String),
    Leave,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DryRun(environment) => write!(f, "show what would happen on {environment}"),
            Self::Run(environment) => write!(f, "RUN it on {environment}, step by step"),
            Self::Instead(id, case) => write!(f, "not this one: {case} -> {id}"),
            Self::Leave => f.write_str("leave"),
        }
    }
}

/// True when bare `mayday` can ask: a terminal, and nothing on the command line.
pub(super) fn can_ask() -> bool {
    std::env::args_os().len() == 1 && machine::attended(&Global::default())
}

/// Asks what is happening, shows the playbook, and goes on as told. The command line to go on with; `None`
/// when the operator leaves.
///
/// # Errors
/// No project, no playbooks, or a terminal that cannot be used.
pub(super) fn pick() -> Result<Option<Cli>, Failure> {
    let global = Global::default();
    let project = Project::open(None)?;
    let playbooks = project.playbooks.iter().filter_map(|parsed| parsed.value.as_ref());
    let mut choices: Vec<Choice> = playbooks.map(choice).collect();
    choices.sort_by(|a, b| a.id.cmp(&b.id));
    if choices.is_empty() {
        return Err(Failure::new(exit::USAGE, "pick a playbook: there is none")
            .hint("write one: mayday new NAME"));
    }
    let question = Select::new("What is happening?", choices)
        .with_page_size(PAGE)
        .with_help_message("type to search, arrows to move, Enter to read it, Esc to leave");
    let Some(chosen) = answered(question.prompt())? else { return Ok(None) };
    let mut id = chosen.id;
    let words: Vec<String> = loop {
        show::one(&global, &id)?;
        let about = format!("{id}:");
        let question = Select::new(&about, next(&project, &id)).with_page_size(PAGE);
        match answered(question.prompt())? {
            Some(Next::DryRun(environment)) => {
                break vec!["run".into(), id, "--env".into(), environment, "--dry-run".into()];
            }
            Some(Next::Run(environment)) => {
                break vec!["run".into(), id, "--env".into(), environment];
            }
            Some(Next::Instead(other, _)) => id = other,
            Some(Next::Leave) | None => return Ok(None),
        }
    };
    out::talk(&format!("mayday {}", words.join(" ")));
    let all = std::iter::once("mayday".to_owned()).chain(words);
    Cli::try_parse_from(all)
        .map(Some)
        .map_err(|error| Failure::new(exit::INTERNAL, format!("go on: {error}")))
}

/// What can be done with a playbook. What changes nothing stands first; when it is the wrong one, the right
/// one is a choice.
fn next(project: &Project, id: &str) -> Vec<Next> {
    let config = project.config_value();
    let library = project.library();
    let not_for = library.get(id).map(|playbook| playbook.head.not_for.as_slice());
    let known = |not: &&crate::playbook::NotFor| library.contains_key(&not.instead);
    let instead = not_for.unwrap_or_default().iter().filter(known);
    let mut next: Vec<Next> = Vec::new();
    next.extend(config.environments.keys().cloned().map(Next::DryRun));
    next.extend(instead.map(|not| Next::Instead(not.instead.clone(), not.condition.clone())));
    next.extend(config.environments.keys().cloned().map(Next::Run));
    next.push(Next::Leave);
    next
}

/// One of a few, by its name; `None` when the operator leaves.
///
/// # Errors
/// A terminal that cannot be used.
pub(super) fn one_of(question: &str, names: &[&str]) -> Result<Option<String>, Failure> {
    let question = Select::new(question, names.to_vec()).with_page_size(PAGE);
    Ok(answered(question.prompt())?.map(str::to_owned))
}

/// `id  title  | symptom; symptom | alert`: all of it is searched.
fn choice(playbook: &Playbook) -> Choice {
    let head = &playbook.head;
    let mut line = format!("{}  {}", head.id, head.title);
    for more in [head.use_when.join("; "), head.alerts.join(", ")] {
        if !more.is_empty() {
            line.push_str(&format!("  | {more}"));
        }
    }
    Choice { id: head.id.clone(), line: text::one_line(&line).into_owned() }
}

/// The answer; nothing when the operator leaves.
fn answered<T>(answer: Result<T, InquireError>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(None),
        Err(error) => Err(Failure::new(exit::PRECONDITION, format!("ask: {error}"))
            .hint("`mayday list` and `mayday run ID` need no terminal")),
    }
}
