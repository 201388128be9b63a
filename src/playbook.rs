//! The playbook: what an author wrote, typed.
//!
//! Owns the shape of the language. `parse` builds these types from YAML and keeps the position of
//! every node; `check` says what is wrong with them. Nothing here runs anything.
//!
//! Every field below is obeyed by code that a test drives; a field that nothing obeys is not accepted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::effect::{EffectClass, ValueKind};
use crate::severity::{Escalation, Severity};
use crate::steps::Action;
use crate::time::Span;

mod cadence;
pub mod catalogue;
pub mod check;
pub mod parse;
pub mod schema;
mod shorthand;
mod timer;
pub mod translation;

pub use timer::Timer;

pub use cadence::Cadence;

/// A minijinja expression over inputs, captured names, `steps.<id>`, `run`, `env`, `targets`, `objectives`, `now`.
pub type Expression = String;
/// Text for people (or a URL) in which `{{ expression }}` is replaced.
pub type TextTemplate = String;
/// Names in the order they were written.
pub type Ordered<T> = Vec<(String, T)>;

/// One procedure.
#[derive(Clone, Debug, Default)]
pub struct Playbook {
    /// The head: everything but steps.
    pub head: Head,
    /// Phases in order. A playbook with `steps:` at the top has one phase with an empty id.
    pub phases: Vec<Phase>,
    /// How this procedure is rehearsed.
    pub drill: Option<Drill>,
}

impl Playbook {
    /// All steps of all phases, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }
}

/// Everything at the top of a playbook that is not a step.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the format: 1.
    pub mayday: u32,
    /// Identity: the name used by `run`, resume, drills and reports.
    pub id: String,
    /// What it is for, in at most 90 characters.
    pub title: String,
    /// How bad the incident is that it answers: SEV-1 to SEV-4, or what mayday.yaml calls it. Without one no
    /// response or escalation clock runs.
    #[serde(default)]
    #[schemars(with = "Option<schema::SeverityWord>")]
    pub severity: Option<Severity>,
    /// Who keeps it right.
    #[serde(default)]
    pub owner: Option<String>,
    /// The day somebody last read it against reality, `"2025-12-03"`.
    #[serde(default)]
    pub reviewed: Option<String>,
    /// How often it must be read again.
    #[serde(default)]
    pub review_every: Option<Span>,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Names of alerts that it answers.
    #[serde(default)]
    pub alerts: Vec<String>,
    /// Symptoms.
    #[serde(default)]
    pub use_when: Vec<String>,
    /// Symptoms that look alike, and what to use then.
    #[serde(default)]
    pub not_for: Vec<NotFor>,
    /// What must be reached by when.
    #[serde(default)]
    pub objectives: Objectives,
    /// Replaces the severity's escalation.
    #[serde(default)]
    pub escalation: Option<Vec<Escalation>>,
    /// Clocks of this procedure's own: when one runs out, the operator is told what to do.
    #[serde(default, deserialize_with = "ordered::deserialize")]
    #[schemars(with = "BTreeMap<String, Timer>")]
    pub timers: Ordered<Timer>,
    /// What must be there before anything runs.
    #[serde(default)]
    pub requires: Requires,
    /// Values asked for at the start.
    #[serde(default, deserialize_with = "ordered::deserialize")]
    #[schemars(with = "BTreeMap<String, InputSpec>")]
    pub inputs: Ordered<InputSpec>,
    /// Names for expressions, evaluated in order when first needed.
    #[serde(default, deserialize_with = "ordered::deserialize")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub vars: Ordered<Expression>,
}

/// A look-alike symptom.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotFor {
    /// The symptom.
    #[serde(rename = "if")]
    pub condition: String,
    /// The id of the playbook for it.
    #[serde(rename = "use")]
    pub instead: String,
}

/// Recovery objectives (ISO 22301).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objectives {
    /// Recovery time objective: service is back this long after `starts`.
    #[serde(default)]
    pub rto: Option<Span>,
    /// Recovery point objective: at most this much of the latest data is lost.
    #[serde(default)]
    pub rpo: Option<Span>,
    /// What the RTO counts from: `impact` (default), `detected`, `declared`, `run` or `step:<id>`.
    #[serde(default)]
    pub starts: Option<String>,
    /// What ends it: `step:<id>` or `milestone:mitigated`. Default: the last step.
    #[serde(default)]
    pub ends: Option<String>,
    /// The end must stay true this long; only then it counts, from its first moment. Its step's `verify` is looked at again.
    #[serde(default)]
    pub hold: Option<Span>,
    /// An expression for the time of the data that was recovered to; gives the RPO achieved.
    #[serde(default)]
    pub recovery_point: Option<Expression>,
}

/// Preconditions.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    /// Programs on PATH, with a least version where it matters: `psql >= 15`.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Names of secrets that must resolve.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Names of targets and their types.
    #[serde(default)]
    pub targets: BTreeMap<String, crate::effect::TargetKind>,
}

/// A value asked for at the start, or given by `--input`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// The question. Default: the name.
    #[serde(default)]
    pub ask: Option<String>,
    /// Its type.
    #[serde(default, rename = "type")]
    pub kind: ValueKind,
    /// For `type: choice`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Taken when nothing is given.
    #[serde(default)]
    pub default: Option<Value>,
    /// A regular expression that the whole text (for lists: each item) must match.
    #[serde(default)]
    pub pattern: Option<String>,
    /// A condition over `value`.
    #[serde(default)]
    pub check: Option<Condition>,
}

/// An expression that must hold, and what to say when it does not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The expression.
    pub that: Expression,
    /// What its failure means, for a person.
    #[serde(default, rename = "else")]
    pub otherwise: Option<TextTemplate>,
}

/// A group of steps.
#[derive(Clone, Debug, Default)]
pub struct Phase {
    /// The head of the phase.
    pub head: PhaseHead,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// Everything of a phase that is not a step.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseHead {
    /// Identity within the playbook.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// False skips the whole phase, visibly.
    #[serde(default)]
    pub when: Option<Expression>,
    /// How long it may take; a clock runs over it.
    #[serde(default)]
    pub budget: Option<Span>,
    /// Shown first and alone; at most three steps.
    #[serde(default)]
    pub immediate: bool,
}

/// One step: an action and what surrounds it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The fields that every step may have.
    pub common: Common,
    /// The typed part.
    pub action: Action,
    /// Read checks run after it: the proof.
    pub verify: Vec<Probe>,
    /// How to take it back.
    pub undo: Option<Operation>,
    /// How to find out after a crash whether it happened.
    pub on_crash: Option<OnCrash>,
}

/// The fields that every step may have.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// Identity: resume, drill answers and reports hang on it.
    pub id: String,
    /// What to do, imperative, at most 90 characters.
    pub title: TextTemplate,
    /// Why it is done.
    #[serde(default)]
    pub why: Option<TextTemplate>,
    /// A document or dashboard.
    #[serde(default)]
    pub link: Option<TextTemplate>,
    /// Who does it, such as `ops` or `comms`.
    #[serde(default)]
    pub role: Option<String>,
    /// False skips the step, visibly.
    #[serde(default)]
    pub when: Option<Expression>,
    /// What it does to the world; mandatory on `shell`, `sql` and `http`.
    #[serde(default)]
    pub effect: Option<EffectClass>,
    /// The named place it works on.
    #[serde(default)]
    pub target: Option<String>,
    /// Environment variable -> name of a secret.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// The step is ended when it takes longer. Default 5m.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// Grace between TERM and KILL. Default 5s.
    #[serde(default)]
    pub kill_after: Option<Span>,
    /// Try again when it fails.
    #[serde(default)]
    pub retry: Option<Retry>,
    /// What must hold for the step to pass.
    #[serde(default)]
    pub expect: Option<Expression>,
    /// Names for values of the output.
    #[serde(default, deserialize_with = "ordered::deserialize")]
    #[schemars(with = "BTreeMap<String, Capture>")]
    pub capture: Ordered<Capture>,
    /// The gate in front of the action.
    #[serde(default)]
    pub confirm: Option<Gate>,
    /// `ask` on a `sql` change: show the affected rows, ask, then COMMIT or ROLLBACK.
    #[serde(default)]
    pub commit: Option<CommitRule>,
    /// What to do when it fails. Default `ask`.
    #[serde(default)]
    pub on_fail: OnFail,
    /// Cannot be skipped or overridden without a typed reason and a second person.
    #[serde(default)]
    pub killer: bool,
    /// The milestone it sets when it passes.
    #[serde(default)]
    pub marks: Option<Mark>,
    /// Files to keep, or a question whose answer is kept.
    #[serde(default)]
    pub evidence: Option<EvidenceRule>,
    /// An expression for a list: the step once for each `item`, in order.
    #[serde(default)]
    pub for_each: Option<Expression>,
    /// Planned duration, for budgets; not a limit.
    #[serde(default)]
    pub expected: Option<Span>,
    /// The command owns the terminal. It has no keeper: after a crash its outcome is unknown.
    #[serde(default)]
    pub interactive: bool,
    /// The statement refuses a transaction, such as CREATE INDEX CONCURRENTLY.
    #[serde(default)]
    pub no_transaction: bool,
}

/// An action on its own: an undo.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What surrounds it.
    pub head: OperationHead,
    /// The typed part.
    pub action: Action,
}

/// What surrounds the action of an undo.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationHead {
    /// What it does, for the operator.
    #[serde(default)]
    pub title: Option<TextTemplate>,
    /// What it does to the world.
    #[serde(default)]
    pub effect: Option<EffectClass>,
    /// The named place it works on. Default: the step's.
    #[serde(default)]
    pub target: Option<String>,
    /// Environment variable -> name of a secret. Default: the step's.
    #[serde(default)]
    pub secrets: Option<BTreeMap<String, String>>,
    /// Its time limit. Default 5m.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// What must hold for it to have worked.
    #[serde(default)]
    pub expect: Option<Expression>,
}

/// A read check: of `verify`, `on_crash`, `wait_until` and the pass criteria of a drill.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What surrounds it.
    pub head: ProbeHead,
    /// What is looked at. Without one, only the condition is evaluated.
    pub action: Option<Action>,
}

/// What surrounds the action of a check.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeHead {
    /// Its name in the record; needed in a drill.
    #[serde(default)]
    pub id: Option<String>,
    /// What it looks at, for a person.
    #[serde(default)]
    pub title: Option<TextTemplate>,
    /// The named place it looks at. Default: the step's.
    #[serde(default)]
    pub target: Option<String>,
    /// Environment variable -> name of a secret. Default: the step's.
    #[serde(default)]
    pub secrets: Option<BTreeMap<String, String>>,
    /// Its time limit. Default 30s.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// What must hold.
    #[serde(default)]
    pub that: Option<Expression>,
    /// What its failure means.
    #[serde(default, rename = "else")]
    pub otherwise: Option<TextTemplate>,
    /// In a drill: failing this criterion fails the drill.
    #[serde(default)]
    pub must: bool,
    /// In a drill: points for passing.
    #[serde(default)]
    pub points: Option<u32>,
}

/// How to find out after a crash whether a step happened.
#[derive(Clone, Debug)]
pub struct OnCrash {
    /// What to look at; always read-only.
    pub probe: Probe,
    /// Holds when the step did happen.
    pub done_if: Expression,
}

/// Trying again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all, the first included; at least 2.
    pub times: u32,
    /// The pause before the second attempt. Default 5s.
    #[serde(default)]
    pub every: Option<Span>,
    /// Each pause is this many times the one before. Default 1.
    #[serde(default)]
    pub backoff: Option<f64>,
    /// No pause is longer. Default 5m.
    #[serde(default)]
    pub max: Option<Span>,
    /// Only a failure for which this holds is tried again.
    #[serde(default)]
    pub when: Option<Expression>,
}

/// A named value of the output: an expression, or `{from, secret: true}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The expression over the output.
    pub from: Expression,
    /// Never shown, recorded or reported.
    pub secret: bool,
}

/// The gate in front of an action.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The question. Default: the title of the step.
    #[serde(default)]
    pub ask: Option<TextTemplate>,
    /// What must be typed, exactly: proof of reading.
    #[serde(default)]
    pub type_to_confirm: Option<TextTemplate>,
    /// Holds when a second person must agree.
    #[serde(default)]
    pub second_person: Option<Expression>,
}

/// What `commit:` may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommitRule {
    /// Show the affected rows and ask.
    Ask,
}

/// What a failed step leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnFail {
    /// The menu with everything that is possible.
    #[default]
    Ask,
    /// Go on; the failure stays visible.
    Continue,
    /// Stop the run; it can be resumed.
    Stop,
    /// The menu with just these.
    Menu(Vec<MenuItem>),
}

/// A line of an author's failure menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuItem {
    /// Run the step again.
    Retry,
    /// Run only its checks.
    Check,
    /// It was done by hand.
    ByHand,
    /// Go on without it, with a reason.
    Skip,
    /// Change inputs, then try again.
    Edit,
    /// Undo steps back to an earlier one, and go on from there.
    UndoBack,
    /// A shell of the operator's own.
    Shell,
    /// Go on at that phase.
    SwitchTo(String),
    /// Close this run and start that playbook.
    Handoff(String),
    /// Tell the next contacts now.
    Escalate,
    /// Stop and keep the state.
    Stop,
    /// Close the run.
    Abort,
}

/// Milestones that a step can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// A person has taken it.
    Acknowledged,
    /// Users are no longer hurt.
    Mitigated,
    /// It is over.
    Resolved,
}

/// What is kept beside the output.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// Files whose content is kept.
    #[serde(default)]
    pub files: Vec<TextTemplate>,
    /// A question whose answer is kept.
    #[serde(default)]
    pub ask: Option<TextTemplate>,
}

/// How a procedure is rehearsed.
#[derive(Clone, Debug, Default)]
pub struct Drill {
    /// Where, how often, with which answers.
    pub head: DrillHead,
    /// What must hold before anything of it runs, and again on resume.
    pub guard: Vec<Probe>,
    /// Prepares the target.
    pub setup: Vec<Step>,
    /// The accident; its end starts the clock.
    pub inject: Vec<Step>,
    /// What ends it early: looked at between steps, and while they run.
    pub stop_if: Vec<Probe>,
    /// What makes it a pass.
    pub pass: Vec<Probe>,
    /// Puts the target back, whatever happened.
    pub cleanup: Vec<Step>,
}

/// Everything of a drill that is not a step.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillHead {
    /// Environments it may run in; no other.
    #[serde(default)]
    pub environments: Vec<String>,
    /// How often: `weekly`, `monthly`, `quarterly`, `yearly`.
    #[serde(default)]
    pub cadence: Option<Cadence>,
    /// Answers by input or step id, for a drill that nobody watches.
    #[serde(default, deserialize_with = "ordered::deserialize")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub answers: Ordered<Value>,
    /// Who signs the record; not the one who ran it.
    #[serde(default)]
    pub sign_off: Vec<String>,
}

/// Maps whose order matters, kept as lists of pairs.
pub(crate) mod ordered {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, T)>, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Vec<(String, T)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}
