//! Messages to contacts: which are due, and what they say.
//!
//! A message never holds up a step: it is announced, sent in the background, and its end is recorded.

use serde_json::json;

use super::event::Kind;
use super::next::{Look, Move};
use super::session::Purpose;
use crate::effect::{Effect, NotifyEffect};
use crate::plan::Mode;
use crate::severity::EscalationKind;
use crate::steps::Surroundings;
use crate::steps::notify::DELIVERY_LIMIT;

/// The next message that is due and was not announced yet.
pub(super) fn due(look: &Look<'_>) -> Option<Move> {
    for (index, rung) in look.plan.escalation.iter().enumerate() {
        let cause = format!("escalation:{index}");
        if look.run.deadlines.contains(&cause)
            && let Some(begin) = announce(look, &cause, &rung.to, rung.kind)
        {
            return Some(begin);
        }
    }
    (0..look.run.escalations_asked).find_map(|count| {
        let everybody: Vec<String> =
            look.plan.escalation.iter().flat_map(|rung| rung.to.clone()).collect();
        announce(look, &format!("operator:{count}"), &everybody, EscalationKind::Engage)
    })
}

/// Announces the message to the first contact who was not told for this cause. One whose delivery was
/// cut off by the end of an earlier session is told again, marked as a possible duplicate.
fn announce(look: &Look<'_>, cause: &str, to: &[String], kind: EscalationKind) -> Option<Move> {
    let in_flight = |contact: &String| {
        let ours = Purpose::Notify { to: contact.clone(), cause: cause.to_owned() };
        look.session.in_flight.values().any(|purpose| *purpose == ours)
    };
    let contact = to.iter().find(|contact| {
        let told = look.run.messages.get(&(cause.to_owned(), (*contact).clone()));
        told != Some(&true) && !in_flight(contact)
    })?;
    let again = look.run.messages.contains_key(&(cause.to_owned(), contact.clone()));
    let message = words(look, kind, again);
    let effect = Effect::Notify(NotifyEffect {
        to: contact.clone(),
        channel: look.plan.place.contact(contact),
        message: message.clone(),
        data: json!({
            "run": look.plan.place.run_id,
            "playbook": look.plan.head.id,
            "severity": look.plan.head.severity.map(crate::severity::Severity::word),
            "cause": cause,
        }),
        time_limit: DELIVERY_LIMIT,
    });
    let kind = Kind::Notifying { to: contact.clone(), cause: cause.to_owned(), kind, message };
    Some(Move::Start {
        kind: Box::new(kind),
        effect: Some(Box::new(effect)),
        purpose: Purpose::Notify { to: contact.clone(), cause: cause.to_owned() },
    })
}

/// What the contact reads: what is the matter, since when, what is asked.
fn words(look: &Look<'_>, kind: EscalationKind, again: bool) -> String {
    let mark = if look.plan.mode == Mode::Drill { "DRILL " } else { "" };
    let severity = look.plan.head.severity.map_or(String::new(), |sev| format!("{sev} "));
    let since = look.run.milestones.get(&super::event::Milestone::Detected);
    let since = since.map_or(String::new(), |at| format!(", detected {}", at.clock()));
    let ask = match kind {
        EscalationKind::Inform => "For your information.",
        EscalationKind::Engage => "Not mitigated. Please join now.",
    };
    let again = if again { " (possible duplicate)" } else { "" };
    let head = &look.plan.head;
    let (env, run) = (&look.plan.place.name, &look.plan.place.run_id);
    format!("{mark}{severity}{} on {env}{since}. {ask} Run {run}.{again}", head.title)
}
