//! `mayday doctor`, and `check --online`: what a run would need, looked at beforehand.
//!
//! Owns the flags and the words; what is wanted is gathered in `doctor/wants`, looked at by `world/doctor`. No step
//! is run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, machine, out};
use crate::config::Config;
use crate::plan::{Mode, Place, Plan, Purpose};
use crate::time::Span;
use crate::world::doctor::{self, Finding, Kit, Outcome, Stop, Wants};
use crate::world::secrets::Vault;
use crate::world::surroundings;

mod wants;

/// Flags of `doctor`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday doctor                                  this machine\n  \
    mayday doctor --env production                 and what every playbook needs there\n  \
    mayday doctor --env production sev2-data-loss  and what this one needs")]
pub struct DoctorArgs {
    /// Only what these playbooks need, by id [default: all]
    playbooks: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Where it is looked, and for how long.
#[derive(Args, Debug)]
pub struct PlaceArgs {
    /// The environment [default: the one that mayday.yaml names]
    #[arg(long, env = "MAYDAY_ENV", value_name = "NAME")]
    pub env: Option<String>,
    /// Each question that is asked has this long
    #[arg(long, value_name = "SPAN", default_value_t = doctor::LIMIT)]
    pub limit: Span,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub(super) enum Format {
    /// One line a finding
    Human,
    /// One line of JSON a finding
    Json,
    /// Commands of GitHub's workflows
    Github,
}

pub(super) fn doctor(global: &Global, args: &DoctorArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let config = project.config_value();
    let named = args.place.env.is_some() || config.default_environment.is_some();
    let (environment, found) = if named || !args.playbooks.is_empty() {
        let environment = super::run::environment(&config, args.place.env.as_deref())?;
        let asked = playbooks(&project, &args.playbooks)?;
        let found = examine(global, &project, &environment, asked.as_deref(), args.place.limit)?;
        (environment, found)
    } else {
        (String::new(), machine_alone(global, &config, args.place.limit)?)
    };
    show(&environment, &found, args.format);
    Ok(code(&found))
}

/// The ids asked for, with what they include.
fn playbooks(project: &Project, asked: &[String]) -> Result<Option<Vec<String>>, Failure> {
    if asked.is_empty() {
        return Ok(None);
    }
    let library = project.library();
    let mut all = Vec::new();
    for id in asked {
        if !library.contains_key(id) {
            return Err(super::missing::playbook(project, id));
        }
        all.extend(project.needed(id).into_keys());
    }
    Ok(Some(all))
}

/// What was found of everything that these playbooks (all when `None`) need in an environment.
///
/// # Errors
/// There is no such environment, or no folder for runs.
pub(super) fn examine(
    global: &Global,
    project: &Project,
    environment: &str,
    asked: Option<&[String]>,
    limit: Span,
) -> Result<Vec<Finding>, Failure> {
    let config = project.config_value();
    let purpose = Purpose { playbook: "", environment, mode: Mode::Real, base: &project.base };
    let mut place =
        Place::bind(&config, purpose).map_err(|trouble| super::pinned::refused(&trouble))?;
    place.program = machine::program();
    let library = project.library();
    let chosen = library
        .values()
        .filter(|playbook| asked.is_none_or(|asked| asked.contains(&playbook.head.id)));
    let plan = |id: &str| Plan::build(&library, &config, Purpose { playbook: id, ..purpose }).ok();
    let mut wants = wants::of(chosen, &config, &place, plan);
    folders(global, project, &mut wants)?;
    // Secrets are resolved from here on.
    crate::world::machine::keep_memory_private();
    let spec = config.environments.get(environment);
    let env_file = spec.and_then(|spec| spec.env_file.as_ref()).map(|file| place.cwd.join(file));
    let variables = surroundings::variables(&place);
    let vault = Vault::new(config.secrets.clone(), place.cwd.clone(), env_file)
        .with_variables(variables.clone());
    let Place { path, cwd, .. } = place;
    looked(&wants, Kit { vault, path, variables, cwd, limit, stop: stop()? })
}

/// What ends it all early.
fn stop() -> Result<Stop, Failure> {
    Stop::on_signals()
        .map_err(|error| Failure::new(exit::INTERNAL, format!("take signals: {error}")))
}

/// What was found; half of it is nothing to go by.
fn looked(wants: &Wants, kit: Kit) -> Result<Vec<Finding>, Failure> {
    let stop = kit.stop.clone();
    let found = doctor::examine(wants, kit);
    match stop.how() {
        None => Ok(found),
        Some(how) => Err(Failure::new(exit::of_interrupt(how), "look at everything: interrupted")
            .hint("no step was run, and nothing that was asked is left running")),
    }
}

/// What was found of this machine, without any environment.
fn machine_alone(global: &Global, config: &Config, limit: Span) -> Result<Vec<Finding>, Failure> {
    let mut wants = Wants::default();
    wants::shell(&mut wants, config.shell.as_deref());
    wants.folders.push(("runs".to_owned(), machine::state_dir(global)?));
    let vault = Vault::new(config.secrets.clone(), PathBuf::new(), None);
    let (path, variables, cwd) = (Vec::new(), Vec::new(), PathBuf::new());
    looked(&wants, Kit { vault, path, variables, cwd, limit, stop: stop()? })
}

fn folders(global: &Global, project: &Project, wants: &mut Wants) -> Result<(), Failure> {
    wants.folders.push(("runs".to_owned(), machine::state_dir(global)?));
    if let Some(folder) = project.config_value().record_fallback {
        wants.folders.push(("record_fallback".to_owned(), project.base.join(folder)));
    }
    Ok(())
}

/// The exit code of what was found.
pub(super) fn code(found: &[Finding]) -> u8 {
    let bad = found.iter().any(|finding| finding.outcome == Outcome::Fail);
    if bad { exit::PRECONDITION } else { exit::DONE }
}

/// Prints it: findings to standard output, what they come to for a person.
pub(super) fn show(environment: &str, found: &[Finding], format: Format) {
    match format {
        Format::Json => found.iter().for_each(|finding| {
            out::json(&as_json(environment, finding).to_string());
        }),
        Format::Github => out::lines(&found.iter().filter_map(annotation).collect::<Vec<_>>()),
        Format::Human => {
            out::lines(&found.iter().map(line).collect::<Vec<_>>());
            out::talk(&summary(environment, found));
        }
    }
}

fn line(finding: &Finding) -> String {
    let Finding { look, subject, outcome, says } = finding;
    format!("{:<5} {look:<7} {subject}: {says}", outcome.word())
}

fn summary(environment: &str, found: &[Finding]) -> String {
    let count = |outcome| found.iter().filter(|finding| finding.outcome == outcome).count();
    let (ok, fail, skip) = (count(Outcome::Ok), count(Outcome::Fail), count(Outcome::Skip));
    let place =
        if environment.is_empty() { "this machine".to_owned() } else { format!("`{environment}`") };
    format!("{place}: {ok} OK, {fail} FAIL, {skip} SKIP. No step was run.")
}

fn as_json(environment: &str, finding: &Finding) -> serde_json::Value {
    json!({
        "environment": environment,
        "look": finding.look,
        "subject": finding.subject,
        "outcome": finding.outcome.word().to_lowercase(),
        "message": finding.says,
    })
}

/// GitHub's workflow command; what is as it must be needs none.
fn annotation(finding: &Finding) -> Option<String> {
    let command = match finding.outcome {
        Outcome::Ok => return None,
        Outcome::Fail => "error",
        Outcome::Skip => "notice",
    };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = data(&format!("{} {}", finding.look, finding.subject));
    let title = title.replace(':', "%3A").replace(',', "%2C");
    Some(format!("::{command} title={title}::{}", data(&finding.says)))
}
