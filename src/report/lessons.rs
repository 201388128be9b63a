//! Where to begin to think: what contributed, what helped and what was hard, what the playbook may do better.
//!
//! Owns seeds from facts. Each says what was seen and where; what it means is for people.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Facts;
use super::earlier::Earlier;
use super::link::of_event;
use super::outcome::whole_seconds;
use crate::effect::EffectClass;
use crate::plan::Unit;
use crate::playbook::OnFail;
use crate::run::advance;
use crate::run::event::{Kind, StepStatus};
use crate::steps::{Action, Verdict};
use crate::time::Span;

/// A step is slower or faster than planned beyond this share of the plan, in percent: below it the estimate holds.
const OFF: i64 = 25;

/// A step that takes this long and has no planned duration should have one.
const LONG: Span = Span::from_mins(1);

/// Parts of the ledger in which nothing is being repaired.
const LOST: [&str; 5] = ["human_decision", "waiting_for_person", "idle", "engine_down", "held"];

/// A part of the ledger is worth a look from this share, in percent.
const SHARE: i64 = 20;

/// And from this time on: a report tells times to the second.
const LEAST: Span = Span::from_secs(1);

/// What contributed, as far as a record can tell: attempts that did not pass, outcomes that were not known,
/// deadlines that passed. In the order of the record.
pub(super) fn factors(facts: &Facts<'_>, deviations: &[Value]) -> Vec<Value> {
    let mut list: Vec<(u64, Value)> = Vec::new();
    for (seq, event) in facts.events {
        let Kind::Ended { step, verdict: Verdict::Fail(failure), attempt, .. } = &event.kind else {
            continue;
        };
        let what = format!("attempt {attempt} of {step} did not pass: {failure}");
        list.push((*seq, factor(facts, *seq, "failure", Some(step), &what)));
    }
    for one in deviations {
        let kind = match one["kind"].as_str().unwrap_or_default() {
            "unknown" => "unknown",
            "missed_deadline" | "late_escalation" => "breach",
            "automatic_retry" | "retry_by_choice" => "retry",
            "session" | "changed_files" | "torn_record" | "record_moved" | "unrecorded" => "tool",
            _ => continue,
        };
        let (Some(seq), Some(what)) = (one["seq"].as_u64(), one["what"].as_str()) else { continue };
        list.push((seq, factor(facts, seq, kind, one["step"].as_str(), what)));
    }
    list.sort_by_key(|(seq, _)| *seq);
    list.into_iter().map(|(_, factor)| factor).collect()
}

fn factor(facts: &Facts<'_>, seq: u64, kind: &str, step: Option<&str>, what: &str) -> Value {
    json!({ "seq": seq, "link": of_event(facts, seq), "kind": kind, "step": step, "what": what })
}

/// Seeds for what went well, what was hard, where it was luck. Sentences.
pub(super) fn went(
    facts: &Facts<'_>,
    objectives: &Value,
    ledger: &Value,
    steps: &[Value],
) -> Value {
    let (mut well, mut hard, mut lucky) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["rto", "rpo", "response"] {
        let words = objectives[name]["words"].as_str().unwrap_or_default();
        match objectives[name]["verdict"].as_str() {
            Some("met") => well.push(words.to_owned()),
            Some("missed" | "not reached") => hard.push(words.to_owned()),
            _ => {}
        }
    }
    for step in steps {
        let key = step["key"].as_str().unwrap_or_default();
        let (Some(took), Some(expected)) = (step["took_ms"].as_i64(), step["expected_ms"].as_i64())
        else {
            continue;
        };
        let said = format!(
            "{key} took {}, and {} was planned.",
            whole_seconds(Span::from_millis(took)),
            Span::from_millis(expected)
        );
        if step["status"] == "ok" && took * 100 <= expected * (100 - OFF) {
            well.push(said);
        } else if took * 100 > expected * (100 + OFF) {
            hard.push(said);
        }
    }
    for part in ledger["parts"].as_array().into_iter().flatten() {
        let (key, percent) = (part["part"].as_str().unwrap_or_default(), part["percent"].as_i64());
        let lasted = part["ms"].as_i64() >= Some(LEAST.millis());
        if LOST.contains(&key) && percent >= Some(SHARE) && lasted {
            hard.push(format!(
                "{} % of the time ({}): {}.",
                percent.unwrap_or_default(),
                whole_seconds(Span::from_millis(part["ms"].as_i64().unwrap_or_default())),
                part["words"].as_str().unwrap_or_default()
            ));
        }
    }
    let first = steps.iter().filter(|step| step["status"] == "ok" && step["attempts"] == 1).count();
    let ran = steps.iter().filter(|step| step["attempts"].as_i64() > Some(0)).count();
    if first > 0 {
        well.push(format!("{first} of {ran} steps that ran passed at their first attempt."));
    }
    for (_, event) in facts.events {
        match &event.kind {
            Kind::Checked { step, check, verdict: Verdict::Pass, .. } if check == "probe" => {
                lucky.push(format!(
                    "The outcome of {step} was unknown, and the probe shows that it had happened."
                ));
            }
            Kind::Settled { step, status: StepStatus::ByHand } => {
                lucky.push(format!("Somebody knew how to do {step} by hand."));
            }
            Kind::RecordedAgain => {
                lucky.push("The record could be written again after it could not.".to_owned());
            }
            _ => {}
        }
    }
    json!({ "well": well, "hard": hard, "lucky": lucky })
}

/// What the playbook may do better, by step.
pub(super) fn suggestions(facts: &Facts<'_>, steps: &[Value]) -> Vec<Value> {
    let Some(plan) = facts.plan else { return Vec::new() };
    let chosen = chosen(facts);
    let mut list = Vec::new();
    for row in steps {
        let key = row["key"].as_str().unwrap_or_default();
        let Some((unit, _)) = advance::find(plan, facts.run, key) else { continue };
        let mut add = |kind: &str, seen: String, suggested: String| {
            list.push(json!({ "kind": kind, "step": key, "seen": seen, "suggested": suggested }));
        };
        let counted = |status: &str| often(&facts.beside.earlier, key, status);
        match row["status"].as_str() {
            Some("skipped") if chosen.contains(key) => add(
                "skipped",
                format!("skipped by choice, {}", counted("skipped")),
                "give it a `when`, or take it out".to_owned(),
            ),
            Some("done by hand") => add(
                "by_hand",
                format!("done by hand, {}", counted("by_hand")),
                "write down what was done as a step, or make it `manual`".to_owned(),
            ),
            _ => {}
        }
        duration(row, unit, &mut add);
        // What was never tried has not shown that it needs a proof.
        let ran = row["attempts"].as_i64() > Some(0);
        let proved = !unit.step.verify.is_empty() || unit.step.common.expect.is_some();
        let person = matches!(unit.step.action, Action::Manual(_) | Action::Notify(_));
        if ran && unit.class() != EffectClass::Read && !proved && !person {
            add(
                "no_verify",
                "it changes something and nothing proves that it did".to_owned(),
                "add a `verify` that reads the result".to_owned(),
            );
        }
        if row["attempts"].as_i64() > Some(1)
            && unit.step.common.retry.is_none()
            && unit.step.common.on_fail == OnFail::Ask
        {
            add(
                "tried_again",
                format!("{} attempts", row["attempts"]),
                "if trying again is what helps, say so with `retry`".to_owned(),
            );
        }
    }
    list
}

/// What was planned against what it took.
fn duration(row: &Value, unit: &Unit, add: &mut impl FnMut(&str, String, String)) {
    if row["status"] != "ok" {
        return;
    }
    let Some(took) = row["took_ms"].as_i64().map(Span::from_millis) else { return };
    let shown = whole_seconds(took);
    match unit.step.common.expected {
        Some(expected) if took.millis() * 100 > expected.millis() * (100 + OFF) => add(
            "slower",
            format!("it took {shown}, and {expected} was planned"),
            format!("`expected: {}`", shown.to_string().replace(' ', "")),
        ),
        None if took >= LONG => add(
            "no_expectation",
            format!("it took {shown}, nothing was planned"),
            format!("`expected: {}`", shown.to_string().replace(' ', "")),
        ),
        _ => {}
    }
}

/// The steps that a person chose to pass over.
fn chosen<'a>(facts: &Facts<'a>) -> HashSet<&'a str> {
    let skipped = facts.events.iter().filter_map(|(_, event)| match &event.kind {
        Kind::Skipped { step, by_choice: true, .. } => Some(step.as_str()),
        _ => None,
    });
    skipped.collect()
}

/// `in 3 of the last 4 runs`, this one among them.
fn often(earlier: &[Earlier], key: &str, status: &str) -> String {
    let reached = earlier.iter().filter_map(|run| run.steps.get(key)).collect::<Vec<_>>();
    let same = reached.iter().filter(|other| ***other == status).count();
    match reached.len() {
        0 => "in this run; no earlier one came to it".to_owned(),
        all => format!("in {} of the last {} runs that came to it", same + 1, all + 1),
    }
}
