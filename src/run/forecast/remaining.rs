//! Which steps remain up to the end of the objective, and the table of each.

use super::lasting::Table;
use crate::plan::{Plan, Unit};
use crate::run::objective::end;
use crate::run::scope::Scope;
use crate::run::state::{PhaseState, Run};
use crate::steps::{Action, DEFAULT_TIMEOUT};
use crate::template;
use crate::time::{Span, Timestamp};

/// What a duration rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Earlier runs of the very same step.
    Recorded,
    /// The author's `expected:`, or a length that the step itself fixes.
    Planned,
    /// What steps of this type commonly take.
    Guess,
}

/// A step that remains.
pub(super) struct Left {
    pub(super) key: String,
    pub(super) basis: Basis,
    pub(super) table: Table,
    pub(super) mixed: bool,
}

/// All that remains.
pub(super) struct Remaining {
    pub(super) steps: Vec<Left>,
    pub(super) overrunning: Option<String>,
}

impl Remaining {
    pub(super) fn of(plan: &Plan, run: &Run, now: Timestamp) -> Self {
        let mut overrunning = None;
        let mut steps = Vec::new();
        let end = end(plan);
        let jump = run.jump.as_ref().and_then(|to| begin_of(plan, to)).unwrap_or(0);
        let mut whole_phase = None;
        for (at, unit) in plan.units.iter().enumerate().take(end + 1).skip(jump) {
            if run.status(&unit.key).is_some() {
                continue;
            }
            let (phase, passed_over) = match whole_phase {
                Some((phase, over)) if phase == unit.phase => (phase, over),
                _ => (unit.phase, is_passed_over(plan, run, unit.phase, now)),
            };
            whole_phase = Some((phase, passed_over));
            if passed_over || is_skipped(plan, run, unit, now) {
                continue;
            }
            let mut left = left(run, unit);
            if steps.is_empty()
                && let Some(since) = since(plan, run, at)
            {
                let (table, over) = left.table.behind(now.since(since));
                left.table = table;
                overrunning = over.then(|| unit.key.clone());
            }
            steps.push(left);
        }
        Self { steps, overrunning }
    }

    /// From a phase on, whatever was done before. `None` when there is no such phase.
    pub(super) fn from_phase(plan: &Plan, run: &Run, phase: &str) -> Option<Self> {
        let begin = begin_of(plan, phase)?;
        // A way around that lies behind the end of the objective ends with its own phase.
        let end = end(plan)
            .max(plan.phases.iter().find(|one| one.key == phase)?.units.end.saturating_sub(1));
        let units = plan.units.iter().take(end + 1).skip(begin);
        let steps: Vec<Left> = units.map(|unit| left(run, unit)).collect();
        (!steps.is_empty()).then_some(Self { steps, overrunning: None })
    }
}

fn begin_of(plan: &Plan, phase: &str) -> Option<usize> {
    plan.phases.iter().find(|one| one.key == phase).map(|phase| phase.units.start)
}

/// A phase that was passed over, or will be as far as its condition can be told by now.
fn is_passed_over(plan: &Plan, run: &Run, phase: usize, now: Timestamp) -> bool {
    let phase = &plan.phases[phase];
    match run.phases.get(&phase.key) {
        Some(PhaseState::Entered(_)) => false,
        Some(PhaseState::Skipped) => true,
        None => phase.when.iter().any(|when| is_false(when, &Scope::new(plan, run, now))),
    }
}

/// A step whose condition is known not to hold. What cannot be told yet counts as if it held.
fn is_skipped(plan: &Plan, run: &Run, unit: &Unit, now: Timestamp) -> bool {
    if run.step(&unit.key).is_some_and(|step| step.attempts > 0) {
        return false;
    }
    let scope = |prefix| Scope { prefix, ..Scope::new(plan, run, now) };
    let own = unit.step.common.when.iter().map(|when| (unit.prefix.as_str(), when));
    let outer = unit.outer_when.iter().map(|(prefix, when)| (prefix.as_str(), when));
    outer.chain(own).any(|(prefix, when)| is_false(when, &scope(prefix)))
}

fn is_false(when: &str, scope: &Scope<'_>) -> bool {
    template::holds(when, scope).is_ok_and(|held| !held.truth)
}

/// When the step at this position was come to.
fn since(plan: &Plan, run: &Run, at: usize) -> Option<Timestamp> {
    let phase = match run.phases.get(&plan.phases[plan.units[at].phase].key) {
        Some(PhaseState::Entered(entered)) => *entered,
        _ => return None,
    };
    let before = at.checked_sub(1).and_then(|before| run.step(&plan.units[before].key));
    let settled = before.and_then(|before| before.settled_at);
    Some(phase).into_iter().chain(settled).chain(run.attached_at).max()
}

fn left(run: &Run, unit: &Unit) -> Left {
    let left = |basis, table| Left { key: unit.key.clone(), basis, table, mixed: false };
    if let Action::Pause(pause) = &unit.step.action {
        return left(Basis::Planned, Table::exactly(pause.length));
    }
    if let Some(lasting) = run.expectations.get(&unit.key) {
        let table = Table::recorded(&lasting.ms);
        return Left { mixed: lasting.mixed, ..left(Basis::Recorded, table) };
    }
    if let Some(expected) = unit.step.common.expected {
        return left(Basis::Planned, Table::planned(expected));
    }
    let times = match (&unit.step.common.for_each, run.items.get(&unit.key)) {
        (Some(_), Some(items)) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        _ => 1,
    };
    left(Basis::Guess, Table::planned(guess(unit).times(times)))
}

/// What a step of this type commonly takes (clock design: a question a minute, a wait half its limit).
fn guess(unit: &Unit) -> Span {
    let limit = unit.step.common.timeout.unwrap_or(DEFAULT_TIMEOUT);
    match &unit.step.action {
        Action::Confirm(_) | Action::Choose(_) | Action::Ask(_) => Span::from_secs(60),
        Action::Manual(_) => Span::from_mins(5),
        Action::WaitForUrl(_) | Action::WaitUntil(_) => Span::from_millis(limit.millis() / 2),
        Action::Assert(_) | Action::Notify(_) => Span::from_secs(1),
        _ => Span::from_secs(15).min(limit),
    }
}
