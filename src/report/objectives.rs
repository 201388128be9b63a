//! RTO and RPO: what was promised, what was reached, counted from where.

use serde_json::{Value, json};

use super::Facts;
use super::outcome::whole_seconds;
use crate::plan::Plan;
use crate::run::clock::{clocks, rto_anchor};
use crate::run::event::Milestone;
use crate::run::scope::Scope;
use crate::template;
use crate::time::{Span, Timestamp};

/// Both objectives with their verdicts. Without an objective the verdict is `none`.
pub(super) fn of(facts: &Facts<'_>) -> Value {
    json!({ "rto": rto(facts), "rpo": rpo(facts) })
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
        "margin_ms": margin.map(Span::millis),
        "verdict": verdict,
        "words": words(("RTO", "Service was back"), verdict, objective, achieved, from),
    })
}

fn rpo(facts: &Facts<'_>) -> Value {
    let objective = facts.plan.and_then(|plan| plan.head.objectives.rpo);
    let point = facts.plan.and_then(|plan| recovery_point(plan, facts));
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

/// The time of the data that was recovered to, by the playbook's own expression: seconds since the
/// epoch, or RFC 3339. `None` where a step that captures it was not reached.
fn recovery_point(plan: &Plan, facts: &Facts<'_>) -> Option<Timestamp> {
    let expression = plan.head.objectives.recovery_point.as_ref()?;
    let names = Scope::new(plan, facts.run, facts.last());
    match template::evaluate(expression, &names).ok()? {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => match seconds.as_i64() {
            Some(seconds) => Some(Timestamp::from_millis(seconds.saturating_mul(1000))),
            None => seconds.as_f64().and_then(from_seconds),
        },
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = seconds * 1000.0;
    (millis.abs() < 1e15).then(|| Timestamp::from_millis(millis as i64))
}

/// The verdict as a sentence.
fn words(
    (name, what): (&str, &str),
    verdict: &str,
    objective: Option<Span>,
    achieved: Option<Span>,
    from: &str,
) -> String {
    let Some(objective) = objective else { return format!("No {name} is set.") };
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
