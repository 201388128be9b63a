//! `mayday drill compare A B`: two drills of one procedure beside each other.

use clap::Args;

use super::shelf;
use crate::cli::exit::{self, Failure};
use crate::cli::project::Project;
use crate::cli::{Global, out};
use crate::report::drill::compare;

/// Flags of `drill compare`.
#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    /// The earlier drill: its run, the name of its record, or the record's file
    a: String,
    /// The later one
    b: String,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn compare(global: &Global, args: &CompareArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let read = |asked: &str| shelf::find_or_read(global, &project.base, asked);
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    if a.text("run") == b.text("run") {
        let run = a.text("run");
        return Err(Failure::new(exit::USAGE, format!("compare the drill {run} with itself"))
            .hint("`mayday runs` lists the drills there were"));
    }
    if a.text("playbook") != b.text("playbook") {
        let (a, b) = (a.text("playbook"), b.text("playbook"));
        return Err(Failure::new(
            exit::USAGE,
            format!("compare a drill of `{a}` with one of `{b}`"),
        )
        .hint("name two drills of one playbook"));
    }
    let both = compare::compare(&a.says, &b.says);
    if args.json {
        out::json(&both.to_string());
    } else {
        out::lines(&compare::lines(&both));
    }
    Ok(exit::DONE)
}
