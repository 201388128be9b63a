//! Whether a drill can run with nobody watching.

use serde_json::Value;

use crate::cli::exit::{self, Failure};
use crate::cli::run::What;
use crate::cli::{fitting, machine};
use crate::effect::{Question, ValueKind, Wants};
use crate::plan::Plan;
use crate::run::inputs::question;

/// An unattended drill needs an answer for every question that it will certainly ask.
pub(super) fn answers_given(plan: &Plan, what: &What) -> Result<(), Failure> {
    let given = |about: &str| {
        plan.answers.iter().any(|(known, _)| known == about)
            || what.answer.iter().chain(&what.confirm).any(|(known, _)| known == about)
    };
    let mut missing: Vec<String> = Vec::new();
    for (name, spec) in &plan.inputs {
        let by_flag = what.input.iter().any(|(known, _)| known == name) || what.inputs.is_some();
        if spec.default.is_none() && !by_flag && !given(name) {
            missing.push(format!("--input {name}=VALUE"));
        }
    }
    for unit in &plan.units {
        let certain = unit.step.common.when.is_none() && unit.outer_when.is_empty();
        let certain = certain && plan.phases[unit.phase].when.is_none();
        if !certain || given(&unit.key) {
            continue;
        }
        if unit.step.action.is_question() {
            missing.push(format!("--answer {}=VALUE", unit.key));
        } else if crate::run::gate::is_certain(plan, unit) {
            missing.push(format!("--confirm {}=VALUE", unit.key));
        }
    }
    let unfit = unfit(plan, what);
    if !unfit.is_empty() {
        let list = unfit.join("\n  ");
        return Err(Failure::new(
            exit::ANSWER_NEEDED,
            format!("rehearse unattended: these answers do not fit their questions\n  {list}"),
        )
        .hint("correct them under `drill: answers:`, or give others; nothing was executed"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join("\n  ");
    Err(Failure::new(
        exit::ANSWER_NEEDED,
        format!("rehearse unattended: these answers are missing\n  {list}"),
    )
    .hint("put them under `drill: answers:`, or run the drill on a terminal; nothing was executed"))
}

/// Answers that their questions would not take, in sentences: found now, and not behind the accident. What only the
/// run can tell is not judged.
fn unfit(plan: &Plan, what: &What) -> Vec<String> {
    let (now, zone) = (machine::wall_clock(), machine::zone());
    let flag = |about: &str| {
        let given = what.answer.iter().rev().find(|(known, _)| known == about);
        given.map(|(_, value)| Value::String(value.clone()))
    };
    let drill = |about: &str| {
        let given = plan.answers.iter().find(|(known, _)| known == about);
        given.map(|(_, value)| value.clone())
    };
    let refused = |about: &str, question: &Question| {
        let value = flag(about).or_else(|| drill(about))?;
        let open = value.as_str().is_some_and(|text| text.contains("{{"))
            || matches!(&question.wants, Wants::Typed(wanted) if wanted.contains('<'));
        let why = (!open).then(|| question.accept_value(&value, now, zone).err()).flatten()?;
        Some(format!("{about}: `{}`: {why}", crate::text::cut(&value.to_string(), 40)))
    };
    let inputs = plan.inputs.iter().filter(|(name, spec)| {
        spec.kind != ValueKind::Secret && !what.input.iter().any(|(known, _)| known == name)
    });
    let inputs = inputs.filter_map(|(name, spec)| refused(name, &question(name, spec)));
    let steps = plan.units.iter().filter(|unit| unit.step.action.is_question());
    let steps = steps.filter_map(|unit| {
        let question = fitting::question(plan, unit, now)?;
        let secret =
            matches!(&question.wants, Wants::Value(rule) if rule.kind == ValueKind::Secret);
        if secret { None } else { refused(&unit.key, &question) }
    });
    inputs.chain(steps).collect()
}
