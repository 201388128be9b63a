//! Sentences about the incident around a run: its clocks, its severity, that it was open again.

use super::sentence::phase_title;
use crate::plan::Plan;
use crate::run::clock::{rung, timer};
use crate::run::event::Kind;

/// What an event about the incident says; empty for any other.
#[must_use]
pub fn of_incident(kind: &Kind, plan: Option<&Plan>) -> String {
    match kind {
        Kind::DeadlinePassed { clock, due, while_down, retroactive } => {
            let how = match (while_down, retroactive) {
                (true, _) => ", while nobody drove",
                (_, true) => ", retroactive",
                _ => "",
            };
            format!("Deadline passed: {}, due {}{how}.", clock_words(clock, plan), due.clock())
        }
        Kind::SeverityChanged { from, to, reason } => {
            let from = from.map(|from| format!(" from {from}")).unwrap_or_default();
            let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("The severity was changed{from} to {to}{why}.")
        }
        Kind::Reopened { when, reason } => {
            format!("The incident was open again at {}: {reason}.", when.clock())
        }
        Kind::Updated { text } => format!("News was given: {}", text.trim()),
        Kind::Held { reason } => format!("The steps were held: {reason}."),
        Kind::Released => "The steps went on.".to_owned(),
        _ => String::new(),
    }
}

/// What a clock, or the cause of a message, is called.
#[must_use]
pub fn clock_words(clock: &str, plan: Option<&Plan>) -> String {
    match clock.split_once(':') {
        Some(("escalation", rest)) => match plan.and_then(|plan| rung(plan, clock)) {
            Some((number, rung)) => format!("escalation {number} to {}", rung.to.join(", ")),
            None => format!("escalation {}", number(rest)),
        },
        Some(("budget", phase)) => format!("budget of phase {}", phase_title(plan, phase)),
        Some(("timer", id)) => match plan.and_then(|plan| timer(plan, clock)) {
            Some(timer) => format!("timer {id} ({})", timer.say),
            None => format!("timer {id}"),
        },
        Some(("update", number)) => format!("update {number} for those who wait"),
        Some(("approval", step)) => format!("answer of a second person to {step}"),
        Some(("decide_by", phase)) => {
            format!("last moment to begin phase {}", phase_title(plan, phase))
        }
        Some(("operator", _)) => "asked for by the operator".to_owned(),
        Some(("step", step)) => format!("step {step}"),
        _ => match clock {
            "rto" => "recovery time objective".to_owned(),
            "response" => "response time".to_owned(),
            "postmortem" => "post-mortem due".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// `2` for `1` and for `SEV-1:1`: rungs are counted from 1.
fn number(rest: &str) -> String {
    let index = rest.rsplit_once(':').map_or(rest, |(_, index)| index);
    index.parse::<usize>().map_or_else(|_| rest.to_owned(), |index| (index + 1).to_string())
}
