//! What a run may have done to the world, for taking it back.
//!
//! A step that failed can have done a part of its work, or all of it when only a check behind it failed. Taking
//! back what passed and passing over that would leave the very step in place that somebody is running from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::advance;
use super::event::StepStatus;
use super::state::{Run, StepState};
use crate::effect::EffectClass;
use crate::plan::{Plan, Unit, undo_unit};
use crate::steps::{Failure, Stage, Verdict};

/// How sure it is that a step did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It passed, or its action did and a check behind it failed.
    Surely,
    /// All of it, a part or nothing.
    Maybe,
}

/// The steps that anything happened to: those still open first, then by when they were settled, the newest first.
/// Which of them [`done`] something is asked one by one: a long run is taken back a step at a time.
fn newest_first(run: &Run) -> impl Iterator<Item = &String> {
    let mut open: Vec<&String> =
        run.steps.iter().filter(|(_, state)| state.settled.is_none()).map(|(key, _)| key).collect();
    open.sort_by_key(|key| run.step(key).and_then(|state| state.started_at));
    open.into_iter().rev().chain(run.settling.iter().rev())
}

/// A step of a rollback.
pub(crate) struct Undo<'a> {
    pub unit: Unit,
    /// `stop[2].undo`.
    pub key: String,
    /// What the step was done for, and its place among the items.
    pub item: Option<(usize, &'a Value)>,
}

/// What a rollback takes back next: the newest of what passed or may have happened, back to and with the step asked
/// for. `None` when all of it is taken back, and where none goes on.
pub(crate) fn next_undo<'a>(plan: &'a Plan, run: &'a Run) -> Option<Undo<'a>> {
    let to = run.rollback.as_ref()?;
    let place = |key: &String| {
        let (unit, _) = advance::find(plan, run, key)?;
        plan.by_key.get(&unit.key).copied()
    };
    let first = match to {
        // A step that there is not is no reason to undo everything.
        Some(to) => place(to).unwrap_or(plan.units.len()),
        None => 0,
    };
    let mut undone_by_steps = BTreeSet::new();
    for key in newest_first(run) {
        let Some((unit, item)) = advance::find(plan, run, key) else { continue };
        let earlier = plan.by_key.get(&unit.key).is_some_and(|at| *at < first);
        // The step whose menu asked for this has an `undo` of its own there.
        if earlier || run.rollback_from.as_ref() == Some(key) {
            continue;
        }
        if matches!(run.status(key), Some(StepStatus::Ok | StepStatus::ByHand)) {
            undone_by_steps.extend(unit.undoes.as_ref());
        }
        // The items of a step are undone, not the step around them.
        let around = unit.step.common.for_each.is_some() && item.is_none();
        if !around
            && !run.undone.contains(key)
            && done(plan, run, key).is_some()
            && !undone_by_steps.contains(key)
            && run.status(&format!("{key}.undo")).is_none()
            && let Some(unit) = undo_unit(unit)
        {
            return Some(Undo { unit, key: format!("{key}.undo"), item });
        }
    }
    None
}

/// A change that an earlier driver began and whose end nobody has recorded. A question that was put changes nothing
/// by itself, and what may be sent again was not sent for a rollback: they count where there is an undo, which says
/// that what was asked for or sent can be there.
pub(super) fn in_flight<'r>(plan: &Plan, run: &'r Run) -> Option<(&'r String, &'r StepState)> {
    run.steps.iter().find(|(key, state)| {
        let began = state.settled.is_none() && state.running.as_ref().is_some_and(|it| it.earlier);
        let changes = |(unit, _): (&Unit, _)| {
            let action = &unit.step.action;
            let harmless = action.is_question() || action.repeatable();
            unit.class() != EffectClass::Read && (!harmless || unit.step.undo.is_some())
        };
        began && advance::find(plan, run, key).is_some_and(changes)
    })
}

/// What a verdict says of the world; `None` when nothing of it happened. `atomic` is a statement in a transaction.
pub(crate) fn of_verdict(verdict: &Verdict, atomic: bool) -> Option<Done> {
    match verdict {
        // Also where the action has run, and what came of it is not what the playbook needs.
        Verdict::Pass | Verdict::Fail(Failure { stage: Stage::Verify, .. }) => Some(Done::Surely),
        Verdict::Unknown { .. } => Some(Done::Maybe),
        // A transaction that failed, or is not committed yet, is taken back by the database.
        _ if atomic => None,
        Verdict::More => Some(Done::Maybe),
        Verdict::Fail(failure) => match failure.stage {
            Stage::Run | Stage::Timeout | Stage::Cancelled => Some(Done::Maybe),
            _ => None,
        },
    }
}

/// What a step of this key did; `None` when nothing. A step that passed did, whatever it does: an undo of a look is
/// the author's wish.
pub(super) fn done(plan: &Plan, run: &Run, key: &str) -> Option<Done> {
    let (unit, _) = advance::find(plan, run, key)?;
    let state = run.step(key)?;
    if matches!(state.settled, Some(StepStatus::Ok | StepStatus::ByHand)) {
        return Some(Done::Surely);
    }
    if unit.class() == EffectClass::Read || state.attempts == 0 {
        return None;
    }
    // The latest attempt may never have begun; an earlier one did.
    let earlier = || (state.attempts > 1 && !unit.is_atomic()).then_some(Done::Maybe);
    of_verdict(state.verdict.as_ref()?, unit.is_atomic()).or_else(earlier)
}
