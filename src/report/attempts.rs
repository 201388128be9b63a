//! What was run to recover: each attempt with its command, its outcome, and its duration against what was planned.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Facts;
use super::link::{of_event, of_file};
use super::outcome::whole_seconds;
use crate::effect::{EffectClass, Evidence};
use crate::run::advance;
use crate::run::event::Kind;
use crate::steps::Verdict;
use crate::text::{cut, one_line};
use crate::time::{Span, Timestamp};

/// A command takes at most this many characters of a row; all of it is in the record.
const SHOWN: usize = 400;

/// An attempt that goes on.
struct Going<'a> {
    seq: u64,
    at: Timestamp,
    attempt: u32,
    class: EffectClass,
    target: Option<&'a str>,
    what: Vec<&'a str>,
    evidence: Vec<&'a Evidence>,
    who: &'a str,
}

/// Every attempt, in the order of their beginnings. Polls count as one, questions too.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Value> {
    let mut going: HashMap<&str, Going<'_>> = HashMap::new();
    let mut rows: Vec<(u64, Value)> = Vec::new();
    let mut driver = "";
    for (seq, event) in facts.events {
        match &event.kind {
            Kind::Opened(opened) => driver = &opened.operator,
            Kind::Attached { operator, .. } => driver = operator,
            Kind::Started { step, attempt, part, class, what, target, deadline } => {
                if *part > 0
                    && let Some(known) = going.get_mut(step.as_str())
                {
                    known.what.push(what);
                    continue;
                }
                let new = Going {
                    seq: *seq,
                    at: event.at,
                    attempt: *attempt,
                    class: *class,
                    target: target.as_deref(),
                    what: vec![what],
                    evidence: Vec::new(),
                    // Only a question has no deadline.
                    who: if deadline.is_none() { driver } else { "mayday" },
                };
                if let Some(old) = going.insert(step, new) {
                    rows.push((old.seq, row(facts, step, &old, None, event.at)));
                }
            }
            Kind::Ended { step, verdict, evidence, .. } => {
                let Some(known) = going.get_mut(step.as_str()) else { continue };
                known.evidence.extend(evidence);
                if !matches!(verdict, Verdict::More)
                    && let Some(known) = going.remove(step.as_str())
                {
                    rows.push((known.seq, row(facts, step, &known, Some(verdict), event.at)));
                }
            }
            Kind::Revoked { step, .. } => {
                going.remove(step.as_str());
            }
            _ => {}
        }
    }
    for (step, open) in going {
        rows.push((open.seq, row(facts, step, &open, None, facts.last())));
    }
    rows.sort_by_key(|(seq, _)| *seq);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn row(
    facts: &Facts<'_>,
    step: &str,
    going: &Going<'_>,
    verdict: Option<&Verdict>,
    ended: Timestamp,
) -> Value {
    let base = step.strip_suffix(".undo").unwrap_or(step);
    let unit = facts.plan.and_then(|plan| advance::find(plan, facts.run, base));
    let unit = unit.map(|(unit, _)| unit).filter(|_| base == step);
    let expected = unit.and_then(|unit| unit.step.common.expected);
    let took = ended.since(going.at);
    let over = expected.map(|expected| took - expected);
    let (outcome, words) = outcome(verdict);
    json!({
        "seq": going.seq,
        "link": of_event(facts, going.seq),
        "at": going.at,
        "step": step,
        "attempt": going.attempt,
        "effect": going.class.word(),
        "target": going.target,
        "what": cut(&one_line(&going.what.join("; ")), SHOWN),
        "outcome": outcome,
        "outcome_words": words,
        "took_ms": verdict.map(|_| took.millis()),
        "expected_ms": expected.map(Span::millis),
        "over_ms": over.filter(|_| verdict.is_some()).map(Span::millis),
        "against": against(over.filter(|_| verdict.is_some())),
        "who": facts.people.called(going.who),
        "evidence": going.evidence.iter().map(|kept| of_file(facts, kept)).collect::<Vec<_>>(),
    })
}

fn outcome(verdict: Option<&Verdict>) -> (&'static str, String) {
    match verdict {
        None => ("no_end", "no end in the record".to_owned()),
        Some(Verdict::Pass) => ("passed", "passed".to_owned()),
        Some(Verdict::Fail(failure)) => ("not_passed", format!("did not pass: {failure}")),
        Some(Verdict::Unknown { reason }) => ("unknown", format!("outcome unknown: {reason}")),
        Some(Verdict::More) => ("no_end", "ended a part".to_owned()),
    }
}

/// `1m 10s over`, `10s under`; empty where nothing was planned.
fn against(over: Option<Span>) -> String {
    match over.map(Span::millis) {
        None => String::new(),
        Some(ms) if ms > 0 => format!("{} over", whole_seconds(Span::from_millis(ms))),
        Some(ms) => format!("{} under", whole_seconds(Span::from_millis(-ms))),
    }
}
