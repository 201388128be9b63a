//! What happened: the vocabulary of the record.
//!
//! Owns [`Event`] and every kind of it. Events are facts, complete on their own, serialisable, already
//! redacted; they carry no instruction on how to show them. Status, resume, report and verification are
//! folds over them. A field is added, never renamed or removed: recorded runs stay readable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::plan::Mode;
pub use drill::{Accepted, DrillFact};
pub use fault::Fault;
pub use words::{Asking, Lasting, Milestone, Outcome, StepStatus, StopReason};

mod drill;
mod fault;
mod words;

use crate::effect::{EffectClass, Ending, Evidence, Facts, Interrupt, Post, Signal};
use crate::severity::{EscalationKind, Severity};
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};

/// Version of the record's format, written into [`Opened::format`]. Raised only when an older mayday
/// would misread a record; a record with a higher one is refused.
pub const FORMAT: u32 = 1;

/// One fact, with when and by whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Wall clock when it was recorded.
    pub at: Timestamp,
    /// Boot clock, milliseconds; comparable within one session (the boot id is in `opened`, `attached`).
    pub boot_ms: i64,
    /// Who: an operator's name, or `mayday`.
    pub by: String,
    /// It came from another terminal: which slip of the inbox it was. Each becomes one event, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<Taken>,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
}

/// Where an event from another terminal came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The name of the slip.
    pub id: String,
    /// Nobody drove: the other terminal recorded it itself.
    #[serde(default, skip_serializing_if = "is_false")]
    pub alone: bool,
}

/// Kinds of facts. The word in `type` is stable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// The run began. Always the first event.
    Opened(Box<Opened>),
    /// A driver took the run up again.
    Attached {
        /// Who drives from here.
        operator: String,
        /// Boot id of the machine: spans inside one boot use the boot clock.
        boot_id: String,
        /// Machine name.
        host: String,
        /// Files that differ on disk from the pinned copies this run uses.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed_files: Vec<String>,
        /// More answers given in advance, as those of the opening.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        answers: BTreeMap<String, String>,
    },
    /// A torn end of the record was cut off and kept aside.
    Recovered {
        /// How many bytes.
        torn_bytes: u64,
        /// Where they are kept, below the run folder.
        kept_as: String,
    },
    /// The record could not be written where it was; it was copied and goes on elsewhere.
    RecordMoved {
        /// The run's folder before.
        from: String,
        /// The run's folder from here on.
        to: String,
        /// What was wrong before.
        why: String,
        /// It is gone with the next start of the machine.
        #[serde(default, skip_serializing_if = "is_false")]
        volatile: bool,
        /// Files of the run that stayed behind, relative to its folder.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<String>,
    },
    /// The record cannot be written anywhere: from here on the operator copies each event.
    Unrecorded {
        /// What was wrong.
        why: String,
    },
    /// The record can be written again, and holds what was on paper only until now.
    RecordedAgain,
    /// An input has its value.
    InputGiven {
        /// Its name.
        name: String,
        /// Its value; `null` when it is a secret.
        value: Value,
        /// True when the value is a secret that only memory holds.
        #[serde(default, skip_serializing_if = "is_false")]
        secret: bool,
        /// Where it came from: `operator`, `flag`, `file`, `default`, `drill`.
        source: String,
    },
    /// A milestone of the incident has its time. The latest one counts; earlier ones stay.
    Milestone {
        /// Which.
        milestone: Milestone,
        /// When it happened.
        when: Timestamp,
        /// How it is known: `flag`, `run_start`, `step:<id>`, `operator`.
        source: String,
        /// Why it is set or amended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The severity is another one. Clocks count from where they always did.
    SeverityChanged {
        /// What it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Severity>,
        /// What it is.
        to: Severity,
        /// Why; lowering has a reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The incident is not over after all: mitigated, recovered and resolved no longer count.
    Reopened {
        /// When users were hurt again.
        when: Timestamp,
        /// Why.
        reason: String,
    },
    /// Those who wait for news had some.
    Updated {
        /// What they were told.
        text: String,
    },
    /// The steps are held. In a drill no deadline passes meanwhile.
    Held {
        /// Why.
        reason: String,
    },
    /// The steps go on.
    Released,
    /// How long steps took in earlier runs: what forecasts of this run rest on.
    Expectations {
        /// The step's key -> what earlier runs of the very same step tell.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        steps: BTreeMap<String, Lasting>,
        /// The phase of a way around -> what it takes to its end, at most in nine of ten futures.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        fallbacks: BTreeMap<String, Span>,
    },
    /// A phase began.
    PhaseEntered {
        /// Its key.
        phase: String,
    },
    /// A phase was passed over.
    PhaseSkipped {
        /// Its key.
        phase: String,
        /// Why.
        reason: String,
    },
    /// A step with `for_each` has its items.
    Expanded {
        /// The step's key.
        step: String,
        /// The items, in order.
        items: Vec<Value>,
    },
    /// A step was passed over.
    Skipped {
        /// Its key.
        step: String,
        /// Why, in words.
        reason: String,
        /// True when the operator or the menu decided it, not the playbook.
        #[serde(default, skip_serializing_if = "is_false")]
        by_choice: bool,
        /// The second person, for a killer step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second_person: Option<String>,
    },
    /// The operator is being asked: a gate, a menu, a piece of evidence. Answers of question steps
    /// are the outputs of those steps.
    Asked {
        /// The step's key.
        step: String,
        /// Which question of the step.
        question: Asking,
        /// The words shown.
        text: String,
    },
    /// The operator answered.
    Answered {
        /// The step's key.
        step: String,
        /// Which question of the step.
        question: Asking,
        /// The answer.
        answer: Value,
        /// Where it came from: `operator`, `flag`, `drill`.
        source: String,
    },
    /// A part of an attempt is about to start: durable before the effect.
    Started {
        /// The step's key.
        step: String,
        /// Which attempt, from 1. Polling counts as one attempt.
        attempt: u32,
        /// Which part of it, from 0.
        part: u32,
        /// What it may do.
        class: EffectClass,
        /// What runs, redacted: the command, the statements, the request, the question.
        what: String,
        /// Where it runs: the target's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// When it will be ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// A part of an attempt ended, and what that means.
    Ended {
        /// The step's key.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Which part.
        part: u32,
        /// How it ended.
        ending: Ending,
        /// What it said, long texts cut.
        #[serde(default, skip_serializing_if = "Facts::is_empty")]
        facts: Facts,
        /// Files kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
        /// How long it took.
        elapsed: Span,
        /// Was it good enough.
        verdict: Verdict,
        /// The evaluated condition: `47 == 50`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measured: Option<String>,
        /// Names captured by this step. A secret one has the value `null` and stands in `secret_names`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        captured: BTreeMap<String, Value>,
        /// Names captured as secrets.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        secret_names: Vec<String>,
        /// Looks that were taken, for polling steps.
        #[serde(default, skip_serializing_if = "is_zero")]
        looks: u32,
    },
    /// An attempt that was announced is taken back: it is proved that nothing of it happened, and it can
    /// no longer begin. The step may be begun again without asking.
    Revoked {
        /// The step's key.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// What proves it.
        reason: String,
    },
    /// A check of a step is about to run (`verify`, or the probe after a crash).
    CheckStarted {
        /// The step's key.
        step: String,
        /// Which check, from 0; the crash probe is `probe`, kept files are `evidence`.
        check: String,
        /// What runs, redacted.
        what: String,
    },
    /// A check ended.
    Checked {
        /// The step's key.
        step: String,
        /// Which check.
        check: String,
        /// Did it hold.
        verdict: Verdict,
        /// The evaluated condition.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measured: Option<String>,
        /// What it said.
        #[serde(default, skip_serializing_if = "Facts::is_empty")]
        facts: Facts,
        /// Files kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
        /// How long it took.
        elapsed: Span,
    },
    /// The operator chose what a failed or unknown step leads to.
    Chose {
        /// The step's key.
        step: String,
        /// What was chosen, by its stable key: `retry`, `check`, `by_hand`, `skip`, ...
        choice: String,
        /// Why, in the operator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The second person, for a killer step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second_person: Option<String>,
        /// Where it came from: `operator`, `flag`, `drill`.
        source: String,
    },
    /// A step is over and the run goes on behind it.
    Settled {
        /// The step's key.
        step: String,
        /// How it counts.
        status: StepStatus,
    },
    /// A criterion of a drill was evaluated.
    Judged {
        /// The criterion's id.
        criterion: String,
        /// Did it hold; `unknown` when it could not be evaluated.
        verdict: Verdict,
        /// The evaluated condition.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measured: Option<String>,
        /// Failing it fails the drill.
        must: bool,
        /// Points for passing.
        points: u32,
    },
    /// A deadline of a clock has passed.
    DeadlinePassed {
        /// Which clock: `rto`, `response`, `escalation:0`, `budget:contain`, `postmortem`, ...
        clock: String,
        /// When it was due.
        due: Timestamp,
        /// Nobody was driving then.
        #[serde(default, skip_serializing_if = "is_false")]
        while_down: bool,
        /// It was in the past when it came to be: the severity was raised, or a milestone amended.
        #[serde(default, skip_serializing_if = "is_false")]
        retroactive: bool,
    },
    /// A message waits in the outbox. Its number in the record names it from here on.
    MessageQueued {
        /// The contact.
        to: String,
        /// What asks for it: `escalation:0`, `step:<id>`, `operator:0`.
        cause: String,
        /// Inform or engage.
        kind: EscalationKind,
        /// A call, or that an earlier one is taken or over.
        #[serde(default, skip_serializing_if = "Signal::is_tell")]
        signal: Signal,
        /// The words.
        message: String,
        /// What a public page gets beside them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post: Option<Post>,
    },
    /// A message is about to be sent: durable before it leaves.
    Notifying {
        /// The contact.
        to: String,
        /// What asks for it: `escalation:0`, `step:<id>`, `operator:0`.
        cause: String,
        /// Inform or engage.
        kind: EscalationKind,
        /// The words where they differ from what was queued; in records of before there was an outbox
        /// they stand only here.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
        /// The number of the event that queued it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        letter: Option<u64>,
        /// Which attempt, from 1.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        attempt: u32,
    },
    /// An attempt to send a message ended: delivered, shown, or not.
    Notified {
        /// The contact.
        to: String,
        /// What asked for it.
        cause: String,
        /// How it ended.
        ending: Ending,
        /// Nothing was sent: the words were put on the screen for the operator to say.
        #[serde(default, skip_serializing_if = "is_false")]
        shown: bool,
        /// The number of the event that queued it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        letter: Option<u64>,
        /// It is tried again then. Without it this was the last attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
        /// What the other side calls this incident, where it gives names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// It may have arrived all the same.
        #[serde(default, skip_serializing_if = "is_false")]
        perhaps: bool,
    },
    /// Somebody wanted us to stop.
    Interrupted {
        /// How.
        how: Interrupt,
    },
    /// mayday was stopped with what it ran (Ctrl-Z), and went on.
    Suspended {
        /// For how long, in milliseconds.
        for_ms: i64,
    },
    /// Somebody's words for the record.
    Noted {
        /// The words.
        text: String,
        /// When it happened, where that is not when it was noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Timestamp>,
        /// Files kept with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Evidence>,
    },
    /// A second person must agree: with this code, until then.
    ApprovalAsked {
        /// The step's key.
        step: String,
        /// To what: its gate, or passing it over.
        question: Asking,
        /// The code, made from what is asked: it agrees to nothing else.
        code: String,
        /// What is asked, in words.
        what: String,
        /// Whose account asks; it never counts as the second person.
        user: String,
        /// The code is worth nothing from then on.
        until: Timestamp,
    },
    /// A second person agreed, from another terminal. Who, is who the event is by.
    Agreed {
        /// The step's key.
        step: String,
        /// To what.
        question: Asking,
        /// With which code.
        code: String,
        /// From whose account.
        user: String,
    },
    /// What came from another terminal was not taken.
    Refused {
        /// What: `ack`, `mark mitigated`.
        what: String,
        /// Why, in words.
        why: String,
    },
    /// The contacts are to be told now.
    EscalationAsked {
        /// Why.
        reason: String,
    },
    /// A role is somebody's from here on.
    RoleGiven {
        /// Which: `ic`, `comms`, `scribe`, ...
        role: String,
        /// Whose.
        to: String,
        /// What was said with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// An input has another value, from the menu of a step.
    InputEdited {
        /// The step's key.
        step: String,
        /// The input.
        name: String,
        /// Its value before.
        before: Value,
        /// Its value from here on.
        value: Value,
    },
    /// The operator has a shell, and does by hand what mayday cannot see.
    ShellOpened {
        /// The step whose menu it was opened from.
        step: String,
        /// The command.
        what: String,
    },
    /// That shell has ended.
    ShellClosed {
        /// The step.
        step: String,
        /// How it ended: its exit code, when it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i64>,
        /// How long it was open.
        elapsed: Span,
    },
    /// This run goes on where another one was handed over.
    Continues {
        /// The run before.
        run: String,
        /// Its playbook.
        playbook: String,
        /// Why it was handed over.
        reason: String,
    },
    /// The wall clock was set, while the run was driven or while nobody drove it in the same boot. What
    /// comes before is told by the clock as it was.
    ClockStepped {
        /// By how much, against the boot clock.
        by_ms: i64,
        /// It was found by whoever took the run up again.
        #[serde(default, skip_serializing_if = "is_false")]
        while_down: bool,
    },
    /// The undos of passed steps are being run, newest first.
    RollbackStarted {
        /// Back to and with this step; all when none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// The step whose menu asked for it: the run goes on behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// The undos asked for are done.
    RollbackEnded {
        /// Steps that are run once more: they were undone, or only looked.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        again: Vec<String>,
    },
    /// Who the targets of a real run are, where mayday.yaml declares that: before anything ran, and again by each
    /// driver.
    Identified {
        /// Target -> who it is: host, database, system identifier.
        targets: BTreeMap<String, Facts>,
        /// Those that are who they must be, in sentences.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        proofs: Vec<String>,
        /// Those that are not, and that somebody wanted to work on all the same.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accepted: Vec<Accepted>,
    },
    /// What only a drill has to tell.
    Drill(DrillFact),
    /// The rest of the run is given up; a drill still cleans up behind itself.
    Abandoned {
        /// Why, in words.
        reason: String,
    },
    /// The driver leaves; the run can be taken up again.
    Stopped {
        /// Why.
        reason: StopReason,
        /// In words.
        message: String,
    },
    /// The run is over. Always the last event but for notes, milestones and what a
    /// drill tells of its environment.
    Closed {
        /// How.
        outcome: Outcome,
        /// Why, in words; empty when all went well.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

impl Kind {
    /// Facts that stand before `attached`, found by whoever takes a run up. Nobody drove until then.
    #[must_use]
    pub const fn is_about_taking_up(&self) -> bool {
        matches!(self, Self::Recovered { .. } | Self::ClockStepped { while_down: true, .. })
    }
}

/// The first event: everything that later reading needs to know about the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Version of the record's format.
    pub format: u32,
    /// Version of mayday.
    pub mayday: String,
    /// The run's id.
    pub run: String,
    /// Real incident or drill.
    pub mode: Mode,
    /// The playbook's id.
    pub playbook: String,
    /// The playbook's title.
    pub title: String,
    /// The environment's name.
    pub environment: String,
    /// `high` or `low`.
    pub danger: crate::config::Danger,
    /// The severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Who drives.
    pub operator: String,
    /// Machine name.
    pub host: String,
    /// Boot id of the machine.
    pub boot_id: String,
    /// Nobody can be asked in this session.
    pub unattended: bool,
    /// The folder that relative paths start from: that of mayday.yaml.
    pub base: String,
    /// Pinned files: name -> SHA-256. What was reviewed is what runs.
    pub pinned: BTreeMap<String, String>,
    /// Public facts of the targets (`host`, `port`, `database`, ...), never a password.
    pub targets: BTreeMap<String, Facts>,
    /// Answers given in advance, by what they answer; none to a question about a secret, and none to a gate.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_first(attempt: &u32) -> bool {
    *attempt == 1
}
