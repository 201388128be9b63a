//! An attempt that was announced and whose end nobody recorded: what happens with it.
//!
//! Owns the resume decisions: from the last event of a step, its type and effect, and from what is found
//! outside, to what comes next. The table is on the book's page on crashes; a test holds it against this
//! file. Pure, like all of `run`.

use serde_json::Value;

use super::advance::{self, context};
use super::digest::Digest;
use super::event::Kind;
use super::next::{Look, Move};
use super::scope::Scope;
use super::session::{Purpose, Session};
use super::state::{Run, StepState};
use crate::effect::{Effect, EffectClass, EffectId, Ending, Facts, Output, Recover};
use crate::plan::{Plan, Unit};
use crate::steps::{Broken, Fate, Verdict};
use crate::time::{Span, Timestamp};

/// What comes next for an attempt that has no end: begun again, taken back, asked for, or unknown.
pub(super) fn broken(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Move {
    let names = look.scope(&unit.prefix, item);
    let cx = context(look.plan, unit, key, &names, look.now);
    match (fate(unit, &cx, state), &state.running) {
        // What can lose data is sent again by a driver who was asked, or not at all.
        (Fate::Again, _) if unit.class() == EffectClass::Destructive && state.settled.is_none() => {
            advance::behind_gate(look, unit, key, item, state)
        }
        (Fate::Again, _) => advance::attempt(look, unit, key, item),
        (Fate::NotDone(reason), _) => Move::record(revoked(key, state, reason)),
        (Fate::Ask(recover), Some(running)) => Move::Look {
            id: EffectId(running.id),
            effect: Some(Box::new(Effect::Recover(everywhere(look.run, recover)))),
            purpose: Purpose::Action {
                step: key.to_owned(),
                attempt: state.attempts,
                part: running.part,
            },
        },
        (Fate::Ask(_), None) => match Fate::unknown() {
            Fate::Unknown(reason) => Move::record(lost(key, state, reason)),
            _ => look.wait(None),
        },
        (Fate::Unknown(reason), _) => Move::record(lost(key, state, reason)),
    }
}

/// The same in front of a rollback, which must know what it takes back: nothing is begun again for that.
pub(super) fn before_rollback(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Move {
    let names = look.scope(&unit.prefix, item);
    let cx = context(look.plan, unit, key, &names, look.now);
    match fate(unit, &cx, state) {
        Fate::Again => {
            let reason = "it was begun, and its end is not recorded".to_owned();
            Move::record(lost(key, state, reason))
        }
        _ => broken(look, unit, key, item, state),
    }
}

/// A record that was moved left what had begun where it was.
fn everywhere(run: &Run, mut recover: Recover) -> Recover {
    if let Recover::Command(command) = &mut recover {
        command.folders = run.earlier_folders.iter().map(Into::into).collect();
    }
    recover
}

fn fate(unit: &Unit, cx: &crate::steps::Context<'_>, state: &StepState) -> Fate {
    let running = state.running.as_ref();
    unit.step.action.broken(
        cx,
        &Broken {
            attempt: state.attempts,
            part: running.map(|running| running.part),
            what: running.map_or("", |running| &running.what),
            facts: &state.facts,
        },
    )
}

/// What an output means that is no end of its attempt: the world can be asked what became of it, or the
/// world has proved that an attempt of an earlier driver never happened.
#[expect(clippy::too_many_arguments, reason = "an end is looked at from all sides, once, here")]
pub(super) fn instead(
    plan: &Plan,
    run: &Run,
    session: &Session,
    id: EffectId,
    (unit, item): (&Unit, Option<(usize, &Value)>),
    key: &str,
    output: &Output,
    now: Timestamp,
) -> Option<Digest> {
    let state = run.step(key)?;
    let running = state.running.as_ref()?;
    match &output.ending {
        Ending::Unknown { .. } if !session.asked.contains(&id) => {
            let names = Scope { prefix: &unit.prefix, item, ..Scope::new(plan, run, now) };
            let cx = context(plan, unit, key, &names, now);
            // It stays open in the record: the next decision asks for its fate.
            matches!(fate(unit, &cx, state), Fate::Ask(_)).then(Digest::default)
        }
        Ending::NotDone { reason } if running.earlier => {
            Some(Digest::fact(revoked(key, state, reason)))
        }
        _ => None,
    }
}

/// How the parts before the last one of an attempt are known.
pub(super) enum Before {
    /// This session saw them.
    Whole,
    /// From the record, where long results are cut.
    Recorded {
        /// Something was cut.
        cut: bool,
    },
}

/// The parts that a session before this one saw, as far as the record has them.
pub(super) fn parts_before(run: &Run, key: &str, part: u32, outputs: &mut Vec<Output>) -> Before {
    let seen = usize::try_from(part).unwrap_or_default();
    let Some(state) = run.step(key).filter(|_| outputs.len() < seen) else { return Before::Whole };
    let recorded = || Output::done(state.facts.clone(), Span::ZERO);
    *outputs = std::iter::repeat_with(recorded).take(seen).collect();
    let cut = |(name, value): (&String, &Value)| name.ends_with("_cut") && *value == true;
    Before::Recorded { cut: state.facts.iter().any(cut) }
}

fn revoked(key: &str, state: &StepState, reason: &str) -> Kind {
    Kind::Revoked { step: key.to_owned(), attempt: state.attempts, reason: reason.to_owned() }
}

/// Nobody can tell what became of it.
fn lost(key: &str, state: &StepState, reason: String) -> Kind {
    Kind::Ended {
        step: key.to_owned(),
        attempt: state.attempts,
        part: state.running.as_ref().map_or(state.parts, |running| running.part),
        ending: Ending::Unknown { reason: reason.clone() },
        facts: Facts::new(),
        evidence: Vec::new(),
        elapsed: Span::ZERO,
        verdict: Verdict::Unknown { reason },
        measured: None,
        captured: std::collections::BTreeMap::new(),
        secret_names: Vec::new(),
        looks: 0,
    }
}
