//! Where the run left the path of the playbook, each with its reason.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Facts;
use super::outcome::whole_seconds;
use crate::run::event::{Asking, Event, Kind, StepStatus};
use crate::run::state::BROKEN;
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};
use crate::timeline::about_record::of_record;
use crate::timeline::aside::second;
use crate::timeline::sentence::{choice_words, clock_words, shown};

/// A message that begins this long after its clock was due is late.
const LATE: Span = Span::from_mins(1);

/// A gap between two drivers below this is no time in which nobody drove: a report tells times to the second, and a run that
/// is taken up within one was handed on, not left.
const GAP: Span = Span::from_secs(1);

/// What is remembered from event to event.
#[derive(Default)]
struct Memory<'a> {
    attempts: HashMap<&'a str, u32>,
    /// Steps whose next attempt the operator chose.
    chosen: HashMap<&'a str, bool>,
    /// Positions of unknown outcomes in the list, until it is known how they were settled.
    unknown: HashMap<&'a str, usize>,
    skip_reason: HashMap<&'a str, &'a str>,
    due: HashMap<&'a str, Timestamp>,
    told: std::collections::HashSet<&'a str>,
    last: Option<Timestamp>,
    /// The driver before said that it left; of one that was killed only its last event is known.
    said: bool,
    /// Boot id of the machine of the driver before.
    boot_id: &'a str,
}

/// Every deviation, in the order of the record.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Value> {
    let mut list: Vec<Value> = Vec::new();
    let mut memory = Memory::default();
    for (seq, event) in facts.events {
        let settles = settling(event, facts);
        if let Some((step, how)) = settles
            && let Some(at) = memory.unknown.get(step).copied()
        {
            list[at]["settled"] = Value::String(how);
            if !matches!(event.kind, Kind::Checked { .. }) {
                memory.unknown.remove(step);
            }
        }
        if let Some(found) = of_event(event, &mut memory, facts) {
            if found.kind == "unknown"
                && let Some(step) = found.step
            {
                memory.unknown.insert(step, list.len());
            }
            list.push(json!({
                "seq": seq,
                "at": event.at,
                "who": facts.people.called(&event.by),
                "kind": found.kind,
                "step": found.step,
                "what": found.what,
                "reason": found.reason,
                "settled": null,
            }));
        }
        if !event.kind.is_about_taking_up() {
            // What another process recorded alone says nothing of a driver.
            if !event.slip.as_ref().is_some_and(|slip| slip.alone) {
                memory.last = Some(event.at);
                memory.said = matches!(event.kind, Kind::Stopped { .. });
            }
        }
    }
    list
}

struct Found<'a> {
    kind: &'static str,
    step: Option<&'a str>,
    what: String,
    reason: Option<String>,
}

fn found<'a>(
    kind: &'static str,
    step: Option<&'a str>,
    what: impl Into<String>,
    reason: Option<&str>,
) -> Found<'a> {
    Found { kind, step, what: what.into(), reason: reason.map(str::to_owned) }
}

/// How an unknown outcome was settled, for the step of the event.
fn settling<'a>(event: &'a Event, facts: &Facts<'_>) -> Option<(&'a str, String)> {
    match &event.kind {
        Kind::Checked { step, check, verdict, .. } if check == "probe" => Some(match verdict {
            Verdict::Pass => (step, "the probe shows that it happened".to_owned()),
            _ => (step, "the probe does not show that it happened".to_owned()),
        }),
        Kind::Chose { step, choice, reason, .. } if choice != "escalate" => {
            let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            Some((step, format!("{} chose {}{why}", who(event, facts), choice_words(choice))))
        }
        _ => None,
    }
}

fn who(event: &Event, facts: &Facts<'_>) -> String {
    match &event.kind {
        Kind::Chose { source, .. } if source == "probe" => "mayday".to_owned(),
        Kind::Chose { source, .. } if source == "drill" => "the drill's answers".to_owned(),
        _ => facts.people.called(&event.by),
    }
}

fn of_event<'a>(event: &'a Event, memory: &mut Memory<'a>, facts: &Facts<'_>) -> Option<Found<'a>> {
    match &event.kind {
        Kind::DeadlinePassed { clock, due, while_down, retroactive } => {
            memory.due.insert(clock, *due);
            let down = match (while_down, retroactive) {
                (true, _) => " while nobody drove",
                (_, true) => " (retroactive)",
                _ => "",
            };
            let words = clock_words(clock, facts.plan);
            if clock.starts_with("escalation:") && !while_down {
                return None; // its message tells whether it was late
            }
            if *while_down {
                memory.told.insert(clock);
            }
            let kind = if clock.starts_with("escalation:") {
                "late_escalation"
            } else {
                "missed_deadline"
            };
            Some(found(kind, None, format!("{words} passed{down}, due {}", due.clock()), None))
        }
        Kind::Identified { accepted, .. } => {
            let one = accepted.first()?;
            let what = format!("the target {} is another one: {}", one.target, one.why);
            Some(found("wrong_target", None, what, Some(&one.reason)))
        }
        Kind::Notifying { cause, to, .. } => {
            let late = event.at.since(*memory.due.get(cause.as_str())?);
            let first = memory.told.insert(cause);
            (first && late > LATE).then(|| {
                let words = clock_words(cause, facts.plan);
                let late = whole_seconds(late);
                found("late_escalation", None, format!("{words}: {to} was told {late} late"), None)
            })
        }
        Kind::Opened(opened) => {
            memory.boot_id = &opened.boot_id;
            None
        }
        Kind::Attached { changed_files, boot_id, .. } => {
            let gap = memory.last.map(|last| event.at.since(last)).unwrap_or_default();
            let files = match changed_files.as_slice() {
                [] => String::new(),
                files => format!("; changed on disk since: {}", files.join(", ")),
            };
            let other = std::mem::replace(&mut memory.boot_id, boot_id) != boot_id;
            let flag = if other {
                " (by the wall clock: the machine was started anew since, or it is another one)"
            } else {
                ""
            };
            if files.is_empty() && !other && gap < GAP {
                return None; // the timeline and the sessions tell of it
            }
            let kind = if files.is_empty() { "session" } else { "changed_files" };
            let most = if memory.said { "" } else { "at most " };
            let gone = match whole_seconds(gap) {
                _ if gap < GAP => format!("the run was taken up again{flag}"),
                gap => {
                    format!("nobody drove for {most}{gap}{flag}, then the run was taken up again")
                }
            };
            Some(found(kind, None, format!("{gone}{files}"), None))
        }
        Kind::Recovered { torn_bytes, kept_as } => Some(found(
            "torn_record",
            None,
            format!("{torn_bytes} bytes of an unfinished event were cut off, kept as {kept_as}"),
            None,
        )),
        Kind::RecordMoved { .. } => Some(found("record_moved", None, of_record(&event.kind), None)),
        Kind::Unrecorded { .. } | Kind::RecordedAgain => {
            Some(found("unrecorded", None, of_record(&event.kind), None))
        }
        Kind::ClockStepped { by_ms, .. } => {
            let by = Span::from_millis(*by_ms);
            Some(found(
                "clock_step",
                None,
                format!("the wall clock was set by {by}; times here leave that out"),
                None,
            ))
        }
        Kind::RollbackStarted { .. } => {
            Some(found("rollback", None, "steps were undone, newest first", None))
        }
        Kind::Abandoned { reason } => {
            Some(found("given_up", None, "the rest of the run was given up", Some(reason)))
        }
        kind => of_step(kind, memory, facts),
    }
}

fn of_step<'a>(kind: &'a Kind, memory: &mut Memory<'a>, facts: &Facts<'_>) -> Option<Found<'a>> {
    match kind {
        Kind::Started { step, attempt, part: 0, .. } => {
            let before = memory.attempts.insert(step, *attempt);
            let chosen = memory.chosen.remove(step.as_str()).is_some();
            (before.is_some() && !chosen).then(|| {
                found("automatic_retry", Some(step), format!("attempt {attempt} of {step}"), None)
            })
        }
        Kind::Ended { step, verdict: Verdict::Unknown { reason }, .. } => Some(found(
            "unknown",
            Some(step),
            format!("the outcome of {step} was unknown"),
            Some(reason),
        )),
        Kind::Revoked { step, reason, .. } => Some(found(
            "taken_back",
            Some(step),
            format!("an attempt of {step} was announced and did not happen"),
            Some(reason),
        )),
        Kind::Answered {
            step,
            question: Asking::Gate,
            answer: Value::Null | Value::Bool(false),
            ..
        } => Some(found(
            "declined_gate",
            Some(step),
            format!("the gate of {step} was declined"),
            None,
        )),
        Kind::Answered { step, question: Asking::Glass, answer: Value::String(why), .. } => {
            Some(glass_broken(step, why))
        }
        Kind::Answered {
            step,
            question: Asking::SecondPerson | Asking::Override,
            answer: Value::String(second),
            ..
        } => second.strip_prefix(BROKEN).map(|why| glass_broken(step, why)),
        Kind::InputEdited { step, name, before, value } => Some(found(
            "edited_input",
            Some(step),
            format!("input {name} was changed from {} to {}", shown(before), shown(value)),
            None,
        )),
        Kind::ShellClosed { step, elapsed, .. } => Some(found(
            "shell",
            Some(step),
            format!(
                "{step} was taken over by hand in a shell for {elapsed}; what was done there is not recorded"
            ),
            None,
        )),
        Kind::Chose { step, choice, reason, second_person, .. } => {
            let agreed = second_person.as_ref();
            let agreed = agreed.map(|name| format!(", {}", second(name, facts.people)));
            let agreed = agreed.unwrap_or_default();
            if let Some(reason) = reason {
                memory.skip_reason.insert(step, reason);
            }
            let kind = match choice.as_str() {
                "retry" => {
                    memory.chosen.insert(step, true);
                    "retry_by_choice"
                }
                "by_hand" => "manual_work",
                "check" => "checks_only",
                "undo" => "undo",
                "abort" => "given_up",
                // Each edited input has its own line; so has a shell.
                "edit" => {
                    memory.chosen.insert(step, true);
                    return None;
                }
                choice if choice.starts_with("switch_to:") => "switch",
                choice if choice.starts_with("handoff:") => "handoff",
                // A skip has its own event; stopping and escalating leave the path as it is.
                "skip" if second_person.is_some() => "override",
                _ => return None,
            };
            Some(found(
                kind,
                Some(step),
                format!("{step}: {}{agreed}", choice_words(choice)),
                reason.as_deref(),
            ))
        }
        Kind::Skipped { step, reason, by_choice: true, .. } => {
            let why = memory.skip_reason.get(step.as_str()).copied().unwrap_or(reason);
            Some(found("skip", Some(step), format!("{step} was skipped by choice"), Some(why)))
        }
        Kind::Settled { step, status: StepStatus::Failed } => Some(found(
            "went_on",
            Some(step),
            format!("{step} did not pass and the run went on"),
            None,
        )),
        _ => None,
    }
}

fn glass_broken<'a>(step: &'a str, why: &'a str) -> Found<'a> {
    let what = format!("{step}: the glass was broken, no second person agreed");
    found("glass_broken", Some(step), what, Some(why))
}
