//! Whether answers given in advance can be taken at all, told before anything runs.
//!
//! Owns only what is certain from the plan: the kind of question, its options, the form of its value. What a
//! value of the run decides is looked at when the question is asked, by the same rules.

use serde_json::Value;

use super::exit::{self, Failure};
use super::machine;
use crate::effect::{Effect, Question, Wants};
use crate::plan::{Plan, Unit};
use crate::run::scope::Scope;
use crate::run::state::Run;
use crate::run::words::EACH;
use crate::steps::{Context, Request};
use crate::time::Timestamp;

/// Refuses an answer that the question of its step can never take, or that stands behind the other flag.
///
/// # Errors
/// The first such answer, and what is wanted.
pub(super) fn fit(
    plan: &Plan,
    answers: &[(String, String)],
    confirms: &[(String, String)],
) -> Result<(), Failure> {
    let now = machine::wall_clock();
    for (about, value) in answers {
        let Some(unit) = unit(plan, about) else { continue };
        let Some(question) = question(plan, unit, now) else { continue };
        // What must be typed may come from a step that has not run.
        if matches!(question.wants, Wants::Typed(_)) {
            continue;
        }
        let text = Value::String(value.clone());
        question.accept_value(&text, now, machine::zone()).map_err(|wanted| {
            let value = crate::text::cut(value, 40);
            Failure::new(exit::USAGE, format!("take --answer {about}={value}: {wanted}"))
                .hint("nothing was run")
        })?;
    }
    for (about, value) in confirms {
        let Some(unit) = unit(plan, about) else { continue };
        let answered = answers.iter().any(|(answered, _)| answered == about);
        let gated = unit.step.common.confirm.is_some();
        if unit.step.action.is_question() && !gated && !answered {
            let message = format!("take --confirm {about}: this step asks, and has no gate");
            return Err(Failure::new(exit::USAGE, message)
                .hint(format!("its answer is --answer {about}={}", crate::text::cut(value, 40))));
        }
    }
    Ok(())
}

/// The step that an answer is for, or that of one of its items. An answer about something beside the step's own
/// question, such as `step.menu`, has none.
fn unit<'p>(plan: &'p Plan, about: &str) -> Option<&'p Unit> {
    let step = about.split_once('[').map_or(about, |(step, _)| step);
    plan.units.iter().find(|unit| unit.key == step)
}

/// The question of a step as it is foreseen; nothing where only the run can tell.
pub(super) fn question(plan: &Plan, unit: &Unit, now: Timestamp) -> Option<Question> {
    let run = Run::default();
    let each = Value::String(EACH.to_owned());
    let names = Scope::foreseen(plan, &run, unit, &each, now);
    let common = &unit.step.common;
    let class = unit.class();
    let cx = Context { unit: &unit.key, common, class, names: &names, place: &plan.place, now };
    match unit.step.action.request(&cx, &[]).ok()? {
        Request::Effect(effect) => match *effect {
            Effect::Ask(question) => Some(question),
            _ => None,
        },
        _ => None,
    }
}
