//! Earlier runs of the same playbook: what they came to. Pure; who reads their records is the front's business.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::outcome::status;
use crate::plan::{Mode, Plan};
use crate::run::clock::rto_anchor;
use crate::run::event::{Event, Milestone};
use crate::time::{Span, Timestamp};
use crate::timeline::times;

/// What an earlier run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// Its id.
    pub run: String,
    /// Incident or drill.
    pub mode: Mode,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// How it stands, in words.
    pub status: &'static str,
    /// From its opening to its last event.
    pub took: Span,
    /// From the anchor of the objective to the recovery; `None` without one.
    pub recovered_in: Option<Span>,
    /// Its recovery time objective as the playbook has it now.
    pub rto: Option<Span>,
    /// How each step was settled: `ok`, `failed`, `skipped` or `by_hand`.
    pub steps: BTreeMap<String, &'static str>,
}

impl Earlier {
    /// What these events came to, judged by the plan at hand. `None` for an empty record.
    #[must_use]
    pub fn of(events: &[(u64, Event)], plan: Option<&Plan>) -> Option<Self> {
        let run = times::fold(&times::corrected(events));
        let opened = run.opened.as_ref()?;
        let recovered = run.milestones.get(&Milestone::Recovered).copied();
        let anchor = plan.and_then(|plan| rto_anchor(plan, &run)).map(|(from, _)| from);
        let settled = run
            .steps
            .iter()
            .filter_map(|(key, step)| step.settled.map(|status| (key.clone(), status.word())));
        Some(Self {
            run: opened.run.clone(),
            mode: opened.mode,
            opened_at: run.opened_at,
            status: status(&run).words(),
            took: run
                .last_at
                .zip(run.opened_at)
                .map(|(to, from)| to.since(from))
                .unwrap_or_default(),
            recovered_in: recovered.zip(anchor).map(|(to, from)| to.since(from)),
            rto: plan.and_then(|plan| plan.head.objectives.rto),
            steps: settled.collect(),
        })
    }
}

/// One row a run, newest first.
pub(super) fn rows(earlier: &[Earlier]) -> Vec<Value> {
    let row = |run: &Earlier| {
        let margin = run.rto.zip(run.recovered_in).map(|(rto, took)| rto - took);
        json!({
            "run": run.run,
            "mode": run.mode,
            "opened_at": run.opened_at,
            "status_words": run.status,
            "took_ms": run.took.millis(),
            "rto_achieved_ms": run.recovered_in.map(Span::millis),
            "rto_verdict": match margin {
                Some(margin) if margin.millis() >= 0 => "met",
                Some(_) => "missed",
                None => "unknown",
            },
        })
    };
    earlier.iter().map(row).collect()
}
