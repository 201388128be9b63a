//! By hand: mayday shows what it would run, the operator runs it elsewhere and says what came of it.
//!
//! Owns the questions of that and the fact that ends them. Nothing is begun here; gates stand in front as always.

use serde_json::Value;

use super::event::{Asking, Kind, StepStatus};
use super::gate::put;
use super::next::{Look, Move};
use super::paste;
use super::state::{Hand, StepState};
use crate::effect::{Choice, Ending, Facts, FailKind, Question, ValueKind, ValueRule, Wants};
use crate::plan::{Mode, Section, Unit};
use crate::playbook::Capture;
use crate::steps::{Failure, Request, Stage, Verdict};
use crate::time::Span;

/// True for steps that the operator runs elsewhere. Questions are asked here as always.
pub(super) fn applies(look: &Look<'_>, unit: &Unit, key: &str) -> bool {
    let over = look.run.status(key).is_some();
    let elsewhere = look.session.manual && look.plan.mode == Mode::Real && !over;
    let asks = unit.step.action.is_question();
    elsewhere && !asks && look.plan.section(unit) == Section::Respond
}

/// True when the operator says that it was done elsewhere.
pub(super) fn is_done(state: &StepState) -> bool {
    state.hand.verdict.is_some()
}

/// The next question, or the end of the attempt once all is told.
pub(super) fn next(look: &Look<'_>, unit: &Unit, key: &str, item: Option<(usize, &Value)>) -> Move {
    let none = Hand::default();
    let hand = look.run.step(key).map_or(&none, |state| &state.hand);
    let Some(verdict) = hand.verdict.as_deref() else {
        return shown(look, unit, key, item);
    };
    if hand.seen.is_none() {
        let text = match verdict {
            "done" => "What did it say? The line that shows it, or where its output is kept.",
            "failed" => "What did it say?",
            _ => "What is known of it?",
        };
        return ask(look, key, "seen", Asking::Seen, text.to_owned(), Wants::Words);
    }
    if verdict == "done" {
        let missing = |(name, _): &&(String, Capture)| !hand.captured.contains_key(name);
        if let Some((name, capture)) = unit.step.common.capture.iter().find(missing) {
            return value_of(look, key, name, capture);
        }
    }
    Move::record(ended(look, unit, key, hand, verdict))
}

/// The question for a value that the step gave where it was run.
fn value_of(look: &Look<'_>, key: &str, name: &str, capture: &Capture) -> Move {
    let kind = if capture.secret { ValueKind::Secret } else { ValueKind::String };
    let rule = ValueRule { kind, pattern: None, options: Vec::new(), default: None };
    let text = format!("{name}: which value did it give? Steps behind this one use it.");
    ask(look, key, name, Asking::Captured, text, Wants::Value(rule))
}

/// A secret of a step that was run by hand, told to an earlier session: nobody but the operator has it.
pub(super) fn told_before(look: &Look<'_>, unit: &Unit, key: &str, name: &str) -> Option<Move> {
    let (_, capture) = unit.step.common.capture.iter().find(|(known, _)| known == name)?;
    (look.run.status(key) == Some(StepStatus::ByHand)).then(|| value_of(look, key, name, capture))
}

fn ended(look: &Look<'_>, unit: &Unit, key: &str, hand: &Hand, verdict: &str) -> Kind {
    let capture = &unit.step.common.capture;
    let secret = |name: &String| capture.iter().any(|(known, rule)| known == name && rule.secret);
    let (secrets, captured): (Vec<_>, Vec<_>) =
        hand.captured.clone().into_iter().partition(|(name, _)| secret(name));
    let seen = hand.seen.clone().unwrap_or_default();
    let cancelled = |message: String| Failure::new(Stage::Cancelled, FailKind::Cancelled, message);
    let verdict = match verdict {
        "done" => Verdict::Pass,
        "failed" => {
            let message = format!("it failed where it was run by hand: {seen}");
            Verdict::Fail(Failure::new(Stage::Run, FailKind::Assertion, message))
        }
        "unsure" => Verdict::Unknown { reason: format!("it was run by hand: {seen}") },
        _ => Verdict::Fail(cancelled(format!("it was not run: {seen}"))),
    };
    let mut facts = Facts::new();
    facts.insert("by_hand".to_owned(), true.into());
    facts.insert("stdout".to_owned(), seen.into());
    Kind::Ended {
        step: key.to_owned(),
        attempt: look.run.step(key).map_or(0, |state| state.attempts) + 1,
        part: 0,
        ending: Ending::Done,
        facts,
        evidence: Vec::new(),
        elapsed: Span::ZERO,
        verdict,
        measured: None,
        captured: captured.into_iter().collect(),
        secret_names: secrets.into_iter().map(|(name, _)| name).collect(),
        looks: 0,
    }
}

/// What would run, so that it can be pasted.
fn shown(look: &Look<'_>, unit: &Unit, key: &str, item: Option<(usize, &Value)>) -> Move {
    let names = look.scope(&unit.prefix, item);
    let cx = super::advance::context(look.plan, unit, key, &names, look.now);
    let what = match unit.step.action.request(&cx, &[]) {
        Err(failure) => return Move::record(super::advance::never_started(key, 1, failure)),
        Ok(Request::Effect(effect)) => paste::text(&effect),
        Ok(Request::Pause(span)) => format!("wait {span}"),
        Ok(Request::Nothing) => conditions(unit),
    };
    let title = super::words::known(&unit.step.common.title, &names);
    let mut text = format!("By hand: {title}\nRun this where it belongs:\n{what}");
    for probe in &unit.step.verify {
        let common = super::checks::common_of(probe, &unit.step.common);
        let cx = crate::steps::Context { common: &common, ..cx };
        let request = probe.action.as_ref().map(|action| action.request(&cx, &[]));
        if let Some(Ok(Request::Effect(effect))) = request {
            text.push_str(&format!("\nThen check:\n{}", paste::text(&effect)));
        }
    }
    if let Some(expect) = &unit.step.common.expect {
        text.push_str(&format!("\nExpected: {}", expect.trim()));
    }
    let choice = |key: &str, label: &str| Choice { key: key.to_owned(), label: label.to_owned() };
    let wants = Wants::OneOf(vec![
        choice("not_done", "not run"),
        choice("done", "run, and it is as it should be"),
        choice("failed", "run, and it failed"),
        choice("unsure", "run, and nobody can tell what it did"),
    ]);
    ask(look, key, "hand", Asking::Hand, text, wants)
}

fn conditions(unit: &Unit) -> String {
    match &unit.step.action {
        crate::steps::Action::Assert(_) => "look whether its conditions hold".to_owned(),
        action => format!("do what `{}` does", action.key()),
    }
}

fn ask(look: &Look<'_>, key: &str, what: &str, asking: Asking, text: String, wants: Wants) -> Move {
    let question = Question { about: format!("{key}.{what}"), text, help: None, wants };
    put(look, key, asking, question, "--answer")
}
