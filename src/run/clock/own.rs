//! Clocks beside those of the matrix: timers of the playbook, news that is due, second persons who are
//! waited for, and the last moment for a way around.

use super::{Clock, anchor, policy};
use crate::plan::Plan;
use crate::run::event::{Milestone, StepStatus};
use crate::run::state::{PhaseState, Run};
use crate::steps::Action;
use crate::time::{Span, Timestamp};

/// A second person who has not answered after this long is told of again: halfway to where the gate of a
/// destructive step is stale and asked anew (durability design, crash rules).
const APPROVAL: Span = Span::from_mins(5);

/// The share of a way around's own length that it is begun earlier, and at least how much earlier (clock
/// design: "minus a margin").
const MARGIN_PERCENT: i64 = 10;
const LEAST_MARGIN: Span = Span::from_mins(1);

/// What runs out again and again is told of at most so often.
const MOST: usize = 500;

/// Timers of the playbook.
pub(super) fn timers(plan: &Plan, run: &Run, clocks: &mut Vec<Clock>) {
    for (id, timer) in &plan.head.timers {
        let Some((from, words)) = anchor(run, timer.from.as_deref().unwrap_or("detected")) else {
            continue;
        };
        let met = timer.unless.as_deref().and_then(|unless| met(run, unless)).or(run.over_at);
        series(run, &format!("timer:{id}"), &words, from, (timer.after, timer.every), met, clocks);
    }
}

/// When what makes a timer unnecessary came about.
fn met(run: &Run, unless: &str) -> Option<Timestamp> {
    let milestone = match unless {
        "acknowledged" => Milestone::Acknowledged,
        "mitigated" => Milestone::Mitigated,
        "recovered" => Milestone::Recovered,
        "resolved" => Milestone::Resolved,
        step => {
            let step = run.step(step.strip_prefix("step:")?)?;
            let done = matches!(step.settled, Some(StepStatus::Ok | StepStatus::ByHand));
            return step.settled_at.filter(|_| done);
        }
    };
    run.milestones.get(&milestone).copied()
}

/// A clock that may run out again: every time that it did, and the next one.
fn series(
    run: &Run,
    id: &str,
    anchor: &str,
    from: Timestamp,
    (first, every): (Span, Option<Span>),
    met: Option<Timestamp>,
    clocks: &mut Vec<Clock>,
) {
    for number in 0..MOST {
        let name = if number == 0 { id.to_owned() } else { format!("{id}.{number}") };
        let times = i64::try_from(number).unwrap_or(i64::MAX);
        let span = first + every.unwrap_or_default().times(times);
        let fired = run.deadlines.contains(&name);
        // Met before its time: no later one is needed.
        let later = number > 0 && met.is_some_and(|met| met <= from + span) && !fired;
        if later {
            return;
        }
        clocks.push(Clock::new(name, anchor, from, span, met));
        if !fired || every.is_none_or(|every| every <= Span::ZERO) {
            return;
        }
    }
}

/// News for those who wait: counted from the detection, then from each time that they had some.
pub(super) fn updates(plan: &Plan, run: &Run, clocks: &mut Vec<Clock>) {
    let Some(rule) = policy(plan, run).and_then(|policy| policy.updates.as_ref()) else { return };
    let Some(detected) = run.milestones.get(&Milestone::Detected).copied() else { return };
    let over = run.milestones.get(&Milestone::Resolved).copied().or(run.over_at);
    let told = told(plan, run);
    for number in 0..=told.len() {
        let before = number.checked_sub(1).and_then(|before| told.get(before)).copied();
        let met = told.get(number).copied().or(over);
        let first = rule.first.unwrap_or(rule.every);
        let (from, span, words) = match before {
            Some(before) => (before, rule.every, "the news before"),
            None => (detected, first, "detection"),
        };
        let id = format!("update:{}", number + 1);
        series(run, &id, words, from, (span, Some(rule.every)), met, clocks);
    }
}

/// When people had news: by a step that tells contacts, or otherwise.
fn told(plan: &Plan, run: &Run) -> Vec<Timestamp> {
    let tells = plan.units.iter().filter(|unit| matches!(unit.step.action, Action::Notify(_)));
    let told = tells.filter_map(|unit| {
        let step = run.step(&unit.key)?;
        step.settled_at.filter(|_| step.settled == Some(StepStatus::Ok))
    });
    let mut told: Vec<Timestamp> = told.chain(run.incident.updates.iter().copied()).collect();
    told.sort_unstable();
    told
}

/// Second persons who were asked and have not answered.
pub(super) fn approvals(run: &Run, clocks: &mut Vec<Clock>) {
    for (step, since) in &run.incident.approvals {
        let id = format!("approval:{step}");
        clocks.push(Clock::new(id, "the question to a second person", *since, APPROVAL, None));
    }
}

/// The last moment at which a way around can be begun and still end in time.
pub(super) fn decide_by(run: &Run, clocks: &mut Vec<Clock>) {
    let Some(rto) = clocks.iter().find(|clock| clock.id == "rto").cloned() else { return };
    for (phase, takes) in &run.fallbacks {
        let met = match run.phases.get(phase) {
            Some(PhaseState::Entered(at)) => Some(*at),
            // It was passed over, so it is no way any more.
            Some(PhaseState::Skipped) => continue,
            None => rto.met.or(run.over_at),
        };
        let margin = Span::from_millis(takes.millis() / 100 * MARGIN_PERCENT).max(LEAST_MARGIN);
        let span = (rto.span - *takes - margin).max(Span::ZERO);
        clocks.push(Clock::new(format!("decide_by:{phase}"), &rto.anchor, rto.from, span, met));
    }
}
