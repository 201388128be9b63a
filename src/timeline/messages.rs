//! Sentences about messages to contacts.

use super::sentence::{brief, clock_words};
use crate::effect::{Ending, Signal};
use crate::plan::Plan;
use crate::run::event::Kind;
use crate::severity::EscalationKind;

/// What an event about a message says; empty for any other.
#[must_use]
pub fn of_message(kind: &Kind, plan: Option<&Plan>) -> String {
    match kind {
        Kind::MessageQueued { to, cause, signal: Signal::Acknowledge, .. } => {
            format!("Telling {to} that somebody has taken it ({}).", clock_words(cause, plan))
        }
        Kind::MessageQueued { to, cause, signal: Signal::Resolve, .. } => {
            format!("Telling {to} that it is over ({}).", clock_words(cause, plan))
        }
        Kind::Notifying { to, letter: Some(_), attempt, .. } => {
            format!("Message to {to}: attempt {attempt}.")
        }
        Kind::MessageQueued { to, kind, cause, message, .. }
        | Kind::Notifying { to, kind, cause, message, .. } => {
            let verb = match kind {
                EscalationKind::Inform => "Informing",
                EscalationKind::Engage => "Calling in",
            };
            format!("{verb} {to} ({}): {}", clock_words(cause, plan), brief(message))
        }
        Kind::Notified { to, ending, shown, retry_at, .. } => {
            let again =
                retry_at.map_or(String::new(), |at| format!("; next try at {}", at.clock()));
            format!("Message to {to}: {}{again}.", delivery(ending, *shown))
        }
        _ => String::new(),
    }
}

/// How a message or an effect ended, after its name and a colon.
#[must_use]
pub fn delivery(ending: &Ending, shown: bool) -> String {
    match ending {
        Ending::Done if shown => "not sent, shown to the operator".to_owned(),
        Ending::Done => "delivered".to_owned(),
        Ending::Failed { message, .. } => format!("not delivered: {message}"),
        Ending::TimedOut => "no answer in time".to_owned(),
        Ending::Cancelled => "cancelled".to_owned(),
        Ending::NotDone { reason } => format!("not delivered: {reason}"),
        Ending::Unknown { reason } => format!("delivery unknown: {reason}"),
    }
}
