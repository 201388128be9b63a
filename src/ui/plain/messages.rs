//! Messages: that they are sent, and what became of them.

use super::Lines;
use crate::effect::Ending;
use crate::severity::EscalationKind;
use crate::ui::layout::labelled;

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
        lines.extend(labelled("says", message, self.view.width));
        lines
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
            return self.note(&if self.view.drill {
                format!("{to} is not told: a drill sends nothing ({cause})")
            } else {
                format!("TELL {to} YOURSELF, nothing was sent ({cause})")
            });
        }
        let why = match ending {
            Ending::Done => return self.note(&format!("{to} was told ({})", cause_words(cause))),
            Ending::Failed { message, .. } => message.as_str(),
            Ending::TimedOut => "no answer in time",
            Ending::Cancelled => "it was ended",
            Ending::Unknown { reason } | Ending::NotDone { reason } => reason.as_str(),
        };
        let mut lines = self.numbered("FAIL", None, &format!("{to} was NOT told: {why}"));
        let key = (to.to_owned(), cause.to_owned());
        if let Some(message) = self.view.messages.get(&key) {
            lines.extend(labelled("tell", &format!("{to} yourself: {message}"), self.view.width));
        }
        lines
    }
}

/// What asks for a message, in words.
pub(super) fn cause_words(cause: &str) -> String {
    match cause.split_once(':') {
        Some(("escalation", rung)) => match rung.parse::<u32>() {
            Ok(index) => format!("escalation {}", index.saturating_add(1)),
            Err(_) => "escalation".to_owned(),
        },
        Some(("step", id)) => format!("step {id}"),
        _ => cause.to_owned(),
    }
}
