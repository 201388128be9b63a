//! Exit codes: public, named, documented. One place maps how a command ended to its code.

use crate::effect::Interrupt;
use crate::run::event::{Outcome, StopReason};
use crate::run::state::Run;

/// Done: recovered, valid, drill passed.
pub const DONE: u8 = 0;
/// mayday itself went wrong; a run that was open can be resumed.
pub const INTERNAL: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// The playbook, the configuration or the plan is invalid.
pub const INVALID: u8 = 3;
/// A tool, secret, target or environment is missing; nothing was executed.
pub const PRECONDITION: u8 = 4;
/// A step failed and the run stopped; it can be resumed.
pub const STEP_FAILED: u8 = 5;
/// The operator stopped the run; it can be resumed.
pub const STOPPED: u8 = 6;
/// An answer is needed and nobody can be asked; the message names the flag. Can be resumed.
pub const ANSWER_NEEDED: u8 = 7;
/// Recovered, but later than the RTO; only with `--fail-on rto`.
pub const RTO_BREACHED: u8 = 8;
/// The drill finished and did not pass, or counts for nothing; with `drill due --fail`, one is wanted; a sign-off
/// is missing or does not hold.
pub const DRILL_FAILED: u8 = 9;
/// Another driver holds the run.
pub const HELD: u8 = 10;
/// The outcome of a step is unknown and needs a human; can be resumed.
pub const OUTCOME_UNKNOWN: u8 = 11;
/// A document has something left to do: `report --check` found blanks, conflicts or blaming words; or `report -o`
/// left a block as it is because a person and the record had both changed it.
pub const UNFINISHED: u8 = 12;
/// SIGHUP: the terminal is gone; state is kept.
pub const HANG_UP: u8 = 129;
/// Interrupted twice; state is kept.
pub const INTERRUPTED: u8 = 130;
/// SIGTERM; state is kept.
pub const TERMINATED: u8 = 143;

/// How a driven run ended, as an exit code.
#[must_use]
pub fn of_run(run: &Run) -> u8 {
    // A rollback may go on behind the end of a run: then it counts how the rollback was left.
    if let Some((outcome, _)) = run.closed.as_ref().filter(|_| run.rollback.is_none()) {
        return match outcome {
            Outcome::Completed | Outcome::HandedOff => DONE,
            Outcome::Aborted => STOPPED,
        };
    }
    match run.stopped.as_ref().map(|(reason, _)| *reason) {
        Some(StopReason::StepFailed) => STEP_FAILED,
        Some(StopReason::Operator) => STOPPED,
        Some(StopReason::AnswerNeeded) => ANSWER_NEEDED,
        Some(StopReason::OutcomeUnknown) => OUTCOME_UNKNOWN,
        Some(StopReason::Terminated) => TERMINATED,
        Some(StopReason::HangUp) => HANG_UP,
        Some(StopReason::Interrupted) => INTERRUPTED,
        None => INTERNAL,
    }
}

/// A command that was ended by a signal before there was a run.
#[must_use]
pub const fn of_interrupt(how: Interrupt) -> u8 {
    match how {
        Interrupt::Interrupt => INTERRUPTED,
        Interrupt::Terminate => TERMINATED,
        Interrupt::HangUp => HANG_UP,
    }
}

/// Why a command ended without doing what it was asked, with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What went wrong; printed after `error: failed to`.
    pub error: anyhow::Error,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with a code and a lowercase fragment after "failed to".
    pub fn new(code: u8, message: impl std::fmt::Display) -> Self {
        Self { code, error: anyhow::anyhow!("{message}"), hint: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { code: INTERNAL, error, hint: None }
    }
}
