//! The incident as a whole: the document about it, who worked on it, how bad it was and for how long, how it was
//! noticed, what it cost, who was called in when.

use serde_json::{Value, json};

use super::Facts;
use super::link::of_event;
use super::outcome::whole_seconds;
use crate::run::event::{Asking, Kind, Milestone};
use crate::run::state::BROKEN;
use crate::severity::Severity;
use crate::time::{Span, Timestamp};
use crate::timeline::sentence::clock_words;

/// The post-mortem is due this long after the resolution where no policy says it (Disaster Recovery, recovery
/// playbook: meeting within 48 h).
const DUE: Span = Span::from_mins(48 * 60);

/// Roles that say whose the document is.
const OWNERS: [&str; 3] = ["postmortem", "post-mortem", "owner"];

/// What the head of the document says.
pub(super) fn document(facts: &Facts<'_>) -> Value {
    let policy = facts.plan.and_then(|plan| crate::run::clock::policy(plan, facts.run));
    let own = policy.and_then(|policy| policy.postmortem_due);
    let resolved = at(facts, Milestone::Resolved);
    let owner = OWNERS.iter().find_map(|role| facts.run.roles.get(*role));
    json!({
        "status": "draft",
        "owner": owner.map(|owner| facts.people.called(owner)),
        "due": resolved.map(|resolved| resolved + own.unwrap_or(DUE)),
        "due_from": if own.is_some() { "the severity's policy" } else { "48 h after the resolution" },
        "playbook_owner": facts.plan.and_then(|plan| plan.head.owner.as_ref()),
        "playbook_reviewed": facts.plan.and_then(|plan| plan.head.reviewed.as_ref()),
    })
}

fn at(facts: &Facts<'_>, milestone: Milestone) -> Option<Timestamp> {
    facts.run.milestones.get(&milestone).copied()
}

struct Responder<'a> {
    role: String,
    who: &'a str,
    from: Timestamp,
    to: Option<Timestamp>,
    seq: u64,
    note: Option<&'a str>,
}

/// Who had which role, from when to when: drivers, roles that were given, second persons.
pub(super) fn responders(facts: &Facts<'_>) -> Vec<Value> {
    let mut list: Vec<Responder<'_>> = Vec::new();
    for (seq, event) in facts.events {
        let mut begins = |role: String, who, note, alone: bool| {
            for had in list.iter_mut().filter(|had| alone && had.role == role && had.to.is_none()) {
                had.to = Some(event.at);
            }
            list.push(Responder { role, who, from: event.at, to: None, seq: *seq, note });
        };
        let second = |name: &str| !name.starts_with(BROKEN) && facts.people.knows(name);
        match &event.kind {
            Kind::Opened(opened) => begins("driver".to_owned(), &*opened.operator, None, true),
            Kind::Attached { operator, .. } => begins("driver".to_owned(), operator, None, true),
            Kind::RoleGiven { role, to, note } => begins(role.clone(), to, note.as_deref(), true),
            Kind::Agreed { step, .. } => {
                begins(format!("second person for {step}"), &event.by, None, false);
            }
            Kind::Answered {
                step,
                question: Asking::SecondPerson | Asking::Override,
                answer: Value::String(name),
                ..
            } if second(name) => begins(format!("second person for {step}"), name, None, false),
            Kind::Skipped { step, second_person: Some(name), .. } if second(name) => {
                begins(format!("second person for {step}"), name, None, false);
            }
            Kind::Stopped { .. } | Kind::Closed { .. } => {
                for had in list.iter_mut().filter(|had| had.role == "driver" && had.to.is_none()) {
                    had.to = Some(event.at);
                }
            }
            _ => {}
        }
    }
    let row = |had: Responder<'_>| {
        let moment = had.role.starts_with("second person");
        let to = if moment { Some(had.from) } else { had.to };
        json!({
            "role": had.role,
            "who": facts.people.called(had.who),
            "from": had.from,
            "to": to,
            "ms": to.unwrap_or_else(|| facts.last()).since(had.from).millis(),
            "seq": had.seq,
            "link": of_event(facts, had.seq),
            "note": had.note,
        })
    };
    list.into_iter().map(row).collect()
}

/// How bad it was from when to when.
pub(super) fn severities(facts: &Facts<'_>) -> Vec<Value> {
    let mut list: Vec<(Severity, Timestamp, u64, Option<&str>)> = Vec::new();
    for (seq, event) in facts.events {
        match &event.kind {
            Kind::Opened(opened) => {
                let from = at(facts, Milestone::Detected).unwrap_or(event.at).min(event.at);
                list.extend(opened.severity.map(|first| (first, from, *seq, None)));
            }
            Kind::SeverityChanged { to, reason, .. } => {
                list.push((*to, event.at, *seq, reason.as_deref()));
            }
            _ => {}
        }
    }
    let end = at(facts, Milestone::Resolved).unwrap_or_else(|| facts.last());
    let ends: Vec<Timestamp> =
        list.iter().skip(1).map(|(_, from, ..)| *from).chain([end]).collect();
    let rows = list.iter().zip(ends).map(|((severity, from, seq, reason), to)| {
        let to = to.max(*from);
        json!({
            "severity": severity, "words": facts.severity(*severity), "from": from, "to": to, "ms": to.since(*from).millis(),
            "reason": reason, "seq": seq, "link": of_event(facts, *seq),
        })
    });
    rows.collect()
}

/// How it was noticed.
pub(super) fn detection(facts: &Facts<'_>) -> Value {
    let told = facts.events.iter().rev().find_map(|(seq, event)| match &event.kind {
        Kind::Milestone { milestone: Milestone::Detected, source, reason, .. } => {
            Some((*seq, source, reason))
        }
        _ => None,
    });
    let impact = at(facts, Milestone::ImpactStarted);
    let detected = at(facts, Milestone::Detected);
    let took = impact.zip(detected).map(|(from, to)| to.since(from));
    json!({
        "at": detected,
        "source": told.map(|(_, source, _)| source),
        "reason": told.and_then(|(.., reason)| reason.as_ref()),
        "seq": told.map(|(seq, ..)| seq),
        "impact_known": impact.is_some(),
        "ttd_ms": took.map(Span::millis),
        "half_ms": took.map(|took| took.millis() / 2),
    })
}

/// What it cost, as far as clocks tell.
pub(super) fn impact(facts: &Facts<'_>, objectives: &Value, durations: &[Value]) -> Value {
    let hurt = durations.iter().find(|row| row["key"] == "impact");
    let reopened = facts.run.incident.reopened.iter();
    json!({
        "from": at(facts, Milestone::ImpactStarted),
        "to": at(facts, Milestone::Mitigated),
        "users_hurt_ms": hurt.map_or(&Value::Null, |row| &row["ms"]),
        "users_hurt_words": super::hurt::words(facts),
        "data_lost_ms": objectives["rpo"]["achieved_ms"],
        "recovery_point": objectives["rpo"]["point"],
        "reopened": reopened.map(|again| json!({
            "well_from": again.well_from, "at": again.at,
        })).collect::<Vec<_>>(),
    })
}

/// Every rung of the escalation: when it was due, when its first message left, what became of it; and what
/// the operator asked for.
pub(super) fn escalations(
    facts: &Facts<'_>,
    deadlines: &[Value],
    messages: &[Value],
) -> Vec<Value> {
    let sent =
        |cause: &Value| {
            let of = messages.iter().filter(|message| message["cause"] == *cause);
            of.map(|message| json!({
            "to": message["to"], "at": message["at"], "ended_at": message["ended_at"],
            "ending": message["ending"], "attempts": message["attempts"], "seq": message["seq"],
        }))
        .collect::<Vec<_>>()
        };
    let done = |messages: &[Value]| -> Option<Timestamp> {
        let times = messages.iter().filter_map(|message| message["at"].as_str()?.parse().ok());
        times.min()
    };
    let rungs = deadlines
        .iter()
        .filter(|row| row["clock"].as_str().is_some_and(|clock| clock.starts_with("escalation:")));
    let mut list: Vec<Value> = rungs
        .map(|row| {
            let messages = sent(&row["clock"]);
            let done = done(&messages);
            let due: Option<Timestamp> = row["due"].as_str().and_then(|due| due.parse().ok());
            let late = done.zip(due).map(|(done, due)| done.since(due));
            json!({
                "cause": row["clock"],
                "words": row["words"],
                "due": row["due"],
                "done_at": done,
                "late_ms": late.map(Span::millis),
                "late_words": late.filter(|late| late.millis() > 0).map(whole_seconds),
                "state": row["state"],
                "state_words": row["state_words"],
                "seq": row["seq"],
                "reason": null,
                "messages": messages,
            })
        })
        .collect();
    let mut asked = 0;
    for (seq, event) in facts.events {
        let Kind::EscalationAsked { reason } = &event.kind else { continue };
        let cause = format!("operator:{asked}");
        asked += 1;
        let messages = sent(&json!(cause));
        list.push(json!({
            "cause": cause,
            "words": clock_words(&cause, facts.plan),
            "due": null,
            "done_at": done(&messages),
            "late_ms": null,
            "late_words": null,
            "state": "asked",
            "state_words": "asked for by the operator",
            "seq": seq,
            "reason": reason,
            "messages": messages,
        }));
    }
    list
}
