//! The objective of a run: when its end condition was reached, whether that held, and what data is lost.
//!
//! Owns what `objectives.ends`, `hold` and `recovery_point` mean. The clock that judges the RTO is `clock`'s.

use serde_json::Value;

use super::checks;
use super::event::{Milestone, StepStatus};
use super::next::{Look, Move};
use super::scope::Scope;
use super::state::Run;
use crate::plan::{Plan, Section, Unit};
use crate::playbook::Mark;
use crate::template;
use crate::time::{Span, Timestamp};

/// When the end condition was first met, and by what. What was so before the incident was open again does
/// not count.
#[must_use]
pub fn reached(plan: &Plan, run: &Run) -> Option<(Timestamp, String)> {
    let found = match plan.head.objectives.ends.as_deref() {
        Some(named) if let Some(mark) = milestone(named) => {
            (*run.milestones.get(&milestone_of(mark))?, named.to_owned())
        }
        named => {
            let unit = match named {
                Some(step) => plan.unit(step.strip_prefix("step:")?)?,
                None => last(plan)?,
            };
            let state = run.step(&unit.key)?;
            let good = matches!(state.settled, Some(StepStatus::Ok | StepStatus::ByHand));
            // Without a named end the last step ends it, also passed over. One that failed recovered nothing.
            let over = matches!(state.settled, Some(StepStatus::Skipped));
            let done = good || (named.is_none() && over);
            (state.settled_at.filter(|_| done)?, format!("step:{}", unit.key))
        }
    };
    let again = run.incident.reopened.last().map(|again| again.at);
    again.is_none_or(|again| found.0 > again).then_some(found)
}

/// The milestone that `objectives.ends` names.
fn milestone(ends: &str) -> Option<Mark> {
    match ends.strip_prefix("milestone:")? {
        "acknowledged" => Some(Mark::Acknowledged),
        "mitigated" => Some(Mark::Mitigated),
        "resolved" => Some(Mark::Resolved),
        _ => None,
    }
}

/// The milestone that a step sets.
pub(super) const fn milestone_of(mark: Mark) -> Milestone {
    match mark {
        Mark::Acknowledged => Milestone::Acknowledged,
        Mark::Mitigated => Milestone::Mitigated,
        Mark::Resolved => Milestone::Resolved,
    }
}

fn last(plan: &Plan) -> Option<&Unit> {
    plan.units.iter().rfind(|unit| plan.section(unit) == Section::Respond)
}

/// The last step of the response failed, and the run went on without it: nothing says that it is over.
#[must_use]
pub fn end_failed(plan: &Plan, run: &Run) -> bool {
    last(plan).is_some_and(|unit| run.status(&unit.key) == Some(StepStatus::Failed))
}

/// The position of the step that ends the objective; the last one of the response where none is named.
#[must_use]
pub fn end(plan: &Plan) -> usize {
    let named = match plan.head.objectives.ends.as_deref() {
        Some(named) if let Some(mark) = milestone(named) => {
            let marks = |unit: &Unit| unit.step.common.marks == Some(mark);
            plan.units
                .iter()
                .rposition(|unit| marks(unit) && plan.section(unit) == Section::Respond)
        }
        Some(step) => step.strip_prefix("step:").and_then(|id| plan.by_key.get(id).copied()),
        None => None,
    };
    let last = || plan.units.iter().rposition(|unit| plan.section(unit) == Section::Respond);
    named.or_else(last).unwrap_or(0)
}

/// The step whose `verify` is looked at again when the end has held for its time.
fn proof(plan: &Plan) -> Option<&Unit> {
    match plan.head.objectives.ends.as_deref() {
        Some(step) => plan.unit(step.strip_prefix("step:")?),
        None => last(plan),
    }
}

/// What is to be done about an end that was reached.
pub(super) enum Hold {
    /// It is not reached, or all is done.
    Nothing,
    /// It held: this is the milestone's time and source.
    Recovered(Timestamp, String),
    /// Its proof is looked at once more.
    Look(Box<Move>),
    /// It must hold until then.
    Until(Timestamp),
}

/// Whether the objective is reached by now.
pub(super) fn hold(look: &Look<'_>) -> Hold {
    if look.run.milestones.contains_key(&Milestone::Recovered) {
        return Hold::Nothing;
    }
    let Some((at, source)) = reached(look.plan, look.run) else { return Hold::Nothing };
    let Some(span) = look.plan.head.objectives.hold else { return Hold::Recovered(at, source) };
    let until = at + span;
    if look.now < until {
        return Hold::Until(until);
    }
    let Some(unit) = proof(look.plan) else { return Hold::Recovered(at, source) };
    let held = look.run.step(&unit.key).map_or(0, |state| state.held);
    match unit.step.verify.get(held) {
        Some(probe) => {
            let check = format!("{HOLD}{held}");
            Hold::Look(Box::new(checks::begin(look, unit, &unit.key, None, probe, &check)))
        }
        None => Hold::Recovered(at, source),
    }
}

/// The names of checks that look again begin so.
pub(super) const HOLD: &str = "hold:";

/// The check of `verify` that a name stands for, be it the first look or the one when it has held.
pub(super) fn check_index(check: &str) -> Option<usize> {
    check.strip_prefix(HOLD).unwrap_or(check).parse().ok()
}

/// What data is lost when the run goes on to the recovery point that it chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The time of the data that is recovered to.
    pub point: Timestamp,
    /// What it is counted from: the start of the impact, or else the detection.
    pub from: Timestamp,
    /// How much: zero where the point lies behind `from`.
    pub span: Span,
    /// More than the recovery point objective allows.
    pub over: bool,
}

impl Loss {
    /// What is lost, as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let point = self.point.date_clock();
        if self.span == Span::ZERO {
            return format!("No data is lost: it is recovered as of {point}.");
        }
        format!("This loses {} of data: it is recovered as of {point}.", self.typed())
    }

    /// How much, in its two largest units and never less than it is: `12h31m`.
    #[must_use]
    pub fn typed(&self) -> String {
        let secs = self.span.millis().div_euclid(1000) + i64::from(self.span.millis() % 1000 > 0);
        let up = |to: i64| (secs + to - 1) / to;
        let two = |large: i64, l: &str, small: i64, s: &str| match small {
            0 => format!("{large}{l}"),
            small => format!("{large}{l}{small}{s}"),
        };
        match secs {
            secs if secs >= 86_400 => two(up(3600) / 24, "d", up(3600) % 24, "h"),
            secs if secs >= 3600 => two(up(60) / 60, "h", up(60) % 60, "m"),
            secs if secs >= 60 => two(secs / 60, "m", secs % 60, "s"),
            secs => format!("{secs}s"),
        }
    }
}

/// The loss as far as it is known. `None` without `objectives.recovery_point`, and before its names have
/// their values.
#[must_use]
pub fn loss(plan: &Plan, run: &Run, now: Timestamp) -> Option<Loss> {
    let point = recovery_point(plan, run, now)?;
    let at = |which| run.milestones.get(&which).copied();
    let from = at(Milestone::ImpactStarted).or_else(|| at(Milestone::Detected))?;
    let span = from.since(point).max(Span::ZERO);
    let over = plan.head.objectives.rpo.is_some_and(|rpo| span > rpo);
    Some(Loss { point, from, span, over })
}

/// The time of the data that is recovered to, by the playbook's own expression: seconds since the epoch,
/// or RFC 3339. `None` where a step that captures it was not reached.
#[must_use]
pub fn recovery_point(plan: &Plan, run: &Run, now: Timestamp) -> Option<Timestamp> {
    let expression = plan.head.objectives.recovery_point.as_ref()?;
    let names = Scope::new(plan, run, now);
    match template::evaluate(expression, &names).ok()? {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => match seconds.as_i64() {
            Some(seconds) => Some(Timestamp::from_millis(seconds.saturating_mul(1000))),
            None => seconds.as_f64().and_then(from_seconds),
        },
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = seconds * 1000.0;
    (millis.abs() < 1e15).then(|| Timestamp::from_millis(millis as i64))
}
