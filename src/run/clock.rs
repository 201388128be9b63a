//! Clocks of an incident: an anchor milestone plus a span.
//!
//! Owns which clocks run, when each is due and whether it was met. Deadlines are derived from event
//! times, never scheduled: they survive a crash and a resume and cannot go stale. RTO, response,
//! escalation, budgets, the timers of the playbook, news that is due, approvals, the last moment for a way
//! around and the post-mortem's due date are the same few lines. When the milestones they count from are
//! amended or the severity changes, they are counted anew from where they always counted.

use super::event::Milestone;
use super::objective;
use super::state::{PhaseState, Run};
use crate::plan::{Mode, Plan};
use crate::severity::Unless;
use crate::time::{Moment, Span, Timestamp};

mod own;
mod rungs;

pub use rungs::{Cause, policy, rung, rungs, severity, timer};

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
    /// Stable name: `rto`, `response`, `escalation:0`, `escalation:SEV-1:0` where the severity was changed,
    /// `budget:<phase>`, `timer:<id>`, `update:1`, `approval:<step>`, `decide_by:<phase>`, `postmortem`. What
    /// runs out again and again has `.1`, `.2`, ... behind it.
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
    anchor(run, plan.head.objectives.starts.as_deref().unwrap_or("impact"))
}

/// What a clock counts from, by the word that a playbook uses for it, and its name for a person.
fn anchor(run: &Run, starts: &str) -> Option<(Timestamp, String)> {
    let at = |milestone| run.milestones.get(&milestone).copied();
    let detected = || at(Milestone::Detected);
    let named = |at: Option<Timestamp>, words: &str| at.map(|at| (at, words.to_owned()));
    match starts {
        "impact" => named(at(Milestone::ImpactStarted), "start of the impact")
            .or_else(|| named(detected(), "detection (start of the impact not known)")),
        "detected" => named(detected(), "detection"),
        "declared" => named(at(Milestone::Declared), "declaration"),
        "acknowledged" => named(at(Milestone::Acknowledged), "acknowledgement"),
        "run" => named(run.opened_at, "start of the run"),
        other => match other.split_once(':')? {
            ("step", id) => named(run.step(id)?.started_at, &format!("start of step {id}")),
            ("phase", id) => match run.phases.get(id)? {
                PhaseState::Entered(at) => Some((*at, format!("start of phase {id}"))),
                PhaseState::Skipped => None,
            },
            _ => None,
        },
    }
}

/// The clock of the recovery time objective; `None` without one, and before it has begun.
#[must_use]
pub fn rto(plan: &Plan, run: &Run) -> Option<Clock> {
    let (rto, (from, anchor)) = (plan.head.objectives.rto?, rto_anchor(plan, run)?);
    let met = run.milestones.get(&Milestone::Recovered).copied();
    // What was reached and must still hold for a while is not late meanwhile.
    let met = met.or_else(|| objective::reached(plan, run).map(|(at, _)| at));
    Some(Clock::new("rto".into(), &anchor, from, rto, met))
}

/// Every clock that has begun. At most one entry a clock; order is stable.
#[must_use]
pub fn clocks(plan: &Plan, run: &Run) -> Vec<Clock> {
    let at = |milestone| run.milestones.get(&milestone).copied();
    let mut clocks: Vec<Clock> = rto(plan, run).into_iter().collect();
    own::decide_by(run, &mut clocks);
    if let Some(detected) = at(Milestone::Detected) {
        if let Some(policy) = policy(plan, run) {
            let met = at(Milestone::Acknowledged);
            clocks.push(Clock::new("response".into(), "detection", detected, policy.response, met));
        }
        for (id, rung) in rungs(plan, run) {
            let met = rung.unless.and_then(|unless| at(stopping(unless)));
            let met = met.or(run.over_at);
            clocks.push(Clock::new(id, "detection", detected, rung.after, met));
        }
    }
    budgets(plan, run, &mut clocks);
    own::timers(plan, run, &mut clocks);
    own::updates(plan, run, &mut clocks);
    own::approvals(run, &mut clocks);
    if let (Some(due), Some(resolved), Mode::Real) = (
        policy(plan, run).and_then(|policy| policy.postmortem_due),
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
        let met = met.or(run.over_at);
        let id = format!("budget:{}", phase.key);
        let span = phase.budget.unwrap_or_default();
        clocks.push(Clock::new(id, &format!("start of phase {}", phase.key), *entered, span, met));
    }
}

const fn stopping(unless: Unless) -> Milestone {
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

/// The clock that passes next and was not recorded yet: what a status line names. `None` while a drill is
/// held: an instant would have no meaning then.
#[must_use]
pub fn next(plan: &Plan, run: &Run) -> Option<Clock> {
    open(plan, run).min_by_key(|clock| clock.due)
}

/// The clocks that run and were not recorded as passed; none while a drill is held.
pub fn open(plan: &Plan, run: &Run) -> impl Iterator<Item = Clock> {
    let none = run.closed.is_some() || stands_still(plan, run);
    let all = if none { Vec::new() } else { clocks(plan, run) };
    all.into_iter().filter(|clock| clock.met.is_none() && !run.deadlines.contains(&clock.id))
}

/// A clock that has run out by now and was not recorded yet. Each does so once.
#[must_use]
pub fn passed(plan: &Plan, run: &Run, now: Timestamp) -> Option<Passed> {
    if run.closed.is_some() || stands_still(plan, run) {
        return None;
    }
    let clock = clocks(plan, run)
        .into_iter()
        .find(|clock| clock.passed(now) && !run.deadlines.contains(&clock.id))?;
    let gap = run.left_at.zip(run.attached_at);
    let while_down = gap.is_some_and(|(left, back)| clock.due > left && clock.due <= back);
    // It would have been recorded at its time, had it been there.
    let rebased = run.incident.rebased_at;
    let retroactive = !while_down && rebased.is_some_and(|rebased| clock.due <= rebased);
    Some(Passed { clock: clock.id, due: clock.due, while_down, retroactive })
}

/// A deadline that has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Which clock.
    pub clock: String,
    /// When it was due.
    pub due: Timestamp,
    /// Nobody was driving then.
    pub while_down: bool,
    /// It lay in the past when it came to be.
    pub retroactive: bool,
}

/// The clocks of a real incident never stand still; those of a drill do while it is held.
fn stands_still(plan: &Plan, run: &Run) -> bool {
    plan.mode == Mode::Drill && run.incident.held.is_some()
}
