//! Where the time went: every millisecond of a run in exactly one part.

use serde_json::{Value, json};

use crate::effect::EffectClass;
use crate::plan::Plan;
use crate::run::advance;
use crate::run::event::{Asking, Event, Kind, Milestone};
use crate::run::state::Run;
use crate::steps::{Action, Verdict};
use crate::time::Span;

/// Parts of a run's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A command, query, request or check ran.
    Machine,
    /// A question was open.
    Decision,
    /// A person worked outside mayday.
    Manual,
    /// The run waited for something to become true, or before the next attempt.
    Waiting,
    /// The engine was up and nothing of this was going on.
    Idle,
    /// Nobody drove.
    Down,
    /// A second person, or somebody who was called in, was waited for.
    Person,
    /// The steps were held.
    Held,
}

/// Keys and words, in the order of [`Part`].
const PARTS: [(&str, &str); 8] = [
    ("machine", "commands, queries, requests and checks running"),
    ("human_decision", "a question open"),
    ("manual_work", "a person working outside mayday"),
    ("waiting", "waiting for a condition, or before another attempt"),
    ("idle", "mayday up, nothing of the above"),
    ("engine_down", "nobody driving"),
    ("waiting_for_person", "waiting for a second person"),
    ("held", "the steps held"),
];

/// The ledger, from the first event to the resolution, or to the last event when there is none.
pub(super) fn ledger(events: &[(u64, Event)], run: &Run, plan: Option<&Plan>) -> Value {
    let first = events.first().map(|(_, event)| event.at);
    let last = events.last().map(|(_, event)| event.at);
    let (Some(start), Some(last)) = (first, last) else { return Value::Null };
    let resolved = run.milestones.get(&Milestone::Resolved).copied();
    let end = resolved.unwrap_or(last).max(start);
    let mut spent = [Span::ZERO; PARTS.len()];
    let mut at = start;
    let mut state = Going::default();
    let mut held = false;
    let now = |state: &Going, held: bool| match state.part() {
        // What ran on while the steps were held ran.
        Part::Decision | Part::Waiting | Part::Idle if held => Part::Held,
        part => part,
    };
    for (index, (_, event)) in events.iter().enumerate() {
        let until = event.at.min(end).max(at);
        let part = if takes_up(&events[index..]) { Part::Down } else { now(&state, held) };
        spent[part as usize] = spent[part as usize] + until.since(at);
        at = until;
        state.apply(&event.kind, run, plan);
        held = match event.kind {
            Kind::Held { .. } => true,
            Kind::Released => false,
            _ => held,
        };
    }
    // A resolution that lies behind the last event.
    let rest = now(&state, held) as usize;
    spent[rest] = spent[rest] + end.since(at);
    json!({
        "from": start,
        "to": end,
        "ends_with": if resolved.is_some() { "resolved" } else { "last event" },
        "total_ms": end.since(start).millis(),
        "parts": PARTS.iter().zip(spent).map(|((key, words), span)| json!({
            "part": key,
            "words": words,
            "ms": span.millis(),
            "percent": percent(span, end.since(start)),
        })).collect::<Vec<_>>(),
    })
}

/// True where these events begin with a driver who takes the run up.
fn takes_up(events: &[(u64, Event)]) -> bool {
    let first = events.iter().find(|(_, event)| !event.kind.is_about_taking_up());
    first.is_some_and(|(_, event)| matches!(event.kind, Kind::Attached { .. }))
}

fn percent(part: Span, whole: Span) -> i64 {
    if whole.millis() == 0 {
        0
    } else {
        (part.millis() * 100 + whole.millis() / 2) / whole.millis()
    }
}

/// What is going on between two events.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each tells whether one thing goes on")]
struct Going {
    /// Part of an attempt.
    action: Option<Part>,
    check: bool,
    asked: bool,
    /// The question is for a second person.
    second: bool,
    /// An attempt did not pass; another one may follow after a pause.
    again: bool,
    down: bool,
}

impl Going {
    fn part(&self) -> Part {
        match (self.down, self.asked, self.action, self.check, self.again) {
            (true, ..) => Part::Down,
            (_, true, ..) if self.second => Part::Person,
            (_, true, ..) => Part::Decision,
            (_, _, Some(part), ..) => part,
            (_, _, _, true, _) => Part::Machine,
            (.., true) => Part::Waiting,
            _ => Part::Idle,
        }
    }

    fn apply(&mut self, kind: &Kind, run: &Run, plan: Option<&Plan>) {
        match kind {
            Kind::Attached { .. } => *self = Self::default(),
            Kind::Stopped { .. } | Kind::Closed { .. } => {
                *self = Self { down: true, ..Self::default() };
            }
            Kind::Asked { question, .. } => {
                self.asked = true;
                self.second = matches!(question, Asking::SecondPerson | Asking::Override);
            }
            Kind::Answered { .. } => self.asked = false,
            Kind::Started { step, deadline, class, .. } => {
                let human = deadline.is_none();
                *self = Self {
                    action: Some(kind_of(step, human, *class, run, plan)),
                    ..Self::default()
                };
            }
            Kind::Ended { verdict, .. } => {
                *self = Self { again: matches!(verdict, Verdict::Fail(_)), ..Self::default() };
            }
            Kind::CheckStarted { .. } => self.check = true,
            Kind::Checked { verdict, .. } => {
                self.check = false;
                self.again = matches!(verdict, Verdict::Fail(_));
            }
            Kind::Chose { .. } | Kind::Settled { .. } | Kind::Skipped { .. } => {
                *self = Self::default();
            }
            _ => {}
        }
    }
}

/// Only a question has no deadline; the plan tells which kind of step it is.
fn kind_of(step: &str, human: bool, class: EffectClass, run: &Run, plan: Option<&Plan>) -> Part {
    let base = step.strip_suffix(".undo").unwrap_or(step);
    let unit = plan.and_then(|plan| advance::find(plan, run, base)).map(|(unit, _)| unit);
    match unit.map(|unit| &unit.step.action) {
        _ if !human && unit.is_none() => Part::Machine,
        Some(Action::Manual(_)) if human => Part::Manual,
        // A question that changes something is work by hand, also where no plan tells.
        None if class != EffectClass::Read => Part::Manual,
        _ if human => Part::Decision,
        Some(Action::WaitUntil(_) | Action::WaitForUrl(_) | Action::Pause(_)) => Part::Waiting,
        _ => Part::Machine,
    }
}
