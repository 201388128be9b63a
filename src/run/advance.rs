//! One step, from its condition to its end: what comes next for it.
//!
//! Owns the order inside a step: condition, items, gate, attempt, looks, retry, checks, evidence, end.
//! Gates are `gate`'s, menus are `menu`'s.

use serde_json::Value;

use super::event::{Kind, StepStatus, StopReason};
use super::next::{Look, Move, criterion_id};
use super::session::Purpose;
use super::state::{Run, StepState};
use super::{checks, gate, menu};
use crate::effect::{Effect, EffectClass, EffectId, Ending, Facts, FailKind};
use crate::plan::{Mode, Plan, Unit};
use crate::playbook::{Mark, OnFail, Probe, Retry};
use crate::steps::{Action, Context, Failure, Request, Stage, Verdict};
use crate::template;
use crate::time::{Span, Timestamp};

/// The pause before a second attempt when `retry` names none.
const RETRY_EVERY: Span = Span::from_secs(5);
/// No pause between attempts is longer when `retry` names no `max`.
const RETRY_MAX: Span = Span::from_mins(5);

/// A step of the plan by its key in the record, with its item when the key names one.
#[must_use]
pub fn find<'a>(
    plan: &'a Plan,
    run: &'a Run,
    key: &str,
) -> Option<(&'a Unit, Option<(usize, &'a Value)>)> {
    if let Some(unit) = plan.unit(key) {
        return Some((unit, None));
    }
    let (base, index) = key.strip_suffix(']')?.rsplit_once('[')?;
    let index: usize = index.parse().ok()?;
    let item = run.items.get(base)?.get(index)?;
    Some((plan.unit(base)?, Some((index, item))))
}

/// A step of the plan: its condition, then itself or each of its items.
pub(super) fn unit(look: &Look<'_>, unit: &Unit) -> Move {
    if look.run.step(&unit.key).is_none() && !look.run.items.contains_key(&unit.key) {
        match condition(look, unit) {
            Ok(None) => {}
            Ok(Some(reason)) => {
                return Move::record(Kind::Skipped {
                    step: unit.key.clone(),
                    reason,
                    by_choice: false,
                    second_person: None,
                });
            }
            Err(failure) => return Move::record(never_started(&unit.key, 1, failure)),
        }
    }
    let Some(list) = &unit.step.common.for_each else {
        return one(look, unit, &unit.key, None);
    };
    if look.run.step(&unit.key).is_some_and(|state| state.verdict.is_some()) {
        return one(look, unit, &unit.key, None); // the list could not be evaluated
    }
    let Some(items) = look.run.items.get(&unit.key) else {
        return expand(look, unit, list);
    };
    for (index, item) in items.iter().enumerate() {
        let key = format!("{}[{index}]", unit.key);
        if look.run.status(&key).is_none() {
            return one(look, unit, &key, Some((index, item)));
        }
    }
    let statuses = (0..items.len()).map(|at| look.run.status(&format!("{}[{at}]", unit.key)));
    let failed = statuses.into_iter().any(|status| status == Some(StepStatus::Failed));
    let status = if failed { StepStatus::Failed } else { StepStatus::Ok };
    Move::record(Kind::Settled { step: unit.key.clone(), status })
}

/// Why the step is passed over; `None` when it is not.
fn condition(look: &Look<'_>, unit: &Unit) -> Result<Option<String>, Failure> {
    let names = look.scope(&unit.prefix, None);
    for when in unit.outer_when.iter().chain(&unit.step.common.when) {
        let held = template::holds(when, &names)?;
        if !held.truth {
            return Ok(Some(held.trace));
        }
    }
    Ok(None)
}

fn expand(look: &Look<'_>, unit: &Unit, list: &str) -> Move {
    let items = template::evaluate(list, &look.scope(&unit.prefix, None)).map_err(Failure::from);
    match items {
        Ok(Value::Array(items)) => Move::record(Kind::Expanded { step: unit.key.clone(), items }),
        Ok(other) => {
            let failure = Failure::input(format!("`for_each` needs a list, got {other}"));
            Move::record(never_started(&unit.key, 1, failure))
        }
        Err(failure) => Move::record(never_started(&unit.key, 1, failure)),
    }
}

/// The end of an attempt that never started: a value that it needs cannot be had.
fn never_started(key: &str, attempt: u32, failure: Failure) -> Kind {
    Kind::Ended {
        step: key.to_owned(),
        attempt,
        part: 0,
        ending: Ending::Failed { kind: failure.kind, message: failure.message.clone() },
        facts: Facts::new(),
        evidence: Vec::new(),
        elapsed: Span::ZERO,
        verdict: Verdict::Fail(failure),
        measured: None,
        captured: std::collections::BTreeMap::new(),
        secret_names: Vec::new(),
        looks: 0,
    }
}

/// One step or one item of it.
pub(super) fn one(look: &Look<'_>, unit: &Unit, key: &str, item: Option<(usize, &Value)>) -> Move {
    let empty = StepState::default();
    let state = look.run.step(key).unwrap_or(&empty);
    if let Some(chosen) = &state.chosen {
        return carry_out(look, unit, key, item, chosen);
    }
    match &state.verdict {
        Some(Verdict::Pass) => passed(look, unit, key, item, state),
        Some(Verdict::Fail(failure)) => failed(look, unit, key, item, state, failure),
        Some(Verdict::Unknown { .. }) => unknown(look, unit, key, state),
        Some(Verdict::More) | None => match &state.running {
            Some(_) => running(look, unit, key, item, state),
            None if state.parts > 0 && !look.session.outputs.is_empty() => {
                part(look, unit, key, item, state.attempts, state.parts)
            }
            None if state.parts > 0 => Move::record(lost(key, state)),
            None => gate::question(look, unit, key, item, state)
                .unwrap_or_else(|| attempt(look, unit, key, item)),
        },
    }
}

/// A new attempt of the action.
pub(super) fn attempt(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
) -> Move {
    let attempts = look.run.step(key).map_or(0, |state| state.attempts);
    part(look, unit, key, item, attempts + 1, 0)
}

/// A part of an attempt: announced, then begun.
fn part(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    attempt: u32,
    part: u32,
) -> Move {
    let outputs: &[_] = if part == 0 { &[] } else { &look.session.outputs };
    let names = look.scope(&unit.prefix, item);
    let cx = context(look.plan, unit, key, &names, look.now);
    let request = unit.step.action.request(&cx, outputs);
    let (effect, deadline) = match request {
        Err(failure) => return Move::record(never_started(key, attempt, failure)),
        Ok(Request::Nothing) => (None, Some(time_out(look, unit, key, part))),
        Ok(Request::Pause(span)) => (None, Some(pause_end(look, key, span))),
        Ok(Request::Effect(effect)) if matches!(*effect, Effect::Ask(_)) => (Some(effect), None),
        Ok(Request::Effect(mut effect)) => {
            let deadline = Some(time_out(look, unit, key, part));
            if let Some(deadline) = deadline {
                effect.limit(deadline.since(look.now));
            }
            (Some(effect), deadline)
        }
    };
    if let Some(Effect::Ask(question)) = effect.as_deref()
        && !look.session.attended
        && look.session.scripted(&question.about, false).is_none()
    {
        return super::next::answer_needed(look, &question.about, "--answer", &question.example());
    }
    let what = effect.as_ref().map_or_else(|| what_of(&unit.step.action), |effect| effect.what());
    Move::Start {
        kind: Box::new(Kind::Started {
            step: key.to_owned(),
            attempt,
            part,
            class: unit.class(),
            what,
            target: unit.step.common.target.clone(),
            deadline,
        }),
        effect: if matches!(unit.step.action, Action::Pause(_)) { None } else { effect },
        purpose: Purpose::Action { step: key.to_owned(), attempt, part },
    }
}

/// What a step without an effect does, in words.
fn what_of(action: &Action) -> String {
    match action {
        Action::Pause(pause) => format!("wait {}", pause.length),
        _ => "check conditions".to_owned(),
    }
}

/// The end of this attempt's time. An attempt that was cut off by a crash keeps its deadline.
fn time_out(look: &Look<'_>, unit: &Unit, key: &str, part: u32) -> Timestamp {
    let before = look.run.step(key).and_then(|state| state.running.as_ref());
    let kept = before.and_then(|running| running.deadline).filter(|_| part == 0);
    let limit = unit.step.common.timeout.unwrap_or(crate::steps::DEFAULT_TIMEOUT);
    kept.unwrap_or(look.now + limit)
}

fn pause_end(look: &Look<'_>, key: &str, span: Span) -> Timestamp {
    let before = look.run.step(key).and_then(|state| state.running.as_ref());
    before.and_then(|running| running.deadline).unwrap_or(look.now + span)
}

/// All that the step type may look at.
pub(super) fn context<'a>(
    plan: &'a Plan,
    unit: &'a Unit,
    key: &'a str,
    names: &'a dyn template::Lookup,
    now: Timestamp,
) -> Context<'a> {
    Context {
        unit: key,
        common: &unit.step.common,
        class: unit.class(),
        names,
        place: &plan.place,
        now,
    }
}

/// An attempt was announced and has not ended: it waits between looks, or its session is gone.
fn running(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Move {
    let Some(running) = &state.running else { return look.wait(None) };
    if let Some(poll) = &look.session.poll
        && let Purpose::Action { step, .. } = &poll.purpose
        && step == key
    {
        return match poll.next_at {
            Some(at) if look.now < at => look.wait(Some(at)),
            _ => look_again(look, unit, key, item, poll.id, &poll.purpose),
        };
    }
    let ours = look.run.attached_at.is_none_or(|at| running.since >= at);
    if ours && let Action::Pause(_) = unit.step.action {
        return pause(look, key, state, running.deadline);
    }
    let class = running.class;
    let repeatable = class == EffectClass::Read
        || unit.step.action.is_question()
        || unit.step.action.repeatable();
    if repeatable {
        return attempt(look, unit, key, item);
    }
    Move::record(lost(key, state))
}

fn pause(look: &Look<'_>, key: &str, state: &StepState, end: Option<Timestamp>) -> Move {
    let end = end.unwrap_or(look.now);
    if look.now < end {
        return look.wait(Some(end));
    }
    let since = state.running.as_ref().map_or(look.now, |running| running.since);
    Move::record(Kind::Ended {
        step: key.to_owned(),
        attempt: state.attempts,
        part: 0,
        ending: Ending::Done,
        facts: Facts::new(),
        evidence: Vec::new(),
        elapsed: look.now.since(since),
        verdict: Verdict::Pass,
        measured: None,
        captured: std::collections::BTreeMap::new(),
        secret_names: Vec::new(),
        looks: 0,
    })
}

/// What was started in a session that is gone: it may have happened.
fn lost(key: &str, state: &StepState) -> Kind {
    let reason = "mayday ended while it ran; it may have happened".to_owned();
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

fn look_again(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    id: EffectId,
    purpose: &Purpose,
) -> Move {
    let names = look.scope(&unit.prefix, item);
    let request = unit.step.action.request(&context(look.plan, unit, key, &names, look.now), &[]);
    let effect = match request {
        Ok(Request::Effect(mut effect)) => {
            let state = look.run.step(key);
            let running = state.and_then(|state| state.running.as_ref());
            if let Some(deadline) = running.and_then(|running| running.deadline) {
                effect.limit(deadline.since(look.now));
            }
            Some(effect)
        }
        Ok(_) => None,
        Err(failure) => return Move::record(never_started(key, 1, failure)),
    };
    Move::Look { id, effect, purpose: purpose.clone() }
}

/// The action passed: checks, evidence, milestone, end.
fn passed(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Move {
    if let Some(begin) = checks::next(look, unit, key, item, state) {
        return begin;
    }
    if let Some(mark) = unit.step.common.marks {
        let which = match mark {
            Mark::Acknowledged => super::event::Milestone::Acknowledged,
            Mark::Mitigated => super::event::Milestone::Mitigated,
            Mark::Resolved => super::event::Milestone::Resolved,
        };
        if !look.run.milestones.contains_key(&which) {
            let source = format!("step:{key}");
            let when = look.now;
            return Move::record(Kind::Milestone { milestone: which, when, source, reason: None });
        }
    }
    Move::record(Kind::Settled { step: key.to_owned(), status: StepStatus::Ok })
}

/// The step failed: another attempt, or what `on_fail` says.
fn failed(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
    failure: &Failure,
) -> Move {
    if let Some(retry) = &unit.step.common.retry
        && !matches!(failure.stage, Stage::Input | Stage::Gate | Stage::Cancelled)
        && failure.kind != FailKind::Cancelled
        && state.tries < retry.times
        && wanted(look, unit, item, state, retry)
    {
        let at = state.ended_at.unwrap_or(look.now) + pause_before(retry, state.tries);
        if look.now < at {
            return look.wait(Some(at));
        }
        return attempt(look, unit, key, item);
    }
    match &unit.step.common.on_fail {
        OnFail::Continue => {
            Move::record(Kind::Settled { step: key.to_owned(), status: StepStatus::Failed })
        }
        OnFail::Stop if look.plan.mode == Mode::Real => Move::record(Kind::Stopped {
            reason: StopReason::StepFailed,
            message: format!("step `{key}` failed: {failure}"),
        }),
        OnFail::Stop => {
            Move::record(Kind::Abandoned { reason: format!("step `{key}` failed: {failure}") })
        }
        OnFail::Ask | OnFail::Menu(_) => menu::next(look, unit, key, state),
    }
}

fn wanted(
    look: &Look<'_>,
    unit: &Unit,
    item: Option<(usize, &Value)>,
    state: &StepState,
    retry: &Retry,
) -> bool {
    let Some(when) = &retry.when else { return true };
    let names = look.scope(&unit.prefix, item);
    let names = template::WithFacts { facts: &state.facts, outer: &names };
    template::holds(when, &names).is_ok_and(|held| held.truth)
}

/// The pause before the next attempt, `tries` attempts having been made.
#[expect(clippy::cast_possible_truncation, reason = "capped by RETRY_MAX or the author's max")]
fn pause_before(retry: &Retry, tries: u32) -> Span {
    let every = retry.every.unwrap_or(RETRY_EVERY);
    let power = i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX);
    let factor = retry.backoff.unwrap_or(1.0).max(1.0).powi(power);
    let max = retry.max.unwrap_or(RETRY_MAX).max(every);
    let longest = max.secs() * 1000.0;
    let millis = every.secs() * 1000.0 * factor;
    Span::from_millis(millis.min(longest) as i64)
}

/// Nobody knows whether it happened: the crash probe first, then a person.
fn unknown(look: &Look<'_>, unit: &Unit, key: &str, state: &StepState) -> Move {
    if unit.step.on_crash.is_some() {
        match &state.probe {
            None => return checks::probe(look, unit, key),
            Some(Verdict::Pass) => {
                return Move::record(Kind::Chose {
                    step: key.to_owned(),
                    choice: "proved".to_owned(),
                    reason: Some("the probe shows that it happened".to_owned()),
                    second_person: None,
                    source: "probe".to_owned(),
                });
            }
            Some(_) => {}
        }
    }
    menu::next(look, unit, key, state)
}

/// What the menu led to.
fn carry_out(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    chosen: &str,
) -> Move {
    let failure = || format!("step `{key}` was given up");
    if let Some(playbook) = chosen.strip_prefix("handoff:") {
        return Move::record(Kind::Closed {
            outcome: super::event::Outcome::HandedOff,
            reason: playbook.to_owned(),
        });
    }
    match chosen {
        "by_hand" => {
            Move::record(Kind::Settled { step: key.to_owned(), status: StepStatus::ByHand })
        }
        "stop" => Move::record(Kind::Stopped {
            reason: StopReason::Operator,
            message: format!("stopped at step `{key}`"),
        }),
        "abort" if look.plan.mode == Mode::Real => Move::record(Kind::Closed {
            outcome: super::event::Outcome::Aborted,
            reason: failure(),
        }),
        "abort" => Move::record(Kind::Abandoned { reason: failure() }),
        "undo" => {
            let undo = crate::plan::undo_unit(unit);
            undo.map_or_else(
                || look.wait(None),
                |undo| one(look, &undo, &format!("{key}.undo"), item),
            )
        }
        _ => {
            let reason = match chosen.strip_prefix("switch_to:") {
                Some(phase) => format!("switched to phase {phase}"),
                None => "skipped by the operator".to_owned(),
            };
            Move::record(Kind::Skipped {
                step: key.to_owned(),
                reason,
                by_choice: true,
                second_person: None,
            })
        }
    }
}

/// A criterion of the drill.
pub(super) fn criterion(look: &Look<'_>, index: usize, probe: &Probe) -> Move {
    checks::criterion(look, index, probe, &criterion_id(probe, index))
}
