//! `status --json`: where a run stands, for programs.
//!
//! Owns its shape; every field stands in `fields.txt`, of which its schema is made.

use serde_json::{Value, json};

use super::{Step, letter_state};
use crate::cli::drill;
use crate::journal::RunId;
use crate::plan::Plan;
use crate::run::clock::Clock;
use crate::run::outbox::Letter;
use crate::run::state::Run;
use crate::time::Timestamp;

/// Every field, as `report/fields.txt` has them.
pub(in crate::cli) const LIST: &str = include_str!("fields.txt");

/// A run that is told of.
pub(super) struct Told<'a> {
    pub(super) id: &'a RunId,
    pub(super) run: &'a Run,
    /// Nothing where its pinned files cannot be read.
    pub(super) plan: Option<&'a Plan>,
    /// In words, as `runs` says it.
    pub(super) state: &'a str,
    /// Somebody has it now.
    pub(super) driven: bool,
}

impl Told<'_> {
    pub(super) fn data(&self, clocks: &[Clock], steps: &[Step], now: Timestamp) -> Value {
        let clocks = clocks.iter().map(|clock| {
            json!({ "clock": clock.id, "anchor": clock.anchor, "due": clock.due,
                    "met": clock.met, "passed": clock.passed(now) })
        });
        let steps = steps
            .iter()
            .map(|step| json!({ "step": step.key, "status": step.status, "title": step.title }));
        let opened = self.run.opened.as_ref();
        json!({
            "run": self.id.as_str(), "state": self.state,
            "mode": opened.map(|opened| opened.mode),
            "playbook": opened.map(|opened| &opened.playbook),
            "environment": opened.map(|opened| &opened.environment),
            "severity": self.run.incident.severity,
            "began": self.run.opened_at, "events": self.run.events,
            "milestones": self.run.milestones, "clocks": clocks.collect::<Vec<_>>(),
            "steps": steps.collect::<Vec<_>>(),
            "messages": letters(self.run, self.driven),
            "drill": self.plan.map(|plan| drill::told::data(self.run, plan)),
        })
    }
}

/// Messages for machines.
fn letters(run: &Run, driven: bool) -> Vec<Value> {
    let one = |letter: &Letter| {
        json!({
            "to": letter.to, "cause": letter.cause, "at": letter.at, "attempts": letter.attempts,
            "state": letter_state(letter, driven), "message": letter.message,
        })
    };
    run.outbox.letters().map(one).collect()
}
