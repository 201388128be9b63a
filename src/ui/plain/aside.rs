//! Lines for what other terminals, second persons and the menu add to a run.

use super::{Lines, facts};
use crate::run::event::{Asking, Kind};

impl Lines<'_> {
    /// The lines of such an event.
    pub(super) fn aside(&self, kind: &Kind) -> Vec<String> {
        match kind {
            Kind::Noted { text, when, files } => {
                let when = when.map(|at| format!(" (of {})", at.date_clock())).unwrap_or_default();
                let mut lines = self.note(&format!("{}{when}: {text}", self.by));
                for file in files {
                    let kept =
                        format!("{} ({} bytes) is kept as {}", file.what, file.bytes, file.path);
                    lines.extend(self.note(&kept));
                }
                lines
            }
            Kind::InputGiven { name, value, secret, source } => {
                let value = if *secret { "(secret)".to_owned() } else { facts::value(value) };
                self.note(&format!("input {name} = {value} ({source})"))
            }
            Kind::Identified { proofs, accepted, .. } => {
                self.note(&crate::timeline::about_drill::identified(proofs, accepted))
            }
            Kind::Abandoned { reason } => {
                self.note(&format!("The rest of the run is given up: {reason}"))
            }
            Kind::Refused { what, why } => {
                self.note(&format!("{what} from {} was not taken: {why}", self.by))
            }
            Kind::EscalationAsked { reason } => {
                self.note(&format!("{} escalates: {reason}", self.by))
            }
            Kind::RoleGiven { role, to, note } => {
                let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                self.note(&format!(
                    "{to} has the role {role} from here on (said {}){note}",
                    self.by
                ))
            }
            Kind::Continues { run, playbook, reason } => self
                .note(&format!("Goes on where run {run} ({playbook}) was handed over: {reason}")),
            Kind::ApprovalAsked { step, question, code, until, what, .. } => {
                // At a prompt the question says it.
                if self.view.attended {
                    return Vec::new();
                }
                let to = if *question == Asking::Override { "passing it over" } else { "it" };
                let text = format!(
                    "a second person must agree to {to} until {}: {what}; mayday ack {} {code}",
                    until.clock(),
                    self.view.run
                );
                self.step("ASK", step, &text)
            }
            Kind::Agreed { step, user, .. } => {
                self.step("ASK", step, &format!("second person: {} agreed ({user})", self.by))
            }
            Kind::InputEdited { name, before, value, step } => {
                let (before, value) = (facts::value(before), facts::value(value));
                self.step("ASK", step, &format!("input {name}: {before} -> {value} ({})", self.by))
            }
            Kind::ShellOpened { step, what } => self.step(
                "NOTE",
                step,
                &format!(
                    "taken over by hand: {what}. What you do here is not recorded; exit comes back."
                ),
            ),
            Kind::ShellClosed { step, exit_code, elapsed } => {
                let code = exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
                self.step("NOTE", step, &format!("the shell ended after {}{code}", elapsed.clock()))
            }
            Kind::RollbackStarted { to, .. } => {
                let to = to.as_ref().map(|step| format!(", back to and with {step}"));
                self.note(&format!(
                    "Taking changes back, newest first{}. Each one is asked about.",
                    to.unwrap_or_default()
                ))
            }
            Kind::RollbackEnded { again } if again.is_empty() => {
                let mut lines = self.note("The changes asked for are taken back.");
                if !self.view.changes_with(None).is_empty() {
                    lines.extend(self.what_stands(None));
                }
                lines
            }
            Kind::RollbackEnded { again } => self.note(&format!(
                "The changes asked for are taken back. Run once more from here: {}.",
                again.join(", ")
            )),
            _ => Vec::new(),
        }
    }
}

/// A question of a step in a few words.
pub(super) fn asking(question: Asking) -> &'static str {
    match question {
        Asking::Gate => "go ahead",
        Asking::SecondPerson => "second person",
        Asking::Menu => "what now",
        Asking::Reason => "reason",
        Asking::Override => "second person for passing over",
        Asking::Evidence => "evidence",
        Asking::Input => "input",
        Asking::Interrupt => "after Ctrl-C",
        Asking::Held => "go on",
        Asking::DataLoss => "data loss",
        Asking::Glass => "why alone",
        Asking::Edit => "which input",
        Asking::Value => "new value",
        Asking::Back => "back to",
        Asking::Successor => "on to",
        Asking::Hand => "done elsewhere",
        Asking::Seen => "what it said",
        Asking::Captured => "read off",
    }
}
