//! What the run was, and what is known of its record.

use serde_json::{Value, json};

use super::Facts;
use super::drill::data::data;
use super::outcome::{Status, standing, status};
use crate::plan::Mode;
use crate::run::event::Kind;

/// The run as a whole.
pub(super) fn run(facts: &Facts<'_>) -> Value {
    let run = facts.run;
    let opened = run.opened.as_ref();
    let sessions = facts
        .events
        .iter()
        .filter(|(_, event)| matches!(event.kind, Kind::Opened(_) | Kind::Attached { .. }));
    let closed_at = facts
        .events
        .iter()
        .rev()
        .find_map(|(_, event)| matches!(event.kind, Kind::Closed { .. }).then_some(event.at));
    let status = status(run);
    json!({
        "id": opened.map(|opened| &opened.run),
        "playbook": opened.map(|opened| &opened.playbook),
        "title": opened.map(|opened| &opened.title),
        "severity": opened.and_then(|opened| opened.severity),
        "severity_words": opened.and_then(|opened| opened.severity).map(|it| facts.severity(it)),
        "environment": opened.map(|opened| &opened.environment),
        "danger": opened.map(|opened| opened.danger),
        "mode": opened.map(|opened| opened.mode),
        "status": status.key(),
        "status_words": standing(facts),
        "reason": match &status {
            Status::Aborted(why) | Status::HandedOff(why) | Status::Stopped(why) => why.as_str(),
            Status::Completed | Status::Unfinished => "",
        },
        "operator": facts.people.called(&run.operator),
        "people": facts.people.all(),
        "sessions": sessions.count(),
        "unattended": opened.is_some_and(|opened| opened.unattended),
        "mayday": opened.map(|opened| &opened.mayday),
        "opened_at": run.opened_at,
        "closed_at": closed_at,
        "last_at": run.last_at,
        "took_ms": run.opened_at.map(|opened| facts.last().since(opened).millis()),
    })
}

/// What is known of the record.
pub(super) fn record(facts: &Facts<'_>) -> Value {
    let seq = |event: Option<&(u64, _)>| event.map(|(seq, _)| *seq);
    json!({
        "events": facts.events.len(),
        "first_seq": seq(facts.events.first()),
        "last_seq": seq(facts.events.last()),
        "verified": facts.checked.is_some(),
        "sound": facts.checked.map(|checked| checked.sound),
        "head": facts.checked.map(|checked| &checked.head),
        "findings": facts.checked.map(|checked| checked.findings.clone()).unwrap_or_default(),
        "pinned": facts.run.opened.as_ref().map(|opened| {
            opened.pinned.iter().map(|(name, hash)| json!({ "name": name, "sha256": hash }))
                .collect::<Vec<_>>()
        }).unwrap_or_default(),
    })
}

/// What a drill came to; `null` for a real incident or without its plan.
pub(super) fn drill(facts: &Facts<'_>) -> Value {
    let is_drill = facts.run.opened.as_ref().is_some_and(|opened| opened.mode == Mode::Drill);
    let Some(plan) = facts.plan.filter(|_| is_drill) else { return Value::Null };
    data(facts.run, plan)
}
