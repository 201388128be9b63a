//! From the record to words that stay: the context of a template, and the template filled in.
//!
//! Owns what a post-mortem may say. Everything is a fold over events; the record is not read here. The
//! context is documented field by field in book/template-context.md.

use serde_json::{Value, json};

use crate::plan::Plan;
use crate::run::event::Event;
use crate::run::state::Run;
use crate::severity::Severity;
use crate::time::Timestamp;
use crate::timeline::people::People;
use crate::timeline::{rows, times};

mod attempts;
pub mod blocks;
mod clocks;
mod decisions;
mod deviations;
pub mod drill;
pub mod earlier;
pub mod fields;
mod forecast;
mod header;
pub mod html;
mod hurt;
mod incident;
pub mod language;
mod ledger;
mod leftovers;
mod lessons;
mod link;
pub mod markdown;
mod markup;
pub mod names;
mod objectives;
mod outcome;
mod picture;
pub mod prose;
pub mod shipped;
pub mod spanish;
pub use picture::gantt;
mod read;
mod steps;
mod task;
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

/// What a report tells beside the record.
#[derive(Clone, Debug, Default)]
pub struct Beside<'a> {
    /// What leads from the report's folder to that of the run, with a `/` at its end: `../`.
    pub base: &'a str,
    /// Earlier runs of the same playbook, newest first.
    pub earlier: Vec<earlier::Earlier>,
}

/// All that the parts of the context look at.
#[derive(Clone, Copy)]
struct Facts<'a> {
    beside: &'a Beside<'a>,
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

    /// `SEV-1 (P1)`: a severity with the names that the organisation gives it; bare without the plan.
    fn severity(&self, severity: Severity) -> String {
        self.plan.map_or_else(|| severity.to_string(), |plan| plan.severity_names.shown(severity))
    }
}

/// At most this many rows of the timeline: what a person reads, and more. A longer record is left out in its middle.
pub const MAX_ROWS: usize = 12_000;

/// At most this many rows of each other list that grows with the record.
pub const MAX_LIST: usize = 2_000;

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
    context_with(events, plan, checked, names, now, &Beside::default())
}

/// The same with what stands beside the record.
#[must_use]
pub fn context_with(
    events: &[(u64, Event)],
    plan: Option<&Plan>,
    checked: Option<&Checked>,
    names: Names,
    now: Timestamp,
    beside: &Beside<'_>,
) -> Value {
    let events = &*times::corrected(events);
    let run = &times::fold(events);
    let people = &People::of(events, plan, names == Names::Full);
    let facts = Facts { beside, events, run, plan, checked, people, now };
    let clocks = clocks::of(&facts);
    let objectives = objectives::of(&facts);
    let deviations = deviations::of(&facts);
    let drill = header::drill(&facts);
    let durations = clocks::durations(&facts);
    let messages = decisions::messages(&facts);
    let ledger = ledger::ledger(events, run, plan);
    let steps = steps::of(&facts);
    let summary = outcome::summary(&facts, &objectives, &deviations, &drill);
    let mut left_out = LeftOut::default();
    let factors = left_out.capped("factors", MAX_LIST, lessons::factors(&facts, &deviations));
    let mut context = json!({
        "context_version": CONTEXT_VERSION,
        "generated_at": now,
        "language": "en",
        "names": match names { Names::Roles => "roles", Names::Full => "full" },
        "document": incident::document(&facts),
        "run": header::run(&facts),
        "record": header::record(&facts),
        "warnings": outcome::warnings(&facts),
        "summary": summary,
        "drill": drill,
        "responders": incident::responders(&facts),
        "severities": incident::severities(&facts),
        "detection": incident::detection(&facts),
        "impact": incident::impact(&facts, &objectives, &durations),
        "milestones": clocks::milestones(&facts),
        "durations": durations,
        "escalations": incident::escalations(&facts, &clocks, &messages),
        "deadlines": clocks,
        "forecasts": forecast::score(&facts),
        "factors": factors,
        "went": lessons::went(&facts, &objectives, &ledger, &steps),
        "objectives": objectives,
        "ledger": ledger,
        "suggestions": lessons::suggestions(&facts, &steps),
        "steps": steps,
        "recovery": left_out.capped("recovery", MAX_ROWS, attempts::of(&facts)),
        "leftovers": left_out.capped("leftovers", MAX_LIST, leftovers::of(&facts)),
        "deviations": left_out.capped("deviations", MAX_LIST, deviations),
        "decisions": left_out.capped("decisions", MAX_LIST, decisions::of(&facts)),
        "objections": left_out.capped("objections", MAX_LIST, decisions::objections(&facts)),
        "notes": left_out.capped("notes", MAX_LIST, decisions::notes(&facts)).into_iter()
            .map(|note| decisions::note(&facts, note)).collect::<Vec<_>>(),
        "messages": left_out.capped("messages", MAX_LIST, messages),
        "actions": left_out.capped("actions", MAX_LIST, decisions::actions(&facts)),
        "earlier": earlier::rows(&beside.earlier),
        "timeline": timeline(&facts, &mut left_out),
    });
    context["left_out"] = left_out.rows.into();
    context["names_words"] = names::words(names == Names::Full).into();
    if names == Names::Roles {
        names::hide(&mut context, people);
    }
    context["gantt"] = Some(gantt::gantt(&context)).filter(|chart| !chart.is_empty()).into();
    context
}

/// Rows that a report does not repeat, and where they are.
#[derive(Default)]
struct LeftOut {
    rows: Vec<Value>,
}

impl LeftOut {
    /// How many rows stay at the beginning and at the end of so many.
    fn kept(&mut self, list: &str, most: usize, len: usize) -> Option<(usize, usize)> {
        let (head, tail) = (most / 2, most - most / 2);
        (len > most).then(|| {
            self.rows.push(json!({
                "list": list,
                "rows": len - most,
                "of": len,
                "after": head,
                "where": "the record has all of them: journal.jsonl in the folder of the run",
            }));
            (head, tail)
        })
    }

    fn capped<T>(&mut self, list: &str, most: usize, mut rows: Vec<T>) -> Vec<T> {
        if let Some((head, tail)) = self.kept(list, most, rows.len()) {
            rows.drain(head..rows.len() - tail);
        }
        rows
    }
}

/// One row an event; of a very long record the beginning and the end.
fn timeline(facts: &Facts<'_>, left_out: &mut LeftOut) -> Vec<Value> {
    let told = |events| {
        rows(events, facts.plan, facts.people)
            .into_iter()
            .map(|row| {
                json!({
                    "seq": row.seq,
                    "link": link::of_event(facts, row.seq),
                    "at": row.at,
                    "who": row.who,
                    "type": row.kind,
                    "what": row.what,
                    "step": row.step,
                    "evidence": row.evidence.iter().map(|kept| link::of_file(facts, kept))
                        .collect::<Vec<_>>(),
                })
            })
            .collect::<Vec<Value>>()
    };
    match left_out.kept("timeline", MAX_ROWS, facts.events.len()) {
        None => told(facts.events),
        Some((head, tail)) => {
            let mut list = told(&facts.events[..head]);
            list.extend(told(&facts.events[facts.events.len() - tail..]));
            list
        }
    }
}
