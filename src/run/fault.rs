//! Faults that are put into the steps of a drill (`drill run --inject`): what they do instead of the step.
//!
//! Owns the rules: a failure and a time-out stand in for every attempt until somebody chose what follows from
//! them; a slow step waits once; a crash happens once, behind the durable beginning of its step. Pure.

use serde_json::Value;

use super::event::{DrillFact, Fault, Kind};
use super::next::{Look, Move};
use super::session::Purpose;
use super::state::{Run, StepState};
use crate::effect::{EffectClass, Ending, Facts, FailKind};
use crate::plan::Unit;
use crate::steps::{Failure, Stage, Verdict};
use crate::time::Span;

/// The word in front of everything that a fault did: nobody takes it for real.
pub const INJECTED: &str = "INJECTED";

/// What comes in the place of a new attempt of this step, or in front of it.
pub(super) fn before(look: &Look<'_>, unit: &Unit, key: &str) -> Option<Move> {
    let state = look.run.step(key);
    // A step that is over runs only for its secrets.
    if state.is_some_and(|state| state.settled.is_some()) {
        return None;
    }
    match look.run.drill.fault(key)? {
        Fault::Crash => None,
        Fault::Slow(span) => match look.run.drill.slowed.get(key) {
            None => {
                let (step, until) = (key.to_owned(), look.now + span);
                Some(Move::record(Kind::Drill(DrillFact::Slowed { step, until })))
            }
            Some(until) if look.now < *until => Some(look.wait(Some(*until))),
            Some(_) => None,
        },
        fault => Some(Move::record(Kind::Started {
            step: key.to_owned(),
            attempt: state.map_or(0, |state| state.attempts) + 1,
            part: 0,
            class: unit.class(),
            what: format!("nothing ({INJECTED} {fault})"),
            target: unit.step.common.target.clone(),
            deadline: None,
        })),
    }
}

/// The end of an attempt that a fault stands in for. Also for a driver that found it open: nothing was begun.
pub(super) fn end(look: &Look<'_>, unit: &Unit, key: &str, state: &StepState) -> Option<Move> {
    if state.settled.is_some() {
        return None;
    }
    let (ending, verdict) = match look.run.drill.fault(key)? {
        Fault::Slow(_) | Fault::Crash => return None,
        Fault::Fail => {
            let message = format!("{INJECTED} failure: nothing was run");
            let failure = Failure::new(Stage::NotDone, FailKind::Exit, message.clone());
            (Ending::Failed { kind: FailKind::Exit, message }, Verdict::Fail(failure))
        }
        Fault::Timeout => {
            let message =
                format!("{INJECTED} time-out: nothing was run, and nothing was waited for");
            // As a real one: what changes something may have happened.
            let verdict = match unit.class() {
                EffectClass::Read => {
                    Verdict::Fail(Failure::new(Stage::Timeout, FailKind::Timeout, message))
                }
                _ => Verdict::Unknown { reason: message },
            };
            (Ending::TimedOut, verdict)
        }
    };
    Some(Move::record(Kind::Ended {
        step: key.to_owned(),
        attempt: state.attempts,
        part: 0,
        ending,
        facts: Facts::new(),
        evidence: Vec::new(),
        elapsed: Span::ZERO,
        verdict,
        measured: None,
        captured: std::collections::BTreeMap::new(),
        secret_names: Vec::new(),
        looks: 0,
    }))
}

/// True when the driver dies behind the beginning of this.
pub(super) fn crashes(run: &Run, purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Action { step, .. } if run.drill.fault(step) == Some(Fault::Crash))
}

/// Whether a fault can be put into a step of this plan; why not, as a lowercase fragment.
///
/// # Errors
/// A question has no failure of its own: only a person can say "no".
pub fn fits(unit: &Unit, fault: Fault) -> Result<(), String> {
    let asks = unit.step.action.is_question();
    match fault {
        Fault::Fail | Fault::Timeout if asks => {
            Err("it asks a person; only slow and crash can be put into it".to_owned())
        }
        _ => Ok(()),
    }
}

/// The step that a key in the record belongs to: `each` for `each[2]`.
pub(super) fn base(key: &str) -> &str {
    key.split_once('[').map_or(key, |(base, _)| base)
}

/// The faults of a drill, as they are written.
#[must_use]
pub fn words(faults: &std::collections::BTreeMap<String, Fault>) -> String {
    faults.iter().map(|(step, fault)| format!("{step}={fault}")).collect::<Vec<_>>().join(", ")
}

/// Each fault, and whether its step was come to: for reports.
#[must_use]
pub fn account(run: &Run) -> Vec<(String, Fault, bool)> {
    let came = |step: &String| {
        let of = |key: &String| base(key) == base(step);
        run.steps.iter().any(|(key, state)| of(key) && state.attempts > 0)
            || run.drill.slowed.keys().any(of)
    };
    run.drill.faults.iter().map(|(step, fault)| (step.clone(), *fault, came(step))).collect()
}

/// The same as data.
#[must_use]
pub fn account_data(run: &Run) -> Vec<Value> {
    let one = |(step, fault, happened): (String, Fault, bool)| serde_json::json!({ "step": step, "fault": fault.to_string(), "happened": happened });
    account(run).into_iter().map(one).collect()
}
