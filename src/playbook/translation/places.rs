//! Where a playbook has text for people, and what each of these places is called in a translation.
//!
//! Owns the names. What is run, compared or typed is no text for people and has none.

use crate::playbook::{Drill, Operation, Playbook, Probe, Step};
use crate::steps::Action;

/// What looks at a text: its place and the text.
pub(super) type Visit<'v> = dyn FnMut(&str, &mut String) + 'v;

/// Every text for people, with its place.
pub(super) fn places(playbook: &mut Playbook, visit: &mut Visit<'_>) {
    let head = &mut playbook.head;
    visit("title", &mut head.title);
    for (index, symptom) in head.use_when.iter_mut().enumerate() {
        visit(&format!("use_when.{index}"), symptom);
    }
    for (index, not_for) in head.not_for.iter_mut().enumerate() {
        visit(&format!("not_for.{index}"), &mut not_for.condition);
    }
    for (name, timer) in &mut head.timers {
        visit(&format!("timers.{name}"), &mut timer.say);
    }
    for (name, input) in &mut head.inputs {
        if let Some(ask) = &mut input.ask {
            visit(&format!("inputs.{name}"), ask);
        }
        if let Some(otherwise) = input.check.as_mut().and_then(|check| check.otherwise.as_mut()) {
            visit(&format!("checks.{name}"), otherwise);
        }
    }
    for phase in &mut playbook.phases {
        if !phase.head.title.is_empty() {
            visit(&format!("phases.{}", phase.head.id), &mut phase.head.title);
        }
        phase.steps.iter_mut().for_each(|step| of_step(step, visit));
    }
    if let Some(Drill { setup, inject, cleanup, pass, .. }) = &mut playbook.drill {
        let steps = setup.iter_mut().chain(inject).chain(cleanup);
        steps.for_each(|step| of_step(step, visit));
        for criterion in pass {
            let title = criterion.head.title.as_mut();
            if let (Some(id), Some(title)) = (&criterion.head.id, title) {
                visit(&format!("pass.{id}"), title);
            }
        }
    }
}

fn of_step(step: &mut Step, visit: &mut Visit<'_>) {
    let id = step.common.id.clone();
    let at = |field: &str| format!("steps.{id}.{field}");
    visit(&at("title"), &mut step.common.title);
    if let Some(text) = &mut step.common.why {
        visit(&at("why"), text);
    }
    if let Some(text) = step.common.confirm.as_mut().and_then(|gate| gate.ask.as_mut()) {
        visit(&at("ask"), text);
    }
    if let Some(text) = step.common.evidence.as_mut().and_then(|rule| rule.ask.as_mut()) {
        visit(&at("evidence"), text);
    }
    of_action(&mut step.action, &at, visit);
    for (index, Probe { head, .. }) in step.verify.iter_mut().enumerate() {
        if let Some(title) = &mut head.title {
            visit(&at(&format!("verify.{index}.title")), title);
        }
        if let Some(otherwise) = &mut head.otherwise {
            visit(&at(&format!("verify.{index}.else")), otherwise);
        }
    }
    if let Some(Operation { head, .. }) = &mut step.undo
        && let Some(title) = &mut head.title
    {
        visit(&at("undo"), title);
    }
}

fn of_action(action: &mut Action, at: &dyn Fn(&str) -> String, visit: &mut Visit<'_>) {
    match action {
        Action::Confirm(confirm) => visit(&at("ask"), &mut confirm.0.ask),
        Action::Ask(question) => visit(&at("ask"), &mut question.0.question),
        Action::Manual(manual) => visit(&at("ask"), &mut manual.0.instructions),
        Action::Notify(notify) => visit(&at("message"), &mut notify.message),
        Action::Assert(assert) => {
            for (index, words) in assert.otherwise() {
                visit(&at(&format!("else.{index}")), words);
            }
        }
        Action::Choose(choose) => {
            visit(&at("ask"), &mut choose.ask);
            for (key, label) in &mut choose.options {
                visit(&at(&format!("options.{key}")), label);
            }
        }
        _ => {}
    }
}
