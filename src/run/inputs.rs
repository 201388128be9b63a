//! Inputs of a run: which are missing, how they are asked for, what is accepted.

use serde_json::{Map, Value};

use super::event::{Asking, Kind};
use super::next::{Look, Move, answer_needed};
use super::session::Purpose;
use crate::effect::{Effect, Question, ValueRule, Wants};
use crate::playbook::InputSpec;
use crate::template::{self, Lookup, WithFacts};

/// The question for the first input without a value, or the fact that its default is taken.
pub(super) fn missing(look: &Look<'_>) -> Option<Move> {
    let unknown = |name: &String| match look.run.inputs.get(name) {
        None => true,
        Some(super::state::Known::Secret(_)) => !look.session.secrets.contains(name),
        Some(super::state::Known::Value(_)) => false,
    };
    let (name, spec) = look.plan.inputs.iter().find(|(name, _)| unknown(name))?;
    Some(ask(look, name, spec))
}

/// The question for a secret that only an earlier session knew.
pub(super) fn given_before(look: &Look<'_>) -> Option<Move> {
    let lost = |name: &String| {
        matches!(look.run.inputs.get(name), Some(super::state::Known::Secret(_)))
            && !look.session.secrets.contains(name)
    };
    let (name, spec) = look.plan.inputs.iter().find(|(name, _)| lost(name))?;
    Some(ask(look, name, spec))
}

fn ask(look: &Look<'_>, name: &str, spec: &InputSpec) -> Move {
    let known = look.session.scripted(name, false).is_some() || default(look, name, spec).is_some();
    if !look.session.attended && !known {
        return answer_needed(look, name, name, "--input", "VALUE");
    }
    let question = question(name, spec);
    Move::Start {
        kind: Box::new(Kind::Asked {
            step: name.to_owned(),
            question: Asking::Input,
            text: question.text.clone(),
        }),
        effect: Some(Box::new(Effect::Ask(question.clone()))),
        purpose: Purpose::Ask { step: name.to_owned(), asking: Asking::Input, question },
    }
}

/// The default that is taken when nobody can be asked; once, for it may not be good enough.
fn default<'a>(look: &Look<'_>, name: &str, spec: &'a InputSpec) -> Option<&'a Value> {
    spec.default.as_ref().filter(|_| !look.session.used.contains(name))
}

/// The question for an input.
#[must_use]
pub fn question(name: &str, spec: &InputSpec) -> Question {
    Question {
        about: name.to_owned(),
        text: spec.ask.clone().unwrap_or_else(|| format!("{name}?")),
        help: None,
        wants: Wants::Value(ValueRule {
            kind: spec.kind,
            pattern: spec.pattern.clone(),
            options: spec.options.clone(),
            default: spec.default.clone(),
        }),
    }
}

/// Whether a value of the right type also passes the input's own `check`.
///
/// # Errors
/// The author's words, or the evaluated condition.
pub fn check(
    name: &str,
    spec: &InputSpec,
    value: &Value,
    names: &dyn Lookup,
) -> Result<(), String> {
    let Some(check) = &spec.check else { return Ok(()) };
    let computed = match (spec.kind, value.as_str()) {
        (crate::effect::ValueKind::Datetime, Some(text)) => text.parse().map_or_else(
            |_| value.clone(),
            |at| super::scope::instant(at, template::View::Compute),
        ),
        (crate::effect::ValueKind::Duration, Some(text)) => text.parse().map_or_else(
            |_| value.clone(),
            |span| super::scope::length(span, template::View::Compute),
        ),
        _ => value.clone(),
    };
    let mut facts = Map::new();
    facts.insert("value".to_owned(), computed.clone());
    facts.insert(name.to_owned(), computed);
    let held = template::holds(&check.that, &WithFacts { facts: &facts, outer: names });
    match held {
        Ok(held) if held.truth => Ok(()),
        Ok(held) => Err(check.otherwise.clone().unwrap_or(held.trace)),
        Err(fault) => Err(fault.message),
    }
}
