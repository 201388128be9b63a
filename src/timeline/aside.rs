//! Sentences for what other terminals, second persons and the menu add to a run.

use super::people::People;
use super::sentence::shown;
use crate::run::event::{Asking, Kind};
use crate::run::state::BROKEN;
use crate::text::one_line;

/// What such an event says.
pub(super) fn of(kind: &Kind, people: &People) -> String {
    match kind {
        Kind::Noted { text, when, files } => {
            let when = when.map(|at| format!(" (of {})", at.date_clock())).unwrap_or_default();
            let files: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            let files =
                if files.is_empty() { String::new() } else { format!(" [{}]", files.join(", ")) };
            format!("Note{when}: {}{files}", text.trim())
        }
        Kind::ApprovalAsked { step, question, what, until, .. } => {
            let to = if *question == Asking::Override { "to pass it over" } else { "to its gate" };
            format!(
                "{step}: a second person must agree {to} until {}: {}",
                until.clock(),
                one_line(what)
            )
        }
        // Whose account it was is a name, too: the record has it.
        Kind::Agreed { step, .. } => format!("{step}: a second person agreed."),
        Kind::Refused { what, why } => format!("Not taken ({what}): {why}."),
        Kind::EscalationAsked { reason } => format!("Escalated: {reason}."),
        Kind::RoleGiven { role, to, note } => {
            let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{} has the role {role}{note}.", people.called(to))
        }
        Kind::InputEdited { step, name, before, value } => {
            format!("{step}: input {name} is {} instead of {}.", shown(value), shown(before))
        }
        Kind::Revoked { step, attempt, reason } => {
            format!("{step}: attempt {attempt} did not happen: {reason}.")
        }
        Kind::ShellOpened { step, what } => {
            format!("{step}: a shell ({what}) was opened; what is done in it is not recorded.")
        }
        Kind::ShellClosed { step, exit_code, elapsed } => {
            let code = exit_code.map(|code| format!(" with exit code {code}")).unwrap_or_default();
            format!("{step}: the shell ended{code} after {elapsed}.")
        }
        Kind::Continues { run, playbook, reason } => {
            format!("This run goes on where run {run} ({playbook}) was handed over: {reason}.")
        }
        _ => String::new(),
    }
}

/// A second person, or why there was none.
#[must_use]
pub fn second(second: &str, people: &People) -> String {
    match second.strip_prefix(BROKEN) {
        Some(why) => format!("NO second person, the glass was broken: {why}"),
        None => format!("{} agreed", people.called(second)),
    }
}
