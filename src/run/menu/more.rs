//! What some choices of the menu must know besides a reason: which input, back to where, on to where.

use serde_json::Value;

use crate::effect::{Choice, Question, ValueKind, Wants};
use crate::plan::{Plan, PlanPhase, Section, Unit};
use crate::playbook::InputSpec;
use crate::run::digest::Digest;
use crate::run::event::{Asking, Kind};
use crate::run::gate::put;
use crate::run::next::{Look, Move};
use crate::run::scope::Scope;
use crate::run::state::{EDITED, Known, Menu, Run, StepState};
use crate::run::{advance, inputs as given, words};
use crate::time::Timestamp;

/// The next question that belongs to a choice; nothing when it is complete.
pub(super) fn next(look: &Look<'_>, key: &str, state: &StepState, choice: &str) -> Option<Move> {
    let menu = &state.menu;
    match choice {
        "edit" if !menu.edited => Some(edit(look, key, menu)),
        "undo_back" if menu.back.is_none() => {
            let (text, choices) =
                ("Back to which step? It is undone too.", undoable(look).collect());
            Some(one_of(look, key, "back", Asking::Back, text, choices))
        }
        "switch_to" if menu.successor.is_none() => {
            let unit = advance::find(look.plan, look.run, key)?.0;
            let phase = |phase: &PlanPhase| {
                let title = if phase.title.is_empty() { &phase.key } else { &phase.title };
                Choice { key: phase.key.clone(), label: title.clone() }
            };
            let choices = branches(look, unit).map(phase).collect();
            Some(one_of(look, key, "branch", Asking::Successor, "Go on at which phase?", choices))
        }
        "handoff" if menu.successor.is_none() => {
            let one =
                |(id, title): &(String, String)| Choice { key: id.clone(), label: title.clone() };
            let other = |(id, _): &&(String, String)| *id != look.plan.head.id;
            let choices = look.session.playbooks.iter().filter(other).map(one).collect();
            let text = "Hand over to which playbook? This run is closed; its times go along.";
            Some(one_of(look, key, "successor", Asking::Successor, text, choices))
        }
        _ => None,
    }
}

/// The choice as it is recorded, with what it leads to.
pub(super) fn complete(choice: &str, menu: &Menu) -> String {
    let to = match choice {
        "undo_back" => menu.back.as_ref(),
        "switch_to" | "handoff" => menu.successor.as_ref(),
        _ => None,
    };
    to.map_or_else(|| choice.to_owned(), |to| format!("{choice}:{to}"))
}

fn one_of(
    look: &Look<'_>,
    key: &str,
    what: &str,
    asking: Asking,
    text: &str,
    choices: Vec<Choice>,
) -> Move {
    let question = Question {
        about: format!("{key}.{what}"),
        text: text.to_owned(),
        help: Some("Esc goes back to the menu.".to_owned()),
        wants: Wants::OneOf(choices),
    };
    put(look, key, asking, question, "--answer")
}

/// Inputs that can be edited: what is secret is not read back into a question.
pub(super) fn inputs<'a>(look: &Look<'a>) -> Vec<(&'a String, &'a InputSpec)> {
    let open = |(name, spec): &(&String, &InputSpec)| {
        spec.kind != ValueKind::Secret
            && matches!(look.run.inputs.get(*name), Some(Known::Value(_)))
    };
    look.plan.inputs.iter().map(|(name, spec)| (name, spec)).filter(open).collect()
}

fn edit(look: &Look<'_>, key: &str, menu: &Menu) -> Move {
    if let Some((name, spec)) = menu
        .editing
        .as_ref()
        .and_then(|name| inputs(look).into_iter().find(|(input, _)| *input == name))
    {
        let mut question = given::question(name, spec);
        question.about = format!("{key}.input.{name}");
        question.text = format!("{name} is {}. New value?", shown(look.run, name));
        // Nothing is taken for a value but what is typed.
        if let Wants::Value(rule) = &mut question.wants {
            rule.default = None;
        }
        return put(look, key, Asking::Value, question, "--answer");
    }
    let one = |(name, _): (&String, &InputSpec)| Choice {
        key: name.clone(),
        label: format!("now {}", shown(look.run, name)),
    };
    let mut choices: Vec<Choice> = inputs(look).into_iter().map(one).collect();
    choices.push(Choice {
        key: EDITED.to_owned(),
        label: "nothing more: try the step again with these".to_owned(),
    });
    one_of(look, key, "edit", Asking::Edit, "Edit which input?", choices)
}

fn shown(run: &Run, name: &str) -> String {
    match run.inputs.get(name) {
        Some(Known::Value(Value::String(text))) => text.clone(),
        Some(Known::Value(value)) => value.to_string(),
        _ => "not known".to_owned(),
    }
}

/// Phases to go on at: only forward, what is settled stays settled.
pub(super) fn branches<'a>(look: &Look<'a>, unit: &Unit) -> impl Iterator<Item = &'a PlanPhase> {
    let later = look.plan.phases.iter().skip(unit.phase + 1);
    later.filter(|phase| {
        phase.section == Section::Respond && !phase.units.is_empty() && !phase.key.is_empty()
    })
}

/// Steps that passed and can be undone, the newest first.
pub(super) fn undoable<'a>(look: &Look<'a>) -> impl Iterator<Item = Choice> + use<'a> {
    let (plan, run, now) = (look.plan, look.run, look.now);
    let one = move |key: &'a String| {
        let (unit, item) = advance::find(plan, run, key)?;
        let around = unit.step.common.for_each.is_some() && item.is_none();
        let can = unit.step.undo.is_some() && !run.undone.contains(key) && !around;
        let label = || words::title(plan, run, unit, item, now);
        can.then(|| Choice { key: key.clone(), label: label() })
    };
    run.passed.iter().rev().filter_map(one)
}

/// Steps that are run once more behind a rollback to `to` that the menu of a step asked for: those that were
/// undone, and those that only look, for they saw what is no longer there.
pub(in crate::run) fn again(plan: &Plan, run: &Run, to: &str) -> Vec<String> {
    let Some(first) = advance::find(plan, run, to).and_then(|(unit, _)| plan.by_key.get(&unit.key))
    else {
        return Vec::new();
    };
    let mut keys = std::collections::BTreeSet::new();
    for (key, state) in run.steps.iter().filter(|(_, state)| state.settled.is_some()) {
        let Some((unit, _)) = advance::find(plan, run, key) else { continue };
        if plan.by_key.get(&unit.key).is_none_or(|at| at < first) {
            continue;
        }
        let looks =
            unit.class() == crate::effect::EffectClass::Read && !unit.step.action.is_question();
        if run.undone.contains(key) || (looks && state.attempts > 0) {
            keys.insert(key.clone());
            // An item brings the step around it back.
            keys.insert(unit.key.clone());
        }
    }
    keys.into_iter().collect()
}

/// An answer to one of these questions.
pub(in crate::run) fn answered(
    plan: &Plan,
    run: &Run,
    step: &str,
    asking: Asking,
    answer: Value,
    source: String,
    now: Timestamp,
) -> Digest {
    let editing = run.step(step).and_then(|state| state.menu.editing.as_ref());
    let (Asking::Value, Some(name)) = (asking, editing) else {
        return Digest::fact(Kind::Answered {
            step: step.to_owned(),
            question: asking,
            answer,
            source,
        });
    };
    let Some((_, spec)) = plan.inputs.iter().find(|(input, _)| input == name) else {
        return Digest::default();
    };
    if let Err(why) = given::check(name, spec, &answer, &Scope::new(plan, run, now)) {
        return Digest { say: vec![format!("{name}: {why}")], ..Digest::default() };
    }
    let before = match run.inputs.get(name) {
        Some(Known::Value(value)) => value.clone(),
        _ => Value::Null,
    };
    Digest::fact(Kind::InputEdited {
        step: step.to_owned(),
        name: name.clone(),
        before,
        value: answer,
    })
}
