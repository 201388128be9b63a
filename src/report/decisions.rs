//! What people decided, said and sent, and what is left to do.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::Facts;
use crate::effect::Signal;
use crate::plan::Mode;
use crate::run::event::{Asking, Event, Kind, Milestone};
use crate::run::state::{BROKEN, GLASS, NEW_CODE};
use crate::timeline::aside::second;
use crate::timeline::sentence::{choice_words, clock_words, delivery, shown};

/// Questions and their answers, choices, inputs, and notes that begin with `DECISION:`.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Value> {
    let mut asked: BTreeMap<(&str, Asking), &str> = BTreeMap::new();
    let mut questions: HashMap<&str, &str> = HashMap::new();
    let mut driver = "";
    let mut list = Vec::new();
    for (seq, event) in facts.events {
        match &event.kind {
            Kind::Opened(opened) => driver = &opened.operator,
            Kind::Attached { operator, .. } => driver = operator,
            Kind::Asked { step, question, text } => {
                asked.insert((step, *question), text);
            }
            // Only a question has no deadline.
            Kind::Started { step, deadline: None, what, .. } => {
                questions.insert(step, what);
            }
            Kind::Started { step, .. } => {
                questions.remove(step.as_str());
            }
            _ => {}
        }
        if let Some(decided) = decision(facts, event, &asked, &questions, driver) {
            list.push(json!({
                "seq": seq,
                "at": event.at,
                "who": decided.who,
                "kind": decided.kind,
                "step": decided.step,
                "question": decided.question,
                "answer": decided.answer,
                "reason": decided.reason,
                "source": decided.source,
            }));
        }
    }
    list
}

struct Decided<'a> {
    who: String,
    kind: &'static str,
    step: Option<&'a str>,
    question: &'a str,
    answer: String,
    reason: Option<&'a str>,
    source: &'a str,
}

fn decision<'a>(
    facts: &Facts<'_>,
    event: &'a Event,
    asked: &BTreeMap<(&'a str, Asking), &'a str>,
    questions: &HashMap<&str, &'a str>,
    driver: &str,
) -> Option<Decided<'a>> {
    let by = facts.people.called(&event.by);
    Some(match &event.kind {
        Kind::Answered { step, question, answer, source } => {
            let text = asked.get(&(step.as_str(), *question)).copied().unwrap_or_default();
            let (kind, who, answer) = match question {
                Asking::Gate if matches!(answer, Value::Null | Value::Bool(false)) => {
                    ("gate", by, "declined".to_owned())
                }
                Asking::Gate => ("gate", by, shown(answer)),
                Asking::SecondPerson => of_second(facts, by, answer)?,
                Asking::Glass => ("second_person", by, format!("nobody agreed: {}", shown(answer))),
                Asking::Evidence | Asking::Hand | Asking::Seen => ("evidence", by, shown(answer)),
                Asking::Interrupt => ("interrupt", by, shown(answer)),
                Asking::DataLoss => ("data_loss", by, shown(answer)),
                // The menu and what belongs to it end in `chose`, an input in `input_given`.
                _ => return None,
            };
            Decided { who, kind, step: Some(step), question: text, answer, reason: None, source }
        }
        Kind::Ended { step, facts: said, .. } => {
            let question = questions.get(step.as_str())?;
            let answer = said.get("answer").or_else(|| said.get("choice"))?;
            Decided {
                who: facts.people.called(driver),
                kind: "answer",
                step: Some(step),
                question,
                answer: shown(answer),
                reason: None,
                source: said.get("source").and_then(Value::as_str).unwrap_or("operator"),
            }
        }
        Kind::Agreed { step, .. } => Decided {
            who: by,
            kind: "second_person",
            step: Some(step),
            question: asked
                .get(&(step.as_str(), Asking::SecondPerson))
                .copied()
                .unwrap_or_default(),
            answer: "agreed".to_owned(),
            reason: None,
            source: "ack",
        },
        Kind::InputEdited { step, name, value, .. } => Decided {
            who: by,
            kind: "input",
            step: Some(step),
            question: name,
            answer: shown(value),
            reason: None,
            source: "operator",
        },
        Kind::Chose { step, choice, reason, second_person, source } => {
            let with = second_person.as_ref();
            let with =
                with.map(|name| format!(", {}", second(name, facts.people))).unwrap_or_default();
            Decided {
                who: by,
                kind: "choice",
                step: Some(step),
                question: asked.get(&(step.as_str(), Asking::Menu)).copied().unwrap_or_default(),
                answer: format!("{}{with}", choice_words(choice)),
                reason: reason.as_deref(),
                source,
            }
        }
        Kind::InputGiven { name, value, secret, source } if source != "default" => Decided {
            who: by,
            kind: "input",
            step: None,
            question: name,
            answer: if *secret { "a secret".to_owned() } else { shown(value) },
            reason: None,
            source,
        },
        Kind::Noted { text, .. } => Decided {
            who: by,
            kind: "note",
            step: None,
            question: "",
            answer: marked(text, "DECISION:")?.to_owned(),
            reason: None,
            source: "note",
        },
        _ => return None,
    })
}

/// A name that was given in advance, or why there is none. What leads on to another question is told by itself.
fn of_second(
    facts: &Facts<'_>,
    by: String,
    answer: &Value,
) -> Option<(&'static str, String, String)> {
    let second = answer.as_str().unwrap_or_default();
    if [GLASS, NEW_CODE].contains(&second) {
        return None;
    }
    Some(match second.strip_prefix(BROKEN) {
        Some(why) => ("second_person", by, format!("nobody agreed: {why}")),
        None => ("second_person", facts.people.called(second), "agreed".to_owned()),
    })
}

/// What follows a word at the start of a note.
fn marked<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let head = text.get(..mark.len())?;
    head.eq_ignore_ascii_case(mark).then(|| text[mark.len()..].trim())
}

/// Everything that was noted.
pub(super) fn notes<'a>(facts: &Facts<'a>) -> Vec<&'a (u64, Event)> {
    let events = facts.events.iter();
    events.filter(|(_, event)| matches!(event.kind, Kind::Noted { .. })).collect()
}

/// A note as a row.
pub(super) fn note(facts: &Facts<'_>, (seq, event): &(u64, Event)) -> Value {
    let Kind::Noted { text, when, .. } = &event.kind else { return Value::Null };
    let kinds = [("TODO:", "todo"), ("DECISION:", "decision"), ("OBJECTION:", "objection")];
    let kind = kinds.into_iter().find(|(mark, _)| marked(text, mark).is_some());
    let kind = kind.map_or("note", |(_, kind)| kind);
    let who = facts.people.called(&event.by);
    json!({
        "seq": seq, "at": event.at, "of": when, "who": who, "kind": kind, "text": text.trim(),
    })
}

/// What was not agreed with: gates that were declined, what was refused, decisions without a second person,
/// and notes that begin with `OBJECTION:`.
pub(super) fn objections(facts: &Facts<'_>) -> Vec<Value> {
    let one = |(seq, event): &(u64, Event)| {
        let (step, what) = match &event.kind {
            Kind::Noted { text, .. } => (None, marked(text, "OBJECTION:")?.to_owned()),
            Kind::Answered {
                step,
                question: Asking::Gate,
                answer: Value::Null | Value::Bool(false),
                ..
            } => (Some(step), format!("the gate of {step} was declined")),
            Kind::Answered { step, question: Asking::Glass, answer, .. } => {
                (Some(step), format!("nobody agreed to {step}: {}", shown(answer)))
            }
            Kind::Refused { what, why } => (None, format!("not taken ({what}): {why}")),
            _ => return None,
        };
        let who = facts.people.called(&event.by);
        Some(json!({ "seq": seq, "at": event.at, "who": who, "step": step, "what": what }))
    };
    facts.events.iter().filter_map(one).collect()
}

/// What is left to do: notes that begin with `TODO:`, and the post-mortem itself.
pub(super) fn actions(facts: &Facts<'_>) -> Vec<Value> {
    let todo = |(seq, event): &(u64, Event)| {
        let Kind::Noted { text, .. } = &event.kind else { return None };
        let task = super::task::Task::of(marked(text, "TODO:")?);
        Some(json!({
            "seq": seq,
            "what": task.what,
            "owner": task.owner.map(|owner| facts.people.called(owner)),
            "due": task.due,
            "by": facts.people.called(&event.by),
        }))
    };
    let mut actions: Vec<Value> = facts.events.iter().filter_map(todo).collect();
    let resolved = facts.run.milestones.get(&Milestone::Resolved).copied();
    let policy =
        facts.plan.filter(|plan| plan.mode == Mode::Real).and_then(|plan| plan.policy.as_ref());
    if let (Some(due), Some(resolved)) = (policy.and_then(|policy| policy.postmortem_due), resolved)
    {
        let due = resolved + due;
        let what = "Hold the post-mortem";
        actions
            .push(json!({ "seq": null, "what": what, "owner": null, "due": due, "by": "mayday" }));
    }
    actions
}

/// How a message ended whose attempt has no end in the record.
const NO_END: &str = "delivery unknown: the record tells no end";

/// Every message and how it ended.
pub(super) fn messages(facts: &Facts<'_>) -> Vec<Value> {
    let mut list: Vec<Value> = Vec::new();
    // By the number that names a message; in records of before there was one, by contact and cause.
    let mut open: HashMap<(Option<u64>, &str, &str), usize> = HashMap::new();
    for (seq, event) in facts.events {
        match &event.kind {
            Kind::MessageQueued { signal: Signal::Acknowledge | Signal::Resolve, .. } => {}
            Kind::Notifying { to, cause, letter: Some(letter), attempt, .. } => {
                if let Some(at) = open.get(&(Some(*letter), to.as_str(), cause.as_str())) {
                    list[*at]["attempts"] = json!(attempt);
                    list[*at]["ending"] = NO_END.into();
                }
            }
            Kind::MessageQueued { to, cause, kind, message, .. }
            | Kind::Notifying { to, cause, kind, message, .. } => {
                let queued = matches!(event.kind, Kind::MessageQueued { .. });
                let (name, ending) =
                    if queued { (Some(*seq), "never sent") } else { (None, NO_END) };
                open.insert((name, to, cause), list.len());
                list.push(json!({
                    "seq": seq,
                    "at": event.at,
                    "to": to,
                    "cause": cause,
                    "cause_words": clock_words(cause, facts.plan),
                    "kind": kind,
                    "message": message,
                    "attempts": i32::from(!queued),
                    "ended_at": null,
                    "ending": ending,
                }));
            }
            Kind::Notified { to, cause, ending, shown, letter, .. } => {
                if let Some(at) = open.get(&(*letter, to.as_str(), cause.as_str())).copied() {
                    list[at]["ended_at"] = json!(event.at);
                    list[at]["ending"] = delivery(ending, *shown).into();
                }
            }
            _ => {}
        }
    }
    list
}
