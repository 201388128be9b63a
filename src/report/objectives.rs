//! RTO and RPO: what was promised, what was reached, counted from where.

use serde_json::{Value, json};

use super::Facts;
use super::outcome::whole_seconds;
use crate::run::clock::{clocks, rto_anchor};
use crate::run::event::Milestone;
use crate::run::objective::recovery_point;
use crate::time::Span;

/// The objectives with their verdicts. Without an objective the verdict is `none`.
pub(super) fn of(facts: &Facts<'_>) -> Value {
    json!({ "rto": rto(facts), "rpo": rpo(facts), "response": response(facts) })
}

/// How soon somebody had taken it, against what the severity asks for.
fn response(facts: &Facts<'_>) -> Value {
    let clock = facts
        .plan
        .and_then(|plan| clocks(plan, facts.run).into_iter().find(|clock| clock.id == "response"));
    let objective = clock.as_ref().map(|clock| clock.span);
    let from = facts.run.milestones.get(&Milestone::Detected).copied();
    let taken = facts.run.milestones.get(&Milestone::Acknowledged).copied();
    let achieved = taken.zip(from).map(|(taken, from)| taken.since(from));
    let margin = objective.zip(achieved).map(|(objective, achieved)| objective - achieved);
    let verdict = match (&clock, margin) {
        (None, _) => "none",
        (_, Some(margin)) if margin.millis() >= 0 => "met",
        (_, Some(_)) => "missed",
        (Some(clock), None) if clock.due <= facts.last() => "missed",
        (Some(_), None) if facts.run.closed.is_some() => "not reached",
        (Some(_), None) => "open",
    };
    json!({
        "objective_ms": objective.map(Span::millis),
        "anchor": clock.as_ref().map(|clock| &clock.anchor),
        "from": from,
        "due": clock.as_ref().map(|clock| clock.due),
        "reached_at": taken,
        "achieved_ms": achieved.map(Span::millis),
        "margin_ms": margin.map(Span::millis),
        "verdict": verdict,
        "words": words(("Response", "Somebody had taken it"), verdict, objective, achieved, "detection"),
    })
}

fn rto(facts: &Facts<'_>) -> Value {
    let objective = facts.plan.and_then(|plan| plan.head.objectives.rto);
    let anchor = facts.plan.and_then(|plan| rto_anchor(plan, facts.run));
    let clock = facts
        .plan
        .and_then(|plan| clocks(plan, facts.run).into_iter().find(|clock| clock.id == "rto"));
    let recovered = facts.run.milestones.get(&Milestone::Recovered).copied();
    let achieved = recovered.zip(anchor.as_ref()).map(|(at, (from, _))| at.since(*from));
    let margin = objective.zip(achieved).map(|(objective, achieved)| objective - achieved);
    let held = recovered.zip(anchor.as_ref());
    let held = held.map(|(at, (from, _))| facts.run.incident.held_within(*from, at));
    let verdict = match (objective, &anchor, margin) {
        (None, ..) => "none",
        (Some(_), None, _) => "unknown",
        (_, _, Some(margin)) if margin.millis() >= 0 => "met",
        (_, _, Some(_)) => "missed",
        (_, _, None) if clock.as_ref().is_some_and(|clock| clock.due <= facts.last()) => "missed",
        (_, _, None) if facts.run.closed.is_some() => "not reached",
        (_, _, None) => "open",
    };
    let from = anchor.as_ref().map_or("its start", |(_, words)| words);
    json!({
        "objective_ms": objective.map(Span::millis),
        "anchor": anchor.as_ref().map(|(_, words)| words),
        "from": anchor.as_ref().map(|(from, _)| from),
        "due": clock.map(|clock| clock.due),
        "reached_at": recovered,
        "achieved_ms": achieved.map(Span::millis),
        "held_ms": held.map(Span::millis),
        "net_ms": achieved.zip(held).map(|(gross, held)| (gross - held).millis()),
        "margin_ms": margin.map(Span::millis),
        "verdict": verdict,
        "words": words(("RTO", "Service was back"), verdict, objective, achieved, from),
    })
}

fn rpo(facts: &Facts<'_>) -> Value {
    let objective = facts.plan.and_then(|plan| plan.head.objectives.rpo);
    let point = facts.plan.and_then(|plan| recovery_point(plan, facts.run, facts.last()));
    let at = |milestone| facts.run.milestones.get(&milestone).copied();
    let impact = at(Milestone::ImpactStarted).map(|at| (at, "start of the impact"));
    let detected =
        at(Milestone::Detected).map(|at| (at, "detection (start of the impact not known)"));
    let anchor = impact.or(detected);
    let achieved = point.zip(anchor).map(|(point, (from, _))| from.since(point));
    let margin = objective.zip(achieved).map(|(objective, achieved)| objective - achieved);
    let verdict = match (objective, margin) {
        (None, _) => "none",
        (_, Some(margin)) if margin.millis() >= 0 => "met",
        (_, Some(_)) => "missed",
        (_, None) => "unknown",
    };
    let from = anchor.map_or("the start of the impact", |(_, words)| words);
    json!({
        "objective_ms": objective.map(Span::millis),
        "anchor": anchor.map(|(_, words)| words),
        "from": anchor.map(|(from, _)| from),
        "point": point,
        "achieved_ms": achieved.map(Span::millis),
        "margin_ms": margin.map(Span::millis),
        "verdict": verdict,
        "words": words(("RPO", "The recovered data ended"), verdict, objective, achieved, from),
    })
}

/// The verdict as a sentence.
fn words(
    (name, what): (&str, &str),
    verdict: &str,
    objective: Option<Span>,
    achieved: Option<Span>,
    from: &str,
) -> String {
    let Some(objective) = objective else {
        let what = if name == "Response" { "response time" } else { name };
        return format!("No {what} is set.");
    };
    let behind = if name == "RPO" { "before" } else { "after" };
    let measured = |achieved: Span| {
        let margin = objective - achieved;
        let (word, by) = if margin.millis() < 0 {
            ("over", -margin.millis())
        } else {
            ("to spare", margin.millis())
        };
        let by = whole_seconds(Span::from_millis(by));
        format!("{what} {} {behind} {from}, {by} {word}", whole_seconds(achieved))
    };
    match (verdict, achieved) {
        ("met", Some(achieved)) => format!("{name} {objective}: met. {}.", measured(achieved)),
        ("missed", Some(achieved)) => {
            format!("{name} {objective}: missed. {}.", measured(achieved))
        }
        ("missed", None) => {
            format!(
                "{name} {objective}, counted from {from}: missed. The end of the objective was not reached."
            )
        }
        ("not reached", _) => {
            format!(
                "{name} {objective}, counted from {from}: the run ended before the objective was reached."
            )
        }
        ("open", _) => format!("{name} {objective}, counted from {from}: still open."),
        _ => format!(
            "{name} {objective}: not known, the record does not tell what it counts from or to."
        ),
    }
}
