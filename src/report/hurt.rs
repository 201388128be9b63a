//! How long users were hurt, and how well that is known.
//!
//! They are hurt from the start of the impact until it is mitigated, and again each time that it was open. Where nobody has
//! said one of the two, the detection and the recovery are bounds: it began before it was noticed, and what is recovered
//! hurts nobody any more (clock design, milestones).

use super::Facts;
use super::outcome::whole_seconds;
use crate::run::event::Milestone;
use crate::time::{Span, Timestamp};

/// From the start of the impact, or else the detection, to the mitigation, and from each time that it was open again to
/// the next one. `None` while nobody has marked it.
pub(super) fn until_mitigated(facts: &Facts<'_>) -> Option<Span> {
    let from = at(facts, Milestone::ImpactStarted).or_else(|| at(facts, Milestone::Detected))?;
    sum(facts, from, at(facts, Milestone::Mitigated)?)
}

fn at(facts: &Facts<'_>, milestone: Milestone) -> Option<Timestamp> {
    facts.run.milestones.get(&milestone).copied()
}

/// All the time from one instant to the other in which it was open.
fn sum(facts: &Facts<'_>, mut from: Timestamp, to: Timestamp) -> Option<Span> {
    let mut hurt = Span::ZERO;
    for again in &facts.run.incident.reopened {
        hurt = hurt + again.well_from?.since(from);
        from = again.at;
    }
    Some(hurt + to.since(from))
}

/// How long, as exactly as it is known, and by what: `at most 12m: from ... to ...`.
pub(super) fn words(facts: &Facts<'_>) -> String {
    let words = once(facts);
    if facts.run.incident.reopened.is_empty() || words.starts_with("not known") {
        return words;
    }
    format!("{words}; only the time in which it was open counts")
}

fn once(facts: &Facts<'_>) -> String {
    let (began, noticed) = (at(facts, Milestone::ImpactStarted), at(facts, Milestone::Detected));
    let (mitigated, recovered) = (at(facts, Milestone::Mitigated), at(facts, Milestone::Recovered));
    let span = |from: Option<Timestamp>, to: Option<Timestamp>| {
        sum(facts, from?, to?).map(|span| whole_seconds(span).to_string())
    };
    if let Some(span) = span(began, mitigated) {
        return format!("{span}, from the start of the impact to the mitigation");
    }
    if let Some(span) = span(noticed, mitigated).filter(|_| began.is_none()) {
        return format!(
            "at least {span}, from the detection to the mitigation: nobody has said when it began"
        );
    }
    if let Some(span) = span(began, recovered) {
        return format!(
            "at most {span}, from the start of the impact to the recovery: nobody marked the mitigation"
        );
    }
    if let Some(span) = span(noticed, recovered).filter(|_| began.is_none()) {
        return format!(
            "about {span}, from the detection to the recovery: nobody has said when it began or marked the mitigation"
        );
    }
    "not known: neither the mitigation nor the recovery is marked".to_owned()
}
