//! The state of one step.

use serde_json::Value;

use super::{Approval, Hand};
use crate::effect::{EffectClass, Facts};
use crate::run::event::{Asking, StepStatus};
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};

/// What happened to a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepState {
    /// It is over.
    pub settled: Option<StepStatus>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When its latest attempt ended.
    pub ended_at: Option<Timestamp>,
    /// The gate in front of it.
    pub gate: Gate,
    /// Attempts that were started.
    pub attempts: u32,
    /// Attempts since the operator last chose to try again; bounds the automatic ones.
    pub tries: u32,
    /// The part that was announced and has not ended.
    pub running: Option<Running>,
    /// Parts of the current attempt that have ended.
    pub parts: u32,
    /// Facts of the current attempt; later parts add to earlier ones.
    pub facts: Facts,
    /// How long the latest attempt took.
    pub elapsed: Span,
    /// The evaluated condition.
    pub measured: Option<String>,
    /// What the latest attempt, check or gate came to.
    pub verdict: Option<Verdict>,
    /// Checks of the current attempt that held.
    pub checks: usize,
    /// Checks that held once more when the end of the objective had held for its time.
    pub held: usize,
    /// A check that was announced and has not ended.
    pub checking: Option<String>,
    /// What the crash probe said.
    pub probe: Option<Verdict>,
    /// The answer asked for by `evidence` is kept.
    pub told: bool,
    /// The files named by `evidence` are kept.
    pub kept: bool,
    /// What a second person is asked.
    pub approval: Option<Approval>,
    /// What is known of it, where it is done by hand elsewhere.
    pub hand: Hand,
    /// A shell is open that its menu opened.
    pub shell: bool,
    /// The menu, as far as it was answered.
    pub menu: Menu,
    /// What the menu led to, until it is carried out.
    pub chosen: Option<Chosen>,
}

/// What the operator chose in the menu.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// The choice, by its key.
    pub choice: String,
    /// Why.
    pub reason: Option<String>,
    /// The second person.
    pub second: Option<String>,
}

/// A gate and its answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gate {
    /// When it was passed, and by whom.
    pub passed: Option<(Timestamp, String)>,
    /// The second person who agreed.
    pub second: Option<String>,
    /// The loss of data that was agreed to, as it was typed.
    pub loss: Option<String>,
    /// It is asked with the step's id to type: a step is run again whose outcome was unknown.
    pub strict: bool,
}

/// A part of an attempt that was announced.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// Which part.
    pub part: u32,
    /// When it was announced.
    pub since: Timestamp,
    /// When it will be ended.
    pub deadline: Option<Timestamp>,
    /// What it may do.
    pub class: EffectClass,
    /// It was announced by an earlier driver.
    pub earlier: bool,
    /// The number of the announcing event: the id of its effect.
    pub id: u64,
    /// What the announcement said.
    pub what: String,
}

/// The answers that a menu needs before it is carried out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Menu {
    /// What was chosen.
    pub choice: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The second person.
    pub second: Option<String>,
    /// Where the choice came from.
    pub source: String,
    /// The input that is being edited.
    pub editing: Option<String>,
    /// Everything is edited that is to be.
    pub edited: bool,
    /// Back to and with this step.
    pub back: Option<String>,
    /// Who takes over.
    pub successor: Option<String>,
}

/// What stands where the second person's name would, when there was none: this, and why.
pub const BROKEN: &str = "nobody: glass broken: ";

/// The answer by which the operator goes on without a second person.
pub const GLASS: &str = "glass";

/// The answer by which the operator asks for a new code.
pub const NEW_CODE: &str = "code";

/// The answer by which the inputs are as they shall be.
pub const EDITED: &str = "try_again";

impl Menu {
    /// Remembers what the menu needs to know beside the choice.
    pub(super) fn answer(&mut self, question: Asking, words: Option<String>) {
        match question {
            Asking::Edit if words.as_deref() == Some(EDITED) => self.edited = true,
            Asking::Edit => self.editing = words,
            Asking::Value => self.editing = None,
            Asking::Back => self.back = words,
            _ => self.successor = words,
        }
    }
}

impl StepState {
    /// The answer at the driver's own terminal to what a second person is asked.
    pub(super) fn second(&mut self, question: Asking, words: Option<String>) {
        match (words.as_deref(), &mut self.approval) {
            (Some(GLASS), Some(approval)) => approval.glass = true,
            (Some(NEW_CODE), _) => self.approval = None,
            _ if question == Asking::Override => self.menu.second = words,
            _ => self.gate.second = words,
        }
    }

    /// Nobody else agreed: that stands where the name would.
    pub(super) fn broke_the_glass(&mut self, why: Option<String>) {
        let Some(approval) = self.approval.take() else { return };
        let nobody = why.map(|why| format!("{BROKEN}{why}"));
        match approval.question {
            Asking::Override => self.menu.second = nobody,
            _ => self.gate.second = nobody,
        }
    }

    /// What the operator says of a step that was run elsewhere.
    pub(super) fn by_hand(&mut self, question: Asking, answer: &Value) {
        match (question, answer) {
            (Asking::Hand, Value::String(verdict)) => self.hand.verdict = Some(verdict.clone()),
            (Asking::Seen, Value::String(seen)) => self.hand.seen = Some(seen.clone()),
            (Asking::Captured, Value::Object(values)) => {
                self.hand.captured.extend(values.clone());
            }
            _ => {}
        }
    }

    /// A step that is over runs again only to have its secrets again; all else stays as it was.
    pub(super) fn only_for_secrets(&self) -> bool {
        self.settled.is_some()
    }

    /// The gate is refused while an attempt of an earlier driver has no end that could lose data.
    pub(super) fn is_open(&self, answer: &Value) -> bool {
        let open = self.running.as_ref().filter(|running| running.earlier);
        matches!(answer, Value::Null | Value::Bool(false))
            && open.is_some_and(|running| running.class != EffectClass::Read)
    }

    /// The open attempt never happened: the step stands where it stood before it.
    pub(super) fn take_back(&mut self) {
        self.running = None;
        self.parts = 0;
        self.facts = Facts::new();
        self.verdict = None;
        self.tries = self.tries.saturating_sub(1);
    }

    /// The end of the objective was looked at once more. When it did not hold, the step is open again.
    pub(super) fn hold(&mut self, held: bool) {
        if held {
            self.held += 1;
        } else {
            self.settled = None;
            self.settled_at = None;
            self.held = 0;
        }
    }

    /// The wall clock was set by this much.
    pub(super) fn shift(&mut self, by: Span) {
        let own = [&mut self.settled_at, &mut self.started_at, &mut self.ended_at];
        let running = self.running.as_mut();
        let (since, deadline) =
            running.map(|running| (&mut running.since, &mut running.deadline)).unzip();
        let passed = self.gate.passed.as_mut().map(|(at, _)| at);
        let inner = passed.into_iter().chain(since).chain(deadline.and_then(Option::as_mut));
        if let Some(approval) = &mut self.approval {
            approval.shift(by);
        }
        own.into_iter().flatten().chain(inner).for_each(|at| *at = *at + by);
    }

    pub(super) fn begin_attempt(&mut self, attempt: u32, at: Timestamp) {
        self.started_at.get_or_insert(at);
        self.attempts = attempt;
        self.tries += 1;
        self.parts = 0;
        self.facts = Facts::new();
        self.elapsed = Span::ZERO;
        self.measured = None;
        self.verdict = None;
        self.checks = 0;
        self.held = 0;
        self.probe = None;
        self.told = false;
        self.kept = false;
    }
}
