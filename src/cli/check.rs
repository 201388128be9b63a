//! `mayday check`: every fault of every file at once.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::doctor::{self, PlaceArgs};
use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, machine, out};
use crate::diagnostic::{Diagnostic, Level, render};
use crate::playbook::catalogue;
use crate::text;

/// Flags of `check`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday check                               all playbooks and mayday.yaml\n  \
    mayday check playbooks/bloom               a folder\n  \
    mayday check --online --env production     and look at tools, secrets, targets\n  \
    mayday check --deny warnings --format github")]
pub struct CheckArgs {
    /// Files and folders [default: the folder of playbooks]
    paths: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long, value_name = "LEVEL", value_enum)]
    deny: Option<Deny>,
    /// How to print the faults
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Look as `doctor` does, too: tools, flags, secrets, targets, URLs, disk, clocks
    #[arg(long)]
    online: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Deny {
    Warnings,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Format {
    /// For a person, with excerpts
    Human,
    /// One line of JSON a fault
    Json,
    /// Commands of GitHub's workflows
    Github,
    /// SARIF 2.1.0
    Sarif,
}

pub(super) fn check(global: &Global, args: &CheckArgs) -> Result<u8, Failure> {
    if args.online && args.format == Format::Sarif {
        return Err(Failure::new(exit::USAGE, "print what was found online as SARIF")
            .hint("SARIF speaks of places in files: take --format json or github"));
    }
    let projects = Project::open_all(global.config.as_deref(), &args.paths)?;
    let today = machine::wall_clock();
    let faults: Vec<Diagnostic> =
        projects.iter().flat_map(|project| project.check(today)).collect();
    let files = projects.iter().map(Project::files).sum();
    match args.format {
        Format::Human => {
            let text =
                render::human(&faults, machine::colour_on_stdout(global.plain), machine::width());
            out::data(&text);
            out::talk(&render::summary(&faults, files));
            let worst = faults.iter().find(|fault| fault.level == Level::Error);
            if let Some(fault) = worst.or(faults.first()) {
                out::talk(&format!("`mayday explain {}` says more.", fault.code.0));
            }
        }
        Format::Json => out::json(&render::json(&faults)),
        Format::Github => out::data(&text::sanitise(&render::github(&faults))),
        Format::Sarif => {
            let all: Vec<_> = catalogue::all().collect();
            out::json(&render::sarif(&faults, &all));
        }
    }
    let bad = |fault: &Diagnostic| {
        fault.level == Level::Error
            || (fault.level == Level::Warning && args.deny == Some(Deny::Warnings))
    };
    let online = if args.online { online(global, args, &projects)? } else { exit::DONE };
    Ok(if faults.iter().any(bad) { exit::INVALID } else { online })
}

/// Looks at what the playbooks asked for need, in each project that has the environment.
fn online(global: &Global, args: &CheckArgs, projects: &[Project]) -> Result<u8, Failure> {
    let named = args.place.env.as_deref();
    let mut worst = exit::DONE;
    let mut looked = false;
    for project in projects {
        let config = project.config_value();
        let name = named.map(str::to_owned).or_else(|| config.default_environment.clone());
        let Some(name) = name.filter(|name| config.environments.contains_key(name)) else {
            continue;
        };
        looked = true;
        let asked = project.asked_ids();
        let found = doctor::examine(global, project, &name, asked.as_deref(), args.place.limit)?;
        let format = match args.format {
            Format::Json => doctor::Format::Json,
            Format::Github => doctor::Format::Github,
            Format::Human | Format::Sarif => doctor::Format::Human,
        };
        doctor::show(&name, &found, format);
        worst = worst.max(doctor::code(&found));
    }
    if looked {
        return Ok(worst);
    }
    let known: std::collections::BTreeSet<String> =
        projects.iter().flat_map(|p| p.config_value().environments.into_keys()).collect();
    let known: Vec<String> = known.into_iter().collect();
    let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
    let why = match named {
        Some(name) => format!("find an environment `{name}` in mayday.yaml"),
        None => "choose an environment: none is named".to_owned(),
    };
    Err(Failure::new(exit::PRECONDITION, why).hint(format!("--env NAME; mayday.yaml has {known}")))
}
