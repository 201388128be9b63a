//! What a run may have done to the world, for taking it back.
//!
//! A step that failed can have done a part of its work, or all of it when only a check behind it failed. Taking
//! back what passed and passing over that would leave the very step in place that somebody is running from.

use super::advance;
use super::event::StepStatus;
use super::state::Run;
use crate::effect::EffectClass;
use crate::plan::Plan;
use crate::steps::{Stage, Verdict};

/// How sure it is that a step did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It passed, or its action did and a check behind it failed.
    Surely,
    /// All of it, a part or nothing.
    Maybe,
}

/// The steps that anything happened to: those still open first, then by when they were settled, the newest first.
/// Which of them [`done`] something is asked one by one: a long run is taken back a step at a time.
pub(super) fn newest_first(run: &Run) -> impl Iterator<Item = &String> {
    let mut open: Vec<&String> =
        run.steps.iter().filter(|(_, state)| state.settled.is_none()).map(|(key, _)| key).collect();
    open.sort_by_key(|key| run.step(key).and_then(|state| state.started_at));
    open.into_iter().rev().chain(run.settling.iter().rev())
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
    match state.verdict.as_ref()? {
        Verdict::Pass | Verdict::More => Some(Done::Surely),
        Verdict::Unknown { .. } => Some(Done::Maybe),
        Verdict::Fail(failure) => match failure.stage {
            Stage::Verify => Some(Done::Surely),
            // A transaction that failed was taken back by the database.
            _ if unit.is_atomic() => None,
            Stage::Run | Stage::Timeout | Stage::Cancelled => Some(Done::Maybe),
            // The latest attempt never began; an earlier one may have.
            Stage::NotDone | Stage::Input | Stage::Gate => {
                (state.attempts > 1).then_some(Done::Maybe)
            }
        },
    }
}
