//! From the record to words that stay: the context of a template, and the template filled in.
//!
//! Owns what a post-mortem may say. Everything is a fold over events; the record is not read here. The
//! context is documented field by field in book/template-context.md.

use serde_json::{Value, json};

use crate::plan::Plan;
use crate::run::event::Event;
use crate::run::state::Run;
use crate::time::Timestamp;
use crate::timeline::people::People;
use crate::timeline::{rows, times};

mod clocks;
mod decisions;
mod deviations;
pub mod drill;
mod forecast;
mod header;
mod ledger;
pub mod markdown;
mod objectives;
mod outcome;
mod steps;
pub mod template;

pub use template::{ReportTrouble, render};

/// The post-mortem that is used where no other template is named.
pub const POSTMORTEM: &str = include_str!("../templates/postmortem.md.j2");

/// Version of the context. Raised when a field is renamed, removed or means something else; a new field
/// does not raise it.
pub const CONTEXT_VERSION: u32 = 1;

/// What checking the record found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The record is whole and unchanged.
    pub sound: bool,
    /// The hash of its newest event.
    pub head: String,
    /// What was found, in sentences.
    pub findings: Vec<String>,
}

/// How people are called in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// By role: `operator 1`, `operator 2`.
    Roles,
    /// By name.
    Full,
}

/// All that the parts of the context look at.
#[derive(Clone, Copy)]
struct Facts<'a> {
    events: &'a [(u64, Event)],
    run: &'a Run,
    plan: Option<&'a Plan>,
    checked: Option<&'a Checked>,
    people: &'a People,
    now: Timestamp,
}

impl Facts<'_> {
    /// The instant up to which the record tells.
    fn last(&self) -> Timestamp {
        self.run.last_at.unwrap_or(self.now)
    }
}

/// The context of a template, from the events of a run. `plan` is that of its pinned files; without one,
/// what only the playbook knows is `null` or empty.
#[must_use]
pub fn context(
    events: &[(u64, Event)],
    plan: Option<&Plan>,
    checked: Option<&Checked>,
    names: Names,
    now: Timestamp,
) -> Value {
    let events = &*times::corrected(events);
    let run = &times::fold(events);
    let people = &People::of(events, names == Names::Full);
    let facts = Facts { events, run, plan, checked, people, now };
    let clocks = clocks::of(&facts);
    let objectives = objectives::of(&facts);
    let deviations = deviations::of(&facts);
    let drill = header::drill(&facts);
    let summary = outcome::summary(&facts, &objectives, &deviations, &drill);
    let timeline: Vec<Value> = rows(events, plan, people)
        .into_iter()
        .map(|row| {
            json!({
                "seq": row.seq,
                "at": row.at,
                "who": row.who,
                "type": row.kind,
                "what": row.what,
                "step": row.step,
                "evidence": row.evidence.iter().map(|kept| json!({
                    "what": kept.what,
                    "path": kept.path,
                    "sha256": kept.sha256,
                    "bytes": kept.bytes,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "context_version": CONTEXT_VERSION,
        "generated_at": now,
        "names": match names { Names::Roles => "roles", Names::Full => "full" },
        "run": header::run(&facts),
        "record": header::record(&facts),
        "warnings": outcome::warnings(&facts),
        "summary": summary,
        "drill": drill,
        "milestones": clocks::milestones(&facts),
        "durations": clocks::durations(&facts),
        "objectives": objectives,
        "deadlines": clocks,
        "forecasts": forecast::score(&facts),
        "ledger": ledger::ledger(events, run, plan),
        "steps": steps::of(&facts),
        "deviations": deviations,
        "decisions": decisions::of(&facts),
        "notes": decisions::notes(&facts),
        "messages": decisions::messages(&facts),
        "actions": decisions::actions(&facts),
        "timeline": timeline,
    })
}
