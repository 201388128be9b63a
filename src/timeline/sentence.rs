//! One plain sentence for every kind of event.

use serde_json::Value;

use super::about_drill::{identified, of_drill};
use super::about_record::of_record;
use super::aside;
pub use super::incident::clock_words;
use super::incident::of_incident;
pub use super::messages::delivery;
use super::messages::of_message;
use super::people::People;
use crate::effect::{Ending, Interrupt};
use crate::plan::{Mode, Plan};
use crate::run::event::{Asking, Kind, Milestone, Opened, Outcome, StepStatus, StopReason};
use crate::steps::Verdict;
use crate::text::{cut, one_line};
use crate::time::Span;

/// A command or an answer takes at most this many characters of a row; all of it is in the record.
const SHOWN: usize = 200;

/// What the event says.
#[must_use]
pub fn of(kind: &Kind, plan: Option<&Plan>, people: &People) -> String {
    match kind {
        Kind::Opened(opened) => run_opened(opened, people),
        Kind::Attached { operator, changed_files, .. } => {
            let files = match changed_files.as_slice() {
                [] => String::new(),
                files => {
                    format!("; changed on disk, the pinned copies count: {}", files.join(", "))
                }
            };
            format!("{} took the run up again{files}.", people.called(operator))
        }
        Kind::Recovered { torn_bytes, kept_as } => {
            format!(
                "A torn end of the record ({torn_bytes} bytes) was cut off and kept as {kept_as}."
            )
        }
        Kind::RecordMoved { .. } | Kind::Unrecorded { .. } | Kind::RecordedAgain => of_record(kind),
        Kind::InputGiven { name, secret: true, source, .. } => {
            format!("Input {name} was given as a secret ({source}).")
        }
        Kind::InputGiven { name, value, source, .. } => {
            format!("Input {name} is {} ({source}).", shown(value))
        }
        Kind::Milestone { milestone, when, source, reason } => {
            let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!(
                "Milestone: {} at {} ({source}){why}.",
                milestone_word(*milestone),
                when.clock()
            )
        }
        Kind::Expectations { steps, .. } => {
            format!("Earlier runs tell how long {} of the steps take.", steps.len())
        }
        Kind::PhaseEntered { phase } => format!("Phase {} began.", phase_title(plan, phase)),
        Kind::PhaseSkipped { phase, reason } => {
            format!("Phase {} was passed over: {reason}.", phase_title(plan, phase))
        }
        Kind::Expanded { step, items } => format!("{step} is run for {} items.", items.len()),
        Kind::Noted { .. }
        | Kind::Refused { .. }
        | Kind::EscalationAsked { .. }
        | Kind::RoleGiven { .. }
        | Kind::Continues { .. }
        | Kind::ApprovalAsked { .. }
        | Kind::Agreed { .. }
        | Kind::InputEdited { .. }
        | Kind::Revoked { .. }
        | Kind::ShellOpened { .. }
        | Kind::ShellClosed { .. } => aside::of(kind, people),
        Kind::ClockStepped { by_ms, while_down } => {
            let when = if *while_down { "while nobody drove" } else { "during the run" };
            format!("The wall clock was set by {} {when}.", Span::from_millis(*by_ms))
        }
        Kind::RollbackStarted { to: Some(to), .. } => {
            format!("Undoing began, newest first, back to and with {to}.")
        }
        Kind::RollbackStarted { to: None, .. } => "Undoing began, newest first.".to_owned(),
        Kind::RollbackEnded { again } if again.is_empty() => "Undoing ended.".to_owned(),
        Kind::RollbackEnded { again } => {
            format!("Undoing ended; run once more from here: {}.", again.join(", "))
        }
        Kind::Identified { proofs, accepted, .. } => identified(proofs, accepted),
        Kind::Drill(fact) => of_drill(fact),
        Kind::Abandoned { reason } => format!("The rest of the run was given up: {reason}."),
        Kind::Interrupted { how } => interrupted(*how).to_owned(),
        Kind::Suspended { for_ms } => format!(
            "mayday and its command stood still for {} (Ctrl-Z); the clocks went on.",
            Span::from_millis(*for_ms)
        ),
        Kind::Stopped { reason, message } => {
            format!("The driver left ({}): {message}.", stop_word(*reason))
        }
        Kind::Closed { outcome, reason } => closed(*outcome, reason),
        Kind::DeadlinePassed { .. }
        | Kind::SeverityChanged { .. }
        | Kind::Reopened { .. }
        | Kind::Updated { .. }
        | Kind::Held { .. }
        | Kind::Released => of_incident(kind, plan),
        Kind::MessageQueued { .. } | Kind::Notifying { .. } | Kind::Notified { .. } => {
            of_message(kind, plan)
        }
        Kind::Judged { criterion, verdict, measured, .. } => {
            format!("Criterion {criterion} {}{}.", held(verdict), seen(measured.as_deref()))
        }
        _ => of_step(kind, people),
    }
}

/// What an event of a step says.
fn of_step(kind: &Kind, people: &People) -> String {
    match kind {
        Kind::Skipped { step, reason, by_choice, second_person } => {
            let chosen = if *by_choice { " by choice" } else { "" };
            format!(
                "{step} was skipped{chosen}: {reason}{}.",
                second(second_person.as_deref(), people)
            )
        }
        Kind::Asked { step, question, text } => {
            format!("{step}: asked {}: {}", asking_word(*question), brief(text))
        }
        Kind::Answered { step, question, answer, source } => {
            let answer = match question {
                Asking::Gate if matches!(answer, Value::Null | Value::Bool(false)) => {
                    "declined".to_owned()
                }
                Asking::SecondPerson | Asking::Override => {
                    people.called(answer.as_str().unwrap_or_default())
                }
                _ => shown(answer),
            };
            format!("{step}: {}: {answer} ({source}).", asking_word(*question))
        }
        Kind::Started { step, attempt, part, class, what, target, .. } => {
            let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            let part = if *part > 0 { format!(", part {}", part + 1) } else { String::new() };
            let on = target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
            format!("{step} started ({}{again}{part}){on}: {}", class.word(), brief(what))
        }
        Kind::Ended { step, verdict, measured, elapsed, ending, looks, .. } => {
            let looks = if *looks > 1 { format!(", {looks} looks") } else { String::new() };
            let ending = match (verdict, ending) {
                (Verdict::Fail(_) | Verdict::Unknown { .. }, _) | (_, Ending::Done) => {
                    String::new()
                }
                (_, ending) => format!(", {}", delivery(ending, false)),
            };
            let measured = seen(measured.as_deref());
            format!("{step} {}{measured} after {elapsed}{looks}{ending}.", result(verdict))
        }
        Kind::CheckStarted { step, what, .. } => format!("Checking {step}: {}", brief(what)),
        Kind::Checked { step, check, verdict, measured, .. } => {
            let name = match check.as_str() {
                "probe" => "the probe whether it happened".to_owned(),
                "evidence" => "keeping the files".to_owned(),
                number => format!("check {}", number.parse::<u64>().map_or(0, |n| n + 1)),
            };
            format!("{step}: {name} {}{}.", held(verdict), seen(measured.as_deref()))
        }
        Kind::Chose { step, choice, reason, second_person, .. } => {
            let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let second = second(second_person.as_deref(), people);
            format!("{step}: chose {}{why}{second}.", choice_words(choice))
        }
        Kind::Settled { step, status } => format!("{step} {}.", settled(*status)),
        _ => String::new(),
    }
}

/// The stable word of the kind, as in the record.
#[must_use]
pub const fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Opened(_) => "opened",
        Kind::Attached { .. } => "attached",
        Kind::Recovered { .. } => "recovered",
        Kind::RecordMoved { .. } => "record_moved",
        Kind::Unrecorded { .. } => "unrecorded",
        Kind::RecordedAgain => "recorded_again",
        Kind::InputGiven { .. } => "input_given",
        Kind::Milestone { .. } => "milestone",
        Kind::Expectations { .. } => "expectations",
        Kind::SeverityChanged { .. } => "severity_changed",
        Kind::Reopened { .. } => "reopened",
        Kind::Updated { .. } => "updated",
        Kind::Held { .. } => "held",
        Kind::Released => "released",
        Kind::PhaseEntered { .. } => "phase_entered",
        Kind::PhaseSkipped { .. } => "phase_skipped",
        Kind::Expanded { .. } => "expanded",
        Kind::Skipped { .. } => "skipped",
        Kind::Asked { .. } => "asked",
        Kind::Answered { .. } => "answered",
        Kind::Started { .. } => "started",
        Kind::Revoked { .. } => "revoked",
        Kind::Ended { .. } => "ended",
        Kind::CheckStarted { .. } => "check_started",
        Kind::Checked { .. } => "checked",
        Kind::Chose { .. } => "chose",
        Kind::Settled { .. } => "settled",
        Kind::Judged { .. } => "judged",
        Kind::DeadlinePassed { .. } => "deadline_passed",
        Kind::MessageQueued { .. } => "message_queued",
        Kind::Notifying { .. } => "notifying",
        Kind::Notified { .. } => "notified",
        Kind::Interrupted { .. } => "interrupted",
        Kind::Suspended { .. } => "suspended",
        Kind::Noted { .. } => "noted",
        Kind::ClockStepped { .. } => "clock_stepped",
        Kind::RollbackStarted { .. } => "rollback_started",
        Kind::RollbackEnded { .. } => "rollback_ended",
        Kind::ApprovalAsked { .. } => "approval_asked",
        Kind::Agreed { .. } => "agreed",
        Kind::Refused { .. } => "refused",
        Kind::EscalationAsked { .. } => "escalation_asked",
        Kind::RoleGiven { .. } => "role_given",
        Kind::InputEdited { .. } => "input_edited",
        Kind::ShellOpened { .. } => "shell_opened",
        Kind::ShellClosed { .. } => "shell_closed",
        Kind::Continues { .. } => "continues",
        Kind::Identified { .. } => "identified",
        Kind::Drill(_) => "drill",
        Kind::Abandoned { .. } => "abandoned",
        Kind::Stopped { .. } => "stopped",
        Kind::Closed { .. } => "closed",
    }
}

fn run_opened(opened: &Opened, people: &People) -> String {
    let mode = match opened.mode {
        Mode::Real => "Run",
        Mode::Drill => "Drill",
    };
    let severity = opened.severity.map(|severity| format!(", {severity}")).unwrap_or_default();
    let alone = if opened.unattended { ", nobody could be asked" } else { "" };
    let who = people.called(&opened.operator);
    format!(
        "{mode} opened: {} on {}{severity}; {who} drives{alone}.",
        opened.title, opened.environment
    )
}

fn second(second: Option<&str>, people: &People) -> String {
    second.map(|second| format!("; {}", aside::second(second, people))).unwrap_or_default()
}

/// A value as a person reads it.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => brief(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        other => brief(&other.to_string()),
    }
}

pub(super) fn brief(text: &str) -> String {
    cut(&one_line(text), SHOWN).into_owned()
}

fn seen(measured: Option<&str>) -> String {
    measured.map(|measured| format!(" ({})", brief(measured))).unwrap_or_default()
}

fn result(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "passed".to_owned(),
        Verdict::Fail(failure) => format!("did not pass: {failure}"),
        Verdict::Unknown { reason } => format!("has an unknown outcome: {reason}"),
        Verdict::More => "ended a part".to_owned(),
    }
}

fn held(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "held".to_owned(),
        Verdict::Fail(failure) => format!("did not hold: {failure}"),
        Verdict::Unknown { reason } => format!("could not be evaluated: {reason}"),
        Verdict::More => "goes on".to_owned(),
    }
}

const fn settled(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Ok => "is done",
        StepStatus::Failed => "did not pass, and the run went on",
        StepStatus::Skipped => "is skipped",
        StepStatus::ByHand => "was done by hand",
    }
}

const fn interrupted(how: Interrupt) -> &'static str {
    match how {
        Interrupt::Interrupt => "Ctrl-C was pressed.",
        Interrupt::Terminate => "mayday was told to end (SIGTERM).",
        Interrupt::HangUp => "The terminal went away (SIGHUP).",
    }
}

const fn stop_word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::StepFailed => "a step did not pass",
        StopReason::Operator => "by choice",
        StopReason::AnswerNeeded => "an answer is needed",
        StopReason::OutcomeUnknown => "an outcome is unknown",
        StopReason::Terminated => "SIGTERM",
        StopReason::HangUp => "the terminal went away",
        StopReason::Interrupted => "Ctrl-C twice",
    }
}

fn closed(outcome: Outcome, reason: &str) -> String {
    match outcome {
        Outcome::Completed => "The run is complete.".to_owned(),
        Outcome::Aborted if reason.is_empty() => "The run was closed before its end.".to_owned(),
        Outcome::Aborted => format!("The run was closed before its end: {reason}."),
        Outcome::HandedOff => format!("The run was handed over to playbook {reason}."),
    }
}

const fn asking_word(question: Asking) -> &'static str {
    match question {
        Asking::Gate => "gate",
        Asking::SecondPerson => "second person",
        Asking::Menu => "what next",
        Asking::Reason => "why",
        Asking::Override => "second person for the override",
        Asking::Evidence => "evidence",
        Asking::Input => "input",
        Asking::Interrupt => "after Ctrl-C",
        Asking::Held => "go on",
        Asking::DataLoss => "data loss",
        Asking::Glass => "why alone",
        Asking::Edit => "which input",
        Asking::Value => "new value",
        Asking::Back => "back to where",
        Asking::Successor => "on to where",
        Asking::Hand => "done elsewhere",
        Asking::Seen => "what it said",
        Asking::Captured => "value read off",
    }
}

/// A choice of the menu in words.
#[must_use]
pub fn choice_words(choice: &str) -> String {
    match choice.split_once(':') {
        Some(("switch_to", phase)) => format!("to go on at phase {phase}"),
        Some(("handoff", playbook)) => format!("to hand over to {playbook}"),
        Some(("undo_back", step)) => format!("to undo back to {step}"),
        _ => match choice {
            "retry" => "to try again".to_owned(),
            "check" => "to run its checks only".to_owned(),
            "by_hand" => "done by hand".to_owned(),
            "skip" => "to skip it".to_owned(),
            "undo" => "to undo it".to_owned(),
            "edit" => "to try again with other inputs".to_owned(),
            "shell" => "to open a shell".to_owned(),
            "escalate" => "to tell the contacts".to_owned(),
            "stop" => "to stop here".to_owned(),
            "abort" => "to give the run up".to_owned(),
            "proved" => "to count it as done".to_owned(),
            other => other.replace('_', " "),
        },
    }
}

/// A milestone in words.
#[must_use]
pub const fn milestone_word(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::ImpactStarted => "impact started",
        Milestone::Detected => "detected",
        Milestone::Declared => "declared",
        Milestone::Acknowledged => "acknowledged",
        Milestone::Mitigated => "mitigated",
        Milestone::Recovered => "recovered",
        Milestone::Resolved => "resolved",
        Milestone::Closed => "closed",
    }
}

pub(super) fn phase_title(plan: Option<&Plan>, key: &str) -> String {
    let phase = plan.and_then(|plan| plan.phases.iter().find(|phase| phase.key == key));
    match phase.map(|phase| phase.title.as_str()).filter(|title| !title.is_empty()) {
        Some(title) => format!("“{title}”"),
        None if key.is_empty() => "of all steps".to_owned(),
        None => key.to_owned(),
    }
}
