//! Whether a drill can run with nobody watching.

use crate::cli::exit::{self, Failure};
use crate::cli::run::What;
use crate::plan::Plan;

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
