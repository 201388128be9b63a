//! What the engine adds to the verdict of a step type: `expect` and `capture`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::digest::{wants_secret, with_elapsed};
use super::scope::{answer_typed, is_answer};
use crate::effect::{Ending, Facts, FailKind, Output};
use crate::plan::Unit;
use crate::secret::SecretValue;
use crate::steps::{Failure, Stage, Verdict};
use crate::template::{self, WithFacts};
use crate::time::Span;

/// What the engine adds to a step type's own verdict: `expect` and `capture`.
pub(super) struct Concluded {
    pub verdict: Verdict,
    pub measured: Option<String>,
    pub captured: BTreeMap<String, Value>,
    pub secrets: Vec<(String, SecretValue)>,
}

impl Concluded {
    pub(super) fn of(
        unit: &Unit,
        names: &dyn template::Lookup,
        outputs: &[Output],
        verdict: Verdict,
    ) -> Self {
        let mut concluded =
            Self { verdict, measured: None, captured: BTreeMap::new(), secrets: Vec::new() };
        let mut facts = Facts::new();
        let mut elapsed = Span::ZERO;
        for output in outputs {
            facts.extend(output.facts.clone());
            elapsed = elapsed + output.elapsed;
        }
        let raw = facts.clone();
        let mut facts = with_elapsed(&facts, elapsed);
        answer_typed(unit, &mut facts, template::View::Compute);
        let names = WithFacts { facts: &facts, outer: names };
        if matches!(concluded.verdict, Verdict::Pass | Verdict::Fail(_))
            && outputs.iter().all(|output| output.ending == Ending::Done)
            && let Some(expect) = &unit.step.common.expect
        {
            concluded.expect(expect, &names, &raw);
        }
        if concluded.verdict == Verdict::Pass {
            concluded.capture(unit, &names, &raw);
        }
        concluded
    }

    /// As [`Self::of`], where the parts before the last are known from the record alone: `expect` was
    /// looked at before they went on, and what was cut short there is not captured as if it were whole.
    pub(super) fn of_record(
        unit: &Unit,
        names: &dyn template::Lookup,
        outputs: &[Output],
        verdict: Verdict,
        cut: bool,
    ) -> Self {
        let mut concluded =
            Self { verdict, measured: None, captured: BTreeMap::new(), secrets: Vec::new() };
        if concluded.verdict != Verdict::Pass || unit.step.common.capture.is_empty() {
            return concluded;
        }
        if cut {
            let message =
                "capture: the result is in the record only in part, from before the crash";
            let failure = Failure::new(Stage::Verify, FailKind::Assertion, message);
            concluded.verdict = Verdict::Fail(failure);
            return concluded;
        }
        let mut facts = Facts::new();
        for output in outputs {
            facts.extend(output.facts.clone());
        }
        let raw = facts.clone();
        answer_typed(unit, &mut facts, template::View::Compute);
        concluded.capture(unit, &WithFacts { facts: &facts, outer: names }, &raw);
        concluded
    }

    fn expect(&mut self, expect: &str, names: &dyn template::Lookup, raw: &Facts) {
        match template::holds(expect, names) {
            Ok(held) => {
                if !held.truth && self.verdict == Verdict::Pass {
                    let message = format!("expected {}", held.trace);
                    let failure = Failure::new(Stage::Run, FailKind::Assertion, message);
                    self.verdict = Verdict::Fail(failure);
                }
                self.measured = Some(held.trace);
            }
            Err(fault) if self.verdict == Verdict::Pass => {
                let message = format!("expectation: {}", with_reason(fault, raw));
                self.verdict =
                    Verdict::Fail(Failure::new(Stage::Run, FailKind::Assertion, message));
            }
            Err(_) => {}
        }
    }

    /// Takes out what may show the secret in the output: evaluated parts, and what was got instead.
    pub(super) fn withhold(&mut self) {
        self.measured = None;
        if let Verdict::Fail(failure) = &mut self.verdict
            && failure.kind == FailKind::Assertion
        {
            "not as expected; the output holds a secret and is not shown"
                .clone_into(&mut failure.message);
        }
    }

    /// `raw` has the facts as they are recorded: a time stays readable where it is taken as it is.
    fn capture(&mut self, unit: &Unit, names: &WithFacts<'_>, raw: &Facts) {
        let all_secret = wants_secret(&unit.step.action);
        for (name, capture) in &unit.step.common.capture {
            let answer = is_answer(unit, &capture.from).then(|| raw.get("answer").cloned());
            let value = match answer.flatten() {
                Some(answer) => Ok(answer),
                None => template::evaluate(&capture.from, names),
            };
            match value {
                Ok(value) if capture.secret || all_secret => {
                    let text = match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    self.secrets.push((name.clone(), SecretValue::from(text)));
                }
                Ok(value) => {
                    self.captured.insert(name.clone(), value);
                }
                Err(fault) => {
                    let message = format!("capture `{name}`: {}", with_reason(fault, raw));
                    // The action itself has run: only its result is not what the playbook needs.
                    self.verdict =
                        Verdict::Fail(Failure::new(Stage::Verify, FailKind::Assertion, message));
                    return;
                }
            }
        }
    }
}

/// A fault in words. `json` is missing where what came back is no JSON: that is said, for the name is right.
fn with_reason(fault: template::Fault, raw: &Facts) -> String {
    let missing = fault.undefined.as_deref() == Some("json") && !raw.contains_key("json");
    let text = |name: &str| raw.get(name).and_then(Value::as_str);
    let reason = match (text("stdout"), text("body")) {
        _ if !missing => None,
        (Some(out), _) if out.trim().is_empty() => Some("nothing was printed"),
        (Some(_), _) => Some("what was printed is not JSON"),
        (None, Some(body)) if body.trim().is_empty() => Some("the answer is empty"),
        (None, Some(_)) => Some("the answer is not JSON"),
        _ => None,
    };
    let message = Failure::from(fault).message;
    reason.map_or(message.clone(), |reason| format!("{message}: {reason}"))
}
