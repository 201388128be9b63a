//! Clocks of an incident: an anchor milestone plus a span.
//!
//! Owns which clocks run, when each is due and whether it was met. Deadlines are derived from event
//! times, never scheduled: they survive a crash and a resume and cannot go stale. RTO, response,
//! escalation, phase budgets and the post-mortem's due date are the same few lines.

use super::event::Milestone;
use super::state::{PhaseState, Run};
use crate::plan::{Mode, Plan};
use crate::severity::Unless;
use crate::time::{Moment, Span, Timestamp};

/// Wall and boot clock may differ by this much before it is a fact: no elapsed time is shown that is wrong
/// by more (reliability design, F28).
pub const STEP: Span = Span::from_secs(1);

/// By how much the wall clock was set between two moments of one boot.
#[must_use]
pub fn stepped(before: Moment, now: Moment) -> Option<Span> {
    let by = now.wall.since(before.wall) - (now.boot - before.boot);
    (by.millis().abs() > STEP.millis()).then_some(by)
}

/// One running clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Stable name: `rto`, `response`, `escalation:0`, `budget:contain`, `postmortem`.
    pub id: String,
    /// What it counts from, in words.
    pub anchor: String,
    /// When that was.
    pub from: Timestamp,
    /// How long it allows.
    pub span: Span,
    /// When it is due.
    pub due: Timestamp,
    /// When it was met.
    pub met: Option<Timestamp>,
}

impl Clock {
    fn new(id: String, anchor: &str, from: Timestamp, span: Span, met: Option<Timestamp>) -> Self {
        Self { id, anchor: anchor.to_owned(), from, span, due: from + span, met }
    }

    /// True when its deadline has passed without being met in time.
    #[must_use]
    pub fn passed(&self, now: Timestamp) -> bool {
        match self.met {
            Some(met) => met > self.due,
            None => now >= self.due,
        }
    }
}

/// What the RTO counts from: the instant and its name in words. `None` before it has begun.
#[must_use]
pub fn rto_anchor(plan: &Plan, run: &Run) -> Option<(Timestamp, String)> {
    let at = |milestone| run.milestones.get(&milestone).copied();
    let starts = plan.head.objectives.starts.as_deref().unwrap_or("impact");
    let detected = || at(Milestone::Detected);
    match starts {
        "impact" => match at(Milestone::ImpactStarted) {
            Some(impact) => Some((impact, "start of the impact".to_owned())),
            None => {
                detected().map(|at| (at, "detection (start of the impact not known)".to_owned()))
            }
        },
        "detected" => detected().map(|at| (at, "detection".to_owned())),
        "declared" => at(Milestone::Declared).map(|at| (at, "declaration".to_owned())),
        "run" => run.opened_at.map(|at| (at, "start of the run".to_owned())),
        step => {
            let id = step.strip_prefix("step:")?;
            let started = run.step(id)?.started_at?;
            Some((started, format!("start of step {id}")))
        }
    }
}

/// The clock of the recovery time objective; `None` without one, and before it has begun.
#[must_use]
pub fn rto(plan: &Plan, run: &Run) -> Option<Clock> {
    let (rto, (from, anchor)) = (plan.head.objectives.rto?, rto_anchor(plan, run)?);
    let met = run.milestones.get(&Milestone::Recovered).copied();
    Some(Clock::new("rto".into(), &anchor, from, rto, met))
}

/// Every clock that has begun. At most one entry a clock; order is stable.
#[must_use]
pub fn clocks(plan: &Plan, run: &Run) -> Vec<Clock> {
    let at = |milestone| run.milestones.get(&milestone).copied();
    let mut clocks = Vec::new();
    clocks.extend(rto(plan, run));
    if let Some(detected) = at(Milestone::Detected) {
        if let Some(policy) = &plan.policy {
            let met = at(Milestone::Acknowledged);
            clocks.push(Clock::new("response".into(), "detection", detected, policy.response, met));
        }
        for (index, rung) in plan.escalation.iter().enumerate() {
            let met = rung.unless.and_then(|unless| at(stopping(unless)));
            let met = met.or_else(|| over(run));
            let id = format!("escalation:{index}");
            clocks.push(Clock::new(id, "detection", detected, rung.after, met));
        }
    }
    budgets(plan, run, &mut clocks);
    if let (Some(due), Some(resolved), Mode::Real) = (
        plan.policy.as_ref().and_then(|policy| policy.postmortem_due),
        at(Milestone::Resolved),
        plan.mode,
    ) {
        let met = at(Milestone::Closed);
        clocks.push(Clock::new("postmortem".into(), "resolution", resolved, due, met));
    }
    clocks
}

fn budgets(plan: &Plan, run: &Run, clocks: &mut Vec<Clock>) {
    for phase in plan.phases.iter().filter(|phase| phase.budget.is_some()) {
        let Some(PhaseState::Entered(entered)) = run.phases.get(&phase.key) else { continue };
        // Steps run in order, so a phase ends with its last one.
        let last = plan.units[phase.units.clone()].last();
        let met = last.and_then(|unit| run.step(&unit.key)).and_then(|step| step.settled_at);
        let met = met.or_else(|| over(run));
        let id = format!("budget:{}", phase.key);
        let span = phase.budget.unwrap_or_default();
        clocks.push(Clock::new(id, &format!("start of phase {}", phase.key), *entered, span, met));
    }
}

/// A closed or abandoned run escalates to nobody.
fn over(run: &Run) -> Option<Timestamp> {
    run.over_at
}

fn stopping(unless: Unless) -> Milestone {
    match unless {
        Unless::Acknowledged => Milestone::Acknowledged,
        Unless::Mitigated => Milestone::Mitigated,
        Unless::Resolved => Milestone::Resolved,
    }
}

/// The next instant at which a clock passes that has not been recorded yet.
#[must_use]
pub fn next_due(plan: &Plan, run: &Run) -> Option<Timestamp> {
    next(plan, run).map(|clock| clock.due)
}

/// The clock that passes next and was not recorded yet: what a status line names.
#[must_use]
pub fn next(plan: &Plan, run: &Run) -> Option<Clock> {
    if run.closed.is_some() {
        return None;
    }
    let open = clocks(plan, run).into_iter();
    let open = open.filter(|clock| clock.met.is_none() && !run.deadlines.contains(&clock.id));
    open.min_by_key(|clock| clock.due)
}
