//! The table of steps: what was planned, and what became of it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Facts;
use crate::effect::EffectClass;
use crate::plan::{Plan, Section, Unit, undo_unit};
use crate::run::advance;
use crate::run::event::{Kind, StepStatus};
use crate::run::state::StepState;
use crate::run::words;
use crate::time::Span;

/// What only the events tell of a step.
#[derive(Default)]
struct Seen<'a> {
    order: usize,
    class: Option<EffectClass>,
    who: Option<&'a str>,
    attempts: usize,
    human: bool,
}

/// Every step of the plan, its items and its undos where they ran; without a plan, every step that
/// something happened to.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Value> {
    let seen = seen(facts);
    let mut keys: Vec<String> = Vec::new();
    match facts.plan {
        Some(plan) => {
            for unit in &plan.units {
                keys.push(unit.key.clone());
                let items = facts.run.items.get(&unit.key).map_or(0, Vec::len);
                keys.extend((0..items).map(|at| format!("{}[{at}]", unit.key)));
            }
            let known: std::collections::HashSet<&str> = keys.iter().map(String::as_str).collect();
            let mut rest: Vec<(&str, usize)> = seen
                .iter()
                .filter(|(key, _)| key.strip_suffix(".undo").is_some() && !known.contains(**key))
                .map(|(key, seen)| (*key, seen.order))
                .collect();
            rest.sort_by_key(|(_, order)| *order);
            let rest: Vec<String> = rest.into_iter().map(|(key, _)| key.to_owned()).collect();
            keys.extend(rest);
        }
        None => {
            let mut all: Vec<_> = seen.iter().collect();
            all.sort_by_key(|(_, seen)| seen.order);
            keys.extend(all.into_iter().map(|(key, _)| (*key).to_owned()));
        }
    }
    keys.iter().map(|key| row(facts, key, seen.get(key.as_str()))).collect()
}

fn seen<'a>(facts: &Facts<'a>) -> HashMap<&'a str, Seen<'a>> {
    let mut all: HashMap<&str, Seen<'_>> = HashMap::new();
    let mut driver = "";
    for (_, event) in facts.events {
        match &event.kind {
            Kind::Opened(opened) => driver = &opened.operator,
            Kind::Attached { operator, .. } => driver = operator,
            _ => {}
        }
        let Some(key) = crate::timeline::step_of(&event.kind) else { continue };
        if key.starts_with("criterion:") {
            continue;
        }
        let order = all.len();
        let step = all.entry(key).or_insert_with(|| Seen { order, ..Seen::default() });
        match &event.kind {
            Kind::Started { class, deadline, part, .. } => {
                step.class = Some(*class);
                step.attempts += usize::from(*part == 0);
                step.human = deadline.is_none();
                if step.human {
                    step.who = Some(driver);
                }
            }
            Kind::Answered { .. } | Kind::Chose { .. } => step.who = Some(&event.by),
            _ => {}
        }
    }
    all
}

fn row(facts: &Facts<'_>, key: &str, seen: Option<&Seen<'_>>) -> Value {
    let empty = StepState::default();
    let state = facts.run.step(key).unwrap_or(&empty);
    let found = facts.plan.and_then(|plan| unit_of(plan, facts, key));
    let unit = found.as_ref().map(|(unit, _)| unit);
    let phase = facts.plan.zip(unit).map(|(plan, unit)| &plan.phases[unit.phase]);
    let class = seen.and_then(|seen| seen.class).or_else(|| unit.map(Unit::class));
    let ended = state.settled_at.or(state.ended_at);
    let took = state.started_at.zip(ended).map(|(from, to)| to.since(from));
    let expected = unit.and_then(|unit| unit.step.common.expected);
    let who = seen.and_then(|seen| seen.who).map(|who| facts.people.called(who));
    let ran = seen.is_some_and(|seen| seen.attempts > 0);
    json!({
        "key": key,
        "title": title(facts, found.as_ref(), key),
        "phase": phase.map(|phase| &phase.title),
        "section": phase.map(|phase| match phase.section {
            Section::Setup => "setup",
            Section::Inject => "inject",
            Section::Respond => "respond",
            Section::Cleanup => "cleanup",
        }),
        "effect": class.map(EffectClass::word),
        "status": status(state),
        "attempts": seen.map_or(0, |seen| seen.attempts),
        "started_at": state.started_at,
        "ended_at": ended,
        "took_ms": took.map(Span::millis),
        "expected_ms": expected.map(Span::millis),
        "over_ms": took.zip(expected).map(|(took, expected)| (took - expected).millis()),
        "who": who.or_else(|| ran.then(|| "mayday".to_owned())),
        "result": state.measured,
    })
}

fn unit_of(plan: &Plan, facts: &Facts<'_>, key: &str) -> Option<(Unit, Option<(usize, Value)>)> {
    let own = |(at, value): (usize, &Value)| (at, value.clone());
    if let Some((unit, item)) = advance::find(plan, facts.run, key) {
        return Some((unit.clone(), item.map(own)));
    }
    let (unit, item) = advance::find(plan, facts.run, key.strip_suffix(".undo")?)?;
    Some((undo_unit(unit)?, item.map(own)))
}

/// The title with its values, as far as they are known.
fn title(facts: &Facts<'_>, found: Option<&(Unit, Option<(usize, Value)>)>, key: &str) -> String {
    let (Some(plan), Some((unit, item))) = (facts.plan, found) else { return key.to_owned() };
    let item = item.as_ref().map(|(at, value)| (*at, value));
    words::title(plan, facts.run, unit, item, facts.last())
}

fn status(state: &StepState) -> &'static str {
    match (state.settled, &state.running, state.started_at) {
        (Some(StepStatus::ByHand), ..) => "done by hand",
        (Some(StepStatus::Failed), ..) => "did not pass",
        (Some(status), ..) => status.word(),
        (None, Some(_), _) => "not ended",
        (None, None, Some(_)) => "not settled",
        (None, None, None) => "not reached",
    }
}
