//! The small words that events are made of: moments, questions, ends and why they came.

use serde::{Deserialize, Serialize};

/// Moments of an incident (SRE and ISO 22301 usage).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// Users began to be hurt.
    ImpactStarted,
    /// Somebody or something noticed.
    Detected,
    /// It was called an incident.
    Declared,
    /// A responder took it.
    Acknowledged,
    /// Users are no longer hurt.
    Mitigated,
    /// The objective's end condition was verified.
    Recovered,
    /// It is over.
    Resolved,
    /// Nothing is left to do.
    Closed,
}

impl Milestone {
    /// All, in the order in which they usually come.
    pub const ALL: [Self; 8] = [
        Self::ImpactStarted,
        Self::Detected,
        Self::Declared,
        Self::Acknowledged,
        Self::Mitigated,
        Self::Recovered,
        Self::Resolved,
        Self::Closed,
    ];

    /// In words for a person.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ImpactStarted => "impact started",
            Self::Detected => "detected",
            Self::Declared => "declared",
            Self::Acknowledged => "acknowledged",
            Self::Mitigated => "mitigated",
            Self::Recovered => "recovered",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

/// How long a step took in earlier runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    /// In how many runs it passed.
    pub runs: u32,
    /// Durations in milliseconds, ascending; of many only some, evenly over their order.
    pub ms: Vec<i64>,
    /// Runs of the other kind (drills, or real ones) are among them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
}

/// Which question of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// The gate in front of the action.
    Gate,
    /// A second person's agreement to the gate.
    SecondPerson,
    /// What a failure or an unknown outcome leads to.
    Menu,
    /// Why that was chosen.
    Reason,
    /// The second person who agrees to pass over a killer step.
    Override,
    /// The question of `evidence.ask`.
    Evidence,
    /// The value of an input.
    Input,
    /// What to do after Ctrl-C, while something runs.
    Interrupt,
    /// Whether steps that are held go on.
    Held,
    /// Whether more data may be lost than the objective allows.
    DataLoss,
    /// Why to go on without a second person.
    Glass,
    /// Which input to edit, or to try again with what is there.
    Edit,
    /// The new value of that input.
    Value,
    /// Back to which step.
    Back,
    /// Which playbook takes over.
    Successor,
    /// Whether what the operator ran elsewhere worked.
    Hand,
    /// What it said there.
    Seen,
    /// A value that the step captures, read off there.
    Captured,
}

impl Asking {
    /// An answer to it lets something happen: only `--confirm` gives one in advance.
    #[must_use]
    pub const fn is_gate(self) -> bool {
        matches!(self, Self::Gate | Self::SecondPerson | Self::Override | Self::DataLoss)
    }
}

/// How a settled step counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It passed.
    Ok,
    /// It failed and the run went on.
    Failed,
    /// It was passed over.
    Skipped,
    /// A person did it.
    ByHand,
}

impl StepStatus {
    /// The word that expressions and reports use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::ByHand => "by_hand",
        }
    }
}

/// Why a driver left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A step failed and its playbook or the lack of a terminal says stop.
    StepFailed,
    /// The operator stopped.
    Operator,
    /// An answer is needed and nobody can be asked.
    AnswerNeeded,
    /// The outcome of a step is unknown and needs a human.
    OutcomeUnknown,
    /// SIGTERM.
    Terminated,
    /// SIGHUP.
    HangUp,
    /// Ctrl-C twice.
    Interrupted,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step is settled.
    Completed,
    /// The operator closed it before its end.
    Aborted,
    /// Another playbook took over.
    HandedOff,
}
