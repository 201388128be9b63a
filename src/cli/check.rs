//! `mayday check`: every fault of every file at once.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    Ok(if faults.iter().any(bad) { exit::INVALID } else { exit::DONE })
}
