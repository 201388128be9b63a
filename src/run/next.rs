//! What to do next: a pure function of the plan and of what happened.
//!
//! Owns the order of everything a run does outside a single step: clocks, messages, inputs, phases,
//! the drill's sections, rollback, the end. Steps are `advance`'s.

use serde_json::Value;

use super::clock::{Passed, next_due, passed};
use super::event::{Asking, Kind, Milestone, Outcome, StepStatus, StopReason};
use super::interrupt::LeaveBy;
use super::objective::Hold;
use super::scope::Scope;
use super::session::{Purpose, Session};
use super::state::{PhaseState, Run};
use super::{advance, escalate, gate, hand, inputs, interrupt, objective, recover, stands, stops};
use crate::effect::{Effect, EffectId, Question, Wants};
use crate::plan::{Mode, Plan, Section, Unit};
use crate::template;
use crate::time::Timestamp;

/// What the question is about that opens while the steps are held.
pub const HELD: &str = "hold";

/// The key of stop conditions in a drill.
pub const STOP_IF: &str = "stop_if";

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
        let message = self.run.outbox.next_try().filter(|at| *at > self.now);
        let stop = stops::next_look(self);
        Move::Wait(at.into_iter().chain(due).chain(message).chain(stop).min())
    }
}

/// Decides. Pure: no IO, no clock, no randomness.
#[must_use]
pub fn next(plan: &Plan, run: &Run, session: &Session, now: Timestamp) -> Move {
    let look = Look { plan, run, session, now };
    let rests = run.stopped.is_some() || session.errand.is_some();
    if rests || (run.closed.is_some() && run.rollback.is_none()) {
        if let Some(more) = escalate::last(&look) {
            return more;
        }
        let by = session.leave_by.map(LeaveBy::at);
        return if session.in_flight.is_empty() { Move::Leave } else { Move::Wait(by) };
    }
    if let Some(Passed { clock, due, while_down, retroactive }) = passed(plan, run, now) {
        return Move::record(Kind::DeadlinePassed { clock, due, while_down, retroactive });
    }
    if session.leaving.is_none()
        && let Some(begin) = escalate::due(&look)
    {
        return begin;
    }
    if session.leaving.is_none()
        && let Some(begin) = interrupt::menu(&look)
    {
        return begin;
    }
    if let Some(stop) = stops::due(&look) {
        return stop;
    }
    if session.busy() || stops::looking(&look) {
        return look.wait(session.leave_by.map(LeaveBy::at));
    }
    if let Some((reason, message)) = &session.leaving {
        return Move::record(Kind::Stopped { reason: *reason, message: message.clone() });
    }
    if let Some(again) = refresh_secrets(&look) {
        return again;
    }
    if run.rollback.is_some() {
        return roll_back(&look);
    }
    if let Some(kind) = milestone_due(&look) {
        return Move::record(kind);
    }
    let until = match objective::hold(&look) {
        Hold::Recovered(when, source) => {
            return Move::record(milestone(Milestone::Recovered, when, &source));
        }
        Hold::Look(again) if run.abandoned.is_none() => return *again,
        Hold::Until(at) if run.abandoned.is_none() => Some(at),
        _ => None,
    };
    if run.abandoned.is_none()
        && let Some(held) = held(&look)
    {
        return held;
    }
    if run.abandoned.is_none() {
        if let Some(unit) = plan.units.get(session.cursor)
            && plan.section(unit) != Section::Cleanup
        {
            return unit_in_phase(&look, unit);
        }
        if until.is_some() {
            return look.wait(until);
        }
        if !run.milestones.contains_key(&Milestone::Resolved) && !objective::end_failed(plan, run) {
            return Move::record(milestone(Milestone::Resolved, now, "last_step"));
        }
    }
    finish(&look)
}

fn milestone(milestone: Milestone, when: Timestamp, source: &str) -> Kind {
    Kind::Milestone { milestone, when, source: source.to_owned(), reason: None }
}

/// While the steps are held nothing of them begins; who drives says when they go on.
fn held(look: &Look<'_>) -> Option<Move> {
    let why = look.run.incident.held.as_ref()?;
    let question = Question {
        about: HELD.to_owned(),
        text: format!("The steps are held: {why}. Enter to go on"),
        help: None,
        wants: Wants::Enter,
    };
    Some(gate::put(look, HELD, Asking::Held, question, "--answer"))
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
    None
}

/// A reading step is run again when the secret that it captured is gone with an earlier session.
fn refresh_secrets(look: &Look<'_>) -> Option<Move> {
    let (run, session) = (look.run, look.session);
    let lost = |(name, step): &(&String, &String)| {
        !session.secrets.contains(*name)
            && !session.refreshed.contains(*step)
            && run.status(step).is_some()
    };
    let again = |(name, step): (&String, &String)| {
        let (unit, item) = advance::find(look.plan, run, step)?;
        if run.status(step) == Some(StepStatus::ByHand) {
            // What was run elsewhere is not run here.
            let asks = session.attended && run.abandoned.is_none();
            return hand::told_before(look, unit, step, name).filter(|_| asks);
        }
        let reads = unit.class() == crate::effect::EffectClass::Read;
        // Nobody is asked for what a run that is given up no longer needs.
        let asks = unit.step.action.is_question() && run.abandoned.is_some();
        (reads && !asks).then(|| advance::again(look, unit, step, item))
    };
    let again = run.captured_secrets.iter().filter(lost).find_map(again)?;
    // The step may use a secret that the operator gave to the session before. Where nobody can give it, a run
    // that is given up does without: asking would only give it up again.
    let needed = run.abandoned.is_none() || session.attended;
    Some(inputs::given_before(look).filter(|_| needed).unwrap_or(again))
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
        None if phase.section != Section::Respond => return enter(look, phase),
        None => return inputs::missing(look).unwrap_or_else(|| enter(look, phase)),
    }
    // A secret that only an earlier session knew is asked for again.
    if phase.section == Section::Respond
        && let Some(ask) = inputs::missing(look)
    {
        return ask;
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

/// The undos of what passed or may have happened, newest first, back to and with the step asked for.
fn roll_back(look: &Look<'_>) -> Move {
    let (plan, run) = (look.plan, look.run);
    // A change that may still be going on is seen to its end before anything is taken back.
    if let Some((key, state)) = stands::in_flight(plan, run)
        && let Some((unit, item)) = advance::find(plan, run, key)
    {
        return recover::before_rollback(look, unit, key, item, state);
    }
    if let Some(stands::Undo { unit, key, item }) = stands::next_undo(plan, run) {
        return advance::one(look, &unit, &key, item);
    }
    let to = run.rollback_from.as_ref().and(run.rollback.as_ref()).and_then(Option::as_ref);
    let again = to.map(|to| super::menu::more::again(plan, run, to)).unwrap_or_default();
    Move::record(Kind::RollbackEnded { again })
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
    let mut failed = None;
    for phase in plan.phases.iter().filter(|phase| phase.section == Section::Cleanup) {
        for unit in &plan.units[phase.units.clone()] {
            match run.status(&unit.key) {
                None if run.phases.contains_key(&phase.key) => return advance::unit(look, unit),
                None => return Move::record(Kind::PhaseEntered { phase: phase.key.clone() }),
                Some(StepStatus::Failed) => failed = failed.or(Some(&unit.key)),
                Some(_) => {}
            }
        }
    }
    let (outcome, reason) = match (&run.abandoned, failed) {
        (Some(reason), _) => (Outcome::Aborted, reason.clone()),
        // What a drill leaves behind may hurt the next one: it is not complete.
        (None, Some(key)) => (Outcome::Aborted, format!("cleanup step `{key}` failed")),
        (None, None) => (Outcome::Completed, String::new()),
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
pub fn answer_needed(look: &Look<'_>, step: &str, about: &str, flag: &str, example: &str) -> Move {
    let message =
        format!("`{about}` needs an answer and nobody can be asked: {flag} {about}={example}");
    Move::record(give_up(look.plan, look.run, step, StopReason::AnswerNeeded, message))
}

/// It cannot go on: a real run stops here and can be resumed; a drill cleans up behind itself, and its
/// cleanup goes on without the step.
pub(super) fn give_up(
    plan: &Plan,
    run: &Run,
    step: &str,
    reason: StopReason,
    message: String,
) -> Kind {
    if plan.mode == Mode::Real || run.rollback.is_some() {
        return Kind::Stopped { reason, message };
    }
    if run.abandoned.is_none() && !in_cleanup(plan, run, step) {
        return Kind::Abandoned { reason: message };
    }
    Kind::Settled { step: step.to_owned(), status: StepStatus::Failed }
}

/// True for the steps that put a drill's target back.
pub(super) fn in_cleanup(plan: &Plan, run: &Run, step: &str) -> bool {
    let unit = advance::find(plan, run, step.strip_suffix(".undo").unwrap_or(step));
    unit.is_some_and(|(unit, _)| plan.section(unit) == Section::Cleanup)
}
