//! Milestones, the spans between them, and every deadline with what became of it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Facts;
use crate::run::clock::{Clock, clocks};
use crate::run::event::{Kind, Milestone};
use crate::time::{Span, Timestamp};
use crate::timeline::sentence::{clock_words, milestone_word};

const ALL: [Milestone; 8] = [
    Milestone::ImpactStarted,
    Milestone::Detected,
    Milestone::Declared,
    Milestone::Acknowledged,
    Milestone::Mitigated,
    Milestone::Recovered,
    Milestone::Resolved,
    Milestone::Closed,
];

/// Every milestone, also those without a time. The latest amendment counts.
pub(super) fn milestones(facts: &Facts<'_>) -> Vec<Value> {
    let one = |which: Milestone| {
        let told = facts.events.iter().filter_map(|(seq, event)| match &event.kind {
            Kind::Milestone { milestone, when, source, reason } if *milestone == which => {
                Some((seq, when, source, reason))
            }
            _ => None,
        });
        (which, told.collect::<Vec<_>>())
    };
    ALL.into_iter()
        .map(one)
        .map(|(which, told)| {
            let latest = told.last();
            json!({
                "milestone": which,
                "words": milestone_word(which),
                // What was withdrawn because it was open again has no time any more.
                "at": facts.run.milestones.get(&which),
                "source": latest.map(|(_, _, source, _)| source),
                "reason": latest.and_then(|(.., reason)| reason.as_ref()),
                "seq": latest.map(|(seq, ..)| seq),
                "amended": told.len().saturating_sub(1),
            })
        })
        .collect()
}

/// The spans that incidents are compared by, each with its formula in words.
pub(super) fn durations(facts: &Facts<'_>) -> Vec<Value> {
    use Milestone as M;
    let run = facts.run;
    let at = |milestone| run.milestones.get(&milestone).copied();
    let span = |from, to| Some(at(to)?.since(at(from)?));
    let impact = run.milestones.contains_key(&M::ImpactStarted);
    let rta =
        if impact { span(M::ImpactStarted, M::Recovered) } else { span(M::Detected, M::Recovered) };
    let rta_formula = if impact {
        "recovered minus impact started"
    } else {
        "recovered minus detected (start of the impact not known)"
    };
    let recovered = run.milestones.get(&M::Recovered).copied();
    let in_run = recovered.zip(run.opened_at).map(|(at, start)| at.since(start));
    let rows: [(&str, &str, &str, Option<Span>); 6] = [
        (
            "ttd",
            "time to detect",
            "detected minus impact started",
            span(M::ImpactStarted, M::Detected),
        ),
        (
            "tta",
            "time to acknowledge",
            "acknowledged minus detected",
            span(M::Detected, M::Acknowledged),
        ),
        ("ttm", "time to mitigate", "mitigated minus detected", span(M::Detected, M::Mitigated)),
        ("ttr", "time to resolve", "resolved minus detected", span(M::Detected, M::Resolved)),
        ("rta_service", "recovery time, service", rta_formula, rta),
        ("rta_run", "recovery time, run", "recovered minus start of the run", in_run),
    ];
    let hurt = super::hurt::until_mitigated(facts);
    rows.into_iter()
        .chain([("impact", "users hurt", "mitigated minus impact started, each time it was open", hurt)])
        .map(|(key, words, formula, span)| {
            json!({ "key": key, "words": words, "formula": formula, "ms": span.map(Span::millis) })
        })
        .collect()
}

/// Every clock that began: due, met or missed, and what was sent for it.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Value> {
    let Some(plan) = facts.plan else { return without_plan(facts) };
    let recorded = recorded(facts);
    clocks(plan, facts.run)
        .into_iter()
        .map(|clock| {
            let passed = recorded.get(clock.id.as_str()).copied();
            let state = state(facts, &clock, passed);
            json!({
                "clock": clock.id,
                "words": clock_words(&clock.id, Some(plan)),
                "anchor": clock.anchor,
                "from": clock.from,
                "due": clock.due,
                "met_at": clock.met.filter(|_| state != "fired" && (state != "missed_while_down" || !fires(&clock))),
                "state": state,
                "state_words": state_words(state),
                "seq": passed.map(|passed| passed.seq),
            })
        })
        .collect()
}

/// A deadline that the record says has passed.
#[derive(Clone, Copy)]
struct Passed {
    seq: u64,
    due: Timestamp,
    while_down: bool,
}

fn recorded<'a>(facts: &Facts<'a>) -> HashMap<&'a str, Passed> {
    let passed = facts.events.iter().filter_map(|(seq, event)| match &event.kind {
        Kind::DeadlinePassed { clock, due, while_down, .. } => {
            Some((clock.as_str(), Passed { seq: *seq, due: *due, while_down: *while_down }))
        }
        _ => None,
    });
    passed.collect()
}

fn without_plan(facts: &Facts<'_>) -> Vec<Value> {
    let mut passed: Vec<_> = recorded(facts).into_iter().collect();
    passed.sort_by_key(|(_, passed)| passed.seq);
    passed
        .into_iter()
        .map(|(clock, passed)| {
            let state = if passed.while_down { "missed_while_down" } else { "missed" };
            json!({
                "clock": clock,
                "words": clock_words(clock, None),
                "anchor": "not known",
                "from": null,
                "due": passed.due,
                "met_at": null,
                "state": state,
                "state_words": state_words(state),
                "seq": passed.seq,
            })
        })
        .collect()
}

fn state(facts: &Facts<'_>, clock: &Clock, passed: Option<Passed>) -> &'static str {
    let fires = fires(clock);
    match (passed, clock.met) {
        (Some(Passed { while_down: true, .. }), _) => "missed_while_down",
        (Some(_), _) if fires => "fired",
        (Some(_), _) => "missed",
        (None, Some(met)) if met > clock.due => "missed",
        (None, Some(_)) if fires => "not_needed",
        (None, Some(_)) => "met",
        (None, None) if facts.run.closed.is_some() && clock.due <= facts.last() => "missed",
        (None, None) if facts.run.closed.is_some() && clock.id != "postmortem" => "ended_before",
        (None, None) => "open",
    }
}

/// An escalation is not met by anybody: it fires, or it was not needed.
fn fires(clock: &Clock) -> bool {
    clock.id.starts_with("escalation:")
}

fn state_words(state: &str) -> &'static str {
    match state {
        "met" => "met",
        "missed" => "missed",
        "missed_while_down" => "missed: it passed while nobody drove",
        "fired" => "due, contacts told",
        "not_needed" => "not needed",
        "ended_before" => "the run ended before it was due",
        _ => "open",
    }
}
