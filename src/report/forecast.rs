//! How good the forecasts were: what would have been told on the way, against what came.

use serde_json::{Value, json};

use super::Facts;
use crate::run::clock::rto_anchor;
use crate::run::event::{Event, Kind, Milestone};
use crate::run::forecast::{Standing, forecast};
use crate::run::state::Run;
use crate::time::Timestamp;

/// Shares of the way, in percent (clock design, forecast: "Score it afterwards").
const SHARES: [i64; 3] = [25, 50, 75];

/// The forecasts at a quarter, half and three quarters of the way to the recovery. Empty where there was
/// no recovery, and without the part of the way that lies before the run.
pub(super) fn score(facts: &Facts<'_>) -> Vec<Value> {
    let (Some(plan), Some(recovered), Some(opened)) =
        (facts.plan, facts.run.milestones.get(&Milestone::Recovered).copied(), facts.run.opened_at)
    else {
        return Vec::new();
    };
    let from = rto_anchor(plan, facts.run).map_or(opened, |(at, _)| at);
    let whole = recovered.since(from).millis();
    let told = |percent: i64| {
        let at = from + crate::time::Span::from_millis(whole / 100 * percent);
        let told = forecast(plan, &known_by(facts, at), at).filter(|_| at >= opened)?;
        Some(json!({
            "percent": percent,
            "at": at,
            "p50": told.p50,
            "p90": told.p90,
            "standing": told.standing.map(Standing::word),
            "guessed": told.guessed,
            "came_at": recovered,
            "off_ms": recovered.since(told.p50).millis(),
            "within": recovered <= told.p90,
        }))
    };
    SHARES.into_iter().filter_map(told).collect()
}

/// What the record said by then.
fn known_by(facts: &Facts<'_>, at: Timestamp) -> Run {
    let events = facts.events.iter().map(|(_, event)| event);
    let told = |event: &&Event| !matches!(event.kind, Kind::ClockStepped { .. });
    Run::fold(events.filter(told).take_while(|event| event.at <= at))
}
