//! What goes on right now: what runs, what is waited for, what is asked. Pure.

use std::collections::BTreeMap;

use super::super::event::{Asking, Kind};
use super::super::session::{Poll, Purpose, Session};
use super::super::state::Run;
use super::super::{advance, checks, digest};
use crate::effect::{EffectId, Ending, Facts, FailKind, Output};
use crate::plan::{Plan, Unit};
use crate::steps::{Failure, Stage, Verdict};
use crate::time::{Span, Timestamp};

/// What goes on: as long as this stays the same, a question about it makes sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Doing {
    /// The step, empty for a criterion.
    pub(super) step: String,
    /// Which check or attempt of it.
    pub(super) which: String,
    /// Nothing runs: time passes.
    pub(super) waits: bool,
}

/// What goes on right now; nothing while a question holds it up.
pub(super) fn doing(run: &Run, session: &Session) -> Option<Doing> {
    let of = |purpose: &Purpose| {
        let (step, which) = match purpose {
            Purpose::Action { step, attempt, .. } => (step.clone(), attempt.to_string()),
            Purpose::Check { step, check } => (step.clone(), format!("check {check}")),
            Purpose::Criterion { index } => (String::new(), index.to_string()),
            Purpose::Shell { step } => (step.clone(), "shell".to_owned()),
            Purpose::Ask { .. } | Purpose::Notify { .. } | Purpose::Stop { .. } => return None,
        };
        Some(Doing { step, which, waits: false })
    };
    if !questions(session).is_empty() {
        return None;
    }
    let in_flight = session.in_flight.values().find_map(of);
    let between = || session.poll.as_ref().and_then(|poll| of(&poll.purpose));
    in_flight.or_else(between).or_else(|| {
        let key = session.current.as_ref()?;
        let state = run.step(key).filter(|state| state.settled.is_none())?;
        let parts = state.parts > 0 && !session.outputs.is_empty() && state.verdict.is_none();
        let retries = matches!(state.verdict, Some(Verdict::Fail(_)));
        let behind = if retries { "after " } else { "" };
        let which = format!("{behind}{}", state.attempts);
        let goes_on = state.running.is_some() || parts || retries;
        goes_on.then(|| Doing { step: key.clone(), which, waits: true })
    })
}

/// Questions that hold up the run, as the menu of Ctrl-C does not.
pub(super) fn questions(session: &Session) -> Vec<EffectId> {
    let menus = menus(session);
    let asked = session.in_flight.keys().filter(|id| session.questions.contains(id));
    asked.filter(|id| !menus.contains(id)).copied().collect()
}

pub(super) fn is_menu(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Ask { asking: Asking::Interrupt, .. })
}

pub(super) fn ids(session: &Session, wanted: impl Fn(&Purpose) -> bool) -> Vec<EffectId> {
    let found = session.in_flight.iter().filter(|(_, purpose)| wanted(purpose));
    let mut ids: Vec<EffectId> = found.map(|(id, _)| *id).collect();
    ids.sort();
    ids
}

/// Commands, statements, requests: what can be ended.
pub(super) fn running(session: &Session) -> Vec<EffectId> {
    let mut ids = ids(session, Purpose::is_foreground);
    ids.retain(|id| !session.questions.contains(id));
    ids
}

pub(super) fn unit_of(plan: &Plan, run: &Run, key: &str) -> Option<Unit> {
    if let Some((unit, _)) = advance::find(plan, run, key) {
        return Some(unit.clone());
    }
    let (unit, _) = advance::find(plan, run, key.strip_suffix(".undo")?)?;
    crate::plan::undo_unit(unit)
}

/// True while a command has the terminal to itself: nothing can be asked then.
pub(super) fn owns_terminal(plan: &Plan, run: &Run, session: &Session) -> bool {
    session.in_flight.values().any(|purpose| {
        let step = match purpose {
            Purpose::Shell { .. } => return true,
            Purpose::Action { step, .. } => step,
            _ => return false,
        };
        unit_of(plan, run, step).is_some_and(|unit| unit.step.common.interactive)
    })
}

pub(super) fn menus(session: &Session) -> Vec<EffectId> {
    ids(session, is_menu)
}

/// The same thing, whether it runs or waits for its next look.
pub(super) fn same(one: &Doing, other: &Doing) -> bool {
    one.step == other.step && one.which == other.which
}

/// What is waited for without an effect in flight, given up: a pause, the time between two looks, the
/// time before the next attempt.
pub(super) fn waiting(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    now: Timestamp,
) -> Option<Kind> {
    let message = "given up by the operator while it waited";
    let given_up = || Verdict::Fail(Failure::new(Stage::Cancelled, FailKind::Cancelled, message));
    let polled = session.poll.take();
    if let Some(Poll { purpose, began, .. }) = &polled {
        match purpose {
            Purpose::Check { step, check } => {
                let elapsed = now.since(*began);
                let output = Output { elapsed, ..Output::done(Facts::new(), elapsed) };
                return Some(digest::checked(
                    step.clone(),
                    check.clone(),
                    given_up(),
                    None,
                    output,
                ));
            }
            Purpose::Criterion { index } => {
                let reason = message.to_owned();
                let probe = plan.criteria.get(*index)?;
                return Some(checks::judged(probe, *index, Verdict::Unknown { reason }, None));
            }
            _ => {}
        }
    }
    let key = session.current.clone()?;
    let state = run.step(&key).filter(|state| state.settled.is_none())?;
    let waits = state.running.is_some() || matches!(state.verdict, Some(Verdict::Fail(_)));
    waits.then(|| Kind::Ended {
        step: key.clone(),
        attempt: state.attempts,
        part: state.running.as_ref().map_or(0, |running| running.part),
        ending: Ending::Cancelled,
        facts: Facts::new(),
        evidence: Vec::new(),
        elapsed: state.running.as_ref().map_or(Span::ZERO, |running| now.since(running.since)),
        verdict: given_up(),
        measured: None,
        captured: BTreeMap::new(),
        secret_names: Vec::new(),
        looks: polled.map_or(0, |poll| poll.looks),
    })
}
