//! What to do next: a pure function of the plan and of what happened.
//!
//! Owns the order of everything a run does outside a single step: clocks, messages, inputs, phases,
//! the drill's sections, rollback, the end. Steps are `advance`'s.

use serde_json::Value;

use super::clock::{clocks, next_due};
use super::event::{Kind, Milestone, Outcome, StepStatus, StopReason};
use super::scope::Scope;
use super::session::{Purpose, Session};
use super::state::{Known, PhaseState, Run};
use super::{advance, escalate, inputs};
use crate::effect::{Effect, EffectId};
use crate::plan::{Mode, Plan, Section, Unit, undo_unit};
use crate::template;
use crate::time::Timestamp;

/// What the loop does next.
#[derive(Clone, Debug)]
pub enum Move {
    /// Record a fact.
    Record(Box<Kind>),
    /// Record a fact, durably, and then begin the effect that it announces. Without an effect the step
    /// is judged at once.
    Start {
        /// The announcement.
        kind: Box<Kind>,
        /// The effect.
        effect: Option<Box<Effect>>,
        /// What it is for.
        purpose: Purpose,
    },
    /// One more look of a polling that was announced.
    Look {
        /// The announced effect.
        id: EffectId,
        /// The effect; `None` for a condition alone.
        effect: Option<Box<Effect>>,
        /// What it is for.
        purpose: Purpose,
    },
    /// Wait for the next input, at the latest until then.
    Wait(Option<Timestamp>),
    /// Nothing is left to do for this driver.
    Leave,
}

impl Move {
    /// A fact to record.
    #[must_use]
    pub fn record(kind: Kind) -> Self {
        Self::Record(Box::new(kind))
    }
}

/// All that a decision looks at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What happened.
    pub run: &'a Run,
    /// What only this session knows.
    pub session: &'a Session,
    /// Now.
    pub now: Timestamp,
}

impl<'a> Look<'a> {
    /// The names that a step sees.
    #[must_use]
    pub fn scope(&self, prefix: &'a str, item: Option<(usize, &'a Value)>) -> Scope<'a> {
        Scope { prefix, item, ..Scope::new(self.plan, self.run, self.now) }
    }

    /// Waits, at the latest until `at` or the next deadline of a clock.
    #[must_use]
    pub fn wait(&self, at: Option<Timestamp>) -> Move {
        let due = next_due(self.plan, self.run);
        Move::Wait(at.into_iter().chain(due).min())
    }
}

/// Decides. Pure: no IO, no clock, no randomness.
#[must_use]
pub fn next(plan: &Plan, run: &Run, session: &Session, now: Timestamp) -> Move {
    let look = Look { plan, run, session, now };
    if run.stopped.is_some() || (run.closed.is_some() && run.rollback.is_none()) {
        return if session.in_flight.is_empty() { Move::Leave } else { Move::Wait(None) };
    }
    if let Some(kind) = passed_deadline(&look) {
        return Move::record(kind);
    }
    if let Some(begin) = escalate::due(&look) {
        return begin;
    }
    if session.busy() {
        return look.wait(None);
    }
    if let Some((reason, message)) = &session.leaving {
        return Move::record(Kind::Stopped { reason: *reason, message: message.clone() });
    }
    if run.rollback.is_some() {
        return roll_back(&look);
    }
    if let Some(kind) = milestone_due(&look) {
        return Move::record(kind);
    }
    if let Some(again) = refresh_secrets(&look) {
        return again;
    }
    if run.abandoned.is_none() {
        if let Some(unit) = plan.units.get(session.cursor)
            && plan.section(unit) != Section::Cleanup
        {
            return unit_in_phase(&look, unit);
        }
        if !run.milestones.contains_key(&Milestone::Resolved) {
            return Move::record(milestone(Milestone::Resolved, now, "last_step"));
        }
    }
    finish(&look)
}

/// A clock that has run out and was not recorded yet.
fn passed_deadline(look: &Look<'_>) -> Option<Kind> {
    let run = look.run;
    let clock = clocks(look.plan, run)
        .into_iter()
        .find(|clock| clock.passed(look.now) && !run.deadlines.contains(&clock.id))?;
    let gap = run.left_at.zip(run.attached_at);
    let while_down = gap.is_some_and(|(left, back)| clock.due > left && clock.due <= back);
    Some(Kind::DeadlinePassed { clock: clock.id, due: clock.due, while_down })
}

fn milestone(milestone: Milestone, when: Timestamp, source: &str) -> Kind {
    Kind::Milestone { milestone, when, source: source.to_owned(), reason: None }
}

/// Milestones that follow from what happened: the accident of a drill, the end of the objective.
fn milestone_due(look: &Look<'_>) -> Option<Kind> {
    let (plan, run) = (look.plan, look.run);
    let missing = |which| !run.milestones.contains_key(&which);
    if plan.mode == Mode::Drill && missing(Milestone::Acknowledged) {
        let next = plan.units.get(look.session.cursor);
        let responding = next.is_none_or(|unit| plan.section(unit) >= Section::Respond);
        if responding && run.abandoned.is_none() {
            let first = [Milestone::ImpactStarted, Milestone::Detected, Milestone::Declared];
            let which = first.into_iter().find(|which| missing(*which));
            let when = first.first().and_then(|which| run.milestones.get(which)).copied();
            let which = which.unwrap_or(Milestone::Acknowledged);
            return Some(milestone(which, when.unwrap_or(look.now), "inject"));
        }
    }
    if missing(Milestone::Recovered)
        && let Some((when, source)) = recovered(look)
    {
        return Some(milestone(Milestone::Recovered, when, &source));
    }
    None
}

/// When the end condition of the objective was met, and by what.
fn recovered(look: &Look<'_>) -> Option<(Timestamp, String)> {
    let (plan, run) = (look.plan, look.run);
    match plan.head.objectives.ends.as_deref() {
        Some("milestone:mitigated") => {
            run.milestones.get(&Milestone::Mitigated).map(|at| (*at, "milestone:mitigated".into()))
        }
        Some(step) => {
            let id = step.strip_prefix("step:")?;
            let state = run.step(id)?;
            let good = matches!(state.settled, Some(StepStatus::Ok | StepStatus::ByHand));
            good.then_some((state.settled_at?, step.to_owned()))
        }
        None => {
            let last = plan.units.iter().rfind(|unit| plan.section(unit) == Section::Respond)?;
            let state = run.step(&last.key)?;
            state.settled?;
            Some((state.settled_at?, format!("step:{}", last.key)))
        }
    }
}

/// A reading step is run again when the secret that it captured is gone with an earlier session.
fn refresh_secrets(look: &Look<'_>) -> Option<Move> {
    let lost = |(name, known): (&String, &Known)| match known {
        Known::Secret(Some(step)) if !look.session.secrets.contains(name) => Some(step.clone()),
        _ => None,
    };
    let step = look.run.captured.iter().find_map(lost)?;
    if look.session.refreshed.contains(&step) || look.run.status(&step).is_none() {
        return None;
    }
    let unit = look.plan.unit(&step)?;
    if unit.class() != crate::effect::EffectClass::Read || unit.step.action.is_question() {
        return None;
    }
    Some(advance::attempt(look, unit, &step, None))
}

/// The phase of a step first, then the step.
fn unit_in_phase(look: &Look<'_>, unit: &Unit) -> Move {
    let phase = &look.plan.phases[unit.phase];
    let skip = |step: &str, reason: String, by_choice| {
        Move::record(Kind::Skipped {
            step: step.to_owned(),
            reason,
            by_choice,
            second_person: None,
        })
    };
    if let Some(target) = &look.run.jump
        && target != &phase.key
    {
        return skip(&unit.key, format!("switched to phase {target}"), true);
    }
    match look.run.phases.get(&phase.key) {
        Some(PhaseState::Entered(_)) => {}
        Some(PhaseState::Skipped) => {
            return skip(&unit.key, format!("phase {} is skipped", phase.key), false);
        }
        None => {
            if phase.section == Section::Respond
                && let Some(ask) = inputs::missing(look)
            {
                return ask;
            }
            return enter(look, phase);
        }
    }
    advance::unit(look, unit)
}

fn enter(look: &Look<'_>, phase: &crate::plan::PlanPhase) -> Move {
    let entered = Kind::PhaseEntered { phase: phase.key.clone() };
    let Some(when) = &phase.when else { return Move::record(entered) };
    match template::holds(when, &look.scope("", None)) {
        Ok(held) if !held.truth => {
            Move::record(Kind::PhaseSkipped { phase: phase.key.clone(), reason: held.trace })
        }
        // A condition that cannot be evaluated is no reason to pass over a phase: its steps will say so.
        Ok(_) | Err(_) => Move::record(entered),
    }
}

/// The undos of what passed, newest first.
fn roll_back(look: &Look<'_>) -> Move {
    let run = look.run;
    let to = run.rollback.clone().flatten();
    for key in run.passed.iter().rev().filter(|key| key.strip_suffix(".undo").is_none()) {
        if let Some((unit, item)) = advance::find(look.plan, run, key)
            && !run.undone.contains(key)
            && run.status(&format!("{key}.undo")).is_none()
            && let Some(undo) = undo_unit(unit)
        {
            let undo_key = format!("{key}.undo");
            return advance::one(look, &undo, &undo_key, item);
        }
        if to.as_ref() == Some(key) {
            break;
        }
    }
    Move::record(Kind::RollbackEnded)
}

/// Criteria and cleanup of a drill, then the end.
fn finish(look: &Look<'_>) -> Move {
    let (plan, run) = (look.plan, look.run);
    for (index, probe) in plan.criteria.iter().enumerate() {
        let id = criterion_id(probe, index);
        if !run.criteria.contains_key(&id) {
            return advance::criterion(look, index, probe);
        }
    }
    let open =
        |unit: &&Unit| plan.section(unit) == Section::Cleanup && run.status(&unit.key).is_none();
    if let Some(unit) = plan.units.iter().find(open) {
        let phase = &plan.phases[unit.phase];
        return match run.phases.get(&phase.key) {
            None => Move::record(Kind::PhaseEntered { phase: phase.key.clone() }),
            Some(_) => advance::unit(look, unit),
        };
    }
    let (outcome, reason) = match &run.abandoned {
        Some(reason) => (Outcome::Aborted, reason.clone()),
        None => (Outcome::Completed, String::new()),
    };
    Move::record(Kind::Closed { outcome, reason })
}

/// The name of a criterion in the record.
#[must_use]
pub fn criterion_id(probe: &crate::playbook::Probe, index: usize) -> String {
    probe.head.id.clone().unwrap_or_else(|| format!("criterion-{}", index + 1))
}

/// The fact that nobody could be asked, and which flag would have answered.
#[must_use]
pub fn answer_needed(look: &Look<'_>, about: &str, flag: &str, example: &str) -> Move {
    let message =
        format!("`{about}` needs an answer and nobody can be asked: {flag} {about}={example}");
    if look.plan.mode == Mode::Drill {
        return Move::record(Kind::Abandoned { reason: message });
    }
    Move::record(Kind::Stopped { reason: StopReason::AnswerNeeded, message })
}
