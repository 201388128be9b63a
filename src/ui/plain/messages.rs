//! Messages: that they are sent, and what became of them.

use super::Lines;
use crate::effect::{Ending, Signal};
use crate::severity::EscalationKind;
use crate::time::{Span, Timestamp};

/// Whoever must be told should not wait longer than this for a machine: the words are shown at once.
const SOON: Span = Span::from_secs(30);

impl Lines<'_> {
    pub(super) fn notifying(
        &self,
        to: &str,
        cause: &str,
        kind: EscalationKind,
        message: &str,
    ) -> Vec<String> {
        let verb = match kind {
            EscalationKind::Inform => "telling",
            EscalationKind::Engage => "calling in",
        };
        let mut lines = self.note(&format!("{verb} {to} ({})", cause_words(cause)));
        lines.extend(self.labelled("says", message));
        lines
    }

    pub(super) fn queued(
        &self,
        to: &str,
        cause: &str,
        kind: EscalationKind,
        signal: Signal,
        message: &str,
    ) -> Vec<String> {
        let what = match signal {
            Signal::Tell => return self.notifying(to, cause, kind, message),
            Signal::Acknowledge => "that somebody has taken it",
            Signal::Resolve => "that it is over",
        };
        self.note(&format!("telling {to} {what} ({})", cause_words(cause)))
    }

    /// An attempt that failed and is not the last one.
    pub(super) fn tried(
        &self,
        to: &str,
        cause: &str,
        ending: &Ending,
        at: Timestamp,
    ) -> Vec<String> {
        let why = why(ending);
        let mut lines =
            self.note(&format!("{to} is not told yet: {why}; next try at {}", at.clock()));
        if at.since(self.at) > SOON {
            lines.extend(self.words(to, cause));
        }
        lines
    }

    /// The exact words, for whoever passes them on.
    fn words(&self, to: &str, cause: &str) -> Vec<String> {
        let message = self.view.messages.get(&(to.to_owned(), cause.to_owned()));
        let message = message.map(|message| format!("{to} yourself: {message}"));
        let mut lines = message.map_or_else(Vec::new, |words| self.labelled("tell", &words));
        lines.extend(self.reach(to));
        lines
    }

    /// How a person gets hold of them, where the playbook's project says so.
    fn reach(&self, to: &str) -> Vec<String> {
        self.view.reach.get(to).map_or_else(Vec::new, |reach| self.labelled("reach", reach))
    }

    pub(super) fn notified(
        &self,
        to: &str,
        cause: &str,
        ending: &Ending,
        shown: bool,
    ) -> Vec<String> {
        if shown {
            let cause = cause_words(cause);
            if self.view.drill {
                return self.note(&format!("{to} is not told: a drill sends nothing ({cause})"));
            }
            let mut lines = self.note(&format!("TELL {to} YOURSELF, nothing was sent ({cause})"));
            lines.extend(self.reach(to));
            return lines;
        }
        match ending {
            Ending::Done => self.note(&format!("{to} was told ({})", cause_words(cause))),
            Ending::NotDone { reason } => self.note(&format!("{to} is not told: {reason}")),
            _ => {
                let why = why(ending);
                let mut lines = self.numbered("FAIL", None, &format!("{to} was NOT told: {why}"));
                lines.extend(self.words(to, cause));
                lines
            }
        }
    }
}

fn why(ending: &Ending) -> &str {
    match ending {
        Ending::Done => "",
        Ending::Failed { message, .. } => message.as_str(),
        Ending::TimedOut => "no answer in time",
        Ending::Cancelled => "it was ended",
        Ending::Unknown { reason } | Ending::NotDone { reason } => reason.as_str(),
    }
}

/// What asks for a message, in words.
pub(super) fn cause_words(cause: &str) -> String {
    match cause.split_once(':') {
        Some(("escalation", rung)) => {
            let rung = rung.rsplit_once(':').map_or(rung, |(_, rung)| rung);
            match rung.parse::<u32>() {
                Ok(index) => format!("escalation {}", index.saturating_add(1)),
                Err(_) => "escalation".to_owned(),
            }
        }
        Some(("timer", id)) => format!("timer {id}"),
        Some(("step", id)) => format!("step {id}"),
        _ => cause.to_owned(),
    }
}
