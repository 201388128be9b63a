//! Values of inputs that are given before a run begins: by flags, a file, an alert.

use serde_json::Value;

use super::exit::{self, Failure};
use super::machine;
use super::run::What;
use crate::config::Danger;
use crate::plan::Plan;
use crate::run::scope::Scope;
use crate::run::state::Run;

/// Values of inputs from the flags and the file, each of its type and accepted by its check.
pub(super) fn inputs(plan: &Plan, what: &What) -> Result<Vec<(String, Value, String)>, Failure> {
    let mut given: Vec<(String, Value, &str)> = Vec::new();
    if let Some(file) = &what.inputs {
        let wrong = |why: String| {
            Failure::new(exit::USAGE, format!("read inputs from {}: {why}", file.display()))
        };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        for (name, value) in
            crate::playbook::parse::values(&file.to_string_lossy(), &text).map_err(wrong)?
        {
            given.push((name, value, "file"));
        }
    }
    for (name, value) in &what.input {
        given.retain(|(known, _, _)| known != name);
        given.push((name.clone(), Value::String(value.clone()), "flag"));
    }
    let now = machine::wall_clock();
    let run = Run::default();
    let scope = Scope::new(plan, &run, now);
    let mut accepted = Vec::new();
    for (name, value, source) in given {
        let Some((_, spec)) = plan.inputs.iter().find(|(input, _)| *input == name) else {
            let known = plan.inputs.iter().map(|(input, _)| input.as_str());
            let near = crate::diagnostic::did_you_mean(&name, known);
            let failure = Failure::new(exit::USAGE, format!("take input `{name}`: no such input"));
            return Err(match near {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint(format!("`mayday show {}` lists the inputs", plan.head.id)),
            });
        };
        let question = crate::run::inputs::question(&name, spec);
        let given = match (&value, spec.kind) {
            (_, crate::effect::ValueKind::Secret) => String::new(),
            (Value::String(text), _) => format!(" from `{}`", crate::text::cut(text, 40)),
            (other, _) => format!(" from `{}`", crate::text::cut(&other.to_string(), 40)),
        };
        let refused = |why: String| {
            Failure::new(exit::USAGE, format!("take input `{name}`{given}: {why}"))
                .hint("nothing was run")
        };
        let value = question.accept_value(&value, now, machine::zone()).map_err(refused)?;
        crate::run::inputs::check(&name, spec, &value, &scope).map_err(refused)?;
        accepted.push((name, value, source.to_owned()));
    }
    let fits = |name: &str, value: &str| {
        let taken = what.input.iter().any(|(known, _)| known == name)
            || accepted.iter().any(|(known, _, _)| known == name);
        let (_, spec) = plan.inputs.iter().find(|(input, _)| input == name)?;
        if taken || spec.kind == crate::effect::ValueKind::Secret {
            return None;
        }
        let value = Value::String(value.to_owned());
        let question = crate::run::inputs::question(name, spec);
        let accepted = question.accept_value(&value, now, machine::zone());
        Some(accepted.and_then(|value| {
            crate::run::inputs::check(name, spec, &value, &scope).map(|()| value)
        }))
    };
    let from_alert: Vec<_> = what
        .from_alert
        .iter()
        .filter_map(|(name, value)| Some((name, value, fits(name, value)?)))
        .collect();
    for (name, text, value) in from_alert {
        // What an alert says is an offer: what does not fit is asked for like any other input.
        super::alert::tell(name, text, value.as_ref().err().map(String::as_str));
        accepted.extend(value.ok().map(|value| (name.clone(), value, "alert".to_owned())));
    }
    Ok(accepted)
}

/// True for an input that only memory may hold.
pub(super) fn is_secret(plan: &Plan, name: &str) -> bool {
    plan.inputs
        .iter()
        .any(|(input, spec)| input == name && spec.kind == crate::effect::ValueKind::Secret)
}

/// True when a mistake in this environment costs real users something.
pub(super) fn is_dangerous(plan: &Plan) -> bool {
    plan.place.danger == Danger::High
}
