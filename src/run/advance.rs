//! One step, from its condition to its end: what comes next for it.
//!
//! Owns the order inside a step: condition, items, gate, attempt, looks, retry, checks, evidence, end.
//! Gates are `gate`'s, menus are `menu`'s.

use serde_json::Value;

use super::event::{Kind, StepStatus, StopReason};
use super::next::{Look, Move, criterion_id, give_up};
use super::session::Purpose;
use super::state::{Run, StepState};
use super::{checks, fault, gate, hand, menu, milestones, objective, recover, retry};
use crate::effect::{Effect, EffectClass, EffectId, Ending, Facts, FailKind};
use crate::plan::{Plan, Section, Unit};
use crate::playbook::{OnFail, Probe};
use crate::steps::{Action, Context, Failure, Request, Stage, Verdict};
use crate::template;
use crate::time::{Span, Timestamp};

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
    // Decided once: again only when it could not be evaluated, or the operator tries again from the gate.
    let untouched = |state: &StepState| {
        state.attempts == 0 && state.verdict.is_none() && state.gate.passed.is_none()
    };
    if look.run.step(&unit.key).is_none_or(untouched) && !look.run.items.contains_key(&unit.key) {
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
    // Items are settled in order, so the first open one is found by halving.
    let status = |at: usize| look.run.status(&format!("{}[{at}]", unit.key));
    let places: Vec<usize> = (0..items.len()).collect();
    let index = places.partition_point(|at| status(*at).is_some());
    if let Some(item) = items.get(index) {
        return one(look, unit, &format!("{}[{index}]", unit.key), Some((index, item)));
    }
    if places.into_iter().any(|at| status(at) == Some(StepStatus::Failed)) {
        return Move::record(Kind::Settled { step: unit.key.clone(), status: StepStatus::Failed });
    }
    settle(look, unit, &unit.key, StepStatus::Ok)
}

/// The end of a step that did what it should: its milestone first.
pub(super) fn settle(look: &Look<'_>, unit: &Unit, key: &str, status: StepStatus) -> Move {
    // What prepares a drill or tidies up behind it is no moment of the incident.
    let counts = key == unit.key && look.plan.section(unit) == Section::Respond;
    let which = unit.step.common.marks.filter(|_| counts).map(objective::milestone_of);
    let source = format!("step:{key}");
    let mark = which.and_then(|which| milestones::automatic(look.run, which, look.now, &source));
    if let Some(kind) = mark {
        return Move::record(kind);
    }
    Move::record(Kind::Settled { step: key.to_owned(), status })
}

/// Why the step is passed over; `None` when it is not.
fn condition(look: &Look<'_>, unit: &Unit) -> Result<Option<String>, Failure> {
    let own = unit.step.common.when.iter().map(|when| (unit.prefix.as_str(), when));
    let outer = unit.outer_when.iter().map(|(prefix, when)| (prefix.as_str(), when));
    for (prefix, when) in outer.chain(own) {
        let held = template::holds(when, &look.scope(prefix, None))?;
        if !held.truth {
            return Ok(Some(held.trace));
        }
    }
    let Some(undone) = &unit.undoes else { return Ok(None) };
    Ok(match look.run.status(undone) {
        _ if look.run.undone.contains(undone) => Some(format!("`{undone}` is undone already")),
        None | Some(StepStatus::Skipped) => Some(format!("`{undone}` did not run")),
        Some(_) => None,
    })
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
pub(super) fn never_started(key: &str, attempt: u32, failure: Failure) -> Kind {
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

/// The end of an attempt that a crash cut off, and whose time was up before a driver was there again. It
/// only looked, so nothing is left open; a retry has its own time.
fn out_of_time(key: &str, attempt: u32, deadline: Timestamp) -> Kind {
    let message = format!(
        "its time limit had passed (at {}) when the run was taken up again; it was not begun again",
        deadline.clock()
    );
    never_started(key, attempt, Failure::new(Stage::Timeout, FailKind::Timeout, message))
}

/// One step or one item of it.
pub(super) fn one(look: &Look<'_>, unit: &Unit, key: &str, item: Option<(usize, &Value)>) -> Move {
    let empty = StepState::default();
    let state = look.run.step(key).unwrap_or(&empty);
    if let Some(chosen) = &state.chosen {
        return menu::carry_out(look, unit, key, item, chosen);
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
            None if state.parts > 0 => recover::broken(look, unit, key, item, state),
            None => behind_gate(look, unit, key, item, state),
        },
    }
}

/// The gate, then a new attempt.
pub(super) fn behind_gate(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Move {
    gate::question(look, unit, key, item, state).unwrap_or_else(|| attempt(look, unit, key, item))
}

/// A step that is over, once more for its secrets.
pub(super) fn again(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
) -> Move {
    match look.run.step(key).filter(|state| state.running.is_some()) {
        Some(state) => running(look, unit, key, item, state),
        None => attempt(look, unit, key, item),
    }
}

/// A new attempt of the action.
pub(super) fn attempt(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
) -> Move {
    if let Some(instead) = fault::before(look, unit, key) {
        return instead;
    }
    if hand::applies(look, unit, key) {
        return hand::next(look, unit, key, item);
    }
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
            let deadline = time_out(look, unit, key, part);
            if unit.class() == EffectClass::Read && deadline <= look.now && part == 0 {
                return Move::record(out_of_time(key, attempt - 1, deadline));
            }
            effect.limit(deadline.since(look.now));
            let deadline = Some(deadline);
            // What must not happen twice runs under the keeper.
            if let Effect::Process(command) = &mut *effect
                && unit.class() != EffectClass::Read
                && !command.interactive
            {
                command.attempt = Some(crate::steps::attempt_name(key, attempt));
            }
            (Some(effect), deadline)
        }
    };
    if let Some(Effect::Ask(question)) = effect.as_deref()
        && !look.session.attended
        && look.session.scripted(&question.about, false).is_none()
    {
        let (about, example) = (&question.about, question.example());
        return super::next::answer_needed(look, key, about, "--answer", &example);
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
        Action::Notify(notify) => format!("tell {}", notify.to.0.join(", ")),
        _ => "check conditions".to_owned(),
    }
}

/// The end of this attempt's time. An attempt that was cut off by a crash keeps its deadline.
fn time_out(look: &Look<'_>, unit: &Unit, key: &str, part: u32) -> Timestamp {
    // A step that is over runs only for its secrets: that is a time of its own.
    let open = look.run.step(key).filter(|state| state.settled.is_none());
    let before = open.and_then(|state| state.running.as_ref());
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
    if let Some(end) = fault::end(look, unit, key, state) {
        return end;
    }
    if let Some(poll) = &look.session.poll
        && let Purpose::Action { step, .. } = &poll.purpose
        && step == key
    {
        return match poll.next_at {
            Some(at) if look.now < at => look.wait(Some(at)),
            _ => look_again(look, unit, key, item, poll.id, &poll.purpose),
        };
    }
    if !running.earlier
        && let Action::Pause(_) = unit.step.action
    {
        return pause(look, key, state, running.deadline);
    }
    recover::broken(look, unit, key, item, state)
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
    // What was run elsewhere was looked at there.
    if hand::is_done(state) {
        return settle(look, unit, key, StepStatus::ByHand);
    }
    if let Some(begin) = checks::next(look, unit, key, item, state) {
        return begin;
    }
    settle(look, unit, key, StepStatus::Ok)
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
    if let Some(at) = retry::again_at(look, unit, item, state, failure) {
        if look.now < at {
            return look.wait(Some(at));
        }
        return behind_gate(look, unit, key, item, state);
    }
    // "No" and Ctrl-C are words of the operator: what follows from them is asked, never assumed.
    let said = matches!(failure.stage, Stage::Gate | Stage::Cancelled);
    let said = said || failure.kind == FailKind::Cancelled;
    // A driver who takes the run up again after a stop decides what to do about it.
    let taken_up = look.run.attached_at.zip(state.ended_at).is_some_and(|(now, then)| then < now);
    match &unit.step.common.on_fail {
        OnFail::Continue if !said && !unit.step.common.killer => {
            Move::record(Kind::Settled { step: key.to_owned(), status: StepStatus::Failed })
        }
        OnFail::Stop if !taken_up => {
            let message = format!("step `{key}` failed: {failure}");
            Move::record(give_up(look.plan, look.run, key, StopReason::StepFailed, message))
        }
        _ => menu::next(look, unit, key, state),
    }
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

/// A criterion of the drill.
pub(super) fn criterion(look: &Look<'_>, index: usize, probe: &Probe) -> Move {
    checks::criterion(look, index, probe, &criterion_id(probe, index))
}
