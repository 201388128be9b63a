//! Drills of this machine that have no record beside mayday.yaml: being run, left open, or over without one.
//!
//! Nothing that goes by the records knows of them; what is said of a procedure without them would be half the truth.

use std::path::Path;

use super::shelf::Filed;
use crate::cli::exit::{self, Failure};
use crate::cli::{Global, driven};
use crate::journal::{self, Condition, RunId, Store};
use crate::plan::Mode;
use crate::run::event::{Kind, Opened};
use crate::run::state::Run;
use crate::time::Timestamp;

/// A drill without a record.
pub(in crate::cli) struct Loose {
    pub(in crate::cli) run: RunId,
    pub(in crate::cli) playbook: String,
    pub(in crate::cli) began: Timestamp,
    stands: Stands,
}

/// How it stands.
enum Stands {
    /// Somebody drives it now.
    Driven(String),
    /// It can be gone on with or given up.
    Open,
    /// Its own record cannot be used any more; what happened can still be read.
    Unusable,
    /// It came to its end; the record was not written.
    Over,
}

impl Loose {
    /// In words, behind the run's id.
    pub(in crate::cli) fn words(&self) -> String {
        let run = &self.run;
        match &self.stands {
            Stands::Driven(holder) => format!("{run} is being run, by {holder}"),
            Stands::Open => {
                format!("{run} was left open: `mayday resume {run}` or `mayday abort {run}`")
            }
            Stands::Unusable => format!(
                "{run} cannot be gone on with: `mayday report {run}` tells what is known of it"
            ),
            Stands::Over => {
                format!("{run} is over and has no record: `mayday resume {run}` writes it")
            }
        }
    }

    /// It has no end yet: nobody knows what it comes to.
    pub(in crate::cli) const fn is_open(&self) -> bool {
        matches!(self.stands, Stands::Driven(_) | Stands::Open)
    }
}

/// Every one of a project, oldest first.
pub(in crate::cli) fn all(global: &Global, base: &Path, records: &[Filed]) -> Vec<Loose> {
    let Ok(store) = driven::store(global) else { return Vec::new() };
    let mut runs = store.list().unwrap_or_default();
    runs.reverse();
    let has_record = |run: &RunId| records.iter().any(|filed| filed.text("run") == run.as_str());
    runs.retain(|run| !has_record(run));
    runs.into_iter().filter_map(|run| one(&store, run, base)).collect()
}

fn one(store: &Store, run: RunId, base: &Path) -> Option<Loose> {
    let (opened, began) = opened(store, &run)?;
    if opened.mode != Mode::Drill || Path::new(&opened.base) != base {
        return None;
    }
    Some(Loose { stands: stands(store, &run)?, playbook: opened.playbook, began, run })
}

fn opened(store: &Store, run: &RunId) -> Option<(Opened, Timestamp)> {
    let first = journal::read_first(&store.dir(run).ok()?).ok()??;
    let Kind::Opened(opened) = first.kind else { return None };
    Some((*opened, first.at))
}

fn stands(store: &Store, run: &RunId) -> Option<Stands> {
    if let Some(holder) = store.driver(run) {
        return Some(Stands::Driven(holder));
    }
    let mut state = Run::default();
    let scan = journal::read_with(&store.dir(run).ok()?, |_, event| state.apply(&event)).ok()?;
    Some(match scan.condition {
        _ if state.closed.is_some() => Stands::Over,
        Condition::Clean | Condition::Torn { .. } => Stands::Open,
        _ => Stands::Unusable,
    })
}

/// Why a drill that was asked for has no record; `None` where it is none of this machine.
pub(super) fn asked(global: &Global, asked: &str) -> Option<Failure> {
    let store = driven::store(global).ok()?;
    let run = store.find(asked).ok()?;
    let (opened, began) = opened(&store, &run)?;
    if opened.mode != Mode::Drill {
        let failure =
            Failure::new(exit::USAGE, format!("find the record of a drill: {run} is a real run"));
        return Some(failure.hint("`mayday runs` lists the runs and which of them are drills"));
    }
    let loose = Loose { stands: stands(&store, &run)?, playbook: opened.playbook, began, run };
    let Loose { run, .. } = &loose;
    let (what, hint) = match &loose.stands {
        Stands::Driven(holder) => {
            (format!("{run} is being run, by {holder}"), format!("`mayday status {run}` shows it"))
        }
        Stands::Open => (
            format!("{run} is not over"),
            format!(
                "it has a verdict and a record when it is: `mayday resume {run}` goes on with it, `mayday abort {run} --reason WORDS` closes it"
            ),
        ),
        Stands::Unusable => (
            format!("{run} did not come to its end, and cannot be gone on with"),
            format!("`mayday report {run}` tells what is known of it; run the drill again"),
        ),
        Stands::Over => (
            format!("{run} is over, and its record is not there"),
            format!("`mayday resume {run}` writes it"),
        ),
    };
    Some(Failure::new(exit::PRECONDITION, format!("find the record of a drill: {what}")).hint(hint))
}
